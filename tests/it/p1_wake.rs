//! Rule P1: who is woken, when, and what a waker may do.

use std::{
    io::{self, SeekFrom},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Poll, Wake, Waker},
    thread,
};

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, Job, Offload, Pool, Ticket};
use futures_io::{AsyncRead, AsyncSeek};
use futures_lite::{AsyncReadExt, future::block_on};

use crate::common::{
    destination::{Observer, Outcome, Scripted},
    operation::{CLOSES, NO_WRITES, NOT_CLOSES, Operation, REFUSED},
    pool::{Stepped, Threads},
    steps::{ask, close, failed, in_flight, offload, ready, refused, with_a_new_budget},
    waker::{Task, calls, panics_in_drop, panics_in_wake, poll_with},
};

type Writer = Offload<Scripted, Stepped>;

fn ask_as(task: &Task, writer: &mut Writer, ticket: Ticket) -> Poll<io::Result<usize>> {
    task.poll(|cx| Pin::new(writer).poll_write_complete(cx, ticket))
}

fn read_as(task: &Task, writer: &mut Writer) -> Poll<io::Result<usize>> {
    task.poll(|cx| Pin::new(writer).poll_read(cx, &mut [0; 2]))
}

fn submit_as(task: &Task, writer: &mut Writer) -> Poll<bool> {
    task.poll(|cx| Pin::new(writer).poll_write_submit(cx, b"next")).map(|submitted| submitted.is_ok())
}

#[test]
fn the_end_of_a_write_wakes_once() {
    for outcome in [Outcome::All, Outcome::Short(1), Outcome::Zero, Outcome::Os(5), Outcome::Panic, Outcome::Lie(1)] {
        let (mut writer, pool, _) = offload(Scripted::script([outcome]));
        let ticket = in_flight(&mut writer, b"hello");
        let task = Task::new();
        assert!(ask_as(&task, &mut writer, ticket).is_pending());
        assert_eq!((task.wakes(), task.held()), (0, 1));
        pool.run_all();
        assert_eq!((task.wakes(), task.held()), (1, 0));
        assert!(ask_as(&task, &mut writer, ticket).is_ready());
        assert_eq!((task.wakes(), task.held()), (1, 0), "an answer keeps no waker");
    }
}

/// Polls `operation` with a task until it is answered, and asserts that each job wakes that task. A turn, which it
/// leaves once to a read that was given up, wakes it too.
#[track_caller]
fn is_woken(operation: Operation, writer: &mut Writer, pool: &Stepped) {
    let task = Task::new();
    let mut future = operation.future(writer);
    assert!(task.poll_future(&mut future).is_pending(), "{operation:?}");
    assert_eq!((task.wakes(), task.held()), (0, 1), "{operation:?}");
    let (mut wakes, mut turns) = (0, 0);
    loop {
        wakes += 1;
        if !pool.run_one() {
            turns += 1;
            assert_eq!(turns, 1, "{operation:?} waits for nothing");
        }
        assert_eq!((task.wakes(), task.held()), (wakes, 0), "{operation:?}");
        if let Poll::Ready(answer) = task.poll_future(&mut future) {
            answer.unwrap();
            assert!(pool.is_empty());
            return;
        }
    }
}

#[test]
fn whatever_waits_for_a_write_is_woken() {
    for operation in [Operation::Read, Operation::Flush].into_iter().chain(CLOSES) {
        let (mut writer, pool, _) = offload(Scripted::new().holding(b"there"));
        in_flight(&mut writer, b"hello");
        is_woken(operation, &mut writer, &pool);
    }
}

#[test]
fn whatever_waits_for_another_operation_is_woken() {
    for first in NO_WRITES {
        for operation in REFUSED.into_iter().chain(CLOSES) {
            with_a_new_budget(|| {
                let (mut writer, pool, _) = offload(Scripted::new().holding(b"there"));
                assert!(first.poll_once(&mut writer).is_pending());
                is_woken(operation, &mut writer, &pool);
            });
        }
    }
}

