//! A file that was opened with `O_DIRECT`: the system takes only what is aligned in memory, in the file and in length.
//! A copy is aligned, so that a caller has to mind the length alone.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, IoSlice, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
};

use async_write_complete::{
    AsyncWriteCompleteBytesExt, AsyncWriteCompleteExt, HeldWrite, Offload,
    adapter::{ToFuturesIo, ToTokio},
    fs::PositionedFile,
    offload::Policy,
};
use bytes::Bytes;
use futures_lite::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, future::block_on};
use rustix::fs::OFlags;
use tempfile::TempDir;

use crate::common::{files, steps::poll_future};

/// A multiple of what any device asks for.
const BLOCK: usize = 4096;

const LENGTHS: [usize; 6] = [BLOCK, 3 * BLOCK, 16 * BLOCK, 32 * BLOCK, 1 << 20, 2 << 20];

/// How often each write is made: a buffer that serves again is where the first one was, or elsewhere.
const TIMES: usize = 20;

/// A file for direct access.
struct Direct {
    path: PathBuf,
    _directory: TempDir,
}

impl Direct {
    /// None where the file system has no direct access.
    fn new(bytes: &[u8]) -> Option<Self> {
        let (directory, path) = files::file(bytes);
        let direct = Self { path, _directory: directory };
        match direct.try_open() {
            Ok(_) => Some(direct),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                println!("skipped: the file system of {} refuses O_DIRECT", direct.path.display());
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn try_open(&self) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).custom_flags(OFlags::DIRECT.bits() as i32).open(&self.path)
    }

    fn open(&self) -> Offload<File> {
        Offload::new(self.try_open().unwrap())
    }
}

/// A slice at an odd address.
struct Unaligned {
    memory: Vec<u8>,
    start: usize,
    len: usize,
}

impl Unaligned {
    fn new(len: usize) -> Self {
        let memory = vec![0; len + 1];
        let start = usize::from(memory.as_ptr().addr().is_multiple_of(2));
        let mut slice = Self { memory, start, len };
        let period: Vec<u8> = (0..251).collect();
        for chunk in slice.bytes_mut().chunks_mut(period.len()) {
            chunk.copy_from_slice(&period[..chunk.len()]);
        }
        slice
    }

    fn bytes(&self) -> &[u8] {
        &self.memory[self.start..][..self.len]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.memory[self.start..][..self.len]
    }
}

/// How all of it is written.
type WriteAll = fn(&mut Offload<File>, &[u8]) -> io::Result<()>;

const WAYS: [WriteAll; 7] = [
    |writer, bytes| block_on(writer.write_all_complete(bytes)),
    |writer, bytes| block_on(writer.resume_write_all(&mut HeldWrite::new(bytes))),
    |writer, bytes| {
        // Slices of any length, which come to a right one.
        let (a, rest) = bytes.split_at(1);
        let (b, c) = rest.split_at(rest.len() / 3);
        let mut slices = [IoSlice::new(a), IoSlice::new(b""), IoSlice::new(b), IoSlice::new(c)];
        block_on(writer.write_all_vectored_complete(&mut slices))
    },
    |writer, bytes| {
        let slices: Vec<_> = bytes.chunks(777).map(IoSlice::new).collect();
        let n = block_on(AsyncWriteExt::write_vectored(writer, &slices))?;
        block_on(writer.write_all(&bytes[n..]))
    },
    |writer, bytes| block_on(writer.write_all(bytes)),
    |writer, bytes| block_on(ToFuturesIo::new(writer).write_all(bytes)),
    |writer, bytes| block_on(tokio::io::AsyncWriteExt::write_all(&mut ToTokio::new(writer), bytes)),
];

#[test]
fn any_slice_of_the_right_length_is_written_every_time() {
    let Some(direct) = Direct::new(b"") else { return };
    for way in WAYS {
        for len in LENGTHS {
            let slice = Unaligned::new(len);
            for policy in [Policy::default(), Policy::never_spin()] {
                let mut writer = direct.open().policy(policy);
                let times = if len > 16 * BLOCK { 3 } else { TIMES };
                for _ in 0..times {
                    way(&mut writer, slice.bytes()).unwrap();
                }
                drop(writer);
                assert!(fs::read(&direct.path).unwrap()[..times * len] == slice.bytes().repeat(times), "{len}");
            }
        }
    }
}

/// Writes of other files and lengths before it leave their buffers, which may be of any size.
#[test]
fn a_buffer_that_has_served_for_a_wrong_length_serves_for_a_right_one() {
    let Some(direct) = Direct::new(b"") else { return };
    let mut writer = direct.open();
    let mut expected = Vec::new();
    for round in 0..TIMES {
        // Most file systems refuse a wrong length; btrfs writes it by way of its cache.
        for wrong in [1, 100 + round, BLOCK + 1, BLOCK - 1] {
            match block_on(writer.write_complete(&vec![7; wrong])) {
                Ok(n) => expected.resize(expected.len() + n, 7),
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::InvalidInput),
            }
        }
        let slice = Unaligned::new((1 + round % 5) * BLOCK);
        assert_eq!(block_on(writer.write_complete(slice.bytes())).unwrap(), slice.bytes().len());
        expected.extend_from_slice(slice.bytes());
    }
    drop(writer);
    assert!(fs::read(&direct.path).unwrap() == expected);
}

