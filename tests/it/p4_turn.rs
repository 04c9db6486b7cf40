//! Rule P4: a loop of writes that are ready at once leaves the executor its turn, after a bounded run of them.
//!
//! The loops end when another task has had its turn. How many writes a run has depends on the machine, so the bound is
//! one that no machine reaches in the time of a run: a loop that meets it was never interrupted.

use std::{
    cell::Cell,
    collections::VecDeque,
    future::Future,
    io::{self, Cursor, IoSlice, Read, Seek, SeekFrom, Write},
    pin::Pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
    time::{Duration, Instant},
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, DriveWrite, Inline, Offload, Started, Tracked, WriteComplete,
    adapter::{FromFuturesIo, FromOwned, ToFuturesIo},
    poll_budget,
};
use futures_lite::{
    AsyncReadExt, AsyncSeekExt, AsyncWriteExt,
    future::{block_on, yield_now, zip},
};

use crate::common::{
    destination::Scripted,
    pool::Stepped,
    steps::{in_flight, offload, ready, refused, with_a_new_budget},
    waker::Task,
};

/// More writes than fit into a run by a factor of a hundred, however fast the machine.
const MANY: usize = 20_000_000;

/// Calls `write` until the other task, which is polled after this one, has been polled twice.
#[track_caller]
pub(crate) fn gives_turns(mut write: impl AsyncFnMut()) {
    let turns = Cell::new(0);
    let writing = async {
        let mut writes = 0;
        while turns.get() < 2 && writes < MANY {
            write().await;
            writes += 1;
        }
        writes
    };
    let other = async {
        while turns.get() < 2 {
            turns.set(turns.get() + 1);
            yield_now().await;
        }
    };
    let (writes, ()) = block_on(zip(writing, other));
    assert!(writes < MANY, "nobody else had a turn");
}

#[track_caller]
fn is_fair<W: AsyncWriteComplete + Unpin>(mut writer: W) {
    gives_turns(async || assert_eq!(writer.write_complete(b"x").await.unwrap(), 1));
}

#[test]
fn memory_is_fair() {
    is_fair(Vec::new());
    is_fair(VecDeque::new());
    is_fair(io::sink());
    is_fair(Cursor::new(Vec::new()));
    is_fair(Box::new(io::sink()) as Box<dyn AsyncWriteComplete + Unpin>);
}

#[test]
fn a_blocking_writer_on_the_callers_thread_is_fair() {
    is_fair(Inline::new(io::sink()));
    is_fair(Inline::new(Vec::new()));
}

/// Its worker may answer within the poll, so that no wait interrupts the loop.
#[test]
fn an_offload_is_fair() {
    is_fair(Offload::new(Vec::new()));
    is_fair(Offload::new(io::sink()));
}

#[test]
fn adapters_are_fair() {
    is_fair(FromFuturesIo::new(futures_lite::io::sink()));
    is_fair(FromFuturesIo::new(ToFuturesIo::new(Vec::new())));
    is_fair(FromOwned::new(|bytes: Vec<u8>, _| std::future::ready((Ok(bytes.len()), bytes))));
}

/// The other extension methods end in the same two poll methods.
#[test]
fn vectored_writes_and_long_ones_are_fair() {
    let mut writer = Vec::new();
    gives_turns(async || {
        writer.write_vectored_complete(&[IoSlice::new(b"x")]).await.unwrap();
    });
    gives_turns(async || writer.write_all_complete(b"y").await.unwrap());
}

/// The callers of today's trait meet the same loop.
#[test]
fn poll_write_of_futures_io_is_fair() {
    let mut adapted = ToFuturesIo::new(Vec::new());
    gives_turns(async || adapted.write_all(b"x").await.unwrap());
    let mut offloaded = Offload::new(Vec::new());
    gives_turns(async || offloaded.write_all(b"x").await.unwrap());
}

/// A task on tokio's single thread is not starved by a writer that loops until that task has run.
#[test]
fn on_tokios_single_thread() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let local = tokio::task::LocalSet::new();
    let writes = local.block_on(&runtime, async {
        let flag = Rc::new(Cell::new(false));
        let raise = flag.clone();
        let other = tokio::task::spawn_local(async move { raise.set(true) });
        let (mut writer, mut writes) = (Inline::new(io::sink()), 0);
        while !flag.get() && writes < MANY {
            writer.write_complete(b"x").await.unwrap();
            writes += 1;
        }
        other.await.unwrap();
        writes
    });
    assert!(writes < MANY, "the other task never ran");
}

/// Runs are counted for the thread: many writers of few writes each are one burden to their neighbours.
#[test]
fn a_run_goes_on_across_writers() {
    gives_turns(async || {
        let mut new = Vec::new();
        new.write_complete(b"x").await.unwrap();
        io::sink().write_complete(b"x").await.unwrap();
    });
}

/// The turn is `Pending` with the task woken, once, and nothing taken.
#[test]
fn a_turn_takes_nothing_and_wakes_once() {
    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }

    with_a_new_budget(|| {
        let count = Arc::new(Count::default());
        let waker = Waker::from(count.clone());
        let cx = &mut Context::from_waker(&waker);
        let (mut writer, mut writes) = (Vec::new(), 0);
        loop {
            assert!(writes < MANY, "no turn");
            match Pin::new(&mut writer).poll_write_submit(cx, b"x") {
                Poll::Ready(submitted) => {
                    let _ = submitted.unwrap();
                    writes += 1;
                }
                Poll::Pending => break,
            }
            assert_eq!(count.0.load(SeqCst), 0, "woken without a turn");
        }
        assert!(writes >= 8, "a turn after {writes} writes");
        assert_eq!((count.0.load(SeqCst), writer.len()), (1, writes));
        let after = Pin::new(&mut writer).poll_write_submit(cx, b"x");
        assert!(after.is_ready(), "a turn is followed by a new run");
    });
}

