//! What has a thread spin, without threads.

use super::*;

/// So long that no test rests on how fast it runs.
const LONG: Policy = Policy::spin_at_most(Duration::from_secs(3_600));

#[test]
fn failures_in_a_row_have_more_and_more_opportunities_passed_over() {
    let mut backoff = Backoff::after(0);
    let mut passed_over = Vec::new();
    for _ in 0..40 {
        let passes = |backoff: &mut Backoff| {
            backoff.pass_over();
            backoff.is_over()
        };
        passed_over.push(if backoff.is_over() { 0 } else { 1 + (0..).take_while(|_| !passes(&mut backoff)).count() });
        backoff.record(false);
    }
    assert_eq!(passed_over[..10], [0, 0, 1, 2, 4, 8, 16, 32, 64, 64]);
    assert_eq!(passed_over[39], 64, "however often");
    backoff.record(true);
    assert!(backoff.is_over());
}

#[test]
fn a_caller_spins_again_once_its_failures_are_paid_for() {
    let mut caller = CallerSpins::new(Policy::spin_at_most(Duration::from_nanos(1)));
    let mut spins = Vec::new();
    for opportunity in 0..12 {
        // The pause of the thread is another matter.
        FAILED.set((0, None));
        let asked = Cell::new(false);
        caller.spin_until(|| {
            asked.set(true);
            false
        });
        if asked.get() {
            spins.push(opportunity);
        }
    }
    assert_eq!(spins, [0, 1, 3, 6, 11]);
}

#[test]
fn a_thread_pauses_after_a_few_failed_spins_whatever_they_were_for() {
    let pauses_after = |success| {
        record_on_thread(success);
        FAILED.get().1.is_some()
    };
    assert!((1..MAX_FAILED).all(|_| !pauses_after(false)));
    assert!(pauses_after(false));
    assert!((1..MAX_FAILED).all(|_| !pauses_after(false)), "the pause is over, and the count begins anew");
    assert!(!pauses_after(true));
    assert!((1..MAX_FAILED).all(|_| !pauses_after(false)), "a success has ended the row");
    assert!(pauses_after(false));
}

#[test]
fn a_worker_that_others_wait_for_does_not_spin() {
    let mut worker = WorkerSpins::new(LONG);
    worker.record(true);
    assert!(!worker.may_spin(false));
    worker.posted();
    assert!(worker.may_spin(true));
}

/// Ends an operation; then the next one is posted, unless a spin sees it. Whether the worker may spin.
fn ends(worker: &mut WorkerSpins) -> bool {
    let may_spin = worker.may_spin(true);
    if !may_spin {
        worker.posted();
    }
    may_spin
}

#[test]
fn a_worker_spins_where_a_spin_would_have_succeeded() {
    let mut worker = WorkerSpins::new(LONG);
    worker.posted();
    assert!(!ends(&mut worker), "nothing is known of the first one");
    assert!(ends(&mut worker));
    worker.record(true);
    assert!(ends(&mut worker), "one that succeeds is enough for the next");
}

#[test]
fn a_worker_of_a_slow_writer_never_spins() {
    let mut worker = WorkerSpins::new(LONG);
    for _ in 0..100 {
        assert!(!worker.may_spin(true));
        // Where the clock does not reach back so far, nothing is known of it.
        worker.ended = worker.ended.and_then(|ended| ended.checked_sub(3 * LONG.0));
        worker.posted();
    }
}

#[test]
fn a_pause_has_what_was_passed_over_count_no_more() {
    let mut worker = WorkerSpins::new(LONG);
    for _ in 0..3 {
        worker.record(false);
    }
    assert!((0..7).all(|_| !ends(&mut worker)));
    worker.ended = None;
    worker.posted();
    assert!((0..8).all(|_| !ends(&mut worker)));
    assert!(ends(&mut worker));
}

#[test]
fn a_policy_that_never_spins_gives_no_permit() {
    let mut worker = WorkerSpins::new(Policy::never_spin());
    assert!((0..100).all(|_| !ends(&mut worker)));
    CallerSpins::new(Policy::never_spin()).spin_until(|| panic!("it spins"));
}

/// Other tests of this process may count jobs too, so nothing here rests on there being none.
#[test]
fn no_permit_is_given_while_a_job_waits_or_after_a_time_slice() {
    let mut worker = WorkerSpins::new(LONG);
    worker.record(true);
    let queued = [Queued::count(), Queued::count()];
    assert!(worker.permit(&PolledSince::now()).is_none(), "jobs wait");
    drop(queued);
    // Where the clock does not reach back so far, there is nothing to see.
    if let Some(long_ago) = Instant::now().checked_sub(TIME_SLICE) {
        assert!(worker.permit(&PolledSince(long_ago)).is_none(), "others want the thread");
    }
    assert!(worker.may_spin(true), "nothing else holds it back");
}

/// It would spin for an hour.
#[test]
fn a_worker_spins_no_longer_than_until_something_is_posted_or_a_job_waits() {
    let asked = Cell::new(0);
    let is_posted = |answer| {
        asked.set(asked.get() + 1);
        answer
    };
    SpinPermit(LONG.0).spin_until(|| is_posted(true));
    assert_eq!(asked.get(), 1);
    let _queued = Queued::count();
    SpinPermit(LONG.0).spin_until(|| is_posted(false));
    assert_eq!(asked.get(), 2);
}

#[test]
fn a_pause_of_a_thread_ends() {
    let now = Instant::now();
    FAILED.set((0, Some(now + Duration::from_secs(3_600))));
    assert!(thread_pauses(), "no time has passed");
    CallerSpins::new(LONG).spin_until(|| panic!("it spins"));
    if let Some(earlier) = now.checked_sub(PAUSE) {
        FAILED.set((0, Some(earlier)));
        assert!(!thread_pauses());
    }
    FAILED.set((0, None));
    assert!(!thread_pauses());
}
