//! Rule O2, seeks: from where the handed-out reads ended, in their turn, and never over a write that was not answered.

use std::{
    future::Future,
    io::{self, Cursor, Read, Seek, SeekFrom, Write},
    pin::{Pin, pin},
    task::Poll,
    thread,
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, Indeterminate, Offload, Pool, PriorWriteFailed, Submitted,
};
use futures_io::{AsyncRead, AsyncSeek, AsyncWrite};
use futures_lite::{AsyncReadExt, AsyncSeekExt, future::block_on};

use crate::common::{
    destination::{Observer, Outcome, Scripted, interrupted},
    pool::{Stepped, Threads},
    random::XorShift,
    steps::{self, failed, offload, ready},
    waker::Task,
};

/// ENOSPC, the same on every Unix.
const NO_SPACE: i32 = 28;
/// EIO, the same on every Unix.
const IO_ERROR: i32 = 5;

/// One poll of a seek.
fn seek<S: AsyncSeek + Unpin>(seeker: &mut S, pos: SeekFrom) -> Poll<io::Result<u64>> {
    steps::poll(|cx| Pin::new(&mut *seeker).poll_seek(cx, pos))
}

/// One poll of a read of up to `len` bytes.
fn read<R: AsyncRead + Unpin>(reader: &mut R, len: usize) -> Poll<io::Result<Vec<u8>>> {
    let mut buf = vec![b'?'; len];
    steps::poll(|cx| Pin::new(&mut *reader).poll_read(cx, &mut buf)).map_ok(|n| buf[..n].to_vec())
}

/// A seek that takes one job.
#[track_caller]
fn seek_now<S: AsyncSeek + Unpin>(seeker: &mut S, pool: &Stepped, pos: SeekFrom) -> u64 {
    assert!(seek(seeker, pos).is_pending());
    assert!(pool.run_one());
    ready(seek(seeker, pos)).unwrap()
}

/// A read that takes one job.
#[track_caller]
fn read_now<R: AsyncRead + Unpin>(reader: &mut R, pool: &Stepped, len: usize) -> Vec<u8> {
    assert!(read(reader, len).is_pending());
    assert!(pool.run_one());
    ready(read(reader, len)).unwrap()
}

/// Fetches four bytes of `abcdefgh` and hands out the first one.
fn read_ahead(destination: Scripted) -> (Offload<Scripted, Stepped>, Stepped, Observer) {
    let (mut file, pool, observer) = offload(destination.holding(b"abcdefgh"));
    assert!(read(&mut file, 4).is_pending());
    assert!(pool.run_one());
    assert_eq!(ready(read(&mut file, 1)).unwrap(), b"a");
    (file, pool, observer)
}

#[test]
fn a_seek_is_one_call_on_the_pool() {
    let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdefgh"));
    assert_eq!(seek_now(&mut file, &pool, SeekFrom::Start(2)), 2);
    assert_eq!(seek_now(&mut file, &pool, SeekFrom::Current(3)), 5);
    assert_eq!(seek_now(&mut file, &pool, SeekFrom::End(-2)), 6);
    assert_eq!(read_now(&mut file, &pool, 8), b"gh");
    assert_eq!(seek_now(&mut file, &pool, SeekFrom::Start(20)), 20);
    let expected = [SeekFrom::Start(2), SeekFrom::Current(3), SeekFrom::End(-2), SeekFrom::Start(20)];
    assert_eq!((observer.seeks(), pool.executed()), (expected.to_vec(), 5));
}

#[test]
fn polled_again_it_is_the_same_seek_and_answered_it_is_over() {
    let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdefgh"));
    for round in 1..=2 {
        for _ in 0..100 {
            assert!(seek(&mut file, SeekFrom::Current(2)).is_pending());
        }
        assert!(pool.run_one());
        assert_eq!(ready(seek(&mut file, SeekFrom::Current(2))).unwrap(), 2 * round);
        assert_eq!(observer.seeks().len() as u64, round);
    }
}

mod over_read_ahead {
    use super::*;

    #[test]
    fn from_current_counts_from_what_was_handed_out() {
        for (offset, position, rest) in [(0, 1, &b"bcdefgh"[..]), (2, 3, b"defgh"), (-1, 0, b"abcdefgh")] {
            let (mut file, pool, observer) = read_ahead(Scripted::new());
            assert_eq!(seek_now(&mut file, &pool, SeekFrom::Current(offset)), position);
            assert_eq!(observer.seeks(), [SeekFrom::Current(offset - 3)]);
            assert_eq!(read_now(&mut file, &pool, 10), rest);
        }
    }

