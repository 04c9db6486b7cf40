//! What an author declares of a writer.

use std::{
    sync::{Arc, atomic::AtomicU32},
    time::Duration,
};

use async_write_complete::{AsyncWriteComplete, contract::Rule};

use super::{Carrier, Certify, DecodeFn, IntoInnerFn, PollReadFn, PollSeekFn, SyncFn};
use crate::{
    kit::{Declared, Image},
    subject::Calls,
};

impl<W: AsyncWriteComplete + 'static> Certify<W> {
    /// Its destination is the writer itself, and `peek` sees it; the observer's bytes are not looked at.
    pub fn peeks(self, peek: fn(&W) -> Vec<u8>) -> Self {
        let calls = Calls { peek: Some(peek), ..self.calls };
        Self { calls, ..self }.declares(|declared| declared.peeks = true)
    }

    /// What carries on what was submitted; [`Nobody`](Carrier::Nobody) unless declared.
    pub fn carried(self, carrier: Carrier) -> Self {
        self.declares(|declared| declared.carrier = carrier)
    }

    /// It carries a blocking destination, on a pool or on threads of its own: the O rules are judged.
    pub fn offloads(self) -> Self {
        self.declares(|declared| declared.offloads = true)
    }

    /// It can be closed: operations after a close are refused, and the destination is released.
    pub fn closes(self) -> Self {
        self.declares(|declared| declared.closes = true)
    }

    /// It transforms its bytes; `decode` gives back what of the caller's bytes is whole in the destination.
    pub fn decoded(self, decode: DecodeFn) -> Self {
        self.declares(|declared| declared.image = Image::Decoded(decode))
    }

    /// Something between it and the destination makes the calls, such as a buffer, so that they are not one for each
    /// write.
    pub fn indirect(self) -> Self {
        self.declares(|declared| declared.direct = false)
    }

    /// The bytes of the destination cannot be compared with the caller's.
    pub fn unseen(self) -> Self {
        self.declares(|declared| declared.image = Image::Unseen)
    }

    /// It can seek.
    pub fn seeks(self, poll_seek: PollSeekFn<W>) -> Self {
        let calls = Calls { seek: Some(poll_seek), ..self.calls };
        Self { calls, ..self }.declares(|declared| declared.seeks = true)
    }

    /// It can read what it wrote, by the cursor that it writes by.
    pub fn reads(self, poll_read: PollReadFn<W>) -> Self {
        let calls = Calls { read: Some(poll_read), ..self.calls };
        Self { calls, ..self }.declares(|declared| declared.reads = true)
    }

    /// It can make durable what is complete.
    pub fn syncs(self, sync: SyncFn<W>) -> Self {
        let calls = Calls { sync: Some(sync), ..self.calls };
        Self { calls, ..self }.declares(|declared| declared.syncs = true)
    }

    /// It takes `Bytes` by a method of their own.
    #[cfg(feature = "bytes")]
    pub fn submits_bytes(self, poll: super::PollBytesFn<W>) -> Self {
        let calls = Calls { bytes: Some(poll), ..self.calls };
        Self { calls, ..self }.declares(|declared| declared.submits_bytes = true)
    }

    /// It has another operation of the writing side, such as `set_len`, which
    /// [W5](async_write_complete::contract::Rule::W5) refuses while a write is outstanding.
    pub fn operation(self, name: &'static str, operation: SyncFn<W>) -> Self {
        let operations: Arc<[_]> = self.calls.operations.iter().copied().chain([(name, operation)]).collect();
        let names = operations.iter().map(|(name, _)| *name).collect();
        let calls = Calls { operations, ..self.calls };
        Self { calls, ..self }.declares(|declared| declared.operations = names)
    }

    /// It can be taken apart, which [W5](async_write_complete::contract::Rule::W5) refuses while a write is
    /// outstanding.
    pub fn into_inner(self, into_inner: IntoInnerFn<W>) -> Self {
        let calls = Calls { into_inner: Some(into_inner), ..self.calls };
        Self { calls, ..self }.declares(|declared| declared.is_taken_apart = true)
    }

    /// Of a type seen through [the lens](crate::lens): it tells by its content which write a buffer belongs to, as [the
    /// adapters](async_write_complete::adapter#which-write-a-buffer-belongs-to) do. [Random](Self::random) sequences of
    /// `poll_write` with the same, longer, shorter and other buffers are played on it.
    #[cfg(any(feature = "futures-io", feature = "tokio"))]
    pub fn identified_by_content(self) -> Self {
        self.declares(|declared| declared.is_identified_by_content = true)
    }

    /// A rule of which no case can be judged is left to its author, for this reason. Without it the test of such a rule
    /// [fails](crate::Outcome::NotJudged).
    ///
    /// A rule that is broken stays so. The one exception is [P4](Rule::P4) of a writer without a thread behind it, for
    /// which it is a SHOULD; the cure is a call of [`poll_budget`](async_write_complete::poll_budget) before bytes are
    /// taken.
    pub fn exempt(self, rules: &[Rule], why: &'static str) -> Self {
        let more = rules.iter().map(|rule| (*rule, why));
        self.declares(|declared| declared.exempt = declared.exempt.iter().copied().chain(more).collect())
    }

    /// How long to wait for what should happen by itself. 4 s unless set, and none at all if [steps](Carrier::Steps)
    /// carry the writes. A wait that came to nothing makes the later ones shorter. Time in which the machine stands
    /// still does not count.
    pub fn patience(self, patience: Duration) -> Self {
        self.declares(|declared| declared.patience = Some(patience))
    }

    /// How long one step of a check may take, such as a poll or a drop: what has not come back then hangs. 4 s unless
    /// set. A step that hung makes the later limits shorter. Time in which the machine stands still does not count.
    pub fn limit(self, limit: Duration) -> Self {
        self.declares(|declared| declared.limit = limit)
    }

    /// The operating system's code of the errors that its destination can be made to answer; that of a full device
    /// unless set.
    pub fn fails_with(self, code: i32) -> Self {
        self.declares(|declared| declared.code = code)
    }

    /// It asks its destination, by `WriteComplete::may_have_written`, whether the bytes of a write that failed may be
    /// in, as those of a descriptor with `O_DSYNC`.
    pub fn late_errors(self) -> Self {
        self.declares(|declared| declared.late_errors = true)
    }

    /// Its close answers the error of its destination's close, if it has nothing to tell of a write.
    /// [W9](async_write_complete::contract::Rule::W9) leaves that open, because many destinations are dropped.
    pub fn reports_close(self) -> Self {
        self.declares(|declared| declared.reports_close = true)
    }

    /// How many bytes its destination takes at most before it blocks or waits, such as a pipe that nobody reads: no
    /// case gives the writer more. The kit makes no room itself. An [`Observer`](crate::Observer) that takes out the
    /// bytes that it sees makes room, and needs no such limit unless the writer blocks its caller.
    pub fn room(self, bytes: usize) -> Self {
        self.declares(|declared| declared.room = bytes)
    }

    /// Calls each check by way of `within`, on a thread of its own: to enter the runtime that the writer needs.
    ///
    /// The reactor must be driven by another thread, because the kit polls by itself and waits for a wake between two
    /// polls. A runtime of the flavor `current_thread` that is only entered is driven by nobody: no wake comes, and P1
    /// is reported as broken. A writer of async-io needs nothing, since async-io has a thread for its reactor.
    ///
    /// ```
    /// use std::sync::LazyLock;
    /// use async_write_complete_conformance::{Certify, Specimen};
    /// use async_write_complete::{Inline, contract::Rule};
    /// use tokio::runtime::{Builder, Handle, Runtime};
    ///
    /// static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    ///     Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
    /// });
    ///
    /// fn in_tokio(check: &mut dyn FnMut()) {
    ///     let _entered = RUNTIME.enter();
    ///     check();
    /// }
    ///
    /// let certify = Certify::new(|| {
    ///     Handle::current(); // panics outside of a runtime, as a socket of tokio's does
    ///     Specimen::new(Inline::new(Vec::new()), Vec::new)
    /// });
    /// certify.unseen().within(in_tokio).assert(Rule::P1);
    /// ```
    pub fn within(self, within: fn(&mut dyn FnMut())) -> Self {
        self.declares(|declared| declared.within = Some(within))
    }

    /// Which [random](Self::random) sequences are played. The environment variable `AWC_SEED`, a number, overrides it.
    pub fn seed(self, seed: u64) -> Self {
        self.declares(|declared| declared.seed = Some(seed))
    }

    /// A wait that came to nothing in one of several certifications makes those of all shorter.
    #[doc(hidden)]
    pub fn sharing(self, waits: Arc<AtomicU32>) -> Self {
        self.declares(|declared| declared.waits_in_vain = waits)
    }

    fn declares(mut self, declare: impl FnOnce(&mut Declared)) -> Self {
        declare(&mut self.declared);
        self
    }

    /// It has no tickets, and flushes.
    #[cfg(any(feature = "futures-io", feature = "tokio"))]
    pub(crate) fn flushes(self, poll_flush: super::PollFlushFn<W>) -> Self {
        let calls = Calls { flush: Some(poll_flush), ..self.calls };
        Self { calls, ..self }.declares(|declared| (declared.flushes, declared.tickets) = (true, false))
    }
}
