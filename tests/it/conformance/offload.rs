//! `Offload`, over each kind of pool and several kinds of destination.

use std::{
    fs::File,
    future::Future,
    io::Cursor,
    pin::Pin,
    sync::{Arc, LazyLock},
    thread,
    time::Duration,
};

use async_write_complete::{
    AssertComplete, AsyncSyncCompleteExt, AsyncWriteCompleteBytes, FlushEach, Job, Offload, Pool, WriteComplete,
    adapter::ToTokio,
    contract::Rule,
    offload::Policy,
    tokio::{TokioPool, fs},
};
use async_write_complete_conformance::{
    Carrier, Certify, Destination, Observer, OverPool, Refused, Specimen, Stepped, certify,
};
use futures_io::{AsyncRead, AsyncSeek};
use tokio::runtime::{Builder, Runtime};

use super::{
    NO_FAULTS, NO_FAULTS_BECAUSE,
    observers::{SeenFile, unix_streams},
};

/// With all that an `Offload` of the kit's destination can do.
fn able<P: Pool>(certify: Certify<Offload<Destination, P>>) -> Certify<Offload<Destination, P>> {
    certify
        .offloads()
        .closes()
        .late_errors()
        .seeks(AsyncSeek::poll_seek)
        .reads(AsyncRead::poll_read)
        .syncs(|writer| Box::pin(writer.get_mut().sync_data()))
        .operation("sync_all", |writer| Box::pin(writer.get_mut().sync_all()))
        .operation("with_mut", |writer| Box::pin(writer.get_mut().with_mut(|_| ())))
        .submits_bytes(AsyncWriteCompleteBytes::poll_write_submit_bytes)
        .into_inner(take_apart)
}

type TakenApart<W> = Pin<Box<dyn Future<Output = Result<(), Refused<W>>>>>;

fn take_apart<T: Send + 'static, P: Pool>(writer: Pin<Box<Offload<T, P>>>) -> TakenApart<Offload<T, P>> {
    Box::pin(async {
        let taken = (*Pin::into_inner(writer)).into_inner().await;
        taken.map(drop).map_err(|refusal| {
            let (error, writer) = refusal.into_parts();
            (error, Some(Box::pin(writer)))
        })
    })
}

/// The same on threads, of a pool that runs what it is given.
fn on_threads<P: Pool>(certify: Certify<Offload<Destination, P>>) -> Certify<Offload<Destination, P>> {
    able(certify.carried(Carrier::Others)).exempt(&[Rule::O4], NO_REFUSALS)
}

/// What needs a pool that refuses.
const NO_REFUSALS: &str = "the pool runs what it is given";

certify! { stepped: able(Certify::stepped(Offload::with_pool)) }
certify! { blocking_pool: on_threads(Certify::over(Offload::new)) }
// One runtime for all of them, as a program has it.
certify! { tokio_pool:
    on_threads(Certify::over(|destination| Offload::with_pool(destination, TokioPool::new(RUNTIME.handle().clone()))))
}
certify! { a_thread_each:
    on_threads(Certify::over(|destination| Offload::with_pool(destination, Threads)))
}
certify! { borrowed_pool:
    on_threads(Certify::over(|destination| Offload::with_pool(destination, &Threads)))
}
// What spins on the threads of a pool is certified in `tests/spinning.rs`.
certify! { stepped_without_spinning: able(Certify::stepped(|destination, pool| {
    Offload::with_pool(destination, pool).policy(Policy::never_spin())
})) }
certify! { stepped_with_long_spins: able(Certify::stepped(|destination, pool| {
    Offload::with_pool(destination, pool).policy(Policy::spin_at_most(Duration::from_millis(2)))
})) }
certify! { shared_pool: able(Certify::stepped(|destination, pool| Offload::with_pool(destination, Arc::new(pool)))) }

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().build().unwrap());

/// A thread for each job.
struct Threads;

impl Pool for Threads {
    fn execute(&self, job: Job) {
        drop(thread::Builder::new().spawn(move || job.run()));
    }
}

