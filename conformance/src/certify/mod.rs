//! [`Certify`]: a writer, how the kit builds it, and what its author declares.

use std::{
    fmt,
    future::Future,
    io::{self, SeekFrom},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use async_write_complete::{AsyncWriteComplete, Inline, WriteComplete, contract::Rule};

use crate::{
    destination::Destination, faulty::Habit, kit::Declared, observer::Observer, reference::Reference, subject::Calls,
};

mod declare;
mod run;

/// What carries on a write that was submitted and is not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Carrier {
    /// Nothing has to: every write is complete when it was submitted. The default, unless a constructor says otherwise.
    /// [`Observer::hold`] is not called, because it would block the caller of most such writers; one that waits for
    /// room instead declares [`Room`](Self::Room). A case in which it answers `InFlight` is
    /// [unclear](crate::Outcome::Unclear).
    Nobody,
    /// Nothing has to: every write is complete when it was submitted, but a submission waits, as `Pending`, while the
    /// destination has no room for it: a bounded ring, a socket in non-blocking mode. [`Observer::hold`] takes the room
    /// away, and [`resume`](Observer::resume) gives it back; without them a submission waits where the kit has filled
    /// the destination, until [`Observer::bytes`] takes the bytes out. `InFlight` is
    /// [unclear](crate::Outcome::Unclear).
    Room,
    /// Polls: the writer is *driven*.
    Polls,
    /// [`Observer::step`], and nothing else: a *self-driven* writer whose pool the kit steps. What has not happened
    /// when there is no step left never will, so the kit waits for nothing.
    Steps,
    /// Other threads or the kernel: any other *self-driven* writer.
    Others,
}

/// A fresh writer, and an observer of its destination.
pub struct Specimen<W> {
    pub(crate) writer: W,
    pub(crate) observer: Box<dyn Observer>,
}

impl<W> Specimen<W> {
    /// `writer` has taken nothing yet; `observer` sees its destination without it.
    pub fn new(writer: W, observer: impl Observer + 'static) -> Self {
        Self { writer, observer: Box::new(observer) }
    }
}

impl<W> fmt::Debug for Specimen<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Specimen").finish_non_exhaustive()
    }
}

/// Builds a fresh specimen.
type Build<W> = Arc<dyn Fn() -> Specimen<W> + Send + Sync>;

