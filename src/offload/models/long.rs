//! Longer than Loom could: more operations, several writers, and a pool of few threads.
//!
//! Most workers here linger, and most polls wait, for as long as it takes: only what they look out for ends that. A signal
//! that is lost, which otherwise costs a moment, is a hang here.

use std::{collections::VecDeque, future::Future, io::ErrorKind, ops::Range, pin::pin, time::Duration};

use ::futures_io::AsyncRead;
use futures_lite::future::zip;
use shuttle::rand::{Rng, thread_rng};

use super::{
    checker::{Arc, Condvar, model},
    *,
};
use crate::Ticket;

/// Looks out for ever.
fn patient() -> Policy {
    Policy::off().linger(Duration::MAX).wait(Duration::MAX)
}

/// Looks out for a moment, and so may miss what comes.
fn hasty() -> Policy {
    Policy::off().linger(Duration::from_nanos(2)).wait(Duration::from_nanos(2))
}

/// Any policy.
fn any() -> Policy {
    [patient(), hasty(), Policy::off(), hasty().wait(Duration::ZERO), patient().wait(Duration::from_nanos(1))]
        [thread_rng().gen_range(0..5)]
}

/// A pool of few threads, first come first served.
#[derive(Clone)]
struct Few(Arc<Queue>);

struct Queue {
    jobs: checker::Mutex<Jobs>,
    arrived: Condvar,
    /// Whether the job of that number, from 0, is dropped.
    drops: fn(usize) -> bool,
}

#[derive(Default)]
struct Jobs {
    waiting: VecDeque<Job>,
    accepted: usize,
    is_closed: bool,
}

impl Few {
    /// Calls `f` with a pool, and waits until all its jobs have ended.
    fn threads<R>(count: usize, f: impl FnOnce(&Self) -> R) -> R {
        Self::threads_that_drop(count, |_| false, f)
    }

    fn threads_that_drop<R>(count: usize, drops: fn(usize) -> bool, f: impl FnOnce(&Self) -> R) -> R {
        let pool = Self(Arc::new(Queue { jobs: checker::Mutex::default(), arrived: Condvar::new(), drops }));
        let threads: Vec<_> = (0..count)
            .map(|_| {
                let pool = pool.clone();
                thread::spawn(move || pool.work())
            })
            .collect();
        let result = f(&pool);
        pool.0.jobs.lock().unwrap().is_closed = true;
        pool.0.arrived.notify_all();
        for thread in threads {
            thread.join().expect("jobs do not panic");
        }
        result
    }

    fn work(&self) {
        while let Some(job) = self.next() {
            job.run();
        }
    }

    fn next(&self) -> Option<Job> {
        let mut jobs = self.0.jobs.lock().unwrap();
        while jobs.waiting.is_empty() && !jobs.is_closed {
            jobs = self.0.arrived.wait(jobs).unwrap();
        }
        jobs.waiting.pop_front()
    }

    /// How many jobs there were.
    fn accepted(&self) -> usize {
        self.0.jobs.lock().unwrap().accepted
    }

    /// A writer to `log` over this pool.
    fn writer(&self, log: &Log, policy: Policy) -> Writer {
        Offload::with_pool(Destination::new(log), self.clone()).policy(policy)
    }
}

type Writer = Offload<Destination, Few>;

impl Pool for Few {
    fn execute(&self, job: Job) {
        let mut jobs = self.0.jobs.lock().unwrap();
        let number = jobs.accepted;
        jobs.accepted += 1;
        if (self.0.drops)(number) {
            drop(jobs);
            drop(job);
        } else {
            jobs.waiting.push_back(job);
            drop(jobs);
            self.0.arrived.notify_one();
        }
    }
}

/// Writes the numbers, one byte each, one after the other.
async fn write(writer: &mut Writer, numbers: Range<u8>) {
    for n in numbers {
        assert_eq!(writer.write_complete(&[n]).await.unwrap(), 1);
    }
}

fn assert_numbers(log: &Log, count: u8) {
    let seen = log.seen();
    assert_eq!((&seen.bytes, seen.drops), (&(0..count).collect(), 1));
}

/// One poll of the answer, with a waker that wakes nobody.
fn glance(writer: &mut Writer, ticket: Ticket) -> Poll<io::Result<usize>> {
    Pin::new(writer).poll_write_complete(&mut Context::from_waker(Waker::noop()), ticket)
}

#[test]
fn one_job_serves_a_busy_writer() {
    model(|| {
        Few::threads(1, |pool| {
            let log = Log::default();
            let mut writer = pool.writer(&log, patient());
            block_on(write(&mut writer, 0..1));
            for n in 1..5 {
                let ticket = submit(&mut writer, &[n]);
                let answer = glance(&mut writer, ticket);
                assert!(matches!(answer, Poll::Ready(Ok(1))), "the poll that submitted has waited: {answer:?}");
            }
            assert_eq!(pool.accepted(), 1);
            drop(writer);
            assert_numbers(&log, 5);
        });
    });
}

