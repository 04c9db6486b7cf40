//! A descriptor with `O_DSYNC` or `O_SYNC`: `write(2)` may fail after the bytes are in, because their sync has failed;
//! with `O_DIRECT`, because a later part of them has. What was told as a failure would be written again, so it is told
//! as indeterminate (rule W6), and a record is never there twice.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, IoSlice, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::Arc,
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteBytesExt, AsyncWriteCompleteExt, HeldWrite, Indeterminate, Inline, Offload,
    PriorWriteFailed, WriteComplete,
    adapter::{ToFuturesIo, ToTokio},
    error::raw_os_error,
    fs::PositionedFile,
};
use futures_lite::future::block_on;
use nix::fcntl::OFlag;
use rustix::io::Errno;

use crate::common::{
    destination::{Observer, Outcome, Scripted},
    pool::Stepped,
    steps::{drive, over, poll_future, prior, write_now},
    store::store,
};

// The flags are those of nix: what rustix calls `DSYNC` is `O_SYNC` on Linux.

const COMES_OF_A_SYNC: [Errno; 3] = [Errno::IO, Errno::NOSPC, Errno::DQUOT];
const COMES_OF_NO_SYNC: [Errno; 5] = [Errno::FBIG, Errno::PIPE, Errno::BADF, Errno::INVAL, Errno::PERM];

fn error(code: Errno) -> io::Error {
    io::Error::from_raw_os_error(code.raw_os_error())
}

/// A log whose first write is in, and then fails to be synced.
struct Log {
    file: Scripted,
    code: Option<Errno>,
}

impl Log {
    fn new(code: Errno) -> (Self, Observer) {
        let file = Scripted::new();
        let observer = file.observer();
        (Self { file, code: Some(code) }, observer)
    }
}

