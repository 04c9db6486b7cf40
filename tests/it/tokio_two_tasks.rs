//! Two halves of one [`ToTokio`], each in its own task: a seek that was started is finished by whichever comes first,
//! and the other one is woken as well (rule P1).

use std::{
    io::{self, SeekFrom},
    pin::Pin,
    task::{Context, Poll, Waker},
};

use async_write_complete::{AsyncSyncComplete, AsyncWriteComplete, Offload, Submitted, adapter::ToTokio};
use tokio::io::{AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};

use crate::common::{
    destination::Scripted,
    pool::Stepped,
    steps::{self, offload, ready},
    waker::{Task, panics_in_drop, panics_in_wake, poll_with},
};

type Writer = ToTokio<Offload<Scripted, Stepped>>;
type Operation = fn(Pin<&mut Writer>, &mut Context<'_>) -> Poll<()>;

/// What it is answered does not matter here.
fn over<R>(polled: Poll<R>) -> Poll<()> {
    polled.map(drop)
}

const READ: Operation = |writer, cx| over(writer.poll_read(cx, &mut ReadBuf::new(&mut [0; 4])));

/// Each operation of the writing half.
const WRITING: [(&str, Operation); 7] = [
    ("poll_write", |writer, cx| over(writer.poll_write(cx, b"record"))),
    ("poll_flush", |writer, cx| over(writer.poll_flush(cx))),
    ("poll_shutdown", |writer, cx| over(writer.poll_shutdown(cx))),
    ("poll_complete", |writer, cx| over(writer.poll_complete(cx))),
    ("poll_write_submit", |writer, cx| over(writer.poll_write_submit(cx, b"record"))),
    ("poll_sync_data", |writer, cx| over(writer.poll_sync_data(cx))),
    ("poll_close_complete", |writer, cx| over(writer.poll_close_complete(cx))),
];

/// A writer of which a seek was started, maybe while a write was pending.
fn sought(writes: bool) -> (Writer, Stepped) {
    let (inner, pool, _) = offload(Scripted::new());
    let mut writer = ToTokio::new(inner);
    if writes {
        assert!(steps::poll(|cx| Pin::new(&mut writer).poll_write(cx, b"before")).is_pending());
    }
    Pin::new(&mut writer).start_seek(SeekFrom::Start(0)).unwrap();
    (writer, pool)
}

/// A task that is polled when it was woken, and not otherwise.
struct Half {
    task: Task,
    operation: Operation,
    /// How often it had been woken at its last poll.
    seen: Option<usize>,
    is_done: bool,
}

impl Half {
    fn new(operation: Operation) -> Self {
        Self { task: Task::new(), operation, seen: None, is_done: false }
    }

    fn poll_if_woken(&mut self, writer: &mut Writer) {
        let wakes = self.task.wakes();
        if !self.is_done && self.seen != Some(wakes) {
            self.seen = Some(wakes);
            self.is_done = self.task.poll(|cx| (self.operation)(Pin::new(writer), cx)).is_ready();
        }
    }
}

/// More than any of them needs.
const ROUNDS: usize = 16;

#[test]
fn both_are_woken_in_either_order() {
    for writes in [false, true] {
        for (name, writing) in WRITING {
            for operations in [[writing, READ], [READ, writing]] {
                let (mut writer, pool) = sought(writes);
                let mut halves = operations.map(Half::new);
                for _ in 0..ROUNDS {
                    halves.iter_mut().for_each(|half| half.poll_if_woken(&mut writer));
                    pool.run_all();
                }
                let ended = halves.map(|half| (half.is_done, half.task.held()));
                assert_eq!(ended, [(true, 0); 2], "{name}, {}", if writes { "over a write" } else { "alone" });
            }
        }
    }
}

#[test]
fn one_is_woken_when_the_other_has_lost_interest() {
    for writes in [false, true] {
        for (name, writing) in WRITING {
            for [operation, dropped] in [[writing, READ], [READ, writing]] {
                let (mut writer, pool) = sought(writes);
                let mut half = Half::new(operation);
                half.poll_if_woken(&mut writer);
                let _dropped = Task::new().poll(|cx| dropped(Pin::new(&mut writer), cx));
                for _ in 0..ROUNDS {
                    pool.run_all();
                    half.poll_if_woken(&mut writer);
                }
                assert!(half.is_done, "{name}, {}", if writes { "over a write" } else { "alone" });
            }
        }
    }
}

/// It waits as itself when the seek is started, and a reader takes its place at the writer inside.
#[test]
fn one_that_waited_before_the_seek_was_started_is_woken() {
    for (name, writing) in WRITING {
        for reads_before in [false, true] {
            let (inner, pool, _) = offload(Scripted::new());
            let mut writer = ToTokio::new(inner);
            let (mut reader, mut half) = (Half::new(READ), Half::new(writing));
            if reads_before {
                reader.poll_if_woken(&mut writer);
            } else {
                assert!(steps::poll(|cx| Pin::new(&mut writer).poll_write(cx, b"before")).is_pending());
            }
            half.poll_if_woken(&mut writer);
            let started = Pin::new(&mut writer).start_seek(SeekFrom::Start(0));
            // A spurious poll.
            reader.seen = None;
            for _ in 0..ROUNDS {
                reader.poll_if_woken(&mut writer);
                half.poll_if_woken(&mut writer);
                pool.run_all();
            }
            assert!(half.is_done && reader.is_done, "{name}, {reads_before}: {started:?}");
        }
    }
}

/// A close that is polled twice no longer knows of a seek, and a reader still waits for one.
#[test]
fn a_reader_is_woken_whose_seek_was_forgotten_by_a_close() {
    let (mut writer, pool) = sought(false);
    let mut reader = Half::new(READ);
    reader.poll_if_woken(&mut writer);
    let task = Task::new();
    for _ in 0..2 {
        assert!(task.poll(|cx| Pin::new(&mut writer).poll_shutdown(cx)).is_pending());
    }
    pool.run_all();
    assert!(reader.task.wakes() > 0);
}

#[test]
fn a_waker_that_panics_harms_the_other_half_as_little_as_its_own() {
    for waker in [panics_in_wake, panics_in_drop] {
        for [operation, panicking] in [[WRITING[0].1, READ], [READ, WRITING[0].1]] {
            let (mut writer, pool) = sought(false);
            let waker = waker();
            assert!(poll_with(&waker, |cx| panicking(Pin::new(&mut writer), cx)).is_pending());
            drop(waker);
            let mut half = Half::new(operation);
            for _ in 0..ROUNDS {
                half.poll_if_woken(&mut writer);
                pool.run_all();
            }
            assert!(half.is_done);
        }
    }
}

/// Whoever takes its place, is answered instead of it, or drops the writer.
#[test]
fn a_waker_that_panics_in_its_drop_harms_nobody() {
    for operation in [WRITING[0].1, READ] {
        let waiting = || {
            let (mut writer, pool) = sought(false);
            let waker = panics_in_drop();
            assert!(poll_with(&waker, |cx| operation(Pin::new(&mut writer), cx)).is_pending());
            (writer, pool)
        };
        let (mut displaced, _pool) = waiting();
        assert!(Task::new().poll(|cx| operation(Pin::new(&mut displaced), cx)).is_pending());

        let (mut answered, pool) = waiting();
        for _ in 0..ROUNDS {
            pool.run_all();
            let _answer = Task::new().poll(|cx| operation(Pin::new(&mut answered), cx));
        }

        let (dropped, pool) = waiting();
        pool.run_all();
        drop(dropped);
    }
}

/// Its seek waits for ever, and its close is answered at once: that wakes whoever waits, if it is another task than the
/// one that is answered.
#[derive(Default)]
struct ClosesAtOnce(Option<Waker>);

impl AsyncWriteComplete for ClosesAtOnce {
    fn poll_write_submit(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        Poll::Ready(Ok(Submitted::Complete(buf.len())))
    }

    fn poll_close_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let others = self.0.take().filter(|waker| !waker.will_wake(cx.waker()));
        others.into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(()))
    }
}

impl futures_io::AsyncRead for ClosesAtOnce {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut [u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(0))
    }
}

impl futures_io::AsyncSeek for ClosesAtOnce {
    fn poll_seek(mut self: Pin<&mut Self>, cx: &mut Context<'_>, _: SeekFrom) -> Poll<io::Result<u64>> {
        self.0 = Some(cx.waker().clone());
        Poll::Pending
    }
}

#[test]
fn an_answer_to_one_half_is_none_to_the_other() {
    let mut writer = ToTokio::new(ClosesAtOnce::default());
    Pin::new(&mut writer).start_seek(SeekFrom::Start(0)).unwrap();
    let (reader, closer) = (Task::new(), Task::new());
    let mut buf = [0; 4];
    assert!(reader.poll(|cx| Pin::new(&mut writer).poll_read(cx, &mut ReadBuf::new(&mut buf))).is_pending());
    ready(closer.poll(|cx| Pin::new(&mut writer).poll_shutdown(cx))).unwrap();
    assert_eq!((reader.wakes(), closer.wakes()), (1, 0));
}