    #[test]
    fn from_elsewhere_forgets_what_was_fetched() {
        for (pos, position, rest) in [(SeekFrom::Start(2), 2, b"cdefgh"), (SeekFrom::End(-6), 2, b"cdefgh")] {
            let (mut file, pool, observer) = read_ahead(Scripted::new());
            assert_eq!(seek_now(&mut file, &pool, pos), position);
            assert_eq!(observer.seeks(), [pos]);
            assert_eq!(read_now(&mut file, &pool, 10), rest);
            assert!(observer.seek_backs().is_empty(), "one call does it");
        }
    }

    #[test]
    fn waits_for_a_read_that_is_still_out() {
        let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdefgh"));
        assert!(read(&mut file, 4).is_pending());
        assert!(seek(&mut file, SeekFrom::Current(1)).is_pending());
        assert_eq!((pool.len(), observer.seeks()), (1, vec![]));
        assert!(pool.run_one());
        assert!(seek(&mut file, SeekFrom::Current(1)).is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(seek(&mut file, SeekFrom::Current(1))).unwrap(), 1);
        assert_eq!(observer.seeks(), [SeekFrom::Current(1 - 4)]);
    }

    #[test]
    fn a_failed_seek_leaves_it_all_as_it_was() {
        let (mut file, pool, observer) = read_ahead(Scripted::new().on_seek([Outcome::Os(IO_ERROR)]));
        assert!(seek(&mut file, SeekFrom::Start(0)).is_pending());
        assert!(pool.run_one());
        assert_eq!(failed(seek(&mut file, SeekFrom::Start(0))).raw_os_error(), Some(IO_ERROR));
        assert_eq!(ready(read(&mut file, 2)).unwrap(), b"bc");
        assert_eq!(seek_now(&mut file, &pool, SeekFrom::Current(0)), 3);
        assert_eq!(observer.reads(), [4]);
    }

    #[test]
    fn a_seek_that_never_ran_leaves_it_all_as_it_was() {
        let (mut file, pool, observer) = read_ahead(Scripted::new());
        assert!(seek(&mut file, SeekFrom::Start(0)).is_pending());
        assert!(pool.drop_one());
        assert_eq!(failed(seek(&mut file, SeekFrom::Start(0))).kind(), io::ErrorKind::Other);
        pool.refuse(true);
        assert_eq!(failed(seek(&mut file, SeekFrom::Start(0))).kind(), io::ErrorKind::Other);
        pool.refuse(false);
        assert_eq!(ready(read(&mut file, 2)).unwrap(), b"bc");
        assert!(observer.seeks().is_empty());
    }
}

mod abandoned {
    use super::*;

    #[test]
    fn a_seek_is_finished_before_a_different_one() {
        let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdefgh"));
        assert!(seek(&mut file, SeekFrom::Start(5)).is_pending());
        assert!(seek(&mut file, SeekFrom::Current(-2)).is_pending());
        assert_eq!(pool.len(), 1);
        assert!(pool.run_one());
        assert!(seek(&mut file, SeekFrom::Current(-2)).is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(seek(&mut file, SeekFrom::Current(-2))).unwrap(), 3);
        assert_eq!(observer.seeks(), [SeekFrom::Start(5), SeekFrom::Current(-2)]);
        assert_eq!(seek_now(&mut file, &pool, SeekFrom::Start(5)), 5, "nothing is left over of the first one");
    }

    /// As with two equal writes: it is as if the dropped one had never been.
    #[test]
    fn a_seek_and_an_equal_one_become_one() {
        let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdefgh"));
        assert!(seek(&mut file, SeekFrom::Current(2)).is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(seek(&mut file, SeekFrom::Current(2))).unwrap(), 2);
        assert_eq!(observer.seeks(), [SeekFrom::Current(2)]);
    }

    #[test]
    fn a_seek_takes_effect_for_a_read_and_a_write() {
        let (mut file, pool, observer) = read_ahead(Scripted::new());
        assert!(seek(&mut file, SeekFrom::Start(6)).is_pending());
        assert!(read(&mut file, 1).is_pending());
        assert_eq!(pool.len(), 1);
        assert!(pool.run_one());
        assert_eq!(read_now(&mut file, &pool, 1), b"g");

        assert!(seek(&mut file, SeekFrom::Start(2)).is_pending());
        assert!(pool.run_one());
        assert_eq!(steps::write_now(&mut file, &pool, b"XY").unwrap(), 2);
        assert_eq!(observer.bytes(), b"abXYefgh");
        assert!(observer.seek_backs().is_empty(), "what was fetched before is forgotten");
    }

