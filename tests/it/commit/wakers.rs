//! Rule P1: wakers, and errors, that panic or use the log where it lets go of them.

use std::{
    error::Error,
    fmt, io,
    panic::resume_unwind,
    sync::{
        Arc,
        mpsc::{RecvTimeoutError, channel},
    },
    thread,
    time::Duration,
};

use super::{AtOnce, Log, log, poll};
use crate::common::{
    destination::Scripted,
    pool::Stepped,
    steps::{failed, poll_future, ready},
    waker::{Task, calls, calls_in_drop, panics_in_drop, panics_in_wake, poll_future_with},
};

#[test]
fn a_waker_that_panics_takes_no_others_wake() {
    let (log, pool, _) = log(Scripted::new());
    let task = Task::new();
    let (mut first, mut second) = (log.append(b"first"), log.append(b"second"));
    assert!(poll_future_with(&panics_in_wake(), &mut first).is_pending());
    assert!(task.poll_future(&mut second).is_pending());
    pool.run_all();
    assert_eq!(task.wakes(), 1);
    assert!(ready(poll(&mut first)).is_ok());
}

/// Where another one takes its place, and where its append is dropped.
#[test]
fn a_waker_that_panics_in_its_drop_harms_no_append() {
    let (log, pool, _) = log(Scripted::new());
    let (mut first, mut second) = (log.append(b"first"), log.append(b"second"));
    assert!(poll_future_with(&panics_in_drop(), &mut first).is_pending());
    assert!(poll(&mut first).is_pending());
    assert!(poll_future_with(&panics_in_drop(), &mut second).is_pending());
    drop(second);
    pool.run_all();
    assert!(ready(poll(&mut first)).is_ok());
}

/// Runs `case` on a thread of its own. A lock that is held where the log is used again would hang it.
#[track_caller]
fn takes_no_lock_twice(case: impl FnOnce() + Send + 'static) {
    let (ends, ended) = channel();
    let thread = thread::spawn(move || {
        case();
        ends.send(()).unwrap();
    });
    match ended.recv_timeout(Duration::from_secs(60)) {
        Err(RecvTimeoutError::Timeout) => panic!("the log was used under its own lock, and waits for itself"),
        Ok(()) | Err(RecvTimeoutError::Disconnected) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
    }
}

/// A log, and what uses it. That has it weakly, since it is a part of a waker that the log holds.
fn used() -> (Arc<Log>, Stepped, impl Fn() + Send + Sync + 'static) {
    let (log, pool, _) = log(Scripted::new());
    let log = Arc::new(log);
    let weak = Arc::downgrade(&log);
    (log, pool, move || assert!(weak.upgrade().is_none_or(|log| log.complete() >= log.durable())))
}

#[test]
fn no_lock_is_held_while_a_waker_is_woken() {
    takes_no_lock_twice(|| {
        let (log, pool, uses) = used();
        let mut append = log.append(b"record");
        assert!(poll_future_with(&calls(uses), &mut append).is_pending());
        pool.run_all();
        assert!(ready(poll(&mut append)).is_ok());
    });
}

#[test]
fn no_lock_is_held_while_a_waker_is_replaced() {
    takes_no_lock_twice(|| {
        let (log, _pool, uses) = used();
        let mut append = log.append(b"record");
        assert!(poll_future_with(&calls_in_drop(uses), &mut append).is_pending());
        assert!(poll(&mut append).is_pending());
    });
}

#[test]
fn no_lock_is_held_while_the_waker_of_a_dropped_append_is_dropped() {
    takes_no_lock_twice(|| {
        let (log, _pool, uses) = used();
        let mut append = log.append(b"record");
        assert!(poll_future_with(&calls_in_drop(uses), &mut append).is_pending());
        drop(append);
    });
}

/// An error that calls a function when it is dropped.
struct CallsInDrop(Box<dyn Fn() + Send + Sync>);

impl Drop for CallsInDrop {
    fn drop(&mut self) {
        (self.0)();
    }
}

impl fmt::Debug for CallsInDrop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallsInDrop")
    }
}

impl fmt::Display for CallsInDrop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("scripted")
    }
}

impl Error for CallsInDrop {}

/// The failure of a write, which nobody was told, gives way to that of the last sync.
#[test]
fn no_lock_is_held_while_an_error_is_dropped() {
    takes_no_lock_twice(|| {
        let (drops, dropped) = channel();
        let log = AtOnce::log(4, |log| {
            let mut writes = 0;
            let write = move |_| {
                writes += 1;
                let (log, drops) = (log.clone(), drops.clone());
                if writes == 1 {
                    let log = log.upgrade().expect("it is polled");
                    assert!(poll_future(&mut log.append(b"x")).is_pending());
                    return Ok(());
                }
                let uses = move || drops.send(log.upgrade().expect("it is polled").complete()).unwrap();
                Err(io::Error::other(CallsInDrop(Box::new(uses))))
            };
            AtOnce::new(write, || Err(io::Error::from_raw_os_error(5)))
        });
        let mut append = log.append_durable(b"durable");
        assert_eq!(failed(poll_future(&mut append)).raw_os_error(), Some(5));
        assert_eq!(dropped.try_iter().collect::<Vec<_>>(), [log.complete()]);
    });
}
