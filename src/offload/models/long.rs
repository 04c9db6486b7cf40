//! Longer than Loom could: more operations, several writers, and a pool of few threads.

use std::{io::ErrorKind, ops::Range, time::Duration};

use ::futures_io::AsyncRead;
use futures_lite::future::zip;
use shuttle::rand::{Rng, thread_rng};

use super::{few::Few, *};
use crate::checker::{Mutex, model};

/// Any policy that lets other jobs have the thread in the end.
fn any() -> Policy {
    Policy::spin_at_most(Duration::from_nanos([0, 0, 1, 2, 20][thread_rng().gen_range(0..5)]))
}

/// Writes the numbers, one byte each, one after the other.
async fn write_numbers(writer: &mut Writer<Few>, numbers: Range<u8>) {
    for n in numbers {
        assert_eq!(writer.write_complete(&[n]).await.unwrap(), 1);
    }
}

fn assert_numbers(log: &Log, count: u8) {
    log.assert(&(0..count).collect::<Vec<_>>(), 1);
}

#[test]
fn one_job_serves_a_busy_writer() {
    model(|| {
        Few::threads(1, |pool| {
            let log = Log::default();
            let mut writer = pool.writer(&log, Policy::spin_at_most(Duration::MAX));
            block_on(write_numbers(&mut writer, 0..1));
            for n in 1..5 {
                let ticket = submit(&mut writer, &[n]);
                let answer = poll_once(|cx| Pin::new(&mut writer).poll_write_complete(cx, ticket));
                assert!(matches!(answer, Poll::Ready(Ok(1))), "the poll that submitted has waited: {answer:?}");
            }
            assert_eq!(pool.count(), 1);
            drop(writer);
            assert_numbers(&log, 5);
        });
    });
}

#[test]
fn two_tasks_on_one_thread() {
    model(|| {
        Few::threads(1, |pool| {
            let logs = [(); 2].map(|()| Log::default());
            let tasks = logs.each_ref().map(|log| {
                let mut writer = pool.writer(log, any());
                thread::spawn(move || block_on(write_numbers(&mut writer, 0..4)))
            });
            tasks.into_iter().for_each(|task| task.join().unwrap());
            logs.iter().for_each(|log| assert_numbers(log, 4));
        });
    });
}

#[test]
fn two_writers_in_one_task_on_one_thread() {
    model(|| {
        Few::threads(1, |pool| {
            let logs = [(); 2].map(|()| Log::default());
            let mut writers = logs.each_ref().map(|log| pool.writer(log, any()));
            let [first, second] = &mut writers;
            block_on(write_numbers(first, 0..2));
            block_on(zip(write_numbers(first, 2..4), write_numbers(second, 0..4)));
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
                        write_numbers(&mut writer, 0..3).await;
                        writer.close_complete().await.unwrap();
                    });
                })
            });
            tasks.into_iter().for_each(|task| task.join().unwrap());
            logs.iter().for_each(|log| assert_numbers(log, 3));
        });
    });
}

