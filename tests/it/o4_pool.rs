//! Rule O4: a pool that refuses, drops, panics or is full is an error with nothing complete, and the destination is
//! kept. And the duties of a pool, J1 to J4.

use std::{
    fs::File,
    io::{self, SeekFrom},
    mem,
    pin::Pin,
    sync::{Mutex, mpsc},
    thread,
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, HeldWrite, Indeterminate, Job, Offload, Pool, PriorWriteFailed,
};
use futures_lite::{
    AsyncReadExt, AsyncSeekExt,
    future::{block_on, poll_once},
};

use crate::common::{
    destination::{Gate, Observer, Outcome, Scripted},
    operation::Operation::{self, PollWrite, Read, Seek, Submit, SubmitVectored, SyncAll, SyncData, WithMut},
    pool::{Stepped, Threads},
    steps::{
        ask, close, drive, failed, in_flight, offload, over, poll_future, prior, ready, refused, submit, write_now,
    },
    waker::Task,
};

/// The operations that take a job.
const WITH_A_JOB: [Operation; 8] = [Submit, SubmitVectored, PollWrite, Seek, WithMut, SyncData, SyncAll, Read];

/// The ways in which a pool does not run a job.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Refused,
    Panicked,
    Dropped,
}

const FAULTS: [Fault; 3] = [Fault::Refused, Fault::Panicked, Fault::Dropped];

impl Fault {
    fn begin(self, pool: &Stepped) {
        match self {
            Self::Refused => pool.refuse(true),
            Self::Panicked => pool.panic(true),
            Self::Dropped => {}
        }
    }

    fn end(pool: &Stepped) {
        pool.refuse(false);
        pool.panic(false);
    }

    /// Polls `operation` until the fault has met it.
    fn meets(self, operation: Operation, writer: &mut Offload<Scripted, Stepped>, pool: &Stepped) -> io::Error {
        self.begin(pool);
        let mut future = operation.future(writer);
        let mut polled = poll_future(&mut future);
        if let Self::Dropped = self {
            assert!(polled.is_pending());
            assert!(pool.drop_one());
            polled = poll_future(&mut future);
        }
        let error = failed(polled);
        drop(future);
        Self::end(pool);
        error
    }
}

#[track_caller]
fn assert_not_run(error: &io::Error) {
    assert_eq!(error.kind(), io::ErrorKind::Other);
    assert!(error.to_string().starts_with("the pool dropped the job before it ran"), "{error}");
    assert!(Indeterminate::find(error).is_none(), "nothing is in doubt");
    assert!(PriorWriteFailed::find(error).is_none(), "it is the operation's own");
}

#[test]
fn each_operation_errs_and_the_destination_is_kept() {
    for fault in FAULTS {
        for operation in WITH_A_JOB {
            let (mut writer, pool, seen) = offload(Scripted::new().holding(b"there"));
            for _ in 0..2 {
                assert_not_run(&fault.meets(operation, &mut writer, &pool));
                assert_eq!((operation.calls(&seen), seen.drops(), pool.len()), (0, 0, 0), "{fault:?}, {operation:?}");
                assert_eq!(writer.outstanding(), None, "{fault:?}, {operation:?}: it was answered");
            }
            operation.run(&mut writer, &pool).unwrap();
            assert_eq!(operation.calls(&seen), 1, "{fault:?}, {operation:?}: everything goes on");
        }
    }
}

/// Whether its worker has run before, and how often, makes no difference.
#[test]
fn each_operation_errs_after_others_that_ran() {
    for fault in FAULTS {
        for operation in WITH_A_JOB {
            let (mut writer, pool, seen) = offload(Scripted::new().holding(b"there"));
            for runs in 1..4 {
                operation.run(&mut writer, &pool).unwrap();
                assert_not_run(&fault.meets(operation, &mut writer, &pool));
                assert_eq!(
                    (operation.calls(&seen), seen.drops(), pool.len()),
                    (runs, 0, 0),
                    "{fault:?}, {operation:?}"
                );
            }
            drive(&pool, writer.close_complete()).unwrap();
            assert_eq!(seen.drops(), 1, "{fault:?}, {operation:?}");
        }
    }
}