/// `Bytes` are not copied: whoever shares them has aligned them, as for std. Where they are, they are written as they
/// are.
#[test]
fn shared_bytes_are_written_from_where_they_are() {
    #[repr(align(4096))]
    struct Aligned([u8; 4 * BLOCK]);

    impl AsRef<[u8]> for Aligned {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }

    let Some(direct) = Direct::new(b"") else { return };
    let mut writer = direct.open();
    for _ in 0..TIMES {
        let shared = Bytes::from_owner(Aligned([7; 4 * BLOCK]));
        block_on(writer.write_all_bytes_complete(shared)).unwrap();
    }
    assert!(fs::read(&direct.path).unwrap() == [7; 4 * BLOCK].repeat(TIMES));

    let unaligned = Unaligned::new(BLOCK);
    let by_std = direct.try_open().unwrap().write(unaligned.bytes()).map_err(|error| error.raw_os_error());
    let (start, end) = (unaligned.start, unaligned.start + BLOCK);
    let shared = Bytes::from(unaligned.memory).slice(start..end);
    let ours = block_on(direct.open().write_bytes_complete(&shared)).map_err(|error| error.raw_os_error());
    assert_eq!(ours, by_std);
}

#[test]
fn a_read_into_any_slice_of_the_right_length_is_made_every_time() {
    let content = Unaligned::new(4 << 20);
    let Some(direct) = Direct::new(content.bytes()) else { return };
    for len in [BLOCK, 3 * BLOCK, 16 * BLOCK, 1 << 20] {
        for policy in [Policy::default(), Policy::never_spin()] {
            let mut reader = direct.open().policy(policy);
            let mut buffer = Unaligned::new(len);
            let mut received = Vec::new();
            while received.len() < content.bytes().len() {
                let n = block_on(reader.read(buffer.bytes_mut())).unwrap();
                assert!(n > 0);
                received.extend_from_slice(&buffer.bytes()[..n]);
            }
            assert!(received == content.bytes(), "{len}");
            assert_eq!(block_on(reader.read(buffer.bytes_mut())).unwrap(), 0, "the end");
        }
    }
}

#[test]
fn a_file_in_the_place_of_tokios_is_written_and_read() {
    let Some(direct) = Direct::new(b"") else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut file = async_write_complete::tokio::fs::File::from_std(direct.try_open().unwrap());
        let (slice, mut buffer) = (Unaligned::new(8 * BLOCK), Unaligned::new(BLOCK));
        for round in 0..TIMES {
            tokio::io::AsyncWriteExt::write_all(&mut file, slice.bytes()).await.unwrap();
            let at = (round * BLOCK) as u64;
            tokio::io::AsyncSeekExt::seek(&mut file, SeekFrom::Start(at)).await.unwrap();
            assert_eq!(tokio::io::AsyncReadExt::read_exact(&mut file, buffer.bytes_mut()).await.unwrap(), BLOCK);
            tokio::io::AsyncSeekExt::seek(&mut file, SeekFrom::End(0)).await.unwrap();
        }
        assert!(fs::read(&direct.path).unwrap() == slice.bytes().repeat(TIMES));
    });
}

#[test]
fn positions_are_written_and_read() {
    let Some(direct) = Direct::new(b"") else { return };
    let file = PositionedFile::new(direct.try_open().unwrap()).unwrap();
    for len in LENGTHS {
        let (slice, mut buffer) = (Unaligned::new(len), Unaligned::new(BLOCK));
        for round in 0..3 {
            let at = (round * len) as u64;
            block_on(file.write_all_at(slice.bytes(), at)).unwrap();
            assert_eq!(block_on(file.read_at(buffer.bytes_mut(), at)).unwrap(), BLOCK);
            assert!(buffer.bytes() == &slice.bytes()[..BLOCK]);
        }
        assert!(fs::read(&direct.path).unwrap()[..3 * len] == slice.bytes().repeat(3), "{len}");
    }
}

#[test]
fn the_end_of_a_file_of_another_length_is_read() {
    let content = Unaligned::new(2 * BLOCK + 100);
    let Some(direct) = Direct::new(content.bytes()) else { return };
    let mut reader = direct.open();
    let mut buffer = vec![0; 4 * BLOCK];
    assert_eq!(block_on(reader.read(&mut buffer)).unwrap(), content.bytes().len());
    assert!(buffer[..content.bytes().len()] == *content.bytes());
}

/// Reads, seeks and writes of one handle, with a read that nobody takes: the cursor stays where the system accepts it.
#[test]
fn reads_seeks_and_writes_go_together() {
    let content = Unaligned::new(8 * BLOCK);
    let Some(direct) = Direct::new(content.bytes()) else { return };
    let mut file = direct.open();
    let (slice, mut buffer) = (Unaligned::new(BLOCK), vec![0; BLOCK]);
    let mut expected = content.bytes().to_vec();
    block_on(async {
        for round in 0..TIMES {
            let at = round % 6;
            file.seek(SeekFrom::Start((at * BLOCK) as u64)).await.unwrap();
            assert_eq!(file.read(&mut buffer).await.unwrap(), BLOCK);
            assert!(buffer == expected[at * BLOCK..][..BLOCK]);
            let taken = poll_future(&mut file.read(&mut buffer)).is_ready();
            file.write_all_complete(slice.bytes()).await.unwrap();
            let at = at + 1 + usize::from(taken);
            expected[at * BLOCK..][..BLOCK].copy_from_slice(slice.bytes());
        }
        file.close_complete().await.unwrap();
    });
    assert!(fs::read(&direct.path).unwrap() == expected);
}
