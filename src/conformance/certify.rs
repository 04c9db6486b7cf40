//! [`Certify`]: a writer, how it is built, and what it declares.

use std::{
    fmt,
    future::Future,
    io::{self, SeekFrom},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use super::{
    destination::Destination,
    judge,
    observer::{NO_SPACE, Observer},
    reference::Reference,
    report::{Outcome, Report, Verdict},
};
use crate::{contract::Rule, sync_write::Inline, sync_write::WriteComplete, write::AsyncWriteComplete};

/// Who carries on a write that was submitted, and is not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Carrier {
    /// Nobody has to: every write is complete when it was submitted. The default, unless a constructor says otherwise. Such
    /// a writer cannot be stalled without blocking its caller, and a case in which it answers `InFlight` is
    /// [unclear](Outcome::Unclear).
    Nobody,
    /// Polls: the writer is *driven*.
    Polls,
    /// [`Observer::step`], and nothing else: a *self-driven* writer whose pool the kit steps. What has not happened when
    /// there is no step left never will, so the kit waits for nothing.
    Steps,
    /// Other threads or the kernel: any other *self-driven* writer.
    Others,
}

/// A fresh writer, and an observer of its destination.
pub struct Specimen<W> {
    pub(super) writer: W,
    pub(super) observer: Box<dyn Observer>,
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

/// How a writer seeks, such as `AsyncSeek::poll_seek`.
pub type PollSeekFn<W> = fn(Pin<&mut W>, &mut Context<'_>, SeekFrom) -> Poll<io::Result<u64>>;
/// How a writer reads, such as `AsyncRead::poll_read`.
pub type PollReadFn<W> = fn(Pin<&mut W>, &mut Context<'_>, &mut [u8]) -> Poll<io::Result<usize>>;
/// How a writer syncs.
pub type SyncFn<W> = for<'a> fn(Pin<&'a mut W>) -> Pin<Box<dyn Future<Output = io::Result<()>> + 'a>>;
/// What the caller's bytes are in those of the destination: the inverse of a transform, of whole pieces only.
pub type DecodeFn = fn(&[u8]) -> Vec<u8>;

/// How the bytes of the destination relate to the caller's.
#[derive(Clone, Copy, Debug)]
pub(super) enum Image {
    Unchanged,
    Decoded(DecodeFn),
    Unseen,
}

/// A writer to be certified: how it is built, and what it declares.
///
/// What is not declared is not judged. What is declared and cannot be observed leaves cases out, and the verdict says so:
/// see [`Outcome::Holds`].
///
/// ```
/// use async_write_complete::{Inline, conformance::Certify};
///
/// let report = Certify::over(Inline::new).closes().run();
/// assert!(report.is_conforming(), "{report}");
/// ```
pub struct Certify<W> {
    pub(super) build: Arc<dyn Fn() -> Specimen<W> + Send + Sync>,
    pub(super) carrier: Carrier,
    pub(super) closes: bool,
    pub(super) tickets: bool,
    pub(super) image: Image,
    pub(super) direct: bool,
    pub(super) peek: Option<fn(&W) -> Vec<u8>>,
    pub(super) seek: Option<PollSeekFn<W>>,
    pub(super) read: Option<PollReadFn<W>>,
    pub(super) sync: Option<SyncFn<W>>,
    pub(super) patience: Option<Duration>,
    pub(super) limit: Duration,
    /// Why a rule makes no sense for it.
    pub(super) exempt: fn(Rule) -> Option<&'static str>,
    pub(super) code: i32,
    pub(super) room: usize,
    pub(super) within: fn(&mut dyn FnMut()),
    pub(super) seed: Option<u64>,
}

impl<W> Clone for Certify<W> {
    fn clone(&self) -> Self {
        Self { build: self.build.clone(), ..*self }
    }
}

impl<W> fmt::Debug for Certify<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certify").field("carrier", &self.carrier).field("closes", &self.closes).finish_non_exhaustive()
    }
}