#[test]
fn a_ticket_says_so_any_number_of_times() {
    for fault in FAULTS {
        let (mut writer, pool, seen) = offload(Scripted::new());
        fault.begin(&pool);
        let ticket = in_flight(&mut writer, b"hello");
        pool.drop_one();
        for _ in 0..3 {
            assert_not_run(&failed(ask(&mut writer, ticket)));
        }
        Fault::end(&pool);
        assert_eq!(drive(&pool, writer.write_complete(b"hello")).unwrap(), 5);
        assert_eq!((seen.bytes(), seen.writes()), (b"hello".to_vec(), vec![5]));
    }
}

#[test]
fn it_is_outstanding_until_somebody_asks() {
    for fault in FAULTS {
        let (mut writer, pool, seen) = offload(Scripted::new());
        fault.begin(&pool);
        let ticket = in_flight(&mut writer, b"hello");
        pool.drop_one();
        Fault::end(&pool);
        refused(submit(&mut writer, b"more"), ticket);
        assert_not_run(&drive(&pool, writer.settle()).unwrap_err());
        assert_eq!((writer.outstanding(), seen.writes(), seen.drops()), (None, vec![], 0));
        assert_eq!(write_now(&mut writer, &pool, b"more").unwrap(), 4);
    }
}

/// Where there is no ticket to ask for, the next operation tells of it.
#[test]
fn a_poll_write_is_reported_with_nothing_complete() {
    for fault in FAULTS {
        let (mut writer, pool, seen) = offload(Scripted::new());
        fault.begin(&pool);
        let _ = PollWrite.poll_once(&mut writer).map(|answer| assert_not_run(&answer.unwrap_err()));
        if pool.drop_one() {
            Fault::end(&pool);
            let error = prior(Operation::Flush.poll_once(&mut writer), 4, Some(0));
            assert!(Indeterminate::find(&error).is_none());
        }
        Fault::end(&pool);
        ready(Operation::Flush.poll_once(&mut writer)).unwrap();
        assert_eq!((seen.writes(), seen.drops()), (vec![], 0));
    }
}

#[test]
fn a_held_write_submits_again() {
    for fault in FAULTS {
        let (mut writer, pool, seen) = offload(Scripted::new());
        let mut held = HeldWrite::new(b"hello");
        fault.begin(&pool);
        let mut polled = poll_future(&mut writer.resume_write_all(&mut held));
        if pool.drop_one() {
            polled = poll_future(&mut writer.resume_write_all(&mut held));
        }
        assert_not_run(&failed(polled));
        Fault::end(&pool);
        assert_eq!((held.completed(), held.maybe_completed()), (0, 0));
        drive(&pool, writer.resume_write_all(&mut held)).unwrap();
        assert_eq!((seen.bytes(), seen.writes()), (b"hello".to_vec(), vec![5]));
    }
}

#[test]
fn the_operations_of_a_file_err() {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let pool = Stepped::new();
    let mut writer = over(File::create(&path).unwrap(), &pool);
    for fault in [Fault::Refused, Fault::Panicked] {
        fault.begin(&pool);
        for _ in 0..2 {
            assert_not_run(&drive(&pool, writer.sync_data()).unwrap_err());
            assert_not_run(&drive(&pool, writer.sync_all()).unwrap_err());
            assert_not_run(&drive(&pool, writer.set_len(1)).unwrap_err());
            assert_not_run(&drive(&pool, writer.metadata()).unwrap_err());
        }
        Fault::end(&pool);
        drive(&pool, writer.sync_all()).unwrap();
        assert_eq!(drive(&pool, writer.metadata()).unwrap().len(), 0, "a sync that never ran did not fail");
    }
}