/// Else the first writers that were ever busy would be the last.
#[test]
fn a_seat_is_given_back() {
    model(|| {
        for _ in 0..4 {
            Few::threads(1, |pool| {
                let log = Log::default();
                let mut writer = pool.writer(&log, patient());
                block_on(write(&mut writer, 0..3));
                assert_eq!(pool.accepted(), 1, "its worker has lingered");
            });
        }
    });
}

/// There are two: the third worker leaves, whatever its policy.
#[test]
fn no_more_linger_than_there_are_seats() {
    model(|| {
        Few::threads(3, |pool| {
            let logs = [(); 3].map(|()| Log::default());
            let mut writers = logs.each_ref().map(|log| pool.writer(log, patient()));
            for writer in &mut writers {
                block_on(write(writer, 0..1));
            }
            let before = pool.accepted();
            // Twice, as a worker that was on its way out, for the job of another one, may have met the first of them.
            for n in 1..3 {
                for writer in &mut writers {
                    block_on(write(writer, n..n + 1));
                }
            }
            assert!(pool.accepted() > before, "one has nobody who lingers");
            drop(writers);
            logs.iter().for_each(|log| assert_numbers(log, 3));
        });
    });
}

/// A worker that lingers must leave when the other writer's job waits for the only thread.
#[test]
fn two_tasks_on_one_thread() {
    model(|| {
        Few::threads(1, |pool| {
            let logs = [(); 2].map(|()| Log::default());
            let tasks = logs.each_ref().map(|log| {
                let mut writer = pool.writer(log, patient());
                thread::spawn(move || block_on(write(&mut writer, 0..3)))
            });
            tasks.into_iter().for_each(|task| task.join().unwrap());
            logs.iter().for_each(|log| assert_numbers(log, 3));
        });
    });
}

/// While a job waits, the worker of a busy writer ends the errand that it has, or was given just before, and leaves.
#[test]
fn a_job_that_waits_is_not_overtaken_for_long() {
    model(|| {
        Few::threads(1, |pool| {
            let logs = [(); 2].map(|()| Log::default());
            let [mut busy, mut other] = logs.each_ref().map(|log| pool.writer(log, patient()));
            block_on(write(&mut busy, 0..2));
            let busy = thread::spawn(move || block_on(write(&mut busy, 2..8)));
            let log = logs[0].clone();
            let mut call = pin!(other.with_mut(move |_| log.seen().writes));
            let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            let when_it_waited = logs[0].seen().writes;
            let when_it_ran = match polled {
                Poll::Ready(writes) => writes,
                Poll::Pending => block_on(call),
            };
            assert!(when_it_ran.unwrap() <= when_it_waited + 1);
            busy.join().unwrap();
        });
    });
}

/// No worker brings the destination back, and the poll that waits for one sees that.
#[test]
fn a_poll_that_waits_sees_a_poison() {
    model(|| {
        Few::threads(1, |pool| {
            let log = Log::default();
            let destination = Destination::failing(&log, the_second_is_unknown);
            let mut writer = Offload::with_pool(destination, pool.clone()).policy(patient());
            block_on(write(&mut writer, 0..1));
            let ticket = submit(&mut writer, b"2");
            let Poll::Ready(answer) = glance(&mut writer, ticket) else { panic!("the poll that submitted has waited") };
            assert!(Indeterminate::find(&answer.unwrap_err()).is_some());
        });
    });
}

/// One writer has nothing to write any more, is not dropped, and its worker lingers; so does a read that nobody asks for.
#[test]
fn two_writers_in_one_task_on_one_thread() {
    model(|| {
        Few::threads(1, |pool| {
            let logs = [(); 2].map(|()| Log::default());
            let mut writers = logs.each_ref().map(|log| pool.writer(log, patient()));
            let [first, second] = &mut writers;
            block_on(write(first, 0..2));
            block_on(write(second, 0..1));
            block_on(zip(write(first, 2..4), write(second, 1..4)));
            drop(writers);
            logs.iter().for_each(|log| assert_numbers(log, 4));
        });
    });
}

#[test]
fn several_policies_on_two_threads() {
    model(|| {
        Few::threads(2, |pool| {
            let logs = [(); 3].map(|()| Log::default());
            let tasks = logs.each_ref().map(|log| {
                let mut writer = pool.writer(log, any());
                thread::spawn(move || {
                    block_on(async {
                        write(&mut writer, 0..3).await;
                        writer.close_complete().await.unwrap();
                    });
                })
            });
            tasks.into_iter().for_each(|task| task.join().unwrap());
            logs.iter().for_each(|log| assert_numbers(log, 3));
        });
    });
}

