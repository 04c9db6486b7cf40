//! What the worker does with the machine: it takes what was posted, runs it, and publishes the end.

use super::*;

impl<T> Shared<T> {
    /// Carries out what is posted, one operation after the other. `Pending` while there is nothing: a post wakes the
    /// worker, unless it spins.
    pub(in crate::offload) fn work(&self) -> Poll<()> {
        let since = PolledSince::now();
        let mut next = self.take();
        loop {
            next = match next {
                Next::Run(destination, operation) => self.run(destination, operation, &since),
                Next::Release(destination, release) => self.release(destination, release),
                Next::Pending => return Poll::Pending,
                Next::Done => return Poll::Ready(()),
            };
        }
    }

    fn take(&self) -> Next<T> {
        let mut inner = self.lock();
        self.posted.0.store(false, Relaxed);
        let next = inner.machine.take();
        let is_pending = matches!(next, Next::Pending);
        if std::mem::take(&mut inner.is_spinning) {
            inner.spins.record(!is_pending);
        }
        if is_pending {
            inner.shrink();
        }
        next
    }

    /// Runs the operation, publishes its end, and then spins for the next one if it may.
    fn run(&self, mut destination: T, operation: Operation<T>, since: &PolledSince) -> Next<T> {
        let (report, buffer) = operation.run(&mut destination);
        let report = match report {
            Ok(report) => report,
            Err(unknown) => return self.poison(destination, unknown),
        };
        let mut inner = self.lock();
        let next = inner.machine.finish(destination, report);
        if !matches!(next, Next::Pending) {
            return next;
        }
        let permit = inner.spins.permit(since);
        inner.is_spinning = permit.is_some();
        inner.keep(buffer);
        if permit.is_none() {
            inner.shrink();
        }
        self.publish(inner);
        let Some(permit) = permit else { return next };
        permit.spin_until(|| self.posted.0.load(Acquire));
        self.take()
    }

    /// The operation had an unknown effect: drops the destination, then publishes that.
    fn poison(&self, destination: T, reason: io::Error) -> Next<T> {
        drop_catching_panics(destination);
        let reason = RepeatableError::new(reason);
        let mut inner = self.lock();
        inner.machine.poison(reason);
        self.end(inner)
    }

    /// Releases the destination, then publishes that.
    fn release(&self, destination: T, release: ReleaseFn<T>) -> Next<T> {
        let outcome = catch_panics(|| release(destination)).and_then(|released| released);
        // It cannot be made again: `close(2)` has closed the descriptor whatever it returns.
        let outcome = outcome.map_err(|error| RepeatableError::new(with_final_kind(error)));
        let mut inner = self.lock();
        inner.machine.released(outcome);
        self.end(inner)
    }

    /// The destination is gone: nothing will be posted, and no read answered any more.
    fn end(&self, mut inner: Locked<'_, T>) -> Next<T> {
        let mut cursor = std::mem::replace(&mut inner.machine.cursor, Cursor::new());
        // Each error by itself, since each may panic in its drop.
        cursor.forget(true, &mut inner.machine.discarded);
        inner.machine.discarded.add(Some(cursor));
        inner.shrink();
        let abandoned = inner.abandoned.take();
        let failures = if abandoned.is_some() { inner.machine.take_unreported_failures() } else { 0 };
        self.publish(inner);
        if let Some(abandoned) = abandoned {
            abandoned.end(failures);
        }
        Next::Done
    }

    /// Publishes the end of an operation, then wakes the tasks that wait for it. A waker that panics harms neither the
    /// other one nor the thread.
    fn publish(&self, mut inner: Locked<'_, T>) {
        self.ended.0.store(true, Release);
        let wakers = inner.take_wakers();
        // Dropped after the wakes, so that no task waits for a buffer to be freed.
        let _discarded = inner.unlock();
        for waker in wakers.into_iter().flatten() {
            ignore_panics(|| waker.wake());
        }
    }

    /// The pool has dropped the worker, or there will be no more work. What was posted is answered.
    pub(in crate::offload) fn worker_is_gone(&self) {
        let mut inner = self.lock();
        inner.has_worker = false;
        inner.is_spinning = false;
        let next = inner.machine.take();
        drop(inner);
        let next = match next {
            Next::Run(destination, operation) => self.refuse(destination, operation),
            next => next,
        };
        if let Next::Release(destination, release) = next {
            self.release(destination, release);
        }
    }

    /// Publishes that the operation never ran.
    fn refuse(&self, destination: T, operation: Operation<T>) -> Next<T> {
        let report = operation.not_run();
        // Before the answer, as after a run: a caller who shares the bytes may wait for them.
        drop_catching_panics(operation);
        let mut inner = self.lock();
        let next = inner.machine.finish(destination, report);
        if matches!(next, Next::Pending) {
            self.publish(inner);
        }
        next
    }
}

#[cfg(all(test, not(any(awc_loom, awc_shuttle))))]
mod tests {
    use super::*;
    use crate::offload::operation::Report;

    #[test]
    fn an_idle_handle_keeps_no_buffer_of_the_operation_before_the_last() {
        let shared = Shared::new((), Policy::never_spin());
        let mut inner = shared.lock();
        inner.spare.make_room(1);
        let call = Operation::Call(Box::new(|()| Ok(Report::Other)));
        assert_eq!(shared.post(&mut inner, Side::Write, call, None), Notify::Spawn);
        drop(inner);
        assert!(shared.work().is_pending());
        assert!(!shared.lock().spare.is_allocated());
    }

    #[test]
    fn a_spin_that_has_seen_nothing_has_failed() {
        let shared = Shared::new((), Policy::default());
        let spins_in_vain = || {
            shared.lock().is_spinning = true;
            assert!(shared.work().is_pending());
            assert!(!shared.lock().is_spinning);
        };
        shared.lock().spins.record(true);
        spins_in_vain();
        // The first failure is free.
        spins_in_vain();
        assert!(shared.lock().spins.permit(&PolledSince::now()).is_none(), "it has to be paid for");
    }
}
