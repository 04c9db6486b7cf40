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
    task::Poll,
};

use async_write_complete::{
    AssertComplete, AsyncWriteCompleteExt, FlushEach, Indeterminate, Inline, Superseded, TicketSource, WriteComplete,
    error::raw_os_error,
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
        #[cfg(std_pipe)]
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
        #[cfg(std_pipe)]
        all(false, &promises!(&'static io::PipeWriter));
    }
}

mod tries {
    use super::*;

    /// Tries two writes of which there is room for one and a half.
    #[track_caller]
    fn takes_six_bytes(memory: &mut impl WriteComplete) {
        assert_eq!(memory.try_write(b"abcd").unwrap(), Some(4));
        assert_eq!(memory.try_write(b"efgh").unwrap(), Some(2));
        assert_eq!(memory.try_write(b"i").unwrap(), Some(0));
    }

    #[test]
    fn memory_never_blocks() {
        let mut array = [0; 6];
        takes_six_bytes(&mut &mut array[..]);
        assert_eq!(&array, b"abcdef");

        let mut cursor = Cursor::new([0; 6]);
        takes_six_bytes(&mut cursor);
        assert_eq!(cursor.get_ref(), b"abcdef");

        let mut vec = Vec::new();
        assert_eq!(vec.try_write(b"abc").unwrap(), Some(3));
        assert_eq!(vec, b"abc");

        let mut ring = VecDeque::new();
        assert_eq!(ring.try_write(b"abc").unwrap(), Some(3));
        assert_eq!(ring, b"abc");

        assert_eq!(io::sink().try_write(b"abc").unwrap(), Some(3));
    }

    #[test]
    fn by_default_nothing_is_tried() {
        let destination = Scripted::new();
        let observer = destination.observer();
        let mut by_default = AssertComplete::new(destination);
        assert_eq!(by_default.try_write(b"abc").unwrap(), None);
        assert_eq!((observer.writes(), observer.bytes()), (vec![], vec![]), "`None` has written nothing");
        assert!(!by_default.unread(3).unwrap());
        assert_eq!(observer.position(), 0);
    }
}

mod cursors {
    use super::*;

    /// Reads five of `0123456789`, takes two back, and overwrites from there.
    #[track_caller]
    fn moves_back(mut it: impl WriteComplete + Read + Seek) {
        let mut five = [0; 5];
        it.read_exact(&mut five).unwrap();
        assert!(it.unread(2).unwrap());
        assert_eq!(it.stream_position().unwrap(), 3);
        assert!(it.unread(0).unwrap());
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
            assert!(!file.unread(n).unwrap());
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
        assert!(!file.unread(1).unwrap());
        assert!(!Arc::new(file).unread(1).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn a_socket_has_nothing_to_move() {
        let (mut ours, mut theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        theirs.write_all(b"abc").unwrap();
        let mut two = [0; 2];
        ours.read_exact(&mut two).unwrap();
        assert!(!ours.unread(2).unwrap());
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
            assert!(Indeterminate::find(&later).is_none(), "of the later write it is known: nothing happened");
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

    /// Rule W15. It stays unknown what the flush did.
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
        assert_eq!(steps::ready(steps::barrier(&mut writer)).unwrap(), Submitted::Complete(0));
        assert_eq!(observer.writes(), [3, 1], "a barrier makes no call");
        let foreign = TicketSource::new().mint(1);
        assert!(Superseded::find(&steps::failed(steps::ask(&mut writer, foreign))).is_some());
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
        assert_eq!(observer.writes(), [3], "no busy loop");
        assert_eq!(block_on(writer.write_complete(b"abc")).unwrap(), 3, "nothing was taken, nothing is broken");
    }

    /// What is common to the two ways in which a destination can break its contract (rule W13).
    fn is_poisoned_by(outcome: Outcome, said: &str) {
        let (mut writer, observer) = inline(Scripted::script([outcome]));
        let error = block_on(writer.write_complete(b"abc")).unwrap_err();
        assert!(Indeterminate::find(&error).is_some(), "{error:?}");
        assert!(error.to_string().contains(said), "{error}");
        for _ in 0..2 {
            block_on(writer.write_complete(b"def")).unwrap_err();
            block_on(writer.write_vectored_complete(&[IoSlice::new(b"def")])).unwrap_err();
            block_on(writer.write_complete(b"")).unwrap_err();
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

    /// EINTR and EAGAIN as the cause of an unknown effect: a second try could write the bytes twice, and without its type the
    /// error would say that none of them is complete.
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
        block_on(writer.write_complete(b"")).unwrap_err();
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

    /// Rule W12: it was closed, and so it stays, also when it comes back out of an error.
    #[test]
    fn after_a_close_there_is_no_destination_to_come_back() {
        let (mut writer, _) = inline(Scripted::new());
        block_on(writer.close_complete()).unwrap();
        let (error, mut writer) = writer.into_inner().unwrap_err().into_parts();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(block_on(writer.write_complete(b"abc")).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        let barrier = steps::barrier(&mut writer);
        assert!(matches!(&barrier, Poll::Ready(Err(e)) if e.kind() == io::ErrorKind::BrokenPipe), "{barrier:?}");
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
