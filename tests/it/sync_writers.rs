//! Blocking writers: which of std's make the promise, what `FlushEach`, `AssertComplete` and `Inline` do to theirs.

use std::{
    collections::VecDeque,
    error::Error,
    fs::File,
    io::{self, BufWriter, Cursor, IoSlice, LineWriter, Read, Seek, SeekFrom, Sink, Write},
    marker::PhantomData,
    net::TcpStream,
    process::ChildStdin,
    rc::Rc,
    sync::Arc,
};

use async_write_complete::{
    AssertComplete, AsyncWriteComplete, AsyncWriteCompleteExt, FlushEach, Indeterminate, Inline, TicketSource,
    WriteComplete, error::raw_os_error,
};
use futures_lite::future::block_on;

use crate::common::{
    destination::{Observer, Outcome, Scripted, interrupted},
    steps,
};

/// ENOSPC, the same on every Unix.
const NO_SPACE: i32 = 28;

/// Whether a type is a [`WriteComplete`], as a value: an inherent constant is preferred to that of a trait.
macro_rules! promises {
    ($($type:ty),* $(,)?) => {
        [$((stringify!($type), Probe::<$type>::PROMISES)),*]
    };
}

struct Probe<T: ?Sized>(PhantomData<T>);

trait Otherwise {
    const PROMISES: bool = false;
}

impl<T: ?Sized> Otherwise for Probe<T> {}

impl<T: WriteComplete + ?Sized> Probe<T> {
    const PROMISES: bool = true;
}

mod which {
    use super::*;

    #[track_caller]
    fn all(expected: bool, found: &[(&str, bool)]) {
        let others: Vec<_> = found.iter().filter(|(_, promises)| *promises != expected).collect();
        assert!(others.is_empty(), "{others:?}");
    }