    #[test]
    fn a_failed_seek_goes_with_its_caller() {
        let (mut file, pool, _) = read_ahead(Scripted::new().on_seek([Outcome::Os(IO_ERROR)]));
        assert!(seek(&mut file, SeekFrom::Start(6)).is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(read(&mut file, 2)).unwrap(), b"bc", "the cursor has not moved");
        assert_eq!(seek_now(&mut file, &pool, SeekFrom::Current(0)), 3);
    }

    /// A read in between has taken the result in; the seek that comes back is a new one.
    #[test]
    fn a_seek_that_was_followed_by_a_read_is_over() {
        let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdefgh"));
        assert!(seek(&mut file, SeekFrom::Start(2)).is_pending());
        assert!(pool.run_one());
        assert_eq!(read_now(&mut file, &pool, 2), b"cd");
        assert_eq!(seek_now(&mut file, &pool, SeekFrom::Start(2)), 2);
        assert_eq!(observer.seeks(), [SeekFrom::Start(2); 2]);
    }
}

mod after_a_write {
    use super::*;

    #[test]
    fn that_was_not_answered_it_is_refused() {
        for outcome in [Outcome::All, Outcome::Short(2), Outcome::Os(NO_SPACE)] {
            let (mut file, pool, observer) = offload(Scripted::script([outcome]));
            let ticket = steps::in_flight(&mut file, b"abc");
            for _ in 0..2 {
                steps::refused(seek(&mut file, SeekFrom::Start(1)), ticket);
                assert_eq!((pool.executed(), observer.seeks()), (1, vec![]));
                pool.run_all();
            }
            assert!(steps::ask(&mut file, ticket).is_ready());
            assert_eq!(seek_now(&mut file, &pool, SeekFrom::Start(1)), 1);
            assert!(steps::ask(&mut file, ticket).is_ready(), "it supersedes nothing");
        }
    }

    /// A `poll_write` has no ticket to ask for: the seek waits for it, and goes on.
    #[test]
    fn by_poll_write_it_waits() {
        let (mut file, pool, observer) = offload(Scripted::new());
        assert!(steps::poll(|cx| Pin::new(&mut file).poll_write(cx, b"abc")).is_pending());
        let task = Task::new();
        assert!(task.poll(|cx| Pin::new(&mut file).poll_seek(cx, SeekFrom::Start(1))).is_pending());
        assert_eq!((pool.len(), observer.seeks()), (1, vec![]));
        assert!(pool.run_one());
        assert_eq!(task.wakes(), 1);
        assert_eq!(seek_now(&mut file, &pool, SeekFrom::Start(1)), 1);
        assert_eq!(observer.bytes(), b"abc");
    }

    #[test]
    fn by_poll_write_that_failed_it_is_told_once_and_not_executed() {
        for (outcome, complete) in [(Outcome::Os(NO_SPACE), 0), (Outcome::Short(2), 2), (Outcome::Zero, 0)] {
            let (mut file, pool, observer) = offload(Scripted::script([outcome]));
            assert!(steps::poll(|cx| Pin::new(&mut file).poll_write(cx, b"abc")).is_pending());
            assert!(seek(&mut file, SeekFrom::Start(0)).is_pending());
            assert!(pool.run_one());
            steps::prior(seek(&mut file, SeekFrom::Start(0)), 3, Some(complete));
            assert_eq!((observer.seeks(), observer.position(), pool.len()), (vec![], complete as u64, 0));
            assert_eq!(seek_now(&mut file, &pool, SeekFrom::Start(0)), 0);
        }
    }

    #[test]
    fn by_poll_write_that_panicked_it_is_told_so() {
        let (mut file, pool, _) = offload(Scripted::script([Outcome::Panic]));
        assert!(steps::poll(|cx| Pin::new(&mut file).poll_write(cx, b"abc")).is_pending());
        assert!(pool.run_one());
        steps::prior(seek(&mut file, SeekFrom::Start(0)), 3, None);
        let later = failed(seek(&mut file, SeekFrom::Start(0)));
        assert!(PriorWriteFailed::find(&later).is_none(), "once");
        assert!(Indeterminate::find(&later).is_some());
    }
}

mod errors {
    use super::*;

    #[test]
    fn interrupts_are_tried_again_and_blocking_is_told_as_something_else() {
        let script = interrupted(2).chain([Outcome::All, Outcome::Error(io::ErrorKind::WouldBlock)]);
        let (mut file, pool, observer) = offload(Scripted::new().holding(b"abc").on_seek(script));
        assert_eq!(seek_now(&mut file, &pool, SeekFrom::Start(1)), 1);
        assert_eq!(observer.seeks().len(), 3);
        assert!(seek(&mut file, SeekFrom::Start(2)).is_pending());
        assert!(pool.run_one());
        assert_eq!(failed(seek(&mut file, SeekFrom::Start(2))).kind(), io::ErrorKind::Unsupported);
    }