#[test]
fn the_way_back_over_an_abandoned_read_is_tried_again() {
    let (mut writer, pool, seen) = offload(Scripted::new().holding(b"there"));
    assert!(poll_future(&mut writer.read(&mut [0; 3])).is_pending());
    pool.run_all();
    for _ in 0..2 {
        pool.refuse(true);
        assert_not_run(&drive(&pool, writer.write_complete(b"HE")).unwrap_err());
    }
    pool.refuse(false);
    assert_eq!(drive(&pool, writer.write_complete(b"HE")).unwrap(), 2);
    assert_eq!((seen.bytes(), seen.seek_backs(), seen.writes()), (b"HEere".to_vec(), vec![3], vec![2]));
}

#[test]
fn a_read_that_never_ran_loses_nothing() {
    for fault in FAULTS {
        let (mut writer, pool, _) = offload(Scripted::new().holding(b"there"));
        assert_not_run(&fault.meets(Read, &mut writer, &pool));
        let mut buf = [0; 8];
        assert_eq!(drive(&pool, writer.read(&mut buf)).unwrap(), 5);
        assert_eq!(&buf[..5], b"there");
        assert_eq!(drive(&pool, writer.seek(SeekFrom::Current(0))).unwrap(), 5);
    }
}

#[test]
fn what_with_mut_was_to_run_is_dropped() {
    struct Panics;

    impl Drop for Panics {
        fn drop(&mut self) {
            assert!(thread::panicking(), "dropped without having run");
        }
    }

    let (mut writer, pool, seen) = offload(Scripted::new());
    let (sender, receiver) = mpsc::channel::<()>();
    pool.refuse(true);
    let refused: io::Result<()> = drive(&pool, writer.with_mut(move |_| drop(sender)));
    assert_not_run(&refused.unwrap_err());
    assert!(receiver.recv().is_err(), "what it held is gone");
    let panics = Panics;
    let refused: io::Result<()> = drive(&pool, writer.with_mut(move |_| mem::forget(panics)));
    assert_not_run(&refused.unwrap_err());
    pool.refuse(false);
    WithMut.run(&mut writer, &pool).unwrap();
    assert_eq!(seen.visits(), 1);
}

/// A pool whose threads have gone.
#[derive(Debug)]
struct Dead(Mutex<mpsc::Sender<Job>>);

impl Pool for Dead {
    fn execute(&self, job: Job) {
        // The error has the job in it.
        drop(self.0.lock().unwrap().send(job));
    }
}

#[test]
fn a_dead_pool_errs_each_time() {
    let (sender, receiver) = mpsc::channel();
    drop(receiver);
    let destination = Scripted::new();
    let seen: Observer = destination.observer();
    let mut writer = Offload::with_pool(destination, Dead(sender.into()));
    for operation in WITH_A_JOB.into_iter().chain(WITH_A_JOB) {
        assert_not_run(&failed(operation.poll_once(&mut writer)));
    }
    assert_eq!(writer.outstanding(), None);
    ready(close(&mut writer)).unwrap();
    assert_eq!((seen.drops(), seen.writes()), (1, vec![]));
}

#[test]
fn the_destination_can_be_taken_out_of_a_dead_pool() {
    let (sender, receiver) = mpsc::channel();
    drop(receiver);
    let mut writer = Offload::with_pool(Scripted::new(), Dead(sender.into()));
    failed(Submit.poll_once(&mut writer));
    let destination = block_on(writer.into_inner()).unwrap();
    assert_eq!(destination.observer().drops(), 0);
}

#[test]
fn a_pool_that_dies_with_jobs_in_it_gives_the_destination_back() {
    let (sender, receiver) = mpsc::channel();
    let (destination, other) = (Scripted::new(), Scripted::new());
    let (seen, seen_by_other) = (destination.observer(), other.observer());
    let mut writer = Offload::with_pool(destination, Dead(sender.clone().into()));
    let mut closing = Offload::with_pool(other, Dead(sender.into()));
    let ticket = in_flight(&mut writer, b"hello");
    assert!(close(&mut closing).is_pending());
    drop(receiver);
    assert_not_run(&failed(ask(&mut writer, ticket)));
    assert_eq!((seen.drops(), seen_by_other.drops()), (0, 1));
    ready(close(&mut closing)).unwrap();
}