impl Write for Log {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = self.file.write(buf)?;
        self.code.take().map_or(Ok(n), |code| Err(error(code)))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteComplete for Log {
    fn may_have_written(&self, error: &io::Error) -> bool {
        raw_os_error(error).is_some_and(|code| COMES_OF_A_SYNC.iter().any(|sync| sync.raw_os_error() == code))
    }
}

#[track_caller]
fn assert_indeterminate(error: &io::Error, code: Errno) {
    assert!(Indeterminate::find(error).is_some(), "{error:?}");
    assert_eq!(raw_os_error(error), Some(code.raw_os_error()));
}

const RECORD: &[u8] = b"a record\n";

type Way = fn(&mut Offload<Log, Stepped>, &Stepped) -> io::Result<()>;

/// Every way to write a record, and to go on after it was not known to be there.
fn ways() -> [Way; 9] {
    [
        |writer, pool| drive(pool, writer.write_complete(RECORD)).map(drop),
        |writer, pool| drive(pool, writer.write_all_complete(RECORD)),
        |writer, pool| drive(pool, writer.write_all_vectored_complete(&mut [IoSlice::new(RECORD)])),
        |writer, pool| drive(pool, writer.write_all_bytes_complete(bytes::Bytes::from_static(RECORD))),
        |writer, pool| drive(pool, writer.resume_write_all(&mut HeldWrite::new(RECORD))),
        |writer, pool| drive(pool, futures_lite::AsyncWriteExt::write_all(writer, RECORD)),
        |writer, pool| drive(pool, futures_lite::AsyncWriteExt::write_all(&mut ToFuturesIo::new(writer), RECORD)),
        |writer, pool| drive(pool, tokio::io::AsyncWriteExt::write_all(&mut ToTokio::new(writer), RECORD)),
        |writer, pool| write_now(writer, pool, RECORD).map(drop),
    ]
}

#[test]
fn a_record_is_there_once_however_it_is_written_and_tried_again() {
    for (first, way) in ways().into_iter().enumerate() {
        for code in COMES_OF_A_SYNC {
            let ((log, seen), pool) = (Log::new(code), Stepped::new());
            let mut writer = over(log, &pool);
            assert_indeterminate(&way(&mut writer, &pool).unwrap_err(), code);
            // Whoever tries again, in any way but `write_now`, which expects to be in flight.
            for again in ways().into_iter().take(8) {
                assert_indeterminate(&again(&mut writer, &pool).unwrap_err(), code);
            }
            assert_indeterminate(&drive(&pool, writer.close_complete()).unwrap_err(), code);
            assert_eq!((seen.bytes(), seen.writes()), (RECORD.to_vec(), vec![RECORD.len()]), "way {first}, {code:?}");
        }
    }
}

#[test]
fn a_held_record_is_not_resumed() {
    for code in COMES_OF_A_SYNC {
        let ((log, seen), pool) = (Log::new(code), Stepped::new());
        let mut writer = over(log, &pool);
        let mut held = HeldWrite::new(RECORD);
        for _ in 0..3 {
            assert_indeterminate(&drive(&pool, writer.resume_write_all(&mut held)).unwrap_err(), code);
            assert_eq!((held.completed(), held.maybe_completed()), (0, RECORD.len()));
        }
        // Nor on another writer, which does not know the ticket.
        let mut another = Vec::new();
        block_on(another.resume_write_all(&mut held)).unwrap_err();
        assert_eq!((seen.writes(), another), (vec![RECORD.len()], vec![]));
    }
}

/// A `select!` that drops the write and makes it anew: the loop that doubles records elsewhere.
#[test]
fn a_dropped_record_is_told_before_anything_is_written_again() {
    let ((log, seen), pool) = (Log::new(Errno::IO), Stepped::new());
    let mut writer = over(log, &pool);
    assert!(poll_future(&mut writer.write_complete(RECORD)).is_pending());
    pool.run_all();
    drive(&pool, writer.write_complete(RECORD)).expect_err("it is outstanding");
    assert_indeterminate(&drive(&pool, writer.settle()).unwrap_err(), Errno::IO);
    assert_indeterminate(&drive(&pool, writer.write_complete(RECORD)).unwrap_err(), Errno::IO);
    assert_eq!((seen.bytes(), seen.writes()), (RECORD.to_vec(), vec![RECORD.len()]));
}

#[test]
fn a_dropped_poll_write_is_told_to_the_next_one() {
    let ((log, seen), pool) = (Log::new(Errno::NOSPC), Stepped::new());
    let mut writer = over(log, &pool);
    assert!(poll_future(&mut futures_lite::AsyncWriteExt::write(&mut writer, RECORD)).is_pending());
    pool.run_all();
    let next = poll_future(&mut futures_lite::AsyncWriteExt::write(&mut writer, b"another one"));
    let error = prior(next, RECORD.len(), None);
    assert_eq!(raw_os_error(&error), Some(Errno::NOSPC.raw_os_error()));
    assert!(PriorWriteFailed::find(&error).unwrap().complete().is_none(), "nobody knows");
    assert_eq!(seen.writes(), [RECORD.len()]);
}

#[test]
fn a_short_count_before_it_is_exact() {
    let file = Scripted::script([Outcome::Short(4)]);
    let seen = file.observer();
    let pool = Stepped::new();
    /// Fails in its second write.
    struct Second(Log, bool);
    impl Write for Second {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            if std::mem::replace(&mut self.1, true) {
                self.0.code = Some(Errno::IO);
            }
            self.0.write(buf)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    impl WriteComplete for Second {
        fn may_have_written(&self, error: &io::Error) -> bool {
            self.0.may_have_written(error)
        }
    }
    let mut writer = over(Second(Log { file, code: None }, false), &pool);
    let mut held = HeldWrite::new(RECORD);
    assert_indeterminate(&drive(&pool, writer.resume_write_all(&mut held)).unwrap_err(), Errno::IO);
    assert_eq!((held.completed(), held.maybe_completed()), (4, RECORD.len()));
    assert_eq!((seen.bytes(), seen.writes()), (RECORD.to_vec(), vec![9, 5]));
}

#[test]
fn on_the_callers_thread_it_is_the_same() {
    for code in COMES_OF_A_SYNC {
        let (log, seen) = Log::new(code);
        let mut writer = Inline::new(log);
        for _ in 0..3 {
            assert_indeterminate(&block_on(writer.write_complete(RECORD)).unwrap_err(), code);
        }
        assert_eq!(seen.writes(), [RECORD.len()]);
    }
}

fn open(path: impl AsRef<Path>, flags: OFlag) -> File {
    OpenOptions::new().write(true).custom_flags(flags.bits()).open(path).unwrap()
}

/// What a descriptor says of an error, for each type that has one.
fn doubts(file: File, code: Errno) -> [bool; 4] {
    let error = error(code);
    let shared = Arc::new(file.try_clone().unwrap());
    let mut boxed: Box<dyn WriteComplete> = Box::new(file.try_clone().unwrap());
    let borrowed = &mut boxed;
    [
        <File as WriteComplete>::may_have_written(&file, &error),
        <&File as WriteComplete>::may_have_written(&&file, &error),
        <Arc<File> as WriteComplete>::may_have_written(&shared, &error),
        <&mut Box<dyn WriteComplete> as WriteComplete>::may_have_written(&borrowed, &error),
    ]
}

#[test]
fn a_file_doubts_the_errors_of_a_sync_if_it_syncs() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for code in COMES_OF_A_SYNC {
        assert_eq!(doubts(open(file.path(), OFlag::O_DSYNC), code), [true; 4], "{code:?}");
        assert_eq!(doubts(open(file.path(), OFlag::O_SYNC), code), [true; 4], "{code:?}");
        match OpenOptions::new().write(true).custom_flags(OFlag::O_DIRECT.bits()).open(file.path()) {
            Ok(direct) => assert_eq!(doubts(direct, code), [true; 4], "{code:?}"),
            Err(refused) => println!("skipped: the file system takes no O_DIRECT: {refused}"),
        }
        assert_eq!(doubts(open(file.path(), OFlag::empty()), code), [false; 4], "{code:?}");
        assert_eq!(doubts(open(file.path(), OFlag::O_APPEND), code), [false; 4], "{code:?}");
    }
    for code in COMES_OF_NO_SYNC {
        assert_eq!(doubts(open(file.path(), OFlag::O_DSYNC | OFlag::O_APPEND), code), [false; 4], "{code:?}");
    }
    let kind = io::Error::from(io::ErrorKind::StorageFull);
    assert!(!open(file.path(), OFlag::O_DSYNC).may_have_written(&kind), "it is nobody's");
}

/// `/dev/full` fails before anything is in, which nobody can tell from a sync that failed.
#[test]
fn a_full_device_is_indeterminate_only_if_it_syncs() {
    for (flags, is_indeterminate) in [
        (OFlag::empty(), false),
        (OFlag::O_APPEND, false),
        (OFlag::O_DSYNC, true),
        (OFlag::O_SYNC, true),
        (OFlag::O_DSYNC | OFlag::O_APPEND, true),
    ] {
        block_on(async {
            let mut writer = Offload::new(open("/dev/full", flags));
            for _ in 0..3 {
                let error = writer.write_complete(RECORD).await.unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::StorageFull);
                assert_eq!(Indeterminate::find(&error).is_some(), is_indeterminate, "{flags:?}");
            }
            assert_eq!(writer.outstanding(), None);
            assert_eq!(writer.close_complete().await.is_err(), is_indeterminate);
        });
    }
}

