//! The queue in front of `blocking`, each test with one of its own.

use std::sync::TryLockError;

use futures_lite::future::block_on;

use super::*;

type Task = async_task::FallibleTask<()>;

fn new_queue() -> &'static Mutex<Queue> {
    Box::leak(Box::new(Mutex::new(Queue::new())))
}

/// Puts a job into `queue`; its task gives `None` if the job was dropped. What it owns looks at the lock as it goes.
fn put(queue: &'static Mutex<Queue>) -> Task {
    struct Owned(&'static Mutex<Queue>);

    impl Drop for Owned {
        fn drop(&mut self) {
            // Another thread may hold it, for a moment; this one would hold it for good.
            let is_free = || !matches!(self.0.try_lock(), Err(TryLockError::WouldBlock));
            assert!(comes_soon(is_free), "dropped under the lock");
        }
    }

    let owned = Owned(queue);
    let (runnable, task) = async_task::spawn(async move { drop(owned) }, |_| ());
    lock(queue).jobs.push_back(Job { queued: Queued::count(), runnable });
    task.fallible()
}

/// Whether `condition` holds at any of so many moments, in which other threads have their turn.
fn comes_soon(mut condition: impl FnMut() -> bool) -> bool {
    (0..1_000_000).any(|_| {
        std::thread::yield_now();
        condition()
    })
}

/// Whether what waits will be served. A thread that has begun takes its job a moment later.
fn is_served(queue: &'static Mutex<Queue>) -> bool {
    comes_soon(|| {
        let queue = lock(queue);
        queue.jobs.is_empty() || queue.is_thread_pending
    })
}

#[test]
fn a_thread_is_requested_once_and_where_jobs_wait() {
    let queue = new_queue();
    assert!(!lock(queue).begin_request(), "nothing waits");
    assert!(!lock(queue).is_thread_pending);
    let tasks = [put(queue), put(queue)];
    assert!(lock(queue).begin_request());
    assert!(lock(queue).is_thread_pending);
    assert!(!lock(queue).begin_request(), "one is pending");
    lock(queue).is_thread_pending = false;
    assert!(lock(queue).begin_request(), "jobs are left");
    PendingThread(queue).serve(Duration::MAX);
    assert!(tasks.into_iter().all(|task| block_on(task).is_some()));
    assert!(!lock(queue).begin_request());
}

/// The jobs answer, also after the thread that was to run them was lost, and later ones have another thread.
#[test]
fn a_thread_that_is_dropped_refuses_what_waits() {
    let queue = new_queue();
    let refused = [put(queue), put(queue)];
    assert!(lock(queue).begin_request());
    drop(PendingThread(queue));
    assert!(refused.into_iter().all(|task| block_on(task).is_none()));
    assert!(!lock(queue).is_thread_pending);
    let later = put(queue);
    request_thread(queue, lock(queue));
    assert!(is_served(queue));
    assert_eq!(block_on(later), Some(()));
}

#[test]
fn a_thread_whose_time_is_over_requests_another() {
    let queue = new_queue();
    let tasks = [put(queue), put(queue)];
    assert!(lock(queue).begin_request());
    PendingThread(queue).serve(Duration::ZERO);
    assert!(is_served(queue));
    assert!(tasks.into_iter().all(|task| block_on(task).is_some()));
}

/// A job may block, so the next ones get a thread before it is run.
#[test]
fn a_thread_that_takes_a_job_requests_another_for_the_rest() {
    let queue = new_queue();
    let (runs, first) = {
        let (told, tells) = std::sync::mpsc::channel();
        let is_there = async move { told.send(is_served(queue)).expect("the test waits") };
        let (runnable, task) = async_task::spawn(is_there, |_| ());
        lock(queue).jobs.push_back(Job { queued: Queued::count(), runnable });
        (tells, task)
    };
    let second = put(queue);
    PendingThread(queue).serve(Duration::MAX);
    assert!(runs.recv().expect("it has run"));
    block_on(first);
    assert_eq!(block_on(second), Some(()));
}
