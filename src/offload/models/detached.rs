//! One call on a pool without a handle, and its caller who stays or goes at each moment.

use std::future::Future;

use super::*;
use crate::checker::model_of;

/// What a call answers with: as a file that was opened, it must not outlive what `abandoned` waits for.
struct Opened(Log);

impl Drop for Opened {
    fn drop(&mut self) {
        self.0.seen().drops += 1;
    }
}

fn call(log: &Log, fails: Fails) -> impl FnOnce() -> io::Result<Opened> + Send + 'static {
    let log = log.clone();
    move || {
        log.seen().writes += 1;
        fails(1).map_or_else(|| Ok(Opened(log)), Err)
    }
}

fn dropped(_: usize) -> Fate {
    Fate::Dropped
}

fn runs(_: usize) -> Fate {
    Fate::Runs
}

#[test]
fn its_caller_is_answered() {
    for (fate, expected) in [(runs as fn(usize) -> Fate, Ok(())), (dropped, Err(io::ErrorKind::Other))] {
        model_of(&["answered"], move |cases| {
            let (log, pool) = (Log::default(), Threads::with_fates(fate));
            let answer = block_on(run_on(&StdArc::new(pool.clone()), IfDropped::Counts, call(&log, never)));
            assert_eq!(answer.map(drop).map_err(|error| error.kind()), expected);
            assert_eq!(block_on(abandoned()), 0, "it was reported to its caller");
            assert_eq!(log.seen().drops, usize::from(expected.is_ok()));
            cases.met("answered");
            pool.join();
        });
    }
}

/// The call is made all the same. When nothing is under way any more, its result is gone too.
#[test]
fn its_caller_goes() {
    for (fate, fails, if_dropped, failed) in [
        (runs as fn(usize) -> Fate, never as Fails, IfDropped::Counts, 0),
        (runs, the_first, IfDropped::Counts, 1),
        (runs, the_first, IfDropped::IsForgotten, 0),
        (dropped, never, IfDropped::Counts, 1),
        (dropped, never, IfDropped::IsForgotten, 0),
    ] {
        let met = if fate(0) == Fate::Runs { &["before the call", "after the call"][..] } else { &["before the call"] };
        model_of(met, move |cases| {
            let (log, pool) = (Log::default(), Threads::with_fates(fate));
            let pools = StdArc::new(pool.clone());
            let mut answer = Box::pin(run_on(&pools, if_dropped, call(&log, fails)));
            assert!(poll_once(|cx| answer.as_mut().poll(cx)).is_pending());
            step();
            cases.met(if log.seen().writes == 0 { "before the call" } else { "after the call" });
            drop(answer);
            assert_eq!(block_on(abandoned()), failed);
            let seen = log.seen();
            assert_eq!(seen.writes, usize::from(fate(0) == Fate::Runs));
            assert_eq!(seen.drops, usize::from(seen.writes == 1 && fails(1).is_none()));
            drop(seen);
            pool.join();
        });
    }
}
