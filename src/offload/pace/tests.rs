//! What a thread, a writer and the process may spend: counted, never timed.

use super::*;

/// How many of `waits` in a row, all in vain, look at all.
fn looks(waits: usize, at_most: Duration) -> usize {
    let looked = (0..waits).filter(|_| {
        let mut has_looked = false;
        let _ = wait(at_most, || {
            has_looked = true;
            false
        });
        has_looked
    });
    looked.count()
}

/// As where a thousand writers are polled in one round. On a thread of its own, whose budget is fresh.
#[test]
fn a_thread_that_waits_in_vain_soon_waits_no_more() {
    let looked = std::thread::spawn(|| looks(1000, MOST)).join().expect("no panic");
    let spends_it = (BUDGET.as_nanos()).div_ceil(MOST.as_nanos()) as usize;
    // A thread that is set aside for long meanwhile has a fresh budget.
    assert!((spends_it..100).contains(&looked), "{looked} times");
}

#[test]
fn what_is_seen_costs_no_budget() {
    let mut budget = Budget::FRESH;
    for _ in 0..1000 {
        budget.count(Looked::InVain, BUDGET / 2);
        assert!(!budget.is_spent());
        budget.count(Looked::Seen, BUDGET);
    }
    budget.count(Looked::InVain, BUDGET);
    assert!(budget.is_spent());
}

#[test]
fn without_time_there_is_no_look() {
    assert_eq!(look_out(Duration::ZERO, || panic!("looks")), Looked::InVain);
}

#[test]
fn each_failure_doubles_how_many_chances_are_let_pass() {
    let mut backoff = Backoff::new();
    let mut let_pass = || {
        let skipped = std::iter::from_fn(|| (!backoff.is_due()).then_some(())).count();
        backoff.learn(true);
        skipped
    };
    assert_eq!([(); 6].map(|()| let_pass()), [0, 0, 1, 2, 4, 8]);
    let most = (0..20).map(|_| let_pass()).last();
    assert_eq!(most, Some(MOST_SKIPPED as usize));
    assert_eq!(Backoff { skips: 4, left: 0 }.after(false), (0, 0));
}

impl Backoff {
    fn after(mut self, in_vain: bool) -> (u32, u32) {
        self.learn(in_vain);
        (self.skips, self.left)
    }
}

/// No other test of this binary has a writer that is busy.
#[test]
fn there_are_fewer_seats_than_cores() {
    let now = Instant::now();
    let taken: Vec<_> = (0..seats()).map(|_| Seat::take(now, now)).collect();
    assert!(taken.iter().all(Option::is_some));
    assert!(Seat::take(now, now).is_none());
    drop(taken);
    assert!(Seat::take(now, now).is_some(), "given back");
    assert!(Seat::take(now, now + RESIDENCE).is_none(), "who has stayed for long queues again");
}

#[test]
fn who_writes_now_and_then_never_lingers() {
    let (mut pace, now) = (Pace::new(), Instant::now());
    for write in 0..100 {
        let begins = now + Duration::from_secs(write);
        pace.begins(begins);
        assert_eq!(pace.ends(begins), None);
    }
}

#[test]
fn with_its_policy_off_a_busy_writer_does_not_linger_or_wait() {
    let (mut pace, now) = (Pace::new(), Instant::now());
    pace.set(Policy::off());
    for _ in 0..100 {
        pace.begins(now);
        assert_eq!((pace.ends(now), pace.wait(now)), (None, Duration::ZERO));
    }
}

#[test]
fn a_crowd_that_stays_is_met_less_and_less_often() {
    let crowd = Crowd::new();
    let mut now = Instant::now();
    assert!(!crowd.is_there(now));
    let mut retreats = Vec::new();
    for _ in 0..12 {
        crowd.met(now, MANY_SEEN - 1);
        assert!(crowd.is_there(now));
        let retreat = crowd.retreat().length;
        now += retreat;
        assert!(!crowd.is_there(now), "a look-out is tried again");
        // However long nothing was tried at all.
        now += LONGEST_RETREAT;
        retreats.push(retreat);
    }
    assert_eq!(retreats[0], SHORTEST_RETREAT);
    assert!(retreats.windows(2).all(|pair| pair[1] == (pair[0] * 2).min(LONGEST_RETREAT)), "{retreats:?}");
    crowd.met(now, MANY_SEEN);
    assert_eq!(crowd.retreat().length, SHORTEST_RETREAT, "it had gone");
}

#[test]
fn what_is_told_during_a_retreat_does_not_prolong_it() {
    let crowd = Crowd::new();
    let now = Instant::now();
    crowd.met(now, 0);
    let until = crowd.retreat().until;
    crowd.met(now + SHORTEST_RETREAT / 2, 0);
    assert_eq!(crowd.retreat().until, until);
}

#[test]
fn a_look_out_that_lost_its_core_meets_a_crowd() {
    let (crowd, mut looks) = (Crowd::new(), 0);
    // As if others had the core from the first yield on.
    let looked = look_out_among(&crowd, LEAST, || {
        looks += 1;
        if looks > LOOKS {
            let began = Instant::now();
            while began.elapsed() < LOST * 2 {}
        }
        false
    });
    assert_eq!(looked, Looked::InVain);
    assert!(crowd.is_there(Instant::now()));
}