#[test]
fn spurious_polls_submit_once_and_hold_one_waker() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let task = Task::new();
    let mut write = writer.write_complete(b"hello");
    for _ in 0..1000 {
        assert!(task.poll_future(&mut write).is_pending());
        assert_eq!((pool.executed(), task.held()), (1, 1));
    }
    assert_eq!(task.wakes(), 0);
    pool.run_all();
    assert_eq!((task.wakes(), task.held()), (1, 0));
    assert_eq!(ready(task.poll_future(&mut write)).unwrap(), 5);
    assert_eq!((seen.bytes(), seen.writes()), (b"hello".to_vec(), vec![5]));
}

#[test]
fn only_the_last_waker_is_woken() {
    let (mut writer, pool, _) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"hello");
    let tasks: Vec<Task> = (0..10).map(|_| Task::new()).collect();
    for task in &tasks {
        assert!(ask_as(task, &mut writer, ticket).is_pending());
    }
    for task in &tasks[..9] {
        assert_eq!(task.held(), 0, "those before it are let go");
    }
    pool.run_all();
    let wakes: Vec<usize> = tasks.iter().map(Task::wakes).collect();
    assert_eq!(wakes, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
}

#[test]
fn the_write_side_has_one_waker_whatever_it_waits_for() {
    let (mut writer, pool, _) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"hello");
    let (asks, closes) = (Task::new(), Task::new());
    assert!(ask_as(&asks, &mut writer, ticket).is_pending());
    assert!(closes.poll(|cx| Pin::new(&mut writer).poll_close_complete(cx)).is_pending());
    pool.run_all();
    assert_eq!((asks.wakes(), closes.wakes()), (0, 1));
}

/// What is refused waits for nothing, so it takes nobody's place.
#[test]
fn a_refusal_leaves_the_waker_alone() {
    let (mut writer, pool, _) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"hello");
    let (asks, submits) = (Task::new(), Task::new());
    assert!(ask_as(&asks, &mut writer, ticket).is_pending());
    refused(submits.poll(|cx| Pin::new(&mut writer).poll_write_submit(cx, b"next")), ticket);
    assert_eq!((asks.held(), submits.held()), (1, 0));
    pool.run_all();
    assert_eq!((asks.wakes(), submits.wakes()), (1, 0));
}

#[test]
fn reading_and_writing_have_one_each() {
    let (mut writer, pool, seen) = offload(Scripted::new().stream(b"input"));
    let (reads, writes) = (Task::new(), Task::new());

    // The writing task waits for the read.
    assert!(read_as(&reads, &mut writer).is_pending());
    assert!(submit_as(&writes, &mut writer).is_pending());
    pool.run_all();
    assert_eq!((reads.wakes(), writes.wakes()), (1, 1));

    // The reading task waits for the write.
    assert_eq!(ready(read_as(&reads, &mut writer)).unwrap(), 2);
    assert_eq!(submit_as(&writes, &mut writer), Poll::Ready(true));
    let ticket = writer.outstanding().unwrap();
    assert!(read_as(&reads, &mut writer).is_pending());
    assert!(ask_as(&writes, &mut writer, ticket).is_pending());
    pool.run_all();
    assert_eq!((reads.wakes(), writes.wakes()), (2, 2));
    assert!(read_as(&reads, &mut writer).is_pending());
    assert_eq!(ready(ask_as(&writes, &mut writer, ticket)).unwrap(), 4, "while the read is under way");
    assert!(submit_as(&writes, &mut writer).is_pending());
    pool.run_all();
    assert_eq!((reads.wakes(), writes.wakes()), (3, 3));
    assert_eq!(ready(read_as(&reads, &mut writer)).unwrap(), 2);
    assert_eq!((seen.bytes(), seen.reads()), (b"next".to_vec(), vec![2, 2]));
}

