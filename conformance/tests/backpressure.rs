//! A ring that is complete at submission and waits for room: right under every observer, and each wrong draft of it is
//! named under its own rule.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker, ready},
    thread,
    time::{Duration, Instant},
};

use async_write_complete::{AsyncWriteComplete, Submitted, contract::Rule, poll_budget};
use async_write_complete_conformance::{Carrier, Certify, Observer, Outcome, Specimen};

/// What a draft does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Draft {
    Right,
    /// Answers `Ok(0)` when it is full.
    Zero,
    /// Does not store the waker.
    NeverWakes,
    /// Holds its lock while it wakes.
    WakesUnderItsLock,
    /// The same, and its drop unwraps the lock that a panic has poisoned.
    UnwrapsInDrop,
    /// Wakes its own task while it is full.
    Spins,
    /// Passes `WouldBlock` on.
    WouldBlock,
    /// Waits inside the poll.
    Blocks,
}

const CAPACITY: usize = 64;

#[derive(Default)]
struct State {
    ring: VecDeque<u8>,
    /// What the reader has taken out.
    out: Vec<u8>,
    waiting: Option<Waker>,
    held: bool,
    closed: bool,
    released: bool,
}

impl State {
    fn room(&self) -> usize {
        if self.held { 0 } else { CAPACITY - self.ring.len() }
    }
}

struct Ring {
    state: Arc<Mutex<State>>,
    draft: Draft,
    /// How many polls come before the one that is answered by a turn for the executor (rule P4), if not the budget
    /// decides.
    before_a_turn: Option<usize>,
}

impl Ring {
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(before) = &mut self.before_a_turn else { return poll_budget(cx) };
        let is_now = *before == 0;
        *before = before.wrapping_sub(1);
        if is_now {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl AsyncWriteComplete for Ring {
    fn poll_write_submit(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        if buf.is_empty() {
            return Poll::Ready(Ok(Submitted::Complete(0)));
        }
        ready!(self.poll_turn(cx));
        let waker = cx.waker().clone();
        let mut state = lock(&self.state);
        if state.closed {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let n = buf.len().min(state.room());
        state.ring.extend(&buf[..n]);
        if n > 0 {
            return Poll::Ready(Ok(Submitted::Complete(n)));
        }
        let replaced = match self.draft {
            Draft::Zero => return Poll::Ready(Ok(Submitted::Complete(0))),
            Draft::WouldBlock => return Poll::Ready(Err(io::ErrorKind::WouldBlock.into())),
            Draft::NeverWakes => None,
            Draft::Spins => {
                drop(state);
                waker.wake();
                return Poll::Pending;
            }
            Draft::Blocks => {
                drop(state);
                loop {
                    thread::park();
                }
            }
            Draft::Right | Draft::WakesUnderItsLock | Draft::UnwrapsInDrop => state.waiting.replace(waker),
        };
        drop(state);
        drop(replaced);
        Poll::Pending
    }

    fn poll_close_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = lock(&self.state);
        (state.closed, state.released) = (true, true);
        Poll::Ready(Ok(()))
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        let mut state = match self.draft {
            Draft::UnwrapsInDrop => self.state.lock().unwrap(),
            _ => lock(&self.state),
        };
        state.released = true;
    }
}

/// How the reader behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// It takes out what it sees, and nothing else can be done with it.
    Drains,
    /// It leaves everything in the ring.
    Peeks,
    /// It drains, and can be held.
    Holds,
}

struct Reader {
    state: Arc<Mutex<State>>,
    draft: Draft,
    how: How,
}

impl Reader {
    fn take_out(&self) {
        let mut state = lock(&self.state);
        let bytes: Vec<u8> = state.ring.drain(..).collect();
        state.out.extend(bytes);
        let waiting = state.waiting.take();
        if matches!(self.draft, Draft::WakesUnderItsLock | Draft::UnwrapsInDrop) {
            waiting.into_iter().for_each(Waker::wake);
            return;
        }
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }
}

impl Observer for Reader {
    fn bytes(&self) -> Vec<u8> {
        let held = lock(&self.state).held;
        if self.how != How::Peeks && !held {
            self.take_out();
        }
        let state = lock(&self.state);
        state.out.iter().chain(&state.ring).copied().collect()
    }

    fn is_released(&self) -> Option<bool> {
        Some(lock(&self.state).released)
    }

    fn hold(&self) -> bool {
        lock(&self.state).held = self.how == How::Holds;
        self.how == How::Holds
    }

