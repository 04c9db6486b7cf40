//! Models of the leader's hand-over, run like those of the offload: `ci/loom.sh` and `ci/shuttle.sh`.
//!
//! The writer is carried on by a thread of its own for each operation, which calls the waker of its last poll.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{Arc as StdArc, Mutex as StdMutex, PoisonError},
    task::{Context, Poll, Waker},
};

use super::{GroupCommit, Position};
use crate::{
    AsyncSyncComplete, AsyncWriteComplete, Submitted, Ticket, TicketSource,
    checker::{Arc, Mutex, block_on, model, thread},
};

/// What became of the destination. A std mutex: it is nothing that is modelled, and never contended.
#[derive(Clone, Default)]
struct Seen(StdArc<StdMutex<(Vec<u8>, usize)>>);

impl Seen {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    fn syncs(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

/// One operation that a thread carries out.
#[derive(Clone)]
struct Operation(Arc<Mutex<(bool, Option<Waker>)>>);

impl Operation {
    fn begin(work: impl FnOnce() + Send + 'static) -> Self {
        let state = Arc::new(Mutex::new((false, None)));
        let theirs = state.clone();
        thread::spawn(move || {
            work();
            let mut state = theirs.lock().unwrap();
            state.0 = true;
            let waker: Option<Waker> = state.1.take();
            drop(state);
            waker.into_iter().for_each(Waker::wake);
        });
        Self(state)
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        let waker = cx.waker().clone();
        let mut state = self.0.lock().unwrap();
        if state.0 {
            return Poll::Ready(());
        }
        let replaced = state.1.replace(waker);
        drop(state);
        drop(replaced);
        Poll::Pending
    }
}

/// Takes all, one operation after the other; the write of that number fails.
struct Writer {
    seen: Seen,
    fails: usize,
    writes: usize,
    tickets: TicketSource,
    write: Option<(Ticket, Operation)>,
    sync: Option<Operation>,
}

impl Writer {
    fn log(seen: &Seen, fails: usize) -> Arc<GroupCommit<Self>> {
        let tickets = TicketSource::new();
        let writer = Self { seen: seen.clone(), fails, writes: 0, tickets, write: None, sync: None };
        Arc::new(GroupCommit::new(writer).max_batch(2))
    }
}

impl AsyncWriteComplete for Writer {
    fn poll_write_submit(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        assert!(self.write.is_none() && self.sync.is_none(), "one operation after the other");
        self.writes += 1;
        let (seen, bytes, fails) = (self.seen.clone(), buf.to_vec(), self.writes == self.fails);
        let ticket = self.tickets.mint(buf.len());
        let operation = Operation::begin(move || {
            if !fails {
                seen.0.lock().unwrap().0.extend(bytes);
            }
        });
        self.write = Some((ticket, operation));
        Poll::Ready(Ok(Submitted::InFlight(ticket)))
    }

    fn poll_write_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        let (ours, operation) = self.write.as_ref().expect("a write is outstanding");
        assert_eq!(*ours, ticket);
        std::task::ready!(operation.poll(cx));
        self.write = None;
        let failed = self.writes == self.fails;
        Poll::Ready(if failed { Err(io::ErrorKind::StorageFull.into()) } else { Ok(ticket.len()) })
    }

    fn outstanding(&self) -> Option<Ticket> {
        self.write.as_ref().map(|(ticket, _)| *ticket)
    }

    fn poll_close_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl AsyncSyncComplete for Writer {
    fn poll_sync_data(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        assert!(self.write.is_none(), "a sync over an outstanding write");
        let seen = self.seen.clone();
        let begin = || Operation::begin(move || seen.0.lock().unwrap().1 += 1);
        let operation = self.sync.get_or_insert_with(begin);
        std::task::ready!(operation.poll(cx));
        self.sync = None;
        Poll::Ready(Ok(()))
    }

    fn poll_sync_all(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_sync_data(cx)
    }
}

type Log = Arc<GroupCommit<Writer>>;

fn append(log: &Log, record: &'static [u8]) -> thread::JoinHandle<io::Result<Position>> {
    let log = log.clone();
    thread::spawn(move || block_on(log.append(record)))
}

/// Polls an append once, and drops it.
fn abandon(log: &Log, record: &'static [u8]) {
    let mut append = log.append(record);
    let _ = Pin::new(&mut append).poll(&mut Context::from_waker(Waker::noop()));
}

#[test]
fn two_appends() {
    model(|| {
        let seen = Seen::default();
        let log = Writer::log(&seen, 0);
        let other = append(&log, b"a");
        let ours = block_on(log.append(b"b")).unwrap();
        assert!(seen.bytes().len() as u64 >= ours.offset());
        let theirs = other.join().unwrap().unwrap();
        assert_eq!(seen.bytes(), if ours < theirs { b"ba" } else { b"ab" });
    });
}

#[test]
fn a_leader_is_dropped_while_another_waits() {
    model(|| {
        let seen = Seen::default();
        let log = Writer::log(&seen, 0);
        let other = append(&log, b"a");
        abandon(&log, b"b");
        other.join().unwrap().unwrap();
        block_on(log.settle()).unwrap();
        let mut bytes = seen.bytes();
        bytes.sort_unstable();
        assert_eq!(bytes, b"ab", "each is there once");
    });
}

#[test]
fn what_was_dropped_is_carried_on_by_the_next_append() {
    model(|| {
        let seen = Seen::default();
        let log = Writer::log(&seen, 0);
        abandon(&log, b"a");
        assert_eq!(block_on(log.append(b"b")).unwrap().offset(), 2);
        assert_eq!(seen.bytes(), b"ab");
    });
}

/// Neither polled nor dropped, while another one waits. A deadlock is found by the checker.
#[test]
fn a_leader_is_kept_and_not_polled() {
    model(|| {
        let seen = Seen::default();
        let log = Writer::log(&seen, 0);
        let mut kept = log.append(b"a");
        let polled = Pin::new(&mut kept).poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(append(&log, b"b").join().unwrap().unwrap().offset(), 2);
        assert_eq!(seen.bytes(), b"ab");
        let ours = if let Poll::Ready(answer) = polled { answer } else { block_on(kept) };
        assert_eq!(ours.unwrap().offset(), 1);
    });
}

#[test]
fn one_of_two_writes_fails() {
    model(|| {
        let seen = Seen::default();
        let log = Writer::log(&seen, 1);
        let other = append(&log, b"a");
        assert!(block_on(log.append(b"b")).is_err());
        assert!(other.join().unwrap().is_err());
        assert!(seen.bytes().is_empty());
    });
}

/// Longer than Loom could.
#[cfg(awc_shuttle)]
mod long {
    use super::*;

    #[test]
    fn a_sync_is_waited_for_by_one_alone() {
        model(|| {
            let seen = Seen::default();
            let log = Writer::log(&seen, 0);
            let other = append(&log, b"a");
            let ours = block_on(log.append_durable(b"b")).unwrap();
            assert_eq!((seen.syncs(), log.durable() >= ours), (1, true));
            other.join().unwrap().unwrap();
        });
    }

    #[test]
    fn five_tasks_wait_for_room_and_two_are_dropped() {
        model(|| {
            let seen = Seen::default();
            let log = Writer::log(&seen, 0);
            let tasks: Vec<_> = [b"a", b"b", b"c"].into_iter().map(|record| append(&log, record)).collect();
            let dropping = [b"d", b"e"].map(|record| {
                let log = log.clone();
                thread::spawn(move || abandon(&log, record))
            });
            let mut positions: Vec<_> = tasks.into_iter().map(|task| task.join().unwrap().unwrap()).collect();
            dropping.into_iter().for_each(|task| task.join().unwrap());
            let settled = block_on(log.settle()).unwrap();
            let mut bytes = seen.bytes();
            assert_eq!(bytes.len() as u64, settled.offset());
            bytes.sort_unstable();
            bytes.dedup();
            assert_eq!(bytes.len() as u64, settled.offset(), "nothing twice");
            positions.sort_unstable();
            positions.dedup();
            assert_eq!(positions.len(), 3);
        });
    }

    #[test]
    fn durable_and_complete_ones_take_turns() {
        model(|| {
            let seen = Seen::default();
            let log = Writer::log(&seen, 0);
            let tasks: Vec<_> = (0..3)
                .map(|i| {
                    let log = log.clone();
                    thread::spawn(move || {
                        for _ in 0..2 {
                            let position = block_on(if i == 0 { log.append_durable(b"d") } else { log.append(b"c") });
                            let reached = if i == 0 { log.durable() } else { log.complete() };
                            assert!(position.unwrap() <= reached);
                        }
                    })
                })
                .collect();
            tasks.into_iter().for_each(|task| task.join().unwrap());
            assert_eq!(seen.bytes().len(), 6);
            assert!(seen.syncs() >= 1);
        });
    }
}