#[test]
fn a_close_wakes_the_side_that_reads() {
    let (mut writer, pool, _) = offload(Scripted::new().stream(b"input"));
    in_flight(&mut writer, b"hello");
    let (reads, closes) = (Task::new(), Task::new());
    assert!(read_as(&reads, &mut writer).is_pending());
    assert!(closes.poll(|cx| Pin::new(&mut writer).poll_close_complete(cx)).is_pending());
    pool.run_all();
    assert_eq!((reads.wakes(), closes.wakes()), (1, 1));
    assert_eq!(failed(read_as(&reads, &mut writer)).kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn split_halves_never_lose_a_wake() {
    const ROUNDS: usize = 2000;
    let pool = Threads::new(1);
    let destination = Scripted::new().stream(&[7; ROUNDS]);
    let seen = destination.observer();
    let (mut read_half, mut write_half) = futures_lite::io::split(Offload::with_pool(destination, pool));
    let reads = thread::spawn(move || {
        block_on(async {
            let mut buf = [0];
            for _ in 0..ROUNDS {
                assert_eq!(read_half.read(&mut buf).await.unwrap(), 1);
            }
        });
    });
    block_on(async {
        for _ in 0..ROUNDS {
            assert_eq!(futures_lite::AsyncWriteExt::write(&mut write_half, b"w").await.unwrap(), 1);
        }
    });
    reads.join().unwrap();
    assert_eq!((seen.bytes().len(), seen.reads().len(), seen.writes().len()), (ROUNDS, ROUNDS, ROUNDS));
}

#[test]
fn a_result_is_kept_for_a_task_that_does_not_come_back() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Short(3)]));
    let ticket = in_flight(&mut writer, b"hello");
    let gone = Task::new();
    assert!(ask_as(&gone, &mut writer, ticket).is_pending());
    pool.run_all();
    assert_eq!((gone.wakes(), gone.held()), (1, 0));
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
}

#[test]
fn a_task_whose_future_is_dropped_is_let_go_at_the_end() {
    let (mut writer, pool, _) = offload(Scripted::new());
    let task = Task::new();
    assert!(task.poll_future(&mut writer.write_complete(b"hello")).is_pending());
    assert_eq!(task.held(), 1);
    pool.run_all();
    assert_eq!((task.wakes(), task.held()), (1, 0));
}

/// A writer that a waker can get at.
fn shared(destination: Scripted) -> (Arc<Mutex<Writer>>, Stepped, Observer) {
    let (writer, pool, seen) = offload(destination);
    (Arc::new(Mutex::new(writer)), pool, seen)
}

/// A waker that leaves in `answers` what `poll` answers while it is woken.
fn asks_when_woken<R: Send + 'static>(
    writer: &Arc<Mutex<Writer>>,
    answers: &Arc<Mutex<Vec<R>>>,
    poll: impl Fn(&mut Writer) -> R + Send + Sync + 'static,
) -> Waker {
    // Weak: a writer holds its waker, and would hold itself.
    let (writer, answers) = (Arc::downgrade(writer), answers.clone());
    calls(move || {
        let writer = writer.upgrade().unwrap();
        let answer = poll(&mut writer.try_lock().expect("nobody polls while it wakes"));
        answers.lock().unwrap().push(answer);
    })
}

#[test]
fn the_result_is_there_before_the_wake() {
    for outcome in [Outcome::All, Outcome::Short(3), Outcome::Os(5), Outcome::Panic] {
        let (writer, pool, _) = shared(Scripted::script([outcome.clone()]));
        let answers = Arc::new(Mutex::new(Vec::new()));
        let ticket = in_flight(&mut *writer.lock().unwrap(), b"hello");
        let waker = asks_when_woken(&writer, &answers, move |writer| ask(writer, ticket).map(Result::ok));
        let polled = poll_with(&waker, |cx| Pin::new(&mut *writer.lock().unwrap()).poll_write_complete(cx, ticket));
        assert!(polled.is_pending());
        pool.run_all();
        let expected = match outcome {
            Outcome::All => Some(5),
            Outcome::Short(n) => Some(n),
            _ => None,
        };
        assert_eq!(*answers.lock().unwrap(), [Poll::Ready(expected)]);
    }
}