/// Over a pool that the kit steps, to a destination of the operating system.
fn over<T, O>(build: impl Fn() -> (T, O) + Send + Sync + 'static) -> Certify<Offload<T, Stepped>>
where
    T: WriteComplete + Send + 'static,
    O: Observer + 'static,
{
    let certify = Certify::new(move || {
        let (destination, observer) = build();
        let pool = Stepped::new();
        let observer: OverPool<O> = pool.over(observer);
        Specimen::new(Offload::with_pool(destination, pool), observer)
    });
    let certify = certify.carried(Carrier::Steps).offloads().closes();
    certify.exempt(NO_FAULTS, NO_FAULTS_BECAUSE).exempt(&[Rule::O1], NO_CALLS)
}

/// What needs a destination that counts its calls.
const NO_CALLS: &str = "the calls of a destination of the operating system are not counted";

/// How long a call on a real file may take: a sync waits for whatever else is written to the disk.
const LONG: Duration = Duration::from_secs(60);

/// What needs a loss of power.
const NO_POWER_LOSS: &str = "what is durable is not seen while the power is on";

certify! { file: over(SeenFile::create)
.limit(LONG)
.seeks(AsyncSeek::poll_seek)
.reads(AsyncRead::poll_read)
.syncs(|writer| Box::pin(writer.get_mut().sync_data()))
.operation("set_len", |writer| Box::pin(writer.get_mut().set_len(0)))
.into_inner(take_apart)
.exempt(&[Rule::D1], NO_POWER_LOSS) }

certify! { file_on_the_blocking_pool: {
    let certify = Certify::new(|| {
        let (file, seen) = SeenFile::create();
        Specimen::new(Offload::new(file), seen)
    });
    certify
        .carried(Carrier::Others)
        .patience(LONG)
        .limit(LONG)
        .offloads()
        .closes()
        .seeks(AsyncSeek::poll_seek)
        .reads(AsyncRead::poll_read)
        .syncs(|writer: Pin<&mut Offload<File>>| Box::pin(writer.get_mut().sync_all()))
        .exempt(NO_FAULTS, NO_FAULTS_BECAUSE)
        .exempt(&[Rule::D1], NO_POWER_LOSS)
        .exempt(&[Rule::O1], NO_CALLS)
        .exempt(&[Rule::O4], NO_REFUSALS)
} }

certify! { tokio_file: {
    let certify = Certify::new(|| {
        let (file, seen) = SeenFile::create();
        let file = fs::File::from_std(file);
        // It keeps to the runtime of its first operation, and the kit polls outside of any.
        RUNTIME.block_on(file.metadata()).expect("a file has metadata");
        Specimen::new(file, seen)
    });
    certify
        .carried(Carrier::Others)
        .patience(LONG)
        .limit(LONG)
        .closes()
        .syncs(|writer: Pin<&mut fs::File>| Box::pin(writer.get_mut().sync_all_complete()))
        .submits_bytes(AsyncWriteCompleteBytes::poll_write_submit_bytes)
        .exempt(NO_FAULTS, NO_FAULTS_BECAUSE)
        .exempt(&[Rule::D1], NO_POWER_LOSS)
} }
certify! { to_tokio: Certify::stepped(|destination, pool| ToTokio::new(Offload::with_pool(destination, pool)))
.closes()
.late_errors()
.syncs(|writer| Box::pin(writer.get_mut().sync_data_complete()))
.submits_bytes(AsyncWriteCompleteBytes::poll_write_submit_bytes) }

certify! { arc_of_a_file: over(|| {
    let (file, seen) = SeenFile::create();
    (Arc::new(file), seen)
}) }
certify! { unix_stream: over(unix_streams).room(32 << 10) }
certify! { memory: Certify::new(|| Specimen::new(Offload::new(Cursor::new(Vec::new())), Vec::new))
.carried(Carrier::Others)
.closes()
.unseen()
.submits_bytes(AsyncWriteCompleteBytes::poll_write_submit_bytes)
.exempt(NO_FAULTS, "memory does not fail")
.exempt(&[Rule::W8], "what is in it is neither seen nor held") }

certify! { flush_each: Certify::stepped(|destination, pool| {
    Offload::with_pool(FlushEach::new(std::io::BufWriter::with_capacity(64, destination)), pool)
}).indirect().closes().submits_bytes(AsyncWriteCompleteBytes::poll_write_submit_bytes) }
certify! { assert_complete: Certify::stepped(|destination, pool| {
    let destination: Box<dyn std::io::Write + Send> = Box::new(destination);
    Offload::with_pool(AssertComplete::new(destination), pool)
}).closes() }
