//! Two halves of one [`ToTokio`], each in its own task: a seek that was started is finished by whichever comes first,
//! and the other one is woken as well (rule P1).

use std::{
    io::SeekFrom,
    pin::Pin,
    task::{Context, Poll},
};

use async_write_complete::{AsyncSyncComplete, AsyncWriteComplete, Offload, adapter::ToTokio};
use tokio::io::{AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};

use crate::common::{
    destination::Scripted,
    pool::Stepped,
    steps::{self, offload},
    waker::Task,
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