/// The halves of a split, each with a task of its own, and beside them another writer that wants the only thread.
#[test]
fn split_halves_beside_another_writer() {
    model(|| {
        Few::threads(1, |pool| {
            let (log, other) = (Log::default(), Log::default());
            let whole = Arc::new(checker::Mutex::new(pool.writer(&log, any())));
            let half = whole.clone();
            let reader = thread::spawn(move || {
                for _ in 0..3 {
                    let mut buf = [0];
                    let n = block_on(poll_fn(|cx| Pin::new(&mut *half.lock().unwrap()).poll_read(cx, &mut buf)));
                    assert_eq!((n.unwrap(), buf), (1, *b"r"));
                }
            });
            let mut beside = pool.writer(&other, any());
            let beside = thread::spawn(move || block_on(write(&mut beside, 0..2)));
            for n in 0..3 {
                let submitted =
                    block_on(poll_fn(|cx| Pin::new(&mut *whole.lock().unwrap()).poll_write_submit(cx, &[n])));
                let Submitted::InFlight(ticket) = submitted.unwrap() else { panic!("not complete at once") };
                let n = block_on(poll_fn(|cx| Pin::new(&mut *whole.lock().unwrap()).poll_write_complete(cx, ticket)));
                assert_eq!(n.unwrap(), 1);
            }
            reader.join().unwrap();
            beside.join().unwrap();
            drop(whole);
            assert_numbers(&log, 3);
            assert_numbers(&other, 2);
        });
    });
}

/// Whatever a caller may do between two writes, on a writer that goes from thread to thread.
#[test]
fn anything_in_any_order() {
    model(|| {
        let logs = Few::threads(thread_rng().gen_range(1..3), |pool| {
            let logs = [(); 2].map(|()| Log::default());
            let tasks = logs.each_ref().map(|log| {
                let mut writer = pool.writer(log, any());
                thread::spawn(move || {
                    for n in 0..4 {
                        anything(&mut writer, n);
                    }
                    thread::spawn(move || finish(writer)).join().unwrap();
                })
            });
            tasks.into_iter().for_each(|task| task.join().unwrap());
            logs
        });
        // What was in flight when its owner went is complete when the pool is empty.
        logs.iter().for_each(|log| assert_numbers(log, 4));
    });
}

/// Writes `n`, and something else, perhaps.
fn anything(writer: &mut Writer, n: u8) {
    match thread_rng().gen_range(0..6) {
        0 => drop(block_on(poll_fn(|cx| Pin::new(&mut *writer).poll_write_submit(cx, &[n]))).unwrap()),
        1 => {
            let submitted = block_on(poll_fn(|cx| Pin::new(&mut *writer).poll_write_submit(cx, &[n])));
            let Submitted::InFlight(ticket) = submitted.unwrap() else { panic!("not complete at once") };
            assert!(!matches!(glance(writer, ticket), Poll::Ready(Err(_))));
            assert_eq!(ask(writer, ticket).unwrap(), 1);
        }
        2 => {
            block_on(write(writer, n..n + 1));
            let mut buf = [0];
            let read = block_on(poll_fn(|cx| Pin::new(&mut *writer).poll_read(cx, &mut buf)));
            assert_eq!((read.unwrap(), buf), (1, *b"r"));
        }
        3 => {
            block_on(write(writer, n..n + 1));
            let log = block_on(writer.with_mut(|destination| destination.log.clone())).unwrap();
            assert_eq!(log.seen().writes, usize::from(n) + 1);
        }
        4 => {
            block_on(write(writer, n..n + 1));
            assert!(matches!(block_on(writer.write_complete(&[])), Ok(0)), "settled");
        }
        _ => block_on(write(writer, n..n + 1)),
    }
}

/// Is dropped, or closed, or both.
fn finish(mut writer: Writer) {
    match thread_rng().gen_range(0..3) {
        0 => block_on(writer.close_complete()).unwrap(),
        1 => drop(Pin::new(&mut writer).poll_close_complete(&mut Context::from_waker(Waker::noop()))),
        _ => {}
    }
}

/// Every second job is dropped: an answer says whether its bytes are there.
#[test]
fn jobs_are_dropped_between_those_that_run() {
    model(|| {
        Few::threads_that_drop(
            1,
            |job| job % 2 == 1,
            |pool| {
                let logs = [(); 2].map(|()| Log::default());
                let tasks = logs.each_ref().map(|log| {
                    let mut writer = pool.writer(log, any());
                    thread::spawn(move || {
                        let run = |n: &u8| match block_on(writer.write_complete(&[*n])) {
                            Ok(1) => true,
                            Err(error) if error.kind() == ErrorKind::Other => false,
                            other => panic!("neither run nor dropped: {other:?}"),
                        };
                        (0..4).filter(run).collect::<Vec<_>>()
                    })
                });
                let ran = tasks.map(|task| task.join().unwrap());
                assert_eq!(logs.each_ref().map(|log| log.seen().bytes.clone()), ran);
            },
        );
    });
}