#[test]
fn the_release_is_there_before_the_wake() {
    let (writer, pool, seen) = shared(Scripted::new());
    let answers = Arc::new(Mutex::new(Vec::new()));
    let waker = asks_when_woken(&writer, &answers, move |writer| (close(writer).map(Result::ok), seen.drops()));
    let polled = poll_with(&waker, |cx| Pin::new(&mut *writer.lock().unwrap()).poll_close_complete(cx));
    assert!(polled.is_pending());
    pool.run_all();
    assert_eq!(*answers.lock().unwrap(), [(Poll::Ready(Some(())), 1)]);
}

#[test]
fn the_result_of_a_read_or_a_seek_is_there_before_the_wake() {
    let (writer, pool, _) = shared(Scripted::new().holding(b"there"));
    let answers = Arc::new(Mutex::new(Vec::new()));
    let waker = asks_when_woken(&writer, &answers, |writer| read_as(&Task::new(), writer).map(Result::ok));
    let polled = poll_with(&waker, |cx| Pin::new(&mut *writer.lock().unwrap()).poll_read(cx, &mut [0; 2]));
    assert!(polled.is_pending());
    pool.run_all();
    assert_eq!(*answers.lock().unwrap(), [Poll::Ready(Some(2))]);

    let answers = Arc::new(Mutex::new(Vec::new()));
    let to = SeekFrom::Start(4);
    let waker = asks_when_woken(&writer, &answers, move |writer| {
        Task::new().poll(|cx| Pin::new(writer).poll_seek(cx, to)).map(Result::ok)
    });
    let polled = poll_with(&waker, |cx| Pin::new(&mut *writer.lock().unwrap()).poll_seek(cx, to));
    assert!(polled.is_pending());
    pool.run_all();
    assert_eq!(*answers.lock().unwrap(), [Poll::Ready(Some(4))]);
}

#[test]
fn a_waker_may_write() {
    let (writer, pool, seen) = shared(Scripted::new());
    let answers = Arc::new(Mutex::new(Vec::new()));
    let ticket = in_flight(&mut *writer.lock().unwrap(), b"one");
    let waker = asks_when_woken(&writer, &answers, move |writer| {
        (ready(ask(writer, ticket)).unwrap(), in_flight(writer, b"two").len())
    });
    let polled = poll_with(&waker, |cx| Pin::new(&mut *writer.lock().unwrap()).poll_write_complete(cx, ticket));
    assert!(polled.is_pending());
    pool.run_all();
    assert_eq!(*answers.lock().unwrap(), [(3, 3)]);
    assert_eq!((seen.bytes(), seen.writes()), (b"onetwo".to_vec(), vec![3, 3]));
}

#[test]
fn a_waker_may_drop_the_writer() {
    let (writer, pool, seen) = offload(Scripted::new());
    let place = Arc::new(Mutex::new(Some(writer)));
    let taken = place.clone();
    let waker = calls(move || drop(taken.lock().unwrap().take()));
    let ticket = in_flight(place.lock().unwrap().as_mut().unwrap(), b"hello");
    let polled =
        poll_with(&waker, |cx| Pin::new(place.lock().unwrap().as_mut().unwrap()).poll_write_complete(cx, ticket));
    assert!(polled.is_pending());
    pool.run_all();
    assert_eq!((seen.bytes(), seen.drops(), place.lock().unwrap().is_none()), (b"hello".to_vec(), 1, true));
}

