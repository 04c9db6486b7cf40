//! What may move to another thread, be shared, be moved after a poll, and be a trait object.

use std::{
    cell::Cell,
    fs::File,
    io::{self, Cursor, Read, Seek},
    marker::{PhantomData, PhantomPinned},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use async_write_complete::{
    AssertComplete, AsyncWriteComplete, AsyncWriteCompleteBytes, AsyncWriteCompleteExt, BlockingPool, DriveWrite,
    FlushEach, HeldWrite, Indeterminate, Inline, IntoInnerError, Job, Offload, Pool, PriorWriteFailed, Settled,
    Started, Submitted, SyncComplete, Ticket, TicketSource, Tracked, UnknownTicket, WriteComplete, WriteOutstanding,
    adapter::{FromFuturesIo, FromOwned, FromTokio, OwnedWrite, ToFuturesIo, ToTokio},
    contract::{Group, Rule},
    futures,
    offload::{Abandoned, Policy},
};
use futures_lite::future::block_on;

/// Whether a type has a trait, as a value: an inherent constant is preferred to that of a trait.
macro_rules! has {
    ($type:ty: $($bound:tt)+) => {{
        struct Probe<T: ?Sized>(PhantomData<T>);
        #[allow(dead_code, reason = "only a type that has not the trait uses it")]
        trait Otherwise {
            const HAS: bool = false;
        }
        impl<T: ?Sized> Otherwise for Probe<T> {}
        #[allow(dead_code, reason = "only a type that has the trait uses it")]
        impl<T: ?Sized + $($bound)+> Probe<T> {
            const HAS: bool = true;
        }
        Probe::<$type>::HAS
    }};
}

/// Sendable, not shareable.
type OnlySend = Cell<u8>;
/// Neither.
type Neither = Rc<u8>;

fn all<T: ?Sized + Send + Sync + Unpin>() {}
fn send<T: ?Sized + Send>() {}
fn sync<T: ?Sized + Sync>() {}
fn unpin<T: ?Sized + Unpin>() {}
fn sendable(_: impl Send) {}

#[test]
fn plain_types_are_send_sync_and_unpin() {
    all::<(Rule, Group)>();
    all::<Ticket>();
    all::<TicketSource>();
    all::<Submitted>();
    all::<Started>();
    all::<Settled>();
    all::<HeldWrite<&'static [u8]>>();
    all::<HeldWrite<Vec<u8>>>();
    all::<PriorWriteFailed>();
    all::<(UnknownTicket, WriteOutstanding)>();
    all::<Indeterminate>();
    all::<(BlockingPool, Policy, Abandoned)>();
    all::<Job>();
    all::<Offload<File>>();
    all::<Inline<File>>();
    all::<Inline<FlushEach<File>>>();
}

/// Checked for every type of the bounds, so nothing has to be called.
#[test]
fn wrappers_are_what_their_inner_types_are() {
    fn wrappers<T: Send, U: Sync, V: Unpin>() {
        send::<(AssertComplete<T>, FlushEach<T>, Inline<T>, Tracked<T>, IntoInnerError<T>)>();
        sync::<(AssertComplete<U>, FlushEach<U>, Inline<U>, Tracked<U>, IntoInnerError<U>)>();
        unpin::<(AssertComplete<V>, FlushEach<V>, Inline<V>, Tracked<V>, IntoInnerError<V>)>();
        send::<(FromFuturesIo<T>, ToFuturesIo<T>)>();
        sync::<(FromFuturesIo<U>, ToFuturesIo<U>)>();
        unpin::<(FromFuturesIo<V>, ToFuturesIo<V>)>();
    }
    wrappers::<u8, u8, u8>();
    assert!(!has!(Inline<Neither>: Send) && !has!(Inline<OnlySend>: Sync), "the probe sees what is not there");
    assert!(!has!(Tracked<PhantomPinned>: Unpin));
}

#[test]
fn the_adapters_for_tokio_are_what_their_inner_types_are() {
    fn adapters<T: Send, U: Sync, V: Unpin>() {
        send::<(FromTokio<T>, ToTokio<T>)>();
        sync::<(FromTokio<U>, ToTokio<U>)>();
        unpin::<(FromTokio<V>, ToTokio<V>)>();
    }
    adapters::<u8, u8, u8>();
}

/// Its futures are in boxes, and its destination is never pinned.
#[test]
fn a_writer_over_owned_buffers_is_what_its_destination_and_its_futures_are() {
    struct Destination<D, W, C>(PhantomData<D>, PhantomData<fn() -> W>, PhantomData<fn() -> C>);
    impl<D, W, C> OwnedWrite for Destination<D, W, C>
    where
        W: Future<Output = (io::Result<usize>, Vec<u8>)>,
        C: Future<Output = io::Result<()>>,
    {
        type Write = W;
        type Close = C;
        fn write(&mut self, _: Vec<u8>, _: u64) -> W {
            unreachable!("only the type is used")
        }
        fn close(self) -> C {
            unreachable!("only the type is used")
        }
    }
    type Write = Pin<Box<dyn Future<Output = (io::Result<usize>, Vec<u8>)>>>;
    type SendWrite = Pin<Box<dyn Future<Output = (io::Result<usize>, Vec<u8>)> + Send>>;
    type Close = Pin<Box<dyn Future<Output = io::Result<()>>>>;
    type SendClose = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;
    send::<FromOwned<Destination<OnlySend, SendWrite, SendClose>>>();
    assert!(!has!(FromOwned<Destination<Neither, SendWrite, SendClose>>: Send));
    assert!(!has!(FromOwned<Destination<OnlySend, Write, SendClose>>: Send));
    assert!(!has!(FromOwned<Destination<OnlySend, SendWrite, Close>>: Send));
    unpin::<FromOwned<Destination<PhantomPinned, Write, Close>>>();
}

/// A mutex stands between the threads, so the destination need not be `Sync`; nothing is pinned, so neither part need
/// be
/// `Unpin`.
#[test]
fn an_offload_asks_of_its_destination_only_that_it_can_be_sent() {
    fn offload<T: Send>() {
        send::<Offload<T, u8>>();
        sync::<Offload<T, u8>>();
        unpin::<Offload<PhantomPinned, PhantomPinned>>();
    }
    offload::<OnlySend>();
    assert!(!has!(Offload<Neither>: Send));
    assert!(!has!(Offload<u8, Neither>: Send));
    // Its jobs, which any thread may drop, have the pool too.
    assert!(has!(BlockingPool: Pool) && has!(Box<dyn Pool>: Send) && has!(Box<dyn Pool>: Sync));
}

#[test]
fn named_futures_are_what_their_writers_are() {
    fn named<S: Send, Y: Sync>() {
        send::<(futures::Submit<'_, S>, futures::Complete<'_, S>, futures::Settle<'_, S>)>();
        send::<(futures::WriteComplete<'_, S>, futures::WriteVectoredComplete<'_, S>)>();
        send::<(futures::WriteAllComplete<'_, S>, futures::WriteAllVectoredComplete<'_, '_, S>)>();
        send::<(futures::ResumeWriteAll<'_, S, OnlySendBytes>, futures::CloseComplete<'_, S>)>();
        sync::<(futures::Submit<'_, Y>, futures::Complete<'_, Y>, futures::Settle<'_, Y>)>();
        sync::<(futures::WriteComplete<'_, Y>, futures::WriteVectoredComplete<'_, Y>)>();
        sync::<(futures::WriteAllComplete<'_, Y>, futures::WriteAllVectoredComplete<'_, '_, Y>)>();
        sync::<(futures::ResumeWriteAll<'_, Y, Vec<u8>>, futures::CloseComplete<'_, Y>)>();
        // They hold the writer by reference.
        type P = PhantomPinned;
        unpin::<(futures::Submit<'_, P>, futures::Complete<'_, P>, futures::Settle<'_, P>)>();
        unpin::<(futures::WriteComplete<'_, P>, futures::WriteVectoredComplete<'_, P>)>();
        unpin::<(futures::WriteAllComplete<'_, P>, futures::WriteAllVectoredComplete<'_, '_, P>)>();
        unpin::<(futures::ResumeWriteAll<'_, P, Vec<u8>>, futures::CloseComplete<'_, P>)>();
    }
    named::<OnlySend, u8>();
    assert!(!has!(futures::WriteAllComplete<'static, Neither>: Send));
    assert!(!has!(HeldWrite<Neither>: Send));
}

/// Bytes that may be sent, not shared.
struct OnlySendBytes(#[allow(dead_code, reason = "what makes it so")] Cell<u8>);

impl AsRef<[u8]> for OnlySendBytes {
    fn as_ref(&self) -> &[u8] {
        &[]
    }
}

#[test]
fn the_futures_by_bytes_are_what_their_writers_are() {
    fn named<S: Send, Y: Sync>() {
        send::<(futures::WriteBytesComplete<'_, S>, futures::WriteAllBytesComplete<'_, S>)>();
        send::<futures::ResumeWriteAllBytes<'_, S>>();
        sync::<(futures::WriteBytesComplete<'_, Y>, futures::WriteAllBytesComplete<'_, Y>)>();
        sync::<futures::ResumeWriteAllBytes<'_, Y>>();
        unpin::<(futures::WriteBytesComplete<'_, PhantomPinned>, futures::WriteAllBytesComplete<'_, PhantomPinned>)>();
        unpin::<futures::ResumeWriteAllBytes<'_, PhantomPinned>>();
    }
    named::<OnlySend, u8>();
}

/// A server spawns them on other threads.
#[test]
fn futures_of_async_functions_are_send() {
    fn of_any<T: WriteComplete + Send + 'static, P: Pool>(mut writer: Offload<T, P>) {
        sendable(writer.with_mut(|_| ()));
        sendable(writer.write_all_complete(b""));
        sendable(writer.settle());
        sendable(writer.close_complete());
        sendable(writer.into_inner());
    }
    fn of_files<P: Pool>(mut file: Offload<File, P>) {
        sendable(file.sync_data());
        sendable(file.sync_all());
        sendable(file.set_len(0));
        sendable(file.metadata());
        sendable(file.into_inner());
    }
    of_any(Offload::new(Cursor::new(Vec::new())));
    of_files(Offload::new(tempfile::tempfile().unwrap()));
    sendable(Offload::create("never polled"));
    sendable(Offload::open("never polled"));
}

/// What a caller may ask of a `T` that is read, or that seeks, without being able to write.
#[test]
fn a_reader_has_the_traits_of_a_reader() {
    fn reader<T: Read + Send + 'static>(_: &Offload<T>) {
        fn is<R: futures_io::AsyncRead>() {}
        is::<Offload<T>>();
    }
    fn seeker<T: Seek + Send + 'static>(_: &Offload<T>) {
        fn is<S: futures_io::AsyncSeek>() {}
        is::<Offload<T>>();
    }
    let source = Offload::reader(Cursor::new("bytes"));
    reader(&source);
    seeker(&source);
    assert!(!has!(Offload<Cursor<&'static str>>: futures_io::AsyncWrite));
    assert!(!has!(Offload<Cursor<&'static str>>: AsyncWriteComplete));
    // Reads over it would move a cursor that it could not move back before a write.
    assert!(!has!(Offload<AssertComplete<File>>: futures_io::AsyncRead));
    assert!(!has!(Offload<AssertComplete<File>>: futures_io::AsyncSeek));
}

#[test]
fn a_boxed_writer_is_a_writer() {
    type Boxed = Box<dyn AsyncWriteComplete + Send + Unpin>;

    fn generic<W: AsyncWriteComplete + Unpin>(writer: &mut W) -> usize {
        block_on(async {
            let written = writer.write_complete(b"four").await.unwrap();
            writer.write_all_complete(b"five!").await.unwrap();
            writer.close_complete().await.unwrap();
            written
        })
    }
    let mut writers: [Boxed; 4] = [
        Box::new(Vec::new()),
        Box::new(Offload::new(Cursor::new(Vec::new()))),
        Box::new(Inline::new(io::sink())),
        Box::new(Tracked::new(Nothing)),
    ];
    for writer in &mut writers {
        assert_eq!(generic(writer), 4);
    }
    // Without the box, too: the extension methods do not ask for a size.
    let unsized_writer: &mut (dyn AsyncWriteComplete + Unpin) = &mut Vec::new();
    assert_eq!(block_on(unsized_writer.write_complete(b"four")).unwrap(), 4);

    assert!(has!(Boxed: Send) && has!(Boxed: Unpin) && !has!(Boxed: Sync));
    fn spawn(_: impl Future<Output = io::Result<()>> + Send + 'static) {}
    spawn(async {
        let mut writer: Boxed = Box::new(io::sink());
        writer.write_all_complete(b"bytes").await
    });
}

#[test]
fn the_other_traits_can_be_objects_too() {
    let mut blocking: Box<dyn WriteComplete + Send> = Box::new(Vec::new());
    assert_eq!(blocking.write(b"four").unwrap(), 4);
    let file = tempfile::tempfile().unwrap();
    let syncs: &dyn SyncComplete = &file;
    syncs.sync_data().unwrap();

    let mut by_bytes: Box<dyn AsyncWriteCompleteBytes + Unpin> = Box::new(Vec::new());
    assert_eq!(block_on(by_bytes.write_complete(b"four")).unwrap(), 4);

    let pool: std::sync::Arc<dyn Pool> = std::sync::Arc::new(BlockingPool::default());
    let mut over_a_pool = Offload::with_pool(Vec::new(), pool);
    block_on(over_a_pool.write_all_complete(b"bytes")).unwrap();

    let mut drive: Box<dyn DriveWrite> = Box::new(Nothing);
    let cx = &mut Context::from_waker(std::task::Waker::noop());
    assert!(matches!(drive.poll_start(cx, b"four"), Poll::Ready(Ok(Started::Complete(4)))));
}

#[test]
fn a_writer_that_is_not_unpin_is_used_through_a_pin() {
    struct Pinned(#[allow(dead_code, reason = "what makes it so")] PhantomPinned);

    impl AsyncWriteComplete for Pinned {
        fn poll_write_submit(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
            Poll::Ready(Ok(Submitted::Complete(buf.len())))
        }

        fn poll_close_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    let mut on_the_heap = Box::pin(Pinned(PhantomPinned));
    assert_eq!(block_on(on_the_heap.write_complete(b"four")).unwrap(), 4);
    let mut on_the_stack = std::pin::pin!(Pinned(PhantomPinned));
    assert_eq!(block_on(on_the_stack.write_complete(b"four")).unwrap(), 4);
}

/// Takes everything and keeps nothing.
struct Nothing;

impl DriveWrite for Nothing {
    fn poll_start(&mut self, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        Poll::Ready(Ok(Started::Complete(buf.len())))
    }

    fn poll_finish(&mut self, _: &mut Context<'_>) -> Poll<io::Result<usize>> {
        unreachable!("nothing was taken")
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