    fn resume(&self) {
        lock(&self.state).held = false;
        self.take_out();
    }
}

fn certify(draft: Draft, how: How) -> Certify<Ring> {
    certify_with_a_turn(draft, how, None)
}

fn certify_with_a_turn(draft: Draft, how: How, before_a_turn: Option<usize>) -> Certify<Ring> {
    let certify = Certify::new(move || {
        let state = Arc::new(Mutex::new(State::default()));
        Specimen::new(Ring { state: state.clone(), draft, before_a_turn }, Reader { state, draft, how })
    });
    let certify = certify.closes().exempt(&[Rule::W6, Rule::P3], "a ring does not fail");
    match how {
        How::Drains => certify,
        How::Peeks => certify.room(CAPACITY),
        How::Holds => certify.carried(Carrier::Room),
    }
}

#[test]
fn a_right_ring_conforms_under_every_observer() {
    for how in [How::Drains, How::Peeks, How::Holds] {
        let certify = certify(Draft::Right, how);
        let report = certify.run();
        assert!(report.is_conforming(), "{how:?}\n{report}");
        certify.assert_random(256);
        let judged = |rule| match report.outcome(rule) {
            Some(Outcome::Holds { cases, .. }) => *cases,
            outcome => panic!("{how:?}: {outcome:?}"),
        };
        let expected = match how {
            How::Drains => 4,
            How::Peeks => 1,
            How::Holds => 15,
        };
        assert!(judged(Rule::P1) >= expected, "{how:?}: {} cases\n{report}", judged(Rule::P1));
    }
}

/// A slow machine spends the budget at another poll than a fast one. No case may take a turn for an answer.
#[test]
fn a_turn_at_any_poll_is_no_fault() {
    const POLLS: usize = 40;
    for how in [How::Drains, How::Peeks, How::Holds] {
        for before in 0..POLLS {
            let certify = certify_with_a_turn(Draft::Right, how, Some(before));
            // One turn is less than P4 asks for.
            for rule in Rule::ALL.iter().filter(|rule| **rule != Rule::P4) {
                let outcome = certify.check(*rule);
                assert!(outcome.is_conforming(), "{how:?}, a turn after {before} polls, {rule}: {outcome:?}");
            }
        }
    }
}

/// Each draft, under the observers that see what it does.
#[test]
fn each_draft_is_named_under_its_rule() {
    let drafts = [
        (Draft::Zero, Rule::W2),
        (Draft::NeverWakes, Rule::P1),
        (Draft::WakesUnderItsLock, Rule::P1),
        (Draft::UnwrapsInDrop, Rule::P1),
        (Draft::Spins, Rule::P1),
        (Draft::Blocks, Rule::P1),
        (Draft::WouldBlock, Rule::P3),
    ];
    let cases = drafts.into_iter().flat_map(|draft| [How::Drains, How::Holds].map(|how| (draft, how)));
    let named = |((draft, rule), how): ((Draft, Rule), How)| {
        let (began, certify) = (Instant::now(), certify(draft, how));
        let first = Rule::ALL.iter().find(|rule| matches!(certify.check(**rule), Outcome::Broken(_)));
        let named = began.elapsed();
        let report = certify.run();
        println!("{draft:?} | {how:?} | {named:.1?} | {first:?} | {:.1?}", began.elapsed());
        assert_eq!(report.broken(), [rule], "{draft:?}, {how:?}\n{report}");
        assert_eq!(first, Some(&rule), "{draft:?}, {how:?}\n{report}");
        assert!(began.elapsed() < Duration::from_secs(600), "{draft:?}, {how:?}: {:?}", began.elapsed());
    };
    thread::scope(|scope| cases.for_each(|case| drop(scope.spawn(move || named(case)))));
}

#[test]
fn a_wait_that_nobody_ends_has_to_be_declared() {
    for draft in [Draft::Right, Draft::NeverWakes] {
        let undeclared = certify(draft, How::Peeks).room(usize::MAX);
        let outcome = undeclared.check(Rule::P1);
        assert!(matches!(&outcome, Outcome::NotJudged(why) if why.contains("Carrier::Room")), "{outcome:?}");
        let exempt = undeclared.exempt(&[Rule::P1], "models judge it");
        assert!(matches!(exempt.check(Rule::P1), Outcome::DoesNotApply(why) if why.contains("models judge it")));
    }
}

/// What hung in one test of a `certify!` is waited for less in the next one.
#[test]
fn waits_in_vain_are_shared() {
    let waits = Arc::new(AtomicU32::new(0));
    let certify = || certify(Draft::NeverWakes, How::Drains).sharing(waits.clone());
    let outcome = certify().patience(Duration::from_millis(1)).check(Rule::P1);
    assert!(matches!(outcome, Outcome::Broken(_)), "{outcome:?}");
    assert!(waits.load(Relaxed) > 0);
    waits.store(16, Relaxed);
    // An hour, halved so often.
    assert!(matches!(certify().patience(Duration::from_secs(3600)).check(Rule::P1), Outcome::Broken(_)));
}

/// The violation asks for what is likely wrong.
#[test]
fn a_lock_is_named_where_a_wake_does_not_come_back() {
    let outcome = certify(Draft::WakesUnderItsLock, How::Drains).check(Rule::P1);
    let Outcome::Broken(violation) = outcome else { panic!("{outcome:?}") };
    assert!(violation.seen.contains("lock"), "{violation}");
}