/// Whoever writes a writer of their own gets the same turn from the public function.
#[test]
fn a_writer_of_ones_own_is_fair_by_poll_budget() {
    struct Own;

    impl DriveWrite for Own {
        fn poll_start(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
            std::task::ready!(poll_budget(cx));
            Poll::Ready(Ok(Started::Complete(buf.len())))
        }

        fn poll_finish(&mut self, _: &mut Context<'_>) -> Poll<io::Result<usize>> {
            unreachable!("nothing was taken")
        }

        fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    is_fair(Tracked::new(Own));
}

/// Takes and gives without end.
struct Endless;

impl Read for Endless {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(buf.len())
    }
}

impl Write for Endless {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Endless {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Ok(0)
    }
}

impl WriteComplete for Endless {}

/// The most answers between two turns of another task.
fn longest_run(mut step: impl AsyncFnMut(&mut Offload<Endless>)) -> usize {
    let over = Cell::new(false);
    let count = Cell::new(0_usize);
    let work = async {
        let mut file = Offload::new(Endless);
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(200) {
            step(&mut file).await;
            count.set(count.get() + 1);
        }
        over.set(true);
    };
    let other = async {
        let (mut before, mut most) = (0, 0);
        while !over.get() {
            yield_now().await;
            most = most.max(count.get() - before);
            before = count.get();
        }
        most
    };
    block_on(zip(work, other)).1
}

/// Far more answers than a run has, far fewer than a worker gives before it queues again.
const A_LONG_RUN: usize = 1000;

#[test]
fn no_operation_keeps_the_executor() {
    let writes = longest_run(async |file| assert_eq!(file.write_complete(b"x").await.unwrap(), 1));
    let reads = longest_run(async |file| assert_eq!(file.read(&mut [0; 1]).await.unwrap(), 1));
    let seeks = longest_run(async |file| assert_eq!(file.seek(SeekFrom::Start(0)).await.unwrap(), 0));
    let calls = longest_run(async |file| file.with_mut(|_| ()).await.unwrap());
    assert!(
        [writes, reads, seeks, calls].into_iter().all(|run| run < A_LONG_RUN),
        "{:?}",
        [writes, reads, seeks, calls]
    );
}

/// How many answers a run of a task has at least.
pub(crate) const ANSWERS: usize = 8;

/// Has the next answer to `task` end its run: as many as a run has at least, and the time of one.
pub(crate) fn spend_the_budget(task: &Task) {
    while !(0..ANSWERS).all(|_| task.poll(poll_budget).is_ready()) {}
    outlast_a_run();
}

/// Waits for longer than a run of a task may last.
pub(crate) fn outlast_a_run() {
    const RUN: Duration = Duration::from_micros(150);

    let begun = Instant::now();
    while begun.elapsed() <= RUN {
        std::hint::spin_loop();
    }
}

/// A task that waits has given the executor its turn, so the run that follows is a new one.
#[test]
fn a_wait_ends_the_run_of_a_task() {
    with_a_new_budget(|| {
        let task = Task::new();
        spend_the_budget(&task);
        assert!(task.poll(poll_budget).is_pending(), "such a run is over");
    });
    with_a_new_budget(|| {
        let (mut writer, pool, _) = offload(Scripted::new());
        let ticket = in_flight(&mut writer, b"record");
        let task = Task::new();
        spend_the_budget(&task);
        assert!(task.poll(|cx| Pin::new(&mut writer).poll_write_complete(cx, ticket)).is_pending());
        assert!(task.poll(poll_budget).is_ready(), "the wait was a turn");
        pool.run_all();
    });
}

/// Before anything is posted, with the task woken once. A refusal is given at once all the same (rule W5).
#[test]
fn a_seek_a_call_and_a_sync_give_a_turn_but_a_refusal_does_not() {
    type Begun<'a> = Pin<Box<dyn Future<Output = io::Result<()>> + 'a>>;

    fn check(begin: for<'a> fn(&'a mut Offload<Scripted, Stepped>) -> Begun<'a>) {
        with_a_new_budget(|| {
            let (mut writer, pool, _) = offload(Scripted::new());
            let task = Task::new();
            spend_the_budget(&task);
            let before = task.wakes();
            let mut operation = begin(&mut writer);
            assert!(task.poll_future(&mut operation).is_pending());
            assert_eq!((pool.executed(), task.wakes() - before), (0, 1), "a turn");
            assert!(task.poll_future(&mut operation).is_pending());
            assert_eq!((pool.executed(), task.wakes() - before), (1, 1), "and then the operation");
            assert!(pool.run_one());
            ready(task.poll_future(&mut operation)).unwrap();
            drop(operation);

            let ticket = in_flight(&mut writer, b"hello");
            pool.run_all();
            spend_the_budget(&task);
            refused(task.poll_future(&mut begin(&mut writer)), ticket);
        });
    }

    check(|writer| Box::pin(async { writer.seek(SeekFrom::Start(0)).await.map(drop) }));
    check(|writer| Box::pin(writer.with_mut(|_| ())));
    check(|writer| Box::pin(writer.sync_data()));
}