/// Likewise by the other types of files.
#[test]
fn a_full_device_is_indeterminate_by_every_type_of_file() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (flags, is_indeterminate) in [(OFlag::empty(), false), (OFlag::O_DSYNC, true), (OFlag::O_SYNC, true)] {
        runtime.block_on(async {
            let mut file = async_write_complete::tokio::fs::File::from_std(open("/dev/full", flags));
            let error = tokio::io::AsyncWriteExt::write_all(&mut file, RECORD).await.unwrap_err();
            assert_eq!(Indeterminate::find(&error).is_some(), is_indeterminate, "{flags:?}");
            let error = tokio::io::AsyncWriteExt::write_all(&mut file, RECORD).await.unwrap_err();
            assert_eq!(Indeterminate::find(&error).is_some(), is_indeterminate, "{flags:?}, again");
        });
        // Positions are no log: the same bytes may be written to the same place again.
        let file = PositionedFile::new(open("/dev/full", flags)).unwrap();
        for _ in 0..2 {
            let error = block_on(file.write_all_at(RECORD, 0)).unwrap_err();
            assert_eq!(raw_os_error(&error), Some(Errno::NOSPC.raw_os_error()));
            assert_eq!(Indeterminate::find(&error).is_some(), is_indeterminate, "{flags:?}");
        }
    }
}

