//! A drop of the `Offload` at each moment: its destination is dropped once, at the right time and on the right thread.

use super::*;
use crate::checker::{Mutex, model, model_of};

/// The worker is at rest, or about to rest.
#[test]
fn of_an_idle_destination() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = writer(&log, never, &pool);
        assert_eq!(write(&mut writer, b"1").unwrap(), 1);
        step_wakes(&mut writer);
        pool.end_with(writer, |writer| {
            drop(writer);
            log.assert(b"1", 1);
            assert!(log.is_dropped_here());
        });
    });
}

/// The operation goes on, and the task that waits for `abandoned` is woken when it has ended.
#[test]
fn over_a_write() {
    model_of(&["posted", "running", "idle", "dropped here", "dropped on the pool"], |cases| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = writer(&log, never, &pool);
        let _ = submit(&mut writer, b"1");
        let before = place(&writer);
        cases.met(before);
        pool.end_with(writer, |writer| {
            drop(writer);
            assert_eq!(block_on(abandoned()), 0);
            log.assert(b"1", 1);
        });
        log.assert(b"1", 1);
        cases.met(if log.is_dropped_here() { "dropped here" } else { "dropped on the pool" });
        assert!(before != "idle" || log.is_dropped_here());
    });
}

/// The failure counts whether it came before the drop or after, since it was not reported to its caller.
#[test]
fn over_a_write_that_fails() {
    model_of(&["dropped here", "dropped on the pool"], |cases| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = writer(&log, the_first, &pool);
        let _ = submit(&mut writer, b"1");
        pool.end_with(writer, |writer| {
            drop(writer);
            assert_eq!(block_on(abandoned()), 1);
        });
        log.assert(b"", 1);
        cases.met(if log.is_dropped_here() { "dropped here" } else { "dropped on the pool" });
    });
}

#[test]
fn over_a_write_of_unknown_effect() {
    model_of(&["posted", "running", "poisoned"], |cases| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = writer(&log, the_first_is_unknown, &pool);
        let _ = submit(&mut writer, b"1");
        cases.met(place(&writer));
        pool.end_with(writer, |writer| {
            drop(writer);
            assert_eq!(block_on(abandoned()), 1);
        });
        log.assert(b"", 1);
        assert!(!log.is_dropped_here());
    });
}

/// A failure that was reported to its caller does not count.
#[test]
fn after_a_write_that_failed() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = writer(&log, the_first, &pool);
        assert!(write(&mut writer, b"1").is_err());
        pool.end_with(writer, |writer| {
            drop(writer);
            assert_eq!(block_on(abandoned()), 0);
        });
        log.assert(b"", 1);
    });
}

/// The task that waits is woken when the last operation has ended.
#[test]
fn of_two_over_their_writes() {
    model(|| {
        let logs = [(); 2].map(|()| Log::default());
        let pool = Threads::new();
        let writers = logs.each_ref().map(|log| {
            let mut writer = writer(log, never, &pool);
            let _ = submit(&mut writer, b"1");
            writer
        });
        drop(writers);
        assert_eq!(block_on(abandoned()), 0);
        logs.iter().for_each(|log| log.assert(b"1", 1));
        pool.join();
    });
}

/// Two tasks wait for one operation.
#[test]
fn while_two_tasks_wait_for_it() {
    model(|| {
        let (log, pool) = (Log::default(), Threads::new());
        let mut writer = writer(&log, never, &pool);
        let _ = submit(&mut writer, b"1");
        pool.end_with(writer, |writer| {
            drop(writer);
            let other = thread::spawn(|| block_on(abandoned()));
            assert_eq!(block_on(abandoned()), 0);
            log.assert(b"1", 1);
            assert_eq!(other.join().unwrap(), 0);
        });
    });
}

#[test]
fn over_a_write_that_the_pool_drops() {
    model_of(&["dropped here", "dropped on the pool"], |cases| {
        let (log, pool) = (Log::default(), Threads::with_fates(|_| Fate::Dropped));
        let mut writer = writer(&log, never, &pool);
        let _ = submit(&mut writer, b"1");
        pool.end_with(writer, |writer| {
            drop(writer);
            assert_eq!(block_on(abandoned()), 1);
        });
        log.assert(b"", 1);
        assert_eq!(log.seen().writes, 0);
        cases.met(if log.is_dropped_here() { "dropped here" } else { "dropped on the pool" });
    });
}

/// A worker that was woken for nothing, and whose job the pool drops, has nothing to do with the destination any more.
#[test]
fn while_the_pool_drops_the_worker() {
    model(|| {
        let (log, pool) =
            (Log::default(), Threads::with_fates(|job| if job == 0 { Fate::Runs } else { Fate::Dropped }));
        let mut writer = writer(&log, never, &pool);
        assert_eq!(write(&mut writer, b"1").unwrap(), 1);
        step_wakes(&mut writer);
        wake_for_nothing(&writer);
        pool.end_with(writer, |writer| {
            drop(writer);
            log.assert(b"1", 1);
            assert!(log.is_dropped_here());
        });
    });
}

/// The task is dropped when it is woken: by the worker of its own writer, on the worker's thread.
#[test]
fn by_the_wake_of_its_own_worker() {
    for fate in [Fate::Runs, Fate::Dropped] {
        model_of(&["by the wake", "answered"], move |cases| {
            let fates = if fate == Fate::Runs { |_| Fate::Runs } else { |_| Fate::Dropped };
            let (log, pool) = (Log::default(), Threads::with_fates(fates));
            let mut writer = writer(&log, never, &pool);
            let ticket = submit(&mut writer, b"1");
            let shared = writer.shared.clone();
            let task = StdArc::new(Task(Mutex::new(Some(writer))));
            let waker = task.clone().into();
            let mut polled = task.0.lock().unwrap();
            let writer = polled.as_mut().expect("a task that waits for nothing is not woken");
            let answer = Pin::new(writer).poll_write_complete(&mut Context::from_waker(&waker), ticket);
            drop((polled, waker));
            if answer.is_pending() {
                pool.join();
                assert!(!log.is_dropped_here());
            }
            cases.met(if answer.is_pending() { "by the wake" } else { "answered" });
            drop(task);
            pool.join();
            log.assert(if fate == Fate::Runs { b"1" } else { b"" }, 1);
            assert_eq!(Arc::strong_count(&shared), 1, "the worker is gone");
        });
    }
}

struct Task(Mutex<Option<Writer>>);

impl Wake for Task {
    fn wake(self: StdArc<Self>) {
        let writer = self.0.lock().unwrap().take();
        drop(writer);
    }
}