    #[test]
    fn a_place_before_the_beginning_is_the_destinations_error() {
        let (mut file, pool, _) = offload(Scripted::new().holding(b"abc"));
        assert!(seek(&mut file, SeekFrom::Current(-1)).is_pending());
        assert!(pool.run_one());
        assert_eq!(failed(seek(&mut file, SeekFrom::Current(-1))).kind(), io::ErrorKind::InvalidInput);
        assert_eq!(read_now(&mut file, &pool, 3), b"abc");
    }

    #[test]
    fn a_panic_poisons() {
        let (mut file, pool, observer) = offload(Scripted::new().on_seek([Outcome::Panic]));
        assert!(seek(&mut file, SeekFrom::Start(1)).is_pending());
        assert!(pool.run_one());
        let error = failed(seek(&mut file, SeekFrom::Start(1)));
        assert!(Indeterminate::find(&error).is_some(), "{error:?}");
        for _ in 0..2 {
            failed(seek(&mut file, SeekFrom::Start(1)));
            failed(read(&mut file, 1));
            failed(steps::submit(&mut file, b"abc"));
        }
        assert_eq!((observer.seeks().len(), observer.writes(), observer.drops()), (1, vec![], 1));
    }
}

mod after_a_close {
    use super::*;

    #[test]
    fn a_seek_is_an_error() {
        let (mut file, pool, observer) = offload(Scripted::new());
        assert!(steps::close(&mut file).is_pending());
        assert_eq!(failed(seek(&mut file, SeekFrom::Start(0))).kind(), io::ErrorKind::BrokenPipe);
        pool.run_all();
        ready(steps::close(&mut file)).unwrap();
        assert_eq!(failed(seek(&mut file, SeekFrom::Start(0))).kind(), io::ErrorKind::BrokenPipe);
        assert!(observer.seeks().is_empty());
    }

    /// Rule W9: an error, also where an equal seek was dropped before.
    #[test]
    fn a_seek_that_was_dropped_is_not_answered() {
        let (mut file, pool, _) = offload(Scripted::new());
        assert!(seek(&mut file, SeekFrom::Start(5)).is_pending());
        assert!(steps::close(&mut file).is_pending());
        pool.run_all();
        ready(steps::close(&mut file)).unwrap();
        assert_eq!(failed(seek(&mut file, SeekFrom::Start(5))).kind(), io::ErrorKind::BrokenPipe);
    }
}

/// The extension traits, over the pool that callers get by default.
#[test]
fn on_a_real_file() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"abcdefgh").unwrap();
    let mut file = Offload::new(file);
    block_on(async {
        assert_eq!(file.seek(SeekFrom::Start(2)).await.unwrap(), 2);
        let mut two = [0; 2];
        file.read_exact(&mut two).await.unwrap();
        assert_eq!(&two, b"cd");
        file.write_all_complete(b"XY").await.unwrap();
        assert_eq!(file.seek(SeekFrom::Current(-3)).await.unwrap(), 3);
        let mut rest = String::new();
        file.read_to_string(&mut rest).await.unwrap();
        assert_eq!(rest, "dXYgh");
        assert_eq!(file.seek(SeekFrom::End(0)).await.unwrap(), 8);
    });
}

/// Reads, writes and seeks at random, many of them dropped, against a `Cursor` that does the same: a dropped read moves
/// nothing, a dropped seek or write does.
#[test]
fn a_random_walk_agrees_with_a_cursor() {
    for seed in 1..300 {
        let pool = Stepped::new();
        let step = || assert!(pool.run_one(), "it waits for nothing");
        Walk::new(seed, |destination| steps::over(destination, &pool), step).walk();
    }
}

/// The same with threads, whose workers look for the next operation, or rest, or are on their way.
#[test]
fn a_random_walk_on_threads_agrees_with_a_cursor() {
    let pool = Threads::new(2);
    for seed in 1..100 {
        Walk::new(seed, |destination| Offload::with_pool(destination, pool.clone()), thread::yield_now).walk();
    }
}

struct Walk<P, S> {
    file: Offload<Scripted, P>,
    /// Lets time pass for an operation.
    step: S,
    observer: Observer,
    model: Cursor<Vec<u8>>,
    random: XorShift,
    /// Where it is, for whoever has to reproduce it.
    at: String,
}