impl<W: AsyncWriteComplete + 'static> Certify<W> {
    /// A writer to whatever its builder chooses. Every case of every check builds a fresh one, over a destination that is
    /// empty.
    ///
    /// [Nobody](Carrier::Nobody) carries its writes on, unless [declared](Self::carried) otherwise.
    pub fn new(build: impl Fn() -> Specimen<W> + Send + Sync + 'static) -> Self {
        Self {
            build: Arc::new(build),
            carrier: Carrier::Nobody,
            closes: false,
            tickets: true,
            image: Image::Unchanged,
            direct: true,
            peek: None,
            seek: None,
            read: None,
            sync: None,
            patience: None,
            limit: Duration::from_secs(60),
            exempt: |_| None,
            code: NO_SPACE,
            room: usize::MAX,
            within: |body| body(),
            seed: None,
        }
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

    /// A wrapper around another [`AsyncWriteComplete`], here one of the kit that keeps every rule. Its
    /// writes are [carried](Self::carried) by polls, unless declared otherwise.
    pub fn around(build: impl Fn(Reference) -> W + Send + Sync + 'static) -> Self {
        let certify = Self::new(move || {
            let (reference, observer) = Reference::new();
            Specimen::new(build(reference), observer)
        });
        certify.carried(Carrier::Polls)
    }

    /// A writer over a destination of the kit, which it calls on a pool that the kit steps.
    #[cfg(feature = "offload")]
    pub fn stepped(build: impl Fn(Destination, super::Stepped) -> W + Send + Sync + 'static) -> Self {
        let certify = Self::new(move || {
            let (destination, observer) = Destination::new();
            let pool = super::Stepped::new();
            let observer = pool.over(observer);
            Specimen::new(build(destination, pool), observer)
        });
        certify.carried(Carrier::Steps)
    }

    /// Memory: its destination is the writer itself, and `peek` sees it. [Nobody](Carrier::Nobody) carries its writes on.
    pub fn memory(build: impl Fn() -> W + Send + Sync + 'static, peek: fn(&W) -> Vec<u8>) -> Self {
        Self::new(move || Specimen::new(build(), Vec::new)).peeks(peek)
    }

    /// Its destination is the writer itself, and `peek` sees it; the observer's bytes are not looked at.
    pub fn peeks(self, peek: fn(&W) -> Vec<u8>) -> Self {
        Self { peek: Some(peek), ..self }
    }

    /// Who carries on what was submitted; [`Nobody`](Carrier::Nobody) unless declared.
    pub fn carried(self, carrier: Carrier) -> Self {
        Self { carrier, ..self }
    }

    /// It can be closed: operations after a close are refused, and the destination is released.
    pub fn closes(self) -> Self {
        Self { closes: true, ..self }
    }

    /// It transforms its bytes; `decode` gives back what of the caller's bytes is whole in the destination.
    pub fn decoded(self, decode: DecodeFn) -> Self {
        Self { image: Image::Decoded(decode), ..self }
    }

    /// Something between it and the destination makes the calls, such as a buffer, so that they are not one for each
    /// write.
    pub fn indirect(self) -> Self {
        Self { direct: false, ..self }
    }

    /// The bytes of the destination cannot be compared with the caller's.
    pub fn unseen(self) -> Self {
        Self { image: Image::Unseen, ..self }
    }

    /// It can seek.
    pub fn seeks(self, poll_seek: PollSeekFn<W>) -> Self {
        Self { seek: Some(poll_seek), ..self }
    }

    /// It can read what it wrote, by the cursor that it writes by.
    pub fn reads(self, poll_read: PollReadFn<W>) -> Self {
        Self { read: Some(poll_read), ..self }
    }

    /// It can make durable what is complete.
    pub fn syncs(self, sync: SyncFn<W>) -> Self {
        Self { sync: Some(sync), ..self }
    }

    /// How long to wait for what should happen by itself. 10 s unless set, and none at all if [steps](Carrier::Steps)
    /// carry the writes.
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience: Some(patience), ..self }
    }

    /// How long one step of a check may take, such as a poll or a drop: what has not come back then hangs. 60 s unless
    /// set. A check whose steps all come back, and take ten times as long together, is unclear.
    pub fn limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// The operating system's code of the errors that its destination can be made to answer; that of a full device
    /// unless set.
    pub fn fails_with(self, code: i32) -> Self {
        Self { code, ..self }
    }

    /// How many bytes its destination takes at most before it blocks, such as a pipe that nobody reads.
    pub fn room(self, bytes: usize) -> Self {
        Self { room: bytes, ..self }
    }

    /// Calls each check by way of `within`, on a thread of its own: to enter the runtime that the writer needs.
    pub fn within(self, within: fn(&mut dyn FnMut())) -> Self {
        Self { within, ..self }
    }

    /// Which [random](Self::random) sequences are played. The environment variable `AWC_SEED`, a number, overrides it.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// Checks every rule.
    pub fn run(&self) -> Report {
        let verdicts = Rule::ALL.iter().map(|rule| Verdict { rule: *rule, outcome: self.check(*rule) });
        Report { verdicts: verdicts.collect() }
    }

    /// Checks one rule.
    pub fn check(&self, rule: Rule) -> Outcome {
        judge::check(self, rule)
    }

    /// Checks one rule, for a test.
    ///
    /// # Panics
    ///
    /// If the rule is broken or cannot be judged; the message tells how it came to that.
    #[track_caller]
    pub fn assert(&self, rule: Rule) {
        let verdict = Verdict { rule, outcome: self.check(rule) };
        assert!(verdict.outcome.is_conforming(), "\n{verdict}");
        println!("{verdict}");
    }

    pub(super) fn how_patient(&self) -> Duration {
        let default = if self.carrier == Carrier::Steps { Duration::ZERO } else { Duration::from_secs(10) };
        self.patience.unwrap_or(default)
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