#[test]
fn a_full_pool_makes_everybody_wait() {
    let (gate, pool) = (Gate::new(), Threads::new(1));
    let mut busy = Offload::with_pool(Scripted::new(), pool.clone());
    let held_up = gate.clone();
    let mut occupied = Box::pin(busy.with_mut(move |_| held_up.pass()));
    assert!(poll_future(&mut occupied).is_pending());
    gate.wait_for_arrival();

    let (one, two) = (Scripted::new(), Scripted::new());
    let (seen_by_one, seen_by_two) = (one.observer(), two.observer());
    let (mut one, mut two) = (Offload::with_pool(one, pool.clone()), Offload::with_pool(two, pool.clone()));
    let first = in_flight(&mut one, b"one");
    let second = in_flight(&mut two, b"two");
    for _ in 0..100 {
        assert!(ask(&mut one, first).is_pending());
        assert!(ask(&mut two, second).is_pending());
    }
    assert_eq!((seen_by_one.writes(), seen_by_two.writes()), (vec![], vec![]), "never on this thread");
    gate.open();
    block_on(occupied).unwrap();
    for (writer, ticket) in [(&mut one, first), (&mut two, second)] {
        assert_eq!(block_on(writer.complete(ticket)).unwrap(), 3);
        block_on(writer.write_all_complete(b"more")).unwrap();
    }
    assert_eq!((seen_by_one.bytes(), seen_by_two.bytes()), (b"onemore".to_vec(), b"twomore".to_vec()));
    assert_eq!(seen_by_one.write_threads(), [pool.ids(), pool.ids()].concat());
}

#[test]
fn writers_progress_independently() {
    let (gate, pool) = (Gate::new(), Threads::new(2));
    let mut busy = Offload::with_pool(Scripted::new(), pool.clone());
    let held_up = gate.clone();
    let mut occupied = Box::pin(busy.with_mut(move |_| held_up.pass()));
    assert!(poll_future(&mut occupied).is_pending());
    gate.wait_for_arrival();
    let mut other = Offload::with_pool(Scripted::new(), pool.clone());
    block_on(other.write_all_complete(b"hello")).unwrap();
    assert!(poll_future(&mut occupied).is_pending());
    gate.open();
    block_on(occupied).unwrap();
}

#[test]
fn a_fault_wakes_the_task_that_waits() {
    let (mut writer, pool, _) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"hello");
    let task = Task::new();
    assert!(task.poll(|cx| Pin::new(&mut writer).poll_write_complete(cx, ticket)).is_pending());
    pool.drop_one();
    assert_eq!(task.wakes(), 1);
    assert_not_run(&failed(ask(&mut writer, ticket)));
}

/// A job may block for as long as it likes: the default pool has another thread for the next one (J4).
#[test]
fn jobs_that_block_hold_up_no_other() {
    let gates: Vec<Gate> = (0..40).map(|_| Gate::new()).collect();
    let held = |gate: &Gate| Offload::new(Scripted::script([Outcome::Gate(gate.clone())]));
    let mut blocked: Vec<_> = gates.iter().map(held).collect();
    block_on(async {
        let mut writes: Vec<_> = blocked.iter_mut().map(|writer| Box::pin(writer.write_complete(b"held"))).collect();
        // All at once, so that they wait in the queue together.
        for write in &mut writes {
            assert!(poll_once(write).await.is_none());
        }
        let mut free = Offload::new(Scripted::new());
        free.write_all_complete(b"past them all").await.unwrap();
        gates.iter().for_each(Gate::wait_for_arrival);
        free.write_all_complete(b"and now that they block").await.unwrap();
        gates.iter().for_each(Gate::open);
        for write in writes {
            assert_eq!(write.await.unwrap(), 4);
        }
    });
}
