//! A vectored submission is gathered: one call of the destination's `write` for all slices, by every face, so that
//! records of several slices stay whole where the system keeps one call whole.

use std::{
    io::{self, IoSlice, Read, Write},
    thread,
};

use async_write_complete::{
    AsyncWriteCompleteExt, Offload, WriteComplete,
    adapter::{ToFuturesIo, ToTokio},
};
use futures_lite::future::block_on;

use crate::common::{
    destination::{Observer, Scripted},
    pool::Stepped,
    steps::{drive, over},
};

/// A `writev(2)` of its own would be cut at the limits of the system; it is never asked.
struct NotVectored(Scripted);

impl Write for NotVectored {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.write(buf)
    }

    fn write_vectored(&mut self, _: &[IoSlice<'_>]) -> io::Result<usize> {
        panic!("the slices are gathered")
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteComplete for NotVectored {}

/// How slices are written.
type WriteSlices = fn(&mut Offload<NotVectored, Stepped>, &Stepped, &[IoSlice<'_>]) -> io::Result<usize>;

const WAYS: [WriteSlices; 5] = [
    |writer, pool, slices| drive(pool, writer.write_vectored_complete(slices)),
    |writer, pool, slices| {
        let (mut list, len) = (slices.to_vec(), slices.iter().map(|slice| slice.len()).sum());
        drive(pool, writer.write_all_vectored_complete(&mut list)).map(|()| len)
    },
    |writer, pool, slices| drive(pool, futures_lite::AsyncWriteExt::write_vectored(writer, slices)),
    |writer, pool, slices| {
        drive(pool, futures_lite::AsyncWriteExt::write_vectored(&mut ToFuturesIo::new(writer), slices))
    },
    |writer, pool, slices| drive(pool, tokio::io::AsyncWriteExt::write_vectored(&mut ToTokio::new(writer), slices)),
];

fn writer() -> (Offload<NotVectored, Stepped>, Stepped, Observer) {
    let (destination, pool) = (Scripted::new(), Stepped::new());
    let seen = destination.observer();
    (over(NotVectored(destination), &pool), pool, seen)
}

/// More slices than `IOV_MAX`, empty ones, and ones of any length.
#[test]
fn one_call_for_all_slices_by_every_face() {
    let bytes: Vec<u8> = (0..200_000).map(|i| (i % 251) as u8).collect();
    let mut lists: Vec<Vec<&[u8]>> = [1, 2, 7, 4096, 199_999, 200_000].map(|n| bytes.chunks(n).collect()).to_vec();
    lists.push(bytes.chunks(1000).flat_map(|chunk| [b"", chunk, b""]).collect());
    lists.push(vec![b"", b"", &bytes[..1], b""]);
    for list in lists {
        let slices: Vec<IoSlice<'_>> = list.iter().map(|slice| IoSlice::new(slice)).collect();
        let expected = list.concat();
        for way in WAYS {
            let (mut writer, pool, seen) = writer();
            assert_eq!(way(&mut writer, &pool, &slices).unwrap(), expected.len());
            assert_eq!(seen.writes(), [expected.len()], "{} slices", slices.len());
            assert!(seen.bytes() == expected);
        }
    }
}

/// Of several lists one after the other, each is a call of its own: neither split nor merged.
#[test]
fn each_list_is_a_call_of_its_own() {
    for way in WAYS {
        let (mut writer, pool, seen) = writer();
        for n in 1..=50 {
            let record = vec![n; n.into()];
            let slices: Vec<IoSlice<'_>> = record.chunks(3).map(IoSlice::new).collect();
            assert_eq!(way(&mut writer, &pool, &slices).unwrap(), n.into());
        }
        assert_eq!(seen.writes(), (1..=50).collect::<Vec<_>>());
    }
}

/// A pipe keeps writes of up to `PIPE_BUF` whole, which two writers see.
#[test]
fn records_of_several_slices_stay_whole_in_a_pipe() {
    const RECORDS: usize = 500;
    const LEN: usize = 4096;
    let (mut reader, writer) = io::pipe().unwrap();
    let write = |who: u8, writer: io::PipeWriter| {
        move || {
            let mut writer = Offload::new(writer);
            let (head, body, tail) = ([who; 16], vec![who; LEN - 17], [who; 1]);
            for _ in 0..RECORDS {
                let slices = [IoSlice::new(&head), IoSlice::new(&body), IoSlice::new(&tail)];
                assert_eq!(block_on(writer.write_vectored_complete(&slices)).unwrap(), LEN);
            }
        }
    };
    let another = writer.try_clone().unwrap();
    let mut text = Vec::new();
    thread::scope(|scope| {
        scope.spawn(write(b'a', writer));
        scope.spawn(write(b'b', another));
        reader.read_to_end(&mut text).unwrap();
    });
    let counts = [b'a', b'b'].map(|who| text.chunks(LEN).filter(|record| *record == [who; LEN]).count());
    assert_eq!((counts, text.len()), ([RECORDS; 2], 2 * RECORDS * LEN));
}