    #[test]
    fn these_hold_nothing_back() {
        all(true, &promises!(File, &'static File, Arc<File>, TcpStream, ChildStdin));
        all(true, &promises!(Vec<u8>, VecDeque<u8>, &'static mut [u8], Sink));
        all(true, &promises!(Cursor<Vec<u8>>, Cursor<&'static mut Vec<u8>>, Cursor<&'static mut [u8]>));
        all(true, &promises!(Cursor<Box<[u8]>>, Cursor<[u8; 4]>));
        all(true, &promises!(&'static mut File, Box<File>, Box<dyn WriteComplete>, &'static mut dyn WriteComplete));
        all(true, &promises!(FlushEach<BufWriter<File>>, AssertComplete<Box<dyn Write>>));
        #[cfg(unix)]
        all(true, &promises!(std::os::unix::net::UnixStream));
        all(true, &promises!(io::PipeWriter));
    }

    #[test]
    fn these_buffer() {
        all(false, &promises!(BufWriter<File>, BufWriter<Vec<u8>>, LineWriter<File>, &'static mut BufWriter<File>));
        all(false, &promises!(io::Stdout, io::StdoutLock<'static>, &'static io::Stdout));
    }

    /// A closed descriptor answers `Ok`.
    #[test]
    fn these_hide_errors() {
        all(false, &promises!(io::Stderr, io::StderrLock<'static>, &'static io::Stderr));
    }

    /// Other handles of one socket or pipe write in between, and nobody has asked for them.
    #[test]
    fn these_are_left_out() {
        all(false, &promises!(&'static TcpStream, Arc<TcpStream>, &'static ChildStdin, Rc<File>));
        all(false, &promises!(Box<dyn Write>, &'static mut dyn Write, io::Empty, &'static Sink, Cursor<&'static [u8]>));
        #[cfg(unix)]
        all(false, &promises!(&'static std::os::unix::net::UnixStream));
        all(false, &promises!(&'static io::PipeWriter));
    }
}

mod defaults {
    use super::*;

    /// A type of somebody's own, that implements nothing but the promise.
    struct Own(Vec<u8>);

    impl Write for Own {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            self.0.write(buf)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl WriteComplete for Own {}

    #[test]
    fn are_right_for_whoever_holds_nothing_back() {
        let mut own = Own(Vec::new());
        assert!(!own.seek_back(3).unwrap(), "reading and writing share no cursor");
        assert!(!own.wait_writable().unwrap(), "it cannot wait");
        assert!(!own.may_have_written(&io::Error::from_raw_os_error(5)), "an error means that nothing is complete");
        assert!(own.0.is_empty());
        own.release().unwrap();
    }

    #[test]
    fn a_release_is_a_drop() {
        let destination = Scripted::new();
        let observer = destination.observer();
        AssertComplete::new(destination).release().unwrap();
        assert_eq!(observer.drops(), 1);
        Box::new(Scripted::new()).release().unwrap();
        let mut borrowed = Scripted::new();
        (&mut borrowed).release().unwrap();
        assert_eq!(borrowed.observer().drops(), 0, "a reference has nothing to release");
    }
}

/// What std has no call for, on descriptors.
#[cfg(target_os = "linux")]
mod descriptors {
    use std::{
        fs::OpenOptions,
        net::TcpListener,
        os::{
            fd::{AsFd, OwnedFd},
            unix::{fs::OpenOptionsExt, net::UnixStream},
        },
        thread,
        time::Duration,
    };

    use rustix::{
        fs::{OFlags, fcntl_setfl},
        pipe::pipe,
    };

    use super::*;

    fn non_blocking(descriptor: impl AsFd) {
        fcntl_setfl(descriptor, OFlags::NONBLOCK).unwrap();
    }

    #[test]
    fn a_full_pipe_is_waited_for() {
        let (read, write) = pipe().unwrap();
        let (mut read, mut write) = (File::from(read), File::from(write));
        non_blocking(&write);
        let mut there = 0;
        loop {
            match write.write(&[7; 4096]) {
                Ok(n) => there += n,
                Err(error) => break assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
            }
        }
        let reads = thread::spawn(move || {
            let mut bytes = vec![0; there];
            read.read_exact(&mut bytes).unwrap();
            read
        });
        assert!(write.wait_writable().unwrap());
        let _read = reads.join().unwrap();
        assert_eq!(write.write(b"more").unwrap(), 4);
    }

    /// The write that follows meets the end.
    #[test]
    fn a_peer_that_has_gone_ends_the_wait() {
        let (read, write) = pipe().unwrap();
        non_blocking(&write);
        drop(read);
        let mut write = File::from(write);
        assert!(write.wait_writable().unwrap());
        assert_eq!(write.write(b"never").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }

    /// A socket that blocks answers `WouldBlock` when its send timeout has passed, and there is nothing to wait for.
    #[test]
    fn a_send_timeout_is_timed_out() {
        let (mut ours, _theirs) = UnixStream::pair().unwrap();
        ours.set_write_timeout(Some(Duration::from_millis(1))).unwrap();
        assert_eq!(ours.wait_writable().unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn a_descriptor_that_syncs_each_write_may_have_written() {
        const O_DSYNC: i32 = 0o10000;
        const O_SYNC: i32 = 0o4010000;

        let open = |flags| {
            let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
            OpenOptions::new().write(true).custom_flags(flags).open(&path).unwrap()
        };
        for (flags, may) in [(0, false), (O_DSYNC, true), (O_SYNC, true)] {
            let file = open(flags);
            for code in [5, 28, 122] {
                assert_eq!(file.may_have_written(&io::Error::from_raw_os_error(code)), may, "{flags:o}, {code}");
            }
            for code in [9, 27, 32] {
                assert!(!file.may_have_written(&io::Error::from_raw_os_error(code)), "{flags:o}, {code}");
            }
            assert!(!file.may_have_written(&io::ErrorKind::StorageFull.into()), "of no system call");
            assert_eq!(Arc::new(file).may_have_written(&io::Error::from_raw_os_error(5)), may);
        }
    }

    #[test]
    fn a_file_is_released() {
        let file = tempfile::tempfile().unwrap();
        file.try_clone().unwrap().release().unwrap();
        let shared = Arc::new(file);
        shared.clone().release().unwrap();
        (&*shared).write_all(b"another clone is alive").unwrap();
        shared.release().unwrap();
    }

    #[test]
    fn a_socket_says_that_it_ends() {
        fn ends<S: WriteComplete>(ours: S, alive: impl Sized, mut theirs: impl Read) {
            ours.release().unwrap();
            let mut rest = Vec::new();
            theirs.read_to_end(&mut rest).unwrap();
            assert_eq!(rest, b"", "the peer sees the end, though a clone is alive");
            drop(alive);
        }

        let (ours, theirs) = UnixStream::pair().unwrap();
        ends(ours.try_clone().unwrap(), ours, theirs);
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (theirs, _) = listener.accept().unwrap();
        ends(ours.try_clone().unwrap(), ours, theirs);
    }

    /// Nobody waits for its end.
    #[test]
    fn a_socket_whose_peer_has_gone_is_released() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(theirs);
        ours.release().unwrap();
    }

    /// By the descriptor of a pipe that is a `File`, `PipeWriter` or `OwnedFd` in turn.
    #[test]
    fn a_pipe_is_released() {
        let (mut reader, writer) = io::pipe().unwrap();
        writer.try_clone().unwrap().release().unwrap();
        File::from(OwnedFd::from(writer)).release().unwrap();
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"");
    }
}

mod syncs {
    use async_write_complete::SyncComplete;

    use super::*;

    #[test]
    fn files_and_what_is_made_of_them() {
        fn syncs(it: &impl SyncComplete) {
            it.sync_data().unwrap();
            it.sync_all().unwrap();
        }

        let file = tempfile::tempfile().unwrap();
        syncs(&file);
        syncs(&&file);
        syncs(&AssertComplete::new(file.try_clone().unwrap()));
        syncs(&Arc::new(file));
        let destination = Scripted::new();
        let observer = destination.observer();
        syncs(&AssertComplete::new(destination));
        assert_eq!(observer.syncs(), 2);
    }
}

mod cursors {
    use super::*;

    /// Reads five of `0123456789`, takes two back, and overwrites from there.
    #[track_caller]
    fn moves_back(mut it: impl WriteComplete + Read + Seek) {
        let mut five = [0; 5];
        it.read_exact(&mut five).unwrap();
        assert!(it.seek_back(2).unwrap());
        assert_eq!(it.stream_position().unwrap(), 3);
        assert!(it.seek_back(0).unwrap());
        it.write_all(b"ab").unwrap();
        it.rewind().unwrap();
        let mut all = String::new();
        it.read_to_string(&mut all).unwrap();
        assert_eq!(all, "012ab56789");
    }

    fn ten_digits() -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        file.rewind().unwrap();
        file
    }

    #[test]
    fn files_take_back_what_was_read() {
        moves_back(ten_digits());
        moves_back(&ten_digits());
        moves_back(Arc::new(ten_digits()));
        moves_back(Box::new(ten_digits()));
        moves_back(&mut ten_digits());
    }

    #[test]
    fn cursors_take_back_what_was_read() {
        moves_back(Cursor::new(b"0123456789".to_vec()));
        moves_back(Cursor::new(*b"0123456789"));
    }

    /// Nobody reads so much; but a cursor must not end up anywhere else.
    #[test]
    fn a_file_does_not_go_back_beyond_its_beginning() {
        let mut file = ten_digits();
        file.seek(SeekFrom::Start(3)).unwrap();
        for n in [4, u64::MAX] {
            assert!(!file.seek_back(n).unwrap());
        }
        assert_eq!(file.stream_position().unwrap(), 3);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_cannot_seek_has_nothing_to_move() {
        use std::os::{fd::OwnedFd, unix::net::UnixStream};

        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut file = File::from(OwnedFd::from(ours));
        theirs.write_all(b"ab").unwrap();
        file.read_exact(&mut [0]).unwrap();
        assert!(!file.seek_back(1).unwrap());
        assert!(!Arc::new(file).seek_back(1).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn a_socket_has_nothing_to_move() {
        let (mut ours, mut theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        theirs.write_all(b"abc").unwrap();
        let mut two = [0; 2];
        ours.read_exact(&mut two).unwrap();
        assert!(!ours.seek_back(2).unwrap());
        let mut one = [0; 1];
        ours.read_exact(&mut one).unwrap();
        assert_eq!(&one, b"c");
    }
}

mod flush_each {
    use super::*;

    #[test]
    fn bytes_are_there_after_each_write() {
        let destination = Scripted::new();
        let observer = destination.observer();
        let mut writer = FlushEach::new(BufWriter::new(destination));
        assert_eq!(writer.write(b"abc").unwrap(), 3);
        assert_eq!(observer.bytes(), b"abc");
        assert_eq!(writer.write(b"de").unwrap(), 2);
        assert_eq!(observer.bytes(), b"abcde");
        assert_eq!(writer.write_vectored(&[IoSlice::new(b""), IoSlice::new(b"fg")]).unwrap(), 2);
        assert_eq!(observer.bytes(), b"abcdefg");
        assert_eq!((observer.writes(), observer.flushes()), (vec![3, 2, 2], 3));
    }

    #[test]
    fn what_was_held_before_goes_first() {
        let mut buffered = BufWriter::new(Vec::new());
        buffered.write_all(b"earlier ").unwrap();
        let mut writer = FlushEach::new(buffered);
        assert_eq!(writer.write(b"later").unwrap(), 5);
        assert_eq!(writer.get_ref().get_ref(), b"earlier later");
    }

    #[test]
    fn a_failed_flush_is_indeterminate_and_final() {
        let destination = Scripted::new().on_flush([Outcome::All, Outcome::Os(NO_SPACE)]);
        let observer = destination.observer();
        let mut writer = FlushEach::new(destination);
        assert_eq!(writer.write(b"abc").unwrap(), 3);

        let error = writer.write(b"de").unwrap_err();
        assert_eq!(Indeterminate::find(&error).unwrap().reason().raw_os_error(), Some(NO_SPACE));
        assert_eq!((error.kind(), raw_os_error(&error)), (io::ErrorKind::StorageFull, Some(NO_SPACE)));

        for _ in 0..2 {
            let later = writer.write(b"f").unwrap_err();
            assert!(Indeterminate::find(&later).is_some(), "for good");
            assert!(later.to_string().contains("space"), "the reason is told again: {later}");
            writer.write_vectored(&[IoSlice::new(b"f")]).unwrap_err();
            writer.flush().unwrap_err();
        }
        assert_eq!((observer.writes(), observer.flushes()), (vec![3, 2], 2), "nothing reaches it any more");
        assert_eq!(writer.into_inner().observer().bytes(), b"abcde");
    }

    #[test]
    fn a_flush_by_itself_keeps_the_same_rules() {
        let mut writer = FlushEach::new(Scripted::new().on_flush([Outcome::Os(NO_SPACE)]));
        let error = writer.flush().unwrap_err();
        assert!(Indeterminate::find(&error).is_some());
        writer.write(b"a").unwrap_err();
        assert!(writer.get_ref().observer().writes().is_empty());
    }

    #[test]
    fn an_interrupted_flush_is_tried_again() {
        let destination = Scripted::new().on_flush(interrupted(3));
        let observer = destination.observer();
        let mut writer = FlushEach::new(destination);
        assert_eq!(writer.write(b"abc").unwrap(), 3);
        assert_eq!((observer.writes(), observer.flushes()), (vec![3], 4), "the write is not repeated");
    }

    /// Rule P3. It stays unknown what the flush did.
    #[test]
    fn a_flush_that_would_block_is_told_as_something_else() {
        let destination = Scripted::new().on_flush([Outcome::Error(io::ErrorKind::WouldBlock)]);
        let mut writer = FlushEach::new(destination);
        let error = writer.write(b"abc").unwrap_err();
        assert!(Indeterminate::find(&error).is_some());
        assert_ne!(error.kind(), io::ErrorKind::WouldBlock);
        assert!(error.to_string().contains("non-blocking"), "{error}");
    }

    #[test]
    fn a_failed_write_is_not_flushed_and_not_final() {
        let destination = Scripted::script([Outcome::Os(NO_SPACE), Outcome::Short(2)]);
        let observer = destination.observer();
        let mut writer = FlushEach::new(destination);
        let error = writer.write(b"abc").unwrap_err();
        assert_eq!((error.raw_os_error(), observer.flushes()), (Some(NO_SPACE), 0));
        assert_eq!(writer.write(b"abc").unwrap(), 2, "a short count goes through");
        assert_eq!((observer.bytes(), observer.flushes()), (b"ab".to_vec(), 1));
    }

    /// The reason of a failed flush is of a type that nobody here knows.
    #[test]
    fn the_source_of_a_failed_flush_is_kept_whole() {
        struct Picky;

        impl Write for Picky {
            fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
                Ok(buf.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Err(io::Error::new(io::ErrorKind::QuotaExceeded, "too much".parse::<u8>().unwrap_err()))
            }
        }

        let error = FlushEach::new(Picky).write(b"a").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::QuotaExceeded);
        let source = Indeterminate::find(&error).unwrap().reason().get_ref().unwrap();
        assert!(source.is::<std::num::ParseIntError>(), "{source:?}");
    }
}

#[test]
fn assert_complete_forwards_every_write() {
    let destination = Scripted::script([Outcome::Short(2)]);
    let observer = destination.observer();
    let mut writer = AssertComplete::new(destination);
    assert_eq!(writer.write(b"abc").unwrap(), 2);
    writer.flush().unwrap();
    writer.get_mut().write_all(b"c").unwrap();
    assert_eq!((observer.bytes(), observer.flushes()), (b"abc".to_vec(), 1));
    assert_eq!(writer.get_ref().observer().position(), 3);
    assert_eq!(writer.into_inner().observer().drops(), 0);

    let mut lists = AssertComplete::new(Vec::new());
    assert_eq!(lists.write_vectored(&[IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"c")]).unwrap(), 3);
    assert_eq!(lists.into_inner(), b"abc", "a list goes down as a list");
}

mod inline {
    use async_write_complete::Submitted;

    use super::*;

    fn inline(destination: Scripted) -> (Inline<Scripted>, Observer) {
        let observer = destination.observer();
        (Inline::new(destination), observer)
    }

    #[test]
    fn a_write_is_complete_at_submission_on_this_thread() {
        let (mut writer, observer) = inline(Scripted::script([Outcome::Short(2)]));
        assert_eq!(steps::ready(steps::submit(&mut writer, b"abc")).unwrap(), Submitted::Complete(2));
        assert_eq!(steps::ready(steps::submit_vectored(&mut writer, &[b"", b"c"])).unwrap(), Submitted::Complete(1));
        assert_eq!(observer.bytes(), b"abc");
        assert_eq!(observer.write_threads(), [std::thread::current().id(); 2]);
        assert_eq!(steps::ready(steps::submit_nothing(&mut writer)).unwrap(), Submitted::Complete(0));
        assert_eq!((observer.writes(), writer.outstanding()), (vec![3, 1], None), "no bytes make no call");
        let foreign = TicketSource::new().mint(1);
        steps::unknown(steps::ask(&mut writer, foreign), foreign);
    }

    #[test]
    fn a_list_goes_down_as_a_list() {
        let mut writer = Inline::new(Vec::new());
        let slices = [IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"cd")];
        assert_eq!(block_on(writer.write_vectored_complete(&slices)).unwrap(), 4);
        assert_eq!(writer.into_inner().unwrap(), b"abcd");
    }

    #[test]
    fn an_error_is_whole_and_not_final() {
        let (mut writer, observer) = inline(Scripted::script([Outcome::Os(NO_SPACE), Outcome::Zero]));
        assert_eq!(block_on(writer.write_complete(b"abc")).unwrap_err().raw_os_error(), Some(NO_SPACE));
        assert_eq!(block_on(writer.write_complete(b"abc")).unwrap(), 0);
        block_on(writer.write_all_complete(b"abc")).unwrap();
        assert_eq!((observer.bytes(), observer.writes()), (b"abc".to_vec(), vec![3, 3, 3]));
    }

    #[test]
    fn an_interrupted_write_is_tried_again() {
        let (mut writer, observer) = inline(Scripted::script(interrupted(3)));
        assert_eq!(block_on(writer.write_complete(b"abc")).unwrap(), 3);
        assert_eq!((observer.bytes(), observer.writes()), (b"abc".to_vec(), vec![3; 4]));
    }

    #[test]
    fn a_write_that_would_block_is_told_as_something_else() {
        let (mut writer, observer) = inline(Scripted::script([Outcome::Error(io::ErrorKind::WouldBlock)]));
        let error = block_on(writer.write_complete(b"abc")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
        assert!(error.to_string().contains("non-blocking"), "{error}");
        assert_eq!((observer.writes(), observer.waits()), (vec![3], 1), "no busy loop");
        assert_eq!(block_on(writer.write_complete(b"abc")).unwrap(), 3, "nothing was taken, nothing is broken");
    }

    #[test]
    fn a_write_that_would_block_waits_if_it_can() {
        let would_block = Outcome::Error(io::ErrorKind::WouldBlock);
        let (mut writer, observer) = inline(Scripted::script([would_block]).on_wait([Outcome::All]));
        assert_eq!(block_on(writer.write_complete(b"abc")).unwrap(), 3);
        assert_eq!((observer.bytes(), observer.writes(), observer.waits()), (b"abc".to_vec(), vec![3, 3], 1));
    }

    /// What is common to the two ways in which a destination can break its contract (rule P2).
    fn is_poisoned_by(outcome: Outcome, said: &str) {
        let (mut writer, observer) = inline(Scripted::script([outcome]));
        let error = block_on(writer.write_complete(b"abc")).unwrap_err();
        assert!(Indeterminate::find(&error).is_some(), "{error:?}");
        assert!(error.to_string().contains(said), "{error}");
        for _ in 0..2 {
            let flat = block_on(writer.write_complete(b"def")).unwrap_err();
            let list = block_on(writer.write_vectored_complete(&[IoSlice::new(b"def")])).unwrap_err();
            assert!(Indeterminate::find(&flat).is_some() && Indeterminate::find(&list).is_some());
            assert_eq!(block_on(writer.write_complete(b"")).unwrap(), 0);
        }
        assert_eq!(observer.writes(), [3], "nothing reaches it any more");

        let (error, mut writer) = writer.into_inner().unwrap_err().into_parts();
        assert!(error.to_string().contains(said), "the reason for good: {error}");
        assert_eq!(observer.drops(), 0);
        let closed = block_on(writer.close_complete()).unwrap_err();
        assert!(closed.to_string().contains(said), "{closed}");
        assert_eq!(observer.drops(), 1, "released all the same");
        assert_eq!(block_on(writer.close_complete()).unwrap_err().to_string(), closed.to_string(), "kept");
    }

    #[test]
    fn a_panic_poisons() {
        is_poisoned_by(Outcome::Panic, "panicked: scripted");
    }

    #[test]
    fn a_count_above_the_length_poisons() {
        is_poisoned_by(Outcome::Lie(1), "4 for 3 bytes");
        is_poisoned_by(Outcome::Lie(usize::MAX), "for 3 bytes");
    }

    #[test]
    fn an_indeterminate_error_poisons() {
        is_poisoned_by(Outcome::Unknown(NO_SPACE), "No space left");
    }

    /// EINTR and EAGAIN as the cause of an unknown effect: a second try could write the bytes twice, and without its
    /// type the error would say that none of them is complete.
    #[cfg(unix)]
    #[test]
    fn an_indeterminate_error_is_never_tried_again_or_retold() {
        for code in [4, 11] {
            let (mut writer, observer) = inline(Scripted::script([Outcome::Unknown(code)]));
            let answer = block_on(writer.write_complete(b"abc"));
            assert_eq!(observer.writes(), [3], "tried again after code {code}");
            let error = answer.unwrap_err();
            assert!(Indeterminate::find(&error).is_some(), "code {code}: {error:?}");
            assert!(!matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock), "{error:?}");
            block_on(writer.write_complete(b"def")).unwrap_err();
            assert_eq!(observer.writes(), [3], "not poisoned after code {code}");
        }
    }

    #[test]
    fn a_failed_flush_underneath_poisons() {
        let destination = Scripted::new().on_flush([Outcome::Os(NO_SPACE)]);
        let mut writer = Inline::new(FlushEach::new(destination));
        let error = block_on(writer.write_complete(b"abc")).unwrap_err();
        assert!(Indeterminate::find(&error).is_some());
        assert_eq!(raw_os_error(&error), Some(NO_SPACE));
        block_on(writer.write_complete(b"def")).unwrap_err();
    }

    #[test]
    fn a_close_releases_and_is_final() {
        let (mut writer, observer) = inline(Scripted::new());
        block_on(writer.write_all_complete(b"abc")).unwrap();
        block_on(writer.close_complete()).unwrap();
        assert_eq!(observer.drops(), 1);
        block_on(writer.close_complete()).unwrap();
        let error = block_on(writer.write_complete(b"def")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        block_on(writer.write_vectored_complete(&[IoSlice::new(b"def")])).unwrap_err();
        assert_eq!(observer.writes(), [3]);
        block_on(writer.close_complete()).unwrap();
    }

    #[test]
    fn a_destination_that_panics_in_its_drop_fails_the_close() {
        let (mut writer, observer) = inline(Scripted::new().panics_in_drop());
        let error = block_on(writer.close_complete()).unwrap_err();
        assert!(error.to_string().contains("scripted drop"), "{error}");
        assert_eq!(block_on(writer.close_complete()).unwrap_err().to_string(), error.to_string());
        assert_eq!(observer.drops(), 1);
    }

    #[test]
    fn the_destination_comes_back() {
        let (mut writer, observer) = inline(Scripted::new());
        block_on(writer.write_all_complete(b"abc")).unwrap();
        let mut destination = writer.into_inner().unwrap();
        destination.write_all(b"def").unwrap();
        assert_eq!((observer.bytes(), observer.drops()), (b"abcdef".to_vec(), 0));
    }

    /// Rule W9: it was closed, and so it stays, also when it comes back out of an error.
    #[test]
    fn after_a_close_there_is_no_destination_to_come_back() {
        let (mut writer, _) = inline(Scripted::new());
        block_on(writer.close_complete()).unwrap();
        let (error, mut writer) = writer.into_inner().unwrap_err().into_parts();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(block_on(writer.write_complete(b"abc")).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        block_on(writer.close_complete()).unwrap();
    }

    #[test]
    fn dropping_drops_the_destination() {
        let (writer, observer) = inline(Scripted::new());
        drop(writer);
        assert_eq!((observer.drops(), observer.flushes()), (1, 0));
    }

    #[test]
    fn its_errors_can_be_boxed() {
        let (mut writer, _) = inline(Scripted::new());
        block_on(writer.close_complete()).unwrap();
        let error: Box<dyn Error + Send> = Box::new(writer.into_inner().unwrap_err());
        assert_eq!(error.to_string(), "the writer is closed");
    }
}
