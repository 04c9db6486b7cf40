//! `Offload`, over each kind of pool and several kinds of destination.

use std::{fs::File, io::Cursor, sync::Arc, thread, time::Duration};

use async_write_complete::{
    AssertComplete, FlushEach, Job, Offload, Pool, WriteComplete, certify,
    conformance::{Carrier, Certify, Destination, Observer, OverPool, Specimen, Stepped},
    offload::Policy,
};
use futures_io::{AsyncRead, AsyncSeek};

use super::observers::{SeenFile, unix_streams};

/// With all that an `Offload` of the kit's destination can do.
fn able<P: Pool + Unpin + 'static>(certify: Certify<Offload<Destination, P>>) -> Certify<Offload<Destination, P>> {
    certify.closes().seeks(AsyncSeek::poll_seek).reads(AsyncRead::poll_read)
}

certify! { stepped: able(Certify::stepped(Offload::with_pool)) }
certify! { blocking_pool: able(Certify::over(Offload::new).carried(Carrier::Others)) }
certify! { a_thread_each: able(Certify::over(|destination| Offload::with_pool(destination, Threads)).carried(Carrier::Others)) }
certify! { borrowed_pool: able(Certify::over(|destination| Offload::with_pool(destination, &Threads)).carried(Carrier::Others)) }
// What looks out on the threads of a pool is certified in `tests/policies.rs`.
certify! { stepped_without_looking_out: able(Certify::stepped(|destination, pool| {
    Offload::with_pool(destination, pool).policy(Policy::off())
})) }
certify! { stepped_with_long_looks: able(Certify::stepped(|destination, pool| {
    Offload::with_pool(destination, pool).policy(Policy::off().linger(Duration::MAX).wait(Duration::MAX))
})) }
certify! { shared_pool: able(Certify::stepped(|destination, pool| Offload::with_pool(destination, Arc::new(pool)))) }

/// A thread for each operation.
struct Threads;

impl Pool for Threads {
    fn execute(&self, job: Job) {
        drop(thread::Builder::new().spawn(move || job.run()));
    }
}

/// Over a pool that the kit steps, to a destination of any kind.
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
    certify.carried(Carrier::Steps).closes()
}

certify! { file: over(SeenFile::create)
.seeks(AsyncSeek::poll_seek)
.reads(AsyncRead::poll_read)
.syncs(|writer| Box::pin(writer.get_mut().sync_data())) }

certify! { file_on_the_blocking_pool: {
    let certify = Certify::new(|| {
        let (file, seen) = SeenFile::create();
        Specimen::new(Offload::new(file), seen)
    });
    certify
        .carried(Carrier::Others)
        .closes()
        .seeks(AsyncSeek::poll_seek)
        .reads(AsyncRead::poll_read)
        .syncs(|writer: std::pin::Pin<&mut Offload<File>>| Box::pin(writer.get_mut().sync_all()))
} }

certify! { arc_of_a_file: over(|| {
    let (file, seen) = SeenFile::create();
    (Arc::new(file), seen)
}) }
certify! { unix_stream: over(unix_streams).room(32 << 10) }
certify! { memory: Certify::new(|| Specimen::new(Offload::new(Cursor::new(Vec::new())), Vec::new))
.carried(Carrier::Others).closes().unseen() }

certify! { flush_each: Certify::stepped(|destination, pool| {
    Offload::with_pool(FlushEach::new(std::io::BufWriter::with_capacity(64, destination)), pool)
}).indirect().closes() }
certify! { assert_complete: Certify::stepped(|destination, pool| {
    let destination: Box<dyn std::io::Write + Send> = Box::new(destination);
    Offload::with_pool(AssertComplete::new(destination), pool)
}).closes() }

/// Every other write can be made without blocking.
struct Eager<W> {
    inner: W,
    tries: usize,
}

impl<W: std::io::Write> std::io::Write for Eager<W> {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        self.inner.write(buf)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

impl<W: WriteComplete> WriteComplete for Eager<W> {
    fn try_write(&mut self, buf: &[u8]) -> std::io::Result<Option<usize>> {
        self.tries += 1;
        if self.tries % 2 == 1 {
            return Ok(None);
        }
        // The kit's destination was made to answer `WouldBlock` once: a second call would be too many to be told apart.
        let never_twice = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::WouldBlock => std::io::ErrorKind::Unsupported.into(),
            _ => error,
        };
        self.inner.write(buf).map(Some).map_err(never_twice)
    }
}

certify! { complete_at_once_now_and_then: Certify::stepped(|inner, pool| {
    Offload::with_pool(Eager { inner, tries: 0 }, pool)
}).closes() }