/// How a writer seeks, such as `AsyncSeek::poll_seek`.
pub type PollSeekFn<W> = fn(Pin<&mut W>, &mut Context<'_>, SeekFrom) -> Poll<io::Result<u64>>;
/// How a writer reads, such as `AsyncRead::poll_read`.
pub type PollReadFn<W> = fn(Pin<&mut W>, &mut Context<'_>, &mut [u8]) -> Poll<io::Result<usize>>;
/// How a writer submits bytes that it may share, such as `AsyncWriteCompleteBytes::poll_write_submit_bytes`.
#[cfg(feature = "bytes")]
pub type PollBytesFn<W> =
    fn(Pin<&mut W>, &mut Context<'_>, &bytes::Bytes) -> Poll<io::Result<async_write_complete::Submitted>>;
/// How a type of another trait flushes.
pub(crate) type PollFlushFn<W> = fn(Pin<&mut W>, &mut Context<'_>) -> Poll<io::Result<()>>;
/// How a writer syncs, or does another operation of the writing side.
pub type SyncFn<W> = for<'a> fn(Pin<&'a mut W>) -> Pin<Box<dyn Future<Output = io::Result<()>> + 'a>>;
/// How a writer is taken apart; one that refuses comes back beside its error.
pub type IntoInnerFn<W> = fn(Pin<Box<W>>) -> Pin<Box<dyn Future<Output = Result<(), Refused<W>>>>>;
/// A writer that could not be taken apart, and why; `None` where it does not come back.
pub type Refused<W> = (io::Error, Option<Pin<Box<W>>>);
/// What the caller's bytes are in those of the destination: the inverse of a transform, of whole pieces only.
pub type DecodeFn = fn(&[u8]) -> Vec<u8>;

/// A writer to be certified: how the kit builds it, and what its author declares.
///
/// What is not declared is not judged. What is declared and cannot be observed leaves cases out, and the verdict says
/// so: see [`Outcome::Holds`](crate::Outcome::Holds).
///
/// ```
/// use async_write_complete::Inline;
/// use async_write_complete_conformance::Certify;
///
/// let report = Certify::over(Inline::new).closes().run();
/// assert!(report.is_conforming(), "{report}");
/// ```
pub struct Certify<W> {
    build: Build<W>,
    /// The same over destinations with other habits, and what to call them.
    others: Vec<(&'static str, Build<W>)>,
    calls: Calls<W>,
    declared: Declared,
}

impl<W> Clone for Certify<W> {
    fn clone(&self) -> Self {
        Self {
            build: self.build.clone(),
            others: self.others.clone(),
            calls: self.calls.clone(),
            declared: self.declared.clone(),
        }
    }
}

impl<W> fmt::Debug for Certify<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certify").field("declared", &self.declared).finish_non_exhaustive()
    }
}

impl<W: AsyncWriteComplete + 'static> Certify<W> {
    /// A writer to whatever its builder chooses. Every case of every check builds a fresh one, over a destination that
    /// is empty.
    ///
    /// [Nobody](Carrier::Nobody) carries its writes on, unless [declared](Self::carried) otherwise.
    pub fn new(build: impl Fn() -> Specimen<W> + Send + Sync + 'static) -> Self {
        Self { build: Arc::new(build), others: Vec::new(), calls: Calls::new(), declared: Declared::default() }
    }

    /// A writer over a destination of the kit, which can be watched, held and made to fail.
    ///
    /// [Nobody](Carrier::Nobody) carries its writes on, unless [declared](Self::carried) otherwise.
    pub fn over(build: impl Fn(Destination) -> W + Send + Sync + 'static) -> Self {
        Self::new(move || {
            let (destination, observer) = Destination::new();
            Specimen::new(build(destination), observer)
        })
    }

    /// A wrapper around another [`AsyncWriteComplete`], here one of the kit that keeps every rule. Polls
    /// [carry](Self::carried) its writes on, unless declared otherwise.
    ///
    /// The rules of the trait and of polls, and random sequences, are judged again over inner writers that do what the
    /// rules allow: one is complete at submission, one takes half of what it is given, one is `Pending` before it takes
    /// a submission.
    pub fn around(build: impl Fn(Reference) -> W + Send + Sync + 'static) -> Self {
        let build = Arc::new(build);
        let over = |at_once, habit| {
            let build = build.clone();
            move || {
                let (reference, observer) = Reference::with(at_once, habit);
                Specimen::new(build(reference), observer)
            }
        };
        let mut certify = Self::new(over(false, Habit::Plain)).carried(Carrier::Polls);
        for (name, at_once, habit) in Reference::HABITS {
            certify.others.push((name, Arc::new(over(at_once, habit))));
        }
        certify
    }

    /// A writer that [offloads](Self::offloads) a destination of the kit to a pool that the kit steps.
    #[cfg(feature = "offload")]
    pub fn stepped(build: impl Fn(Destination, crate::Stepped) -> W + Send + Sync + 'static) -> Self {
        let certify = Self::new(move || {
            let (destination, observer) = Destination::new();
            let pool = crate::Stepped::new();
            let observer = pool.over(observer);
            Specimen::new(build(destination, pool), observer)
        });
        certify.carried(Carrier::Steps).offloads()
    }

    /// Memory: its destination is the writer itself, and `peek` sees it. [Nobody](Carrier::Nobody) carries its writes
    /// on, it cannot be closed, and it cannot be made to fail.
    pub fn memory(build: impl Fn() -> W + Send + Sync + 'static, peek: fn(&W) -> Vec<u8>) -> Self {
        let certify = Self::new(move || Specimen::new(build(), Vec::new)).peeks(peek);
        certify.exempt(&[Rule::W6, Rule::P3], "memory does not fail").exempt(&[Rule::W9], "memory cannot be closed")
    }
}

impl<T: WriteComplete + Unpin + 'static> Certify<Inline<T>> {
    /// A blocking writer, on the caller's thread: [nobody](Carrier::Nobody) carries its writes on. It
    /// [`closes`](Self::closes), because an [`Inline`] does.
    pub fn blocking<O: Observer + 'static>(build: impl Fn() -> (T, O) + Send + Sync + 'static) -> Self {
        let certify = Self::new(move || {
            let (writer, observer) = build();
            Specimen::new(Inline::new(writer), observer)
        });
        certify.closes()
    }
}