#[test]
fn no_lock_is_held_while_a_waker_is_dropped() {
    /// Steps the pool when it goes, which ends the write.
    struct Steps(Stepped);

    impl Wake for Steps {
        fn wake(self: Arc<Self>) {}
    }

    impl Drop for Steps {
        fn drop(&mut self) {
            self.0.run_one();
        }
    }

    let (mut writer, pool, _) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"hello");
    let steps = Waker::from(Arc::new(Steps(pool.clone())));
    assert!(poll_with(&steps, |cx| Pin::new(&mut writer).poll_write_complete(cx, ticket)).is_pending());
    drop(steps);
    assert_eq!(pool.len(), 1, "the writer still holds it");
    let task = Task::new();
    let replaced = ask_as(&task, &mut writer, ticket);
    assert_eq!(pool.len(), 0, "it is let go for the new one");
    assert!(replaced.is_ready() || task.wakes() == 1, "and the new one is not lost over it");
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
}

#[test]
fn a_panic_in_wake_harms_nobody_else() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"hello");
    let polled = poll_with(&panics_in_wake(), |cx| Pin::new(&mut writer).poll_write_complete(cx, ticket));
    assert!(polled.is_pending());
    pool.run_one_elsewhere();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
    for operation in NOT_CLOSES {
        operation.run(&mut writer, &pool).unwrap();
    }
    drop(writer);
    assert_eq!(seen.drops(), 1);
}

#[test]
fn a_panic_in_wake_does_not_take_the_other_sides_wake() {
    // The reading side panics, then the writing side.
    let (mut writer, pool, _) = offload(Scripted::new().stream(b"input"));
    let task = Task::new();
    let ticket = in_flight(&mut writer, b"hello");
    assert!(poll_with(&panics_in_wake(), |cx| Pin::new(&mut writer).poll_read(cx, &mut [0])).is_pending());
    assert!(ask_as(&task, &mut writer, ticket).is_pending());
    pool.run_one_elsewhere();
    assert_eq!(task.wakes(), 1);

    let (mut writer, pool, _) = offload(Scripted::new().stream(b"input"));
    let task = Task::new();
    let ticket = in_flight(&mut writer, b"hello");
    let polled = poll_with(&panics_in_wake(), |cx| Pin::new(&mut writer).poll_write_complete(cx, ticket));
    assert!(polled.is_pending());
    assert!(read_as(&task, &mut writer).is_pending());
    pool.run_one_elsewhere();
    assert_eq!(task.wakes(), 1);
}

#[test]
fn a_panic_in_wake_leaves_the_pools_thread_alive() {
    let pool = Threads::new(1);
    for _ in 0..3 {
        let mut writer = Offload::with_pool(Scripted::new(), pool.clone());
        let ticket = in_flight(&mut writer, b"hello");
        // Ready if the pool was quicker.
        let _ = poll_with(&panics_in_wake(), |cx| Pin::new(&mut writer).poll_write_complete(cx, ticket));
        assert_eq!(block_on(writer.complete(ticket)).unwrap(), 5);
        assert_eq!(block_on(writer.write_complete(b"more")).unwrap(), 4);
    }
}

#[test]
fn a_panic_in_wake_as_it_is_closed() {
    for outcome in [Outcome::All, Outcome::Panic] {
        let (mut writer, pool, seen) = offload(Scripted::script([outcome]));
        in_flight(&mut writer, b"hello");
        assert!(poll_with(&panics_in_wake(), |cx| Pin::new(&mut writer).poll_close_complete(cx)).is_pending());
        pool.run_one_elsewhere();
        assert_eq!(seen.drops(), 1);
        assert!(close(&mut writer).is_ready());
    }
}