impl<P: Pool, S: Fn()> Walk<P, S> {
    fn new(seed: u64, over: impl FnOnce(Scripted) -> Offload<Scripted, P>, step: S) -> Self {
        let mut random = XorShift(seed);
        let start: Vec<u8> = (0..50).map(|_| random.below(256) as u8).collect();
        let destination = Scripted::new().holding(&start);
        let (observer, at) = (destination.observer(), format!("seed {seed}"));
        Self { file: over(destination), step, observer, model: Cursor::new(start), random, at }
    }

    fn walk(mut self) {
        let seed = self.at.clone();
        for step in 0..60 {
            self.at = format!("{seed}, step {step}");
            match self.random.below(6) {
                0 => self.drop_a_read(),
                1 | 2 => self.read(),
                3 => self.seek(),
                _ => self.write(),
            }
        }
        self.settle();
    }

    /// Polls to the end.
    fn drive<R>(&mut self, mut poll: impl FnMut(&mut Offload<Scripted, P>) -> Poll<io::Result<R>>) -> R {
        loop {
            match poll(&mut self.file) {
                Poll::Ready(answer) => return answer.unwrap_or_else(|error| panic!("{}: {error}", self.at)),
                Poll::Pending => (self.step)(),
            }
        }
    }

    /// Takes `got` for the model's next bytes.
    fn handed_out(&mut self, got: &[u8]) {
        let mut expected = vec![0; got.len()];
        self.model.read_exact(&mut expected).unwrap_or_else(|_| panic!("{}: too much was read", self.at));
        assert_eq!(got, expected, "{}", self.at);
        let left = self.model.get_ref().len().saturating_sub(self.model.position() as usize);
        assert!(!got.is_empty() || left == 0, "{}: an end that is none", self.at);
    }

    /// One poll, and perhaps its job; bytes that were fetched before are handed out all the same.
    fn drop_a_read(&mut self) {
        let len = 1 + self.random.below(20);
        match read(&mut self.file, len) {
            Poll::Ready(got) => self.handed_out(&got.unwrap()),
            Poll::Pending if self.random.below(2) == 0 => (self.step)(),
            Poll::Pending => {}
        }
    }

    fn read(&mut self) {
        let len = 1 + self.random.below(20);
        let got = self.drive(|file| read(file, len));
        self.handed_out(&got);
    }

    fn seek(&mut self) {
        let pos = match self.random.below(3) {
            0 => SeekFrom::Start(self.random.below(60) as u64),
            1 => SeekFrom::End(-(self.random.below(40) as i64)),
            _ => SeekFrom::Current(self.random.below(20) as i64 - self.model.position().min(10) as i64),
        };
        self.ask_for_a_dropped_write();
        let (position, calls) = (self.model.seek(pos).unwrap(), self.observer.seeks().len());
        loop {
            match seek(&mut self.file, pos) {
                Poll::Ready(answer) => return assert_eq!(answer.unwrap(), position, "{}", self.at),
                Poll::Pending => (self.step)(),
            }
            if self.observer.seeks().len() > calls && self.random.below(2) == 0 {
                // Dropped before its answer. An equal one must not be next, for the two would become one.
                return self.drop_a_read();
            }
        }
    }

    fn write(&mut self) {
        let bytes: Vec<u8> = (0..=self.random.below(10)).map(|_| self.random.below(256) as u8).collect();
        self.ask_for_a_dropped_write();
        let Submitted::InFlight(ticket) = self.drive(|file| steps::submit(file, &bytes)) else { panic!("{}", self.at) };
        self.model.write_all(&bytes).unwrap();
        if self.random.below(2) == 0 {
            assert_eq!(self.drive(|file| steps::ask(file, ticket)), bytes.len(), "{}", self.at);
            assert_eq!(&self.observer.bytes(), self.model.get_ref(), "{}", self.at);
        }
    }

    /// A write that was dropped has to be answered before the next operation of the write side.
    fn ask_for_a_dropped_write(&mut self) {
        if let Some(ticket) = self.file.outstanding() {
            steps::refused(steps::submit(&mut self.file, b"never"), ticket);
            assert_eq!(self.drive(|file| steps::ask(file, ticket)), ticket.len(), "{}", self.at);
        }
    }

    /// In the end all is there, and the cursor is where the model's is.
    fn settle(mut self) {
        self.ask_for_a_dropped_write();
        let mut moved = pin!(self.file.with_mut(|_| ()));
        while steps::poll(|cx| moved.as_mut().poll(cx)).map(Result::unwrap).is_pending() {
            (self.step)();
        }
        assert_eq!(&self.observer.bytes(), self.model.get_ref(), "{}", self.at);
        assert_eq!(self.observer.position(), self.model.position(), "{}", self.at);
    }
}