/// Each half of a split has a task of its own, and another writer beside them wants the only thread. The writing half
/// may move the cursor back over what was fetched, before the reading half takes it.
#[test]
fn halves_beside_another_writer() {
    model(|| {
        Few::threads(1, |pool| {
            let (log, other) = (Log::default(), Log::default());
            let whole = StdArc::new(Mutex::new(pool.writer(&log, any())));
            let half = whole.clone();
            let reader = thread::spawn(move || {
                for byte in b"abc" {
                    let mut buf = [0];
                    let n = block_on(poll_fn(|cx| Pin::new(&mut *half.lock().unwrap()).poll_read(cx, &mut buf)));
                    assert_eq!((n.unwrap(), buf), (1, [*byte]));
                }
            });
            let mut beside = pool.writer(&other, any());
            let beside = thread::spawn(move || block_on(write_numbers(&mut beside, 0..2)));
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

/// A caller does anything between two writes, on a writer that goes from thread to thread, until it is dropped, or
/// closed, or both.
#[test]
fn anything_in_any_order() {
    model(|| {
        let logs = Few::threads(thread_rng().gen_range(1..3), |pool| {
            let logs = [(); 2].map(|()| Log::default());
            let tasks = logs.each_ref().map(|log| {
                let writer = pool.writer(log, any());
                thread::spawn(move || {
                    let mut user = User { writer, read: 0 };
                    (0..4).for_each(|n| user.writes(n));
                    thread::spawn(move || user.finishes()).join().unwrap();
                })
            });
            tasks.into_iter().for_each(|task| task.join().unwrap());
            assert_eq!(block_on(abandoned()), 0);
            logs
        });
        logs.iter().for_each(|log| assert_numbers(log, 4));
    });
}

struct User {
    writer: Writer<Few>,
    /// How many bytes it has read.
    read: u8,
}

impl User {
    /// Writes `n`, and does something else, perhaps.
    fn writes(&mut self, n: u8) {
        let writer = &mut self.writer;
        match thread_rng().gen_range(0..8) {
            0 => {
                let ticket = self.submits(n);
                let settled = block_on(self.writer.settle()).unwrap().expect("it is outstanding");
                assert_eq!((settled.ticket(), settled.completed()), (ticket, 1));
            }
            1 => {
                let ticket = self.submits(n);
                let first = poll_once(|cx| Pin::new(&mut self.writer).poll_write_complete(cx, ticket));
                assert!(!matches!(first, Poll::Ready(Err(_))));
                assert_eq!(take_answer(&mut self.writer, ticket).unwrap(), 1);
            }
            2 => {
                let ticket = self.submits(n);
                let error = write(&mut self.writer, &[n]).unwrap_err();
                assert_eq!(WriteOutstanding::find(&error).expect("typed").ticket(), ticket);
                self.reads(1);
                assert_eq!(take_answer(&mut self.writer, ticket).unwrap(), 1);
            }
            3 => {
                self.abandons_a_read();
                block_on(write_numbers(&mut self.writer, n..n + 1));
                self.reads(2);
            }
            4 => {
                block_on(write_numbers(writer, n..n + 1));
                let log = block_on(writer.with_mut(|destination| destination.log.clone())).unwrap();
                assert_eq!(log.seen().writes, usize::from(n) + 1);
            }
            5 => {
                self.abandons_a_read();
                self.reads(1);
                block_on(write_numbers(&mut self.writer, n..n + 1));
            }
            6 => {
                block_on(write_numbers(writer, n..n + 1));
                if let Some(worker) = &writer.worker {
                    worker.wake_by_ref();
                }
            }
            _ => block_on(write_numbers(writer, n..n + 1)),
        }
    }

    fn submits(&mut self, n: u8) -> Ticket {
        let submitted = block_on(self.writer.submit(&[n])).unwrap();
        submitted.ticket().expect("not complete at once")
    }

    fn reads(&mut self, len: usize) {
        let mut buf = [0; 2];
        let n = block_on(poll_fn(|cx| Pin::new(&mut self.writer).poll_read(cx, &mut buf[..len]))).unwrap();
        for byte in &buf[..n] {
            assert_eq!(*byte, b'a' + self.read, "each byte once, and in order");
            self.read += 1;
        }
    }

    fn abandons_a_read(&mut self) {
        let mut buf = [0; 2];
        if let Poll::Ready(n) = poll_once(|cx| Pin::new(&mut self.writer).poll_read(cx, &mut buf)) {
            self.read += n.unwrap() as u8;
        }
    }

    fn finishes(mut self) {
        match thread_rng().gen_range(0..4) {
            0 => block_on(self.writer.close_complete()).unwrap(),
            1 => drop(poll_once(|cx| Pin::new(&mut self.writer).poll_close_complete(cx))),
            2 => self.abandons_a_read(),
            _ => {}
        }
    }
}

/// Every second job is dropped or refused: an answer says whether its bytes are there.
#[test]
fn jobs_are_dropped_between_those_that_run() {
    model(|| {
        Few::threads_with_fates(
            1,
            |job| [Fate::Runs, Fate::Dropped, Fate::Runs, Fate::Refused][job % 4],
            |pool| {
                let logs = [(); 2].map(|()| Log::default());
                let tasks = logs.each_ref().map(|log| {
                    let mut writer = pool.writer(log, any());
                    thread::spawn(move || {
                        let run = |n: &u8| match write(&mut writer, &[*n]) {
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

/// Writers that are dropped over their writes, some of which the pool does not run: each is counted, and none is under
/// way when the count is returned.
#[test]
fn many_are_abandoned() {
    model(|| {
        Few::threads_with_fates(
            2,
            |job| if job % 2 == 0 { Fate::Runs } else { Fate::Dropped },
            |pool| {
                let logs = [(); 4].map(|()| Log::default());
                for log in &logs {
                    let mut writer = pool.writer(log, any());
                    let _ = submit(&mut writer, b"1");
                    drop(writer);
                }
                let failed = block_on(abandoned());
                let written = logs.iter().map(|log| log.seen().writes as u64).sum::<u64>();
                assert_eq!(failed + written, 4);
                assert!(logs.iter().all(|log| log.seen().drops == 1));
            },
        );
    });
}