#[test]
fn a_panic_in_a_wakers_drop_harms_nobody_else() {
    // Replaced inside a poll, which does not panic.
    let (mut writer, pool, _) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"hello");
    let waker = panics_in_drop();
    assert!(poll_with(&waker, |cx| Pin::new(&mut writer).poll_write_complete(cx, ticket)).is_pending());
    drop(waker);
    let task = Task::new();
    assert!(ask_as(&task, &mut writer, ticket).is_pending());
    pool.run_one_elsewhere();
    assert_eq!((task.wakes(), ready(ask(&mut writer, ticket)).unwrap()), (1, 5));

    // Used up by its wake, on the pool.
    let ticket = in_flight(&mut writer, b"hello");
    let waker = panics_in_drop();
    assert!(poll_with(&waker, |cx| Pin::new(&mut writer).poll_write_complete(cx, ticket)).is_pending());
    drop(waker);
    let task = Task::new();
    assert!(read_as(&task, &mut writer).is_pending());
    pool.run_one_elsewhere();
    assert_eq!((task.wakes(), ready(ask(&mut writer, ticket)).unwrap()), (1, 5));

    // Held while the writer is dropped.
    let ticket = in_flight(&mut writer, b"hello");
    let waker = panics_in_drop();
    assert!(poll_with(&waker, |cx| Pin::new(&mut writer).poll_write_complete(cx, ticket)).is_pending());
    drop(waker);
    drop(writer);
    pool.run_one_elsewhere();
    assert!(pool.is_empty());
}

#[test]
fn a_refusal_wakes_nobody_for_nothing() {
    let (mut writer, pool, _) = offload(Scripted::new());
    pool.refuse(true);
    let task = Task::new();
    let mut write = writer.write_complete(b"hello");
    assert!(ready(task.poll_future(&mut write)).is_err(), "answered inside the poll");
    assert_eq!((task.wakes(), task.held()), (0, 0));
}

#[test]
fn an_operation_that_need_not_wait_holds_no_waker() {
    let (mut writer, pool, _) = offload(Scripted::new());
    let task = Task::new();
    assert_eq!(submit_as(&task, &mut writer), Poll::Ready(true), "in flight");
    assert_eq!(submit_as(&task, &mut writer), Poll::Ready(false), "refused");
    let none = task.poll(|cx| Pin::new(&mut writer).poll_write_submit(cx, b""));
    assert_eq!(ready(none).unwrap().len(), 0);
    assert!(task.poll_future(&mut writer.settle()).is_pending());
    assert_eq!((task.wakes(), task.held()), (0, 1), "a settle waits");
    pool.run_all();
    assert_eq!(ready(task.poll_future(&mut writer.settle())).unwrap().unwrap().completed(), 4);
    assert!(ready(task.poll_future(&mut writer.settle())).unwrap().is_none());
    assert_eq!((task.wakes(), task.held()), (1, 0));
}

/// Whether an operation has to wait is known after it was handed over, and only then is the waker cloned.
#[test]
fn no_waker_is_cloned_for_an_operation_before_it_is_posted() {
    struct Watching {
        stepped: Stepped,
        task: Arc<Task>,
        held: Arc<Mutex<Vec<usize>>>,
    }

    impl Pool for Watching {
        fn execute(&self, job: Job) {
            self.held.lock().unwrap().push(self.task.held());
            self.stepped.execute(job);
        }
    }

    with_a_new_budget(|| {
        let (stepped, task, held) = (Stepped::new(), Arc::new(Task::new()), Arc::<Mutex<_>>::default());
        let pool = Watching { stepped: stepped.clone(), task: task.clone(), held: held.clone() };
        let mut writer = Offload::with_pool(Scripted::new().stream(b"abc"), pool);
        for read in 1..=2 {
            assert!(task.poll(|cx| Pin::new(&mut writer).poll_read(cx, &mut [0])).is_pending());
            assert_eq!((held.lock().unwrap().clone(), task.held()), (vec![0; read], 1));
            stepped.run_all();
            assert!(task.poll(|cx| Pin::new(&mut writer).poll_read(cx, &mut [0])).is_ready());
        }
    });
}