#[test]
fn a_file_that_syncs_and_does_not_fail_is_as_any_other() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    for flags in [OFlag::O_DSYNC | OFlag::O_APPEND, OFlag::O_SYNC | OFlag::O_APPEND] {
        fs::write(&path, b"").unwrap();
        let mut writer = Offload::new(open(&path, flags));
        let records: Vec<u8> = (0..20).flat_map(|n| vec![n; 1 + 97 * usize::from(n)]).collect();
        block_on(async {
            for n in 0..20 {
                let record = vec![n; 1 + 97 * usize::from(n)];
                assert_eq!(writer.write_complete(&record).await.unwrap(), record.len());
            }
            writer.close_complete().await.unwrap();
        });
        assert_eq!(fs::read(&path).unwrap(), records);
    }
}

/// `ci/system-calls.sh` counts the calls on this file, and sees their threads.
#[test]
fn a_record_is_one_call() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("one-call");
    fs::write(&path, b"").unwrap();
    let mut writer = Offload::new(open(&path, OFlag::O_DSYNC | OFlag::O_APPEND));
    block_on(async {
        assert_eq!(writer.write_complete(RECORD).await.unwrap(), RECORD.len());
        writer.close_complete().await.unwrap();
    });
    assert_eq!(fs::read(&path).unwrap(), RECORD);
}

/// The kernel tells an error of its writeback to the next sync of each descriptor, so a write with `O_DSYNC` may append
/// its record and then fail for what somebody else has written.
#[test]
fn a_sync_that_fails_for_another_handles_bytes_doubles_no_record() {
    let Some(store) = store() else { return };
    let path = store.path.join("log");
    let record = |n: u8| [n; 512];
    let log = OpenOptions::new().create(true).append(true).custom_flags(OFlag::O_DSYNC.bits()).open(&path).unwrap();
    let mut writer = Offload::new(log);
    block_on(writer.write_all_complete(&record(b'0'))).unwrap();

    // Another handle writes more than the device has room for, which is noticed when it is written back.
    let filler = store.fill_device();
    let mut other = OpenOptions::new().write(true).open(&path).unwrap();
    other.seek(SeekFrom::Start(1 << 20)).unwrap();
    other.write_all(&vec![b'x'; 8 << 20]).unwrap();
    other.sync_data().expect_err("the device is full");
    drop(filler);

    let before = fs::metadata(&path).unwrap().len();
    let mut held = HeldWrite::new(record(b'1'));
    let error = block_on(writer.resume_write_all(&mut held)).unwrap_err();
    assert!(Indeterminate::find(&error).is_some(), "{error:?}");
    assert!(COMES_OF_A_SYNC.iter().any(|code| raw_os_error(&error) == Some(code.raw_os_error())), "{error:?}");
    assert_eq!((held.completed(), held.maybe_completed()), (0, 512));
    for _ in 0..3 {
        block_on(writer.resume_write_all(&mut held)).unwrap_err();
        block_on(writer.write_all_complete(&record(b'2'))).unwrap_err();
    }
    let text = fs::read(&path).unwrap();
    assert_eq!(text[before as usize..], record(b'1'), "once");
    fs::remove_file(&path).unwrap();
}

/// Likewise where the record itself finds no space.
#[test]
fn a_full_file_system_doubles_no_record() {
    let Some(store) = store() else { return };
    let path = store.path.join("small");
    let log = OpenOptions::new().create(true).append(true).custom_flags(OFlag::O_DSYNC.bits()).open(&path).unwrap();
    let _rest = store.fill_but(0);
    let mut writer = Offload::new(log);
    let (mut there, mut n) = (Vec::new(), 0);
    let (error, last) = loop {
        let record = [n; 4096];
        match block_on(writer.write_complete(&record)) {
            Ok(count) => there.extend_from_slice(&record[..count]),
            Err(error) => break (error, record),
        }
        n = n.wrapping_add(1);
    };
    assert_indeterminate(&error, Errno::NOSPC);
    for _ in 0..3 {
        block_on(writer.write_complete(&last)).unwrap_err();
    }
    let text = fs::read(&path).unwrap();
    assert!(text == there || text == [&there[..], &last[..]].concat(), "{} bytes of {}", text.len(), there.len());
    fs::remove_file(&path).unwrap();
}
