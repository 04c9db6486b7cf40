//! `Tracked`: what the rules ask of a wrapper, supplied around a `DriveWrite`, whatever that one does.

mod a_transform;
mod closing;
mod drivers_that_break_things;
mod empty_submissions;
mod outstanding;
mod submissions;
mod tickets;
mod wakers;

use std::{
    cell::RefCell,
    collections::VecDeque,
    io::{self, IoSlice},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready as ready_or_pending},
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, DriveWrite, HeldWrite, Indeterminate, Started, Submitted, Ticket,
    TicketSource, Tracked, WriteOutstanding, error::raw_os_error,
};

use crate::common::{
    destination::{Observer, Outcome, Scripted, interrupted},
    pool::Stepped,
    steps::{
        self, ask, close, failed, in_flight, poll_future, ready, refused, settle, submit, submit_nothing,
        submit_vectored, unknown,
    },
    waker::{Task, panics_in_drop, panics_in_wake, poll_with},
};

/// ENOSPC, the same on every Unix.
const NO_SPACE: i32 = 28;

/// What a driver does when it is called.
#[derive(Clone, Debug)]
enum Act {
    Pending,
    /// `Pending`, with the task already woken, as a turn for the executor is.
    Turn,
    /// A count; `Taken` at a start.
    Take(usize),
    /// A count; `Complete` at a start.
    Complete(usize),
    Error(io::ErrorKind),
    Os(i32),
    /// An [`Indeterminate`] error with that code.
    Unknown(i32),
    Panic,
    /// An error that panics in its drop.
    Bomb,
}

/// The payload of such an error.
#[derive(Debug)]
struct Bomb;

impl std::fmt::Display for Bomb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a bomb")
    }
}

impl std::error::Error for Bomb {}

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "an error panics in its drop");
    }
}

/// What a driver was asked to do.
#[derive(Clone, Debug, PartialEq)]
enum Call {
    Start(Vec<u8>),
    StartVectored(usize),
    Finish,
    Close,
}

use Call::{Close, Finish};

type Calls = Rc<RefCell<Vec<Call>>>;

/// A driver that does what a script says; at its end it takes, and completes, everything.
#[derive(Debug, Default)]
struct Driver {
    start: VecDeque<Act>,
    finish: VecDeque<Act>,
    close: VecDeque<Act>,
    taken: usize,
    calls: Calls,
}

impl Driver {
    fn new() -> Self {
        Self::default()
    }

    fn on_start(mut self, acts: impl IntoIterator<Item = Act>) -> Self {
        self.start.extend(acts);
        self
    }

    fn on_finish(mut self, acts: impl IntoIterator<Item = Act>) -> Self {
        self.finish.extend(acts);
        self
    }

    fn on_close(mut self, acts: impl IntoIterator<Item = Act>) -> Self {
        self.close.extend(acts);
        self
    }

    fn tracked(self) -> (Tracked<Self>, Calls) {
        let calls = self.calls.clone();
        (Tracked::new(self), calls)
    }

    fn called(&self, call: Call) {
        self.calls.borrow_mut().push(call);
    }

    fn play(act: Act, cx: &mut Context<'_>) -> Poll<io::Result<Started>> {
        Poll::Ready(match act {
            Act::Pending => return Poll::Pending,
            Act::Turn => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Act::Take(n) => Ok(Started::Taken(n)),
            Act::Complete(n) => Ok(Started::Complete(n)),
            Act::Error(kind) => Err(io::Error::new(kind, "scripted")),
            Act::Os(code) => Err(io::Error::from_raw_os_error(code)),
            Act::Unknown(code) => Err(Indeterminate::new(io::Error::from_raw_os_error(code)).into()),
            Act::Panic => panic!("scripted"),
            Act::Bomb => Err(io::Error::other(Bomb)),
        })
    }

    fn start(&mut self, cx: &mut Context<'_>, len: usize) -> Poll<io::Result<Started>> {
        let started = Self::play(self.start.pop_front().unwrap_or(Act::Take(len)), cx);
        if let Poll::Ready(Ok(Started::Taken(n))) = started {
            self.taken = n;
        }
        started
    }
}

impl DriveWrite for Driver {
    fn poll_start(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        self.called(Call::Start(buf.to_vec()));
        self.start(cx, buf.len())
    }

    fn poll_start_vectored(&mut self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<Started>> {
        let len = bufs.iter().map(|buf| buf.len()).sum();
        self.called(Call::StartVectored(len));
        self.start(cx, len)
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.called(Finish);
        let act = self.finish.pop_front().unwrap_or(Act::Complete(self.taken));
        Self::play(act, cx).map_ok(|started| match started {
            Started::Taken(n) | Started::Complete(n) => n,
        })
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.called(Close);
        Self::play(self.close.pop_front().unwrap_or(Act::Complete(0)), cx).map_ok(drop)
    }
}

fn start(bytes: &[u8]) -> Call {
    Call::Start(bytes.to_vec())
}

/// The submissions, each polled once.
type Operation = fn(&mut Tracked<Driver>) -> Poll<io::Result<()>>;

const OPERATIONS: [(&str, Operation); 2] = [
    ("submission", |w| submit(w, b"later").map_ok(drop)),
    ("vectored submission", |w| submit_vectored(w, &[b"la", b"ter"]).map_ok(drop)),
];

/// A transform of the bytes, so that counts differ inside and outside: two digits for a byte, by as many inner writes
/// as it takes.
#[derive(Debug)]
struct Hex<W> {
    inner: W,
    digits: Vec<u8>,
    /// How many of the digits are complete.
    complete: usize,
    ticket: Option<Ticket>,
}

impl<W> Hex<W> {
    /// How many bytes one submission takes at most.
    const MAX: usize = 8;

    fn over(inner: W) -> Tracked<Self> {
        Tracked::new(Self { inner, digits: Vec::new(), complete: 0, ticket: None })
    }

    /// What an inner write that ended early means for the caller's bytes.
    fn ended_early(&self, error: Option<io::Error>) -> io::Result<usize> {
        let error = error.unwrap_or_else(|| io::ErrorKind::WriteZero.into());
        match (self.complete, Indeterminate::find(&error)) {
            (_, Some(_)) => Err(error),
            (0, _) => Err(error),
            (digits, _) if digits % 2 == 0 => Ok(digits / 2),
            _ => Err(Indeterminate::new(error).into()),
        }
    }
}

impl<W: AsyncWriteComplete + Unpin> DriveWrite for Hex<W> {
    fn poll_start(&mut self, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        let taken = &buf[..buf.len().min(Self::MAX)];
        self.digits = taken.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect();
        self.complete = 0;
        Poll::Ready(Ok(Started::Taken(taken.len())))
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        while self.complete < self.digits.len() {
            let answer = match self.ticket {
                Some(ticket) => {
                    let answer = ready_or_pending!(Pin::new(&mut self.inner).poll_write_complete(cx, ticket));
                    self.ticket = None;
                    answer
                }
                None => {
                    let rest = &self.digits[self.complete..];
                    let submitted = ready_or_pending!(Pin::new(&mut self.inner).poll_write_submit(cx, rest));
                    self.ticket = submitted.as_ref().ok().and_then(Submitted::ticket);
                    if self.ticket.is_some() {
                        continue;
                    }
                    submitted.map(|submitted| submitted.len())
                }
            };
            match answer {
                Ok(0) => return Poll::Ready(self.ended_early(None)),
                Ok(n) => self.complete += n,
                Err(error) => return Poll::Ready(self.ended_early(Some(error))),
            }
        }
        Poll::Ready(Ok(self.digits.len() / 2))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close_complete(cx)
    }
}
