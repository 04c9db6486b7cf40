//! [`Observer`]: how the kit sees a destination, and what it can make it do.

use std::fmt;

use crate::describe::{counted, ordinal};

/// Sees the destination of a writer without asking the writer: a path, a shared buffer, the peer's end of a socket.
///
/// Only [`bytes`](Self::bytes) is required, and a closure that gives them is an observer. What else it can see or do
/// lets more cases be judged. Cases that need what it cannot do are left out: the verdict says how many, and why.
///
/// The peer of a socket that can also go away, so that writes fail with `EPIPE`; declare that by
/// `.fails_with(32)`:
///
/// ```
/// use async_write_complete::contract::Rule;
/// use async_write_complete_conformance::{Call, Certify, Effect, Fault, Observer};
/// use std::{io::Read, net::Shutdown, os::unix::net::UnixStream, sync::Mutex};
///
/// const EPIPE: i32 = 32;
///
/// struct Peer { stream: UnixStream, seen: Mutex<Vec<u8>> }
///
/// impl Observer for Peer {
///     fn bytes(&self) -> Vec<u8> {
///         let mut seen = self.seen.lock().expect("nothing panics under it");
///         // Ends at `WouldBlock`: all that has come by now.
///         let _ = (&self.stream).read_to_end(&mut seen);
///         seen.clone()
///     }
///
///     /// Nobody reads any more. That is for good, and cannot wait for a later call.
///     fn inject(&self, fault: &Fault) -> bool {
///         let is_for_good = fault.lasting && fault.after == 0;
///         let can = is_for_good && fault.call == Call::Write && fault.effect == Effect::Error(EPIPE);
///         can && self.stream.shutdown(Shutdown::Both).is_ok()
///     }
/// }
///
/// let certify = Certify::blocking(|| {
///     let (ours, theirs) = UnixStream::pair().expect("two ends");
///     theirs.set_nonblocking(true).expect("an open socket");
///     (ours, Peer { stream: theirs, seen: Mutex::default() })
/// });
/// // A blocking writer that nobody reads from would block the kit.
/// let certify = certify.room(32 << 10).fails_with(EPIPE);
/// certify.assert(Rule::W1);
/// certify.assert(Rule::W6);
/// ```
pub trait Observer {
    /// The bytes that are complete: all that another reader of the destination has seen and sees now. None at first: a
    /// fresh specimen's destination is empty. Where bytes have to be taken out to be seen, as from a socket or a ring,
    /// it takes them out, keeps them, and gives them again each time; the room that this makes is what a writer waits
    /// for.
    fn bytes(&self) -> Vec<u8>;

    /// The length of each successful call of the destination's write that moved bytes, in order; `None` if they cannot
    /// be counted.
    fn calls(&self) -> Option<Vec<usize>> {
        None
    }

    /// How many calls of the destination's write there were in all, those that failed or moved nothing included; `None`
    /// if they cannot be counted.
    fn attempts(&self) -> Option<usize> {
        None
    }

    /// Whether the writer has let go of the destination; `None` if that cannot be seen.
    fn is_released(&self) -> Option<bool> {
        None
    }

    /// The bytes that are durable; `None` if that cannot be seen.
    fn durable(&self) -> Option<Vec<u8>> {
        None
    }

    /// Makes a later call of the destination fail as `fault` says; false if it cannot.
    fn inject(&self, fault: &Fault) -> bool {
        let _ = fault;
        false
    }

    /// Makes the calls of the destination wait until [`resume`](Self::resume), each on its own thread or as `Pending`;
    /// false if it cannot.
    ///
    /// It may be called twice in a row, and then does no more than once. It changes nothing that was complete before:
    /// [`bytes`](Self::bytes) gives the same while the destination is held, and what a writer answers as complete
    /// meanwhile is among them. [`is_released`](Self::is_released) answers as ever: `Some(false)` while the writer has
    /// the destination, and `None` only if that can never be seen.
    fn hold(&self) -> bool {
        false
    }

    /// Lets the calls that wait go on, and all later ones.
    fn resume(&self) {}

    /// Does one piece of the work that goes on behind the writer; false if there is none. For a pool that is stepped by
    /// hand.
    fn step(&self) -> bool {
        false
    }

    /// Makes the pool drop the next job that it is handed, before it ran; false if it cannot.
    fn refuse_job(&self) -> bool {
        false
    }
}

impl<F: Fn() -> Vec<u8>> Observer for F {
    fn bytes(&self) -> Vec<u8> {
        self()
    }
}

/// What a destination is to do wrong, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// In which call.
    pub call: Call,
    /// After how many more calls of that kind.
    pub after: usize,
    /// What happens then.
    pub effect: Effect,
    /// For good, and not once.
    pub lasting: bool,
}

impl Fault {
    /// The next write does `effect`, once.
    pub fn new(effect: Effect) -> Self {
        Self { call: Call::Write, after: 0, effect, lasting: false }
    }

    /// In another call than a write.
    pub fn on(self, call: Call) -> Self {
        Self { call, ..self }
    }

    /// After so many more calls.
    pub fn after(self, after: usize) -> Self {
        Self { after, ..self }
    }

    /// The fault stays from then on, for good.
    pub fn lasting(self) -> Self {
        Self { lasting: true, ..self }
    }
}

/// One line, such as `the next write fails with the OS code 28, for good`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = match self.call {
            Call::Write => "write",
            Call::Sync => "sync",
            Call::Close => "close",
            Call::Read => "read",
            Call::Seek => "seek",
        };
        match self.after {
            0 => write!(f, "the next {call} {}", self.effect)?,
            after => write!(f, "the {} {call} from now {}", ordinal(after), self.effect)?,
        }
        f.write_str(if self.lasting { ", for good" } else { "" })
    }
}

/// A kind of call on a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Call {
    /// A call of its write.
    Write,
    /// A call of its sync.
    Sync,
    /// A call of its close, where that may fail.
    Close,
    /// A call of its read.
    Read,
    /// A call of its seek, by which a caller moves the cursor.
    Seek,
}

/// What a call does wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// The error of the operating system with this code. No byte is taken.
    Error(i32),
    /// Takes all, and then answers this error, as a descriptor with `O_DSYNC` does when the bytes are in and their sync
    /// fails: nobody can know how many of them are complete.
    LateError(i32),
    /// Takes so many bytes at most.
    Short(usize),
    /// Takes none, and answers `Ok(0)`.
    Zero,
    /// An error of the kind `Interrupted`, so many times in a row; the next call is as if they had not been.
    Interrupted(usize),
    /// An error of the kind `WouldBlock`.
    WouldBlock,
    /// A panic.
    Panic,
    /// Takes all, and answers so many bytes more than there were.
    Excess(usize),
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(code) => write!(f, "fails with the OS code {code}"),
            Self::LateError(code) => write!(f, "takes all, and fails with the OS code {code}"),
            Self::Short(n) => write!(f, "takes {} at most", counted(*n, "byte")),
            Self::Zero => f.write_str("answers Ok(0)"),
            Self::Interrupted(times) => write!(f, "is interrupted, {}", counted(*times, "time")),
            Self::WouldBlock => f.write_str("answers WouldBlock"),
            Self::Panic => f.write_str("panics"),
            Self::Excess(n) => write!(f, "answers {} more than there are", counted(*n, "byte")),
        }
    }
}

/// `ENOSPC`, which most destinations can answer.
pub(crate) const NO_SPACE: i32 = 28;
