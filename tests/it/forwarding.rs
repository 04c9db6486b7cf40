//! `&mut W`, `Box<W>`, `Pin<P>` and trait objects forward every method to the writer itself: no default takes its
//! place.
#![allow(clippy::needless_borrows_for_generic_args, reason = "the reference is what is tested")]

use std::{
    cell::RefCell,
    fmt::Debug,
    io::{self, IoSlice, Write},
    marker::PhantomPinned,
    pin::{Pin, pin},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Waker},
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteBytes, Job, Offload, Pool, Submitted, Ticket, TicketSource, WriteComplete,
};
use bytes::Bytes;

/// What reached the writer.
#[derive(Clone, Debug, PartialEq)]
enum Call {
    Submit(Vec<u8>),
    Vectored(Vec<Vec<u8>>),
    Bytes(Bytes),
    Complete(Ticket),
    Outstanding,
    Close,
}

type Calls = Rc<RefCell<Vec<Call>>>;

/// Writes down each call, and answers as no default would. It is not `Unpin`, unless it says so.
struct Recorder<Pinned = ()> {
    calls: Calls,
    ticket: Ticket,
    _pinned: Pinned,
}

impl Recorder {
    fn new(calls: &Calls, ticket: Ticket) -> Self {
        Self { calls: calls.clone(), ticket, _pinned: () }
    }
}

impl Recorder<PhantomPinned> {
    fn pinned(calls: &Calls, ticket: Ticket) -> Self {
        Self { calls: calls.clone(), ticket, _pinned: PhantomPinned }
    }
}

impl<P> AsyncWriteComplete for Recorder<P> {
    fn poll_write_submit(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        self.calls.borrow_mut().push(Call::Submit(buf.to_vec()));
        Poll::Ready(Ok(Submitted::InFlight(self.ticket)))
    }

    fn poll_write_submit_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<Submitted>> {
        self.calls.borrow_mut().push(Call::Vectored(bufs.iter().map(|buf| buf.to_vec()).collect()));
        Poll::Ready(Ok(Submitted::Complete(5)))
    }

    fn poll_write_complete(self: Pin<&mut Self>, _: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        self.calls.borrow_mut().push(Call::Complete(ticket));
        Poll::Ready(Ok(2))
    }

    fn outstanding(&self) -> Option<Ticket> {
        self.calls.borrow_mut().push(Call::Outstanding);
        Some(self.ticket)
    }

    fn poll_close_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.calls.borrow_mut().push(Call::Close);
        Poll::Ready(Err(io::ErrorKind::HostUnreachable.into()))
    }
}

impl<P> AsyncWriteCompleteBytes for Recorder<P> {
    fn poll_write_submit_bytes(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &Bytes,
    ) -> Poll<io::Result<Submitted>> {
        self.calls.borrow_mut().push(Call::Bytes(bytes.clone()));
        Poll::Ready(Ok(Submitted::Complete(4)))
    }
}

/// Calls everything once through `carrier`, whose writer writes into `calls`.
#[track_caller]
fn forwards_everything<W: AsyncWriteComplete>(carrier: W, calls: &Calls, ticket: Ticket) {
    let mut carrier = pin!(carrier);
    let cx = &mut Context::from_waker(Waker::noop());
    let submitted = carrier.as_mut().poll_write_submit(cx, b"abc");
    assert_eq!(ready(submitted).unwrap(), Submitted::InFlight(ticket));
    let slices = [IoSlice::new(b""), IoSlice::new(b"de"), IoSlice::new(b"fgh")];
    let vectored = carrier.as_mut().poll_write_submit_vectored(cx, &slices);
    assert_eq!(ready(vectored).unwrap(), Submitted::Complete(5));
    assert_eq!(ready(carrier.as_mut().poll_write_complete(cx, ticket)).unwrap(), 2);
    assert_eq!(carrier.outstanding(), Some(ticket));
    let closed = ready(carrier.as_mut().poll_close_complete(cx));
    assert_eq!(closed.unwrap_err().kind(), io::ErrorKind::HostUnreachable);
    let expected = [
        Call::Submit(b"abc".to_vec()),
        Call::Vectored(vec![b"".to_vec(), b"de".to_vec(), b"fgh".to_vec()]),
        Call::Complete(ticket),
        Call::Outstanding,
        Call::Close,
    ];
    assert_eq!(calls.take(), expected);
}

/// The same, and `Bytes` by reference count.
#[track_caller]
fn forwards_bytes<W: AsyncWriteCompleteBytes>(carrier: W, calls: &Calls, ticket: Ticket) {
    let mut carrier = pin!(carrier);
    let cx = &mut Context::from_waker(Waker::noop());
    let bytes = Bytes::from_static(b"ijkl");
    let submitted = carrier.as_mut().poll_write_submit_bytes(cx, &bytes);
    assert_eq!(ready(submitted).unwrap(), Submitted::Complete(4));
    let calls_of_bytes = calls.take();
    assert_eq!(calls_of_bytes, [Call::Bytes(bytes.clone())]);
    let [Call::Bytes(given)] = &calls_of_bytes[..] else { unreachable!() };
    assert_eq!(given.as_ptr(), bytes.as_ptr(), "not copied");
    forwards_everything(carrier, calls, ticket);
}

#[track_caller]
fn ready<R: Debug>(polled: Poll<R>) -> R {
    match polled {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("not ready"),
    }
}

#[test]
fn references_and_boxes() {
    let (calls, ticket) = (Calls::default(), TicketSource::new().mint(3));
    let recorder = || Recorder::new(&calls, ticket);
    forwards_bytes(recorder(), &calls, ticket);
    forwards_bytes(&mut recorder(), &calls, ticket);
    forwards_bytes(&mut &mut recorder(), &calls, ticket);
    forwards_bytes(Box::new(recorder()), &calls, ticket);
    forwards_bytes(Box::new(Box::new(recorder())), &calls, ticket);
    forwards_bytes(&mut Box::new(recorder()), &calls, ticket);
}

#[test]
fn trait_objects() {
    let (calls, ticket) = (Calls::default(), TicketSource::new().mint(3));
    let boxed: Box<dyn AsyncWriteCompleteBytes + Unpin> = Box::new(Recorder::new(&calls, ticket));
    forwards_bytes(boxed, &calls, ticket);
    let lent: &mut (dyn AsyncWriteCompleteBytes + Unpin) = &mut Recorder::new(&calls, ticket);
    forwards_bytes(lent, &calls, ticket);
}

#[test]
fn pinned_pointers() {
    let (calls, ticket) = (Calls::default(), TicketSource::new().mint(3));
    let recorder = || Recorder::pinned(&calls, ticket);
    forwards_bytes(Box::pin(recorder()), &calls, ticket);
    forwards_bytes(pin!(recorder()), &calls, ticket);
    forwards_bytes(&mut Box::pin(recorder()), &calls, ticket);
    forwards_bytes(Box::pin(Box::pin(recorder())), &calls, ticket);
    let object: Pin<Box<dyn AsyncWriteCompleteBytes>> = Box::pin(recorder());
    forwards_bytes(object, &calls, ticket);
}

/// Objects of the trait that knows nothing of `Bytes`.
#[test]
fn objects_without_bytes() {
    let (calls, ticket) = (Calls::default(), TicketSource::new().mint(3));
    let boxed: Box<dyn AsyncWriteComplete + Unpin> = Box::new(Recorder::new(&calls, ticket));
    forwards_everything(boxed, &calls, ticket);
    let lent: &mut (dyn AsyncWriteComplete + Unpin) = &mut Recorder::new(&calls, ticket);
    forwards_everything(lent, &calls, ticket);
    let pinned: Pin<Box<dyn AsyncWriteComplete>> = Box::pin(Recorder::pinned(&calls, ticket));
    forwards_everything(pinned, &calls, ticket);
}

/// A blocking writer that answers as no default would.
#[derive(Debug, Default)]
struct Blocking(Vec<String>);

impl Write for Blocking {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.push(format!("write {}", buf.len()));
        Ok(1)
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.push(format!("write_vectored of {}", bufs.len()));
        Ok(2)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.push("flush".to_owned());
        Ok(())
    }
}

impl WriteComplete for Blocking {
    fn seek_back(&mut self, n: u64) -> io::Result<bool> {
        self.0.push(format!("seek_back {n}"));
        Ok(true)
    }

    fn wait_writable(&mut self) -> io::Result<bool> {
        self.0.push("wait_writable".to_owned());
        Ok(true)
    }

    fn may_have_written(&self, error: &io::Error) -> bool {
        error.kind() == io::ErrorKind::StorageFull
    }
}

#[test]
fn blocking_writers() {
    fn calls_everything(mut carrier: impl WriteComplete) {
        assert_eq!(carrier.write(b"a").unwrap(), 1);
        assert_eq!(carrier.write_vectored(&[IoSlice::new(b"a"), IoSlice::new(b"b")]).unwrap(), 2);
        carrier.flush().unwrap();
        assert!(carrier.seek_back(7).unwrap());
        assert!(carrier.wait_writable().unwrap());
        assert!(carrier.may_have_written(&io::ErrorKind::StorageFull.into()));
        assert!(!carrier.may_have_written(&io::ErrorKind::TimedOut.into()));
    }

    let mut blocking = Blocking::default();
    calls_everything(&mut blocking);
    calls_everything(&mut &mut blocking);
    calls_everything(Box::new(&mut blocking));
    calls_everything(&mut blocking as &mut dyn WriteComplete);
    calls_everything(Box::new(&mut blocking) as Box<dyn WriteComplete + '_>);
    let once = ["write 1", "write_vectored of 2", "flush", "seek_back 7", "wait_writable"];
    assert_eq!(blocking.0, once.repeat(5));
}

#[test]
fn pools() {
    /// Counts, and refuses.
    #[derive(Default)]
    struct Closed(AtomicUsize);

    impl Pool for Closed {
        fn execute(&self, job: Job) {
            self.0.fetch_add(1, SeqCst);
            drop(job);
        }
    }

    fn hands_over(pool: impl Pool) {
        let file = tempfile::tempfile().unwrap();
        let mut writer = Offload::with_pool(file, pool);
        let write = futures_lite::future::block_on(writer.with_mut(|_| ()));
        assert_eq!(write.unwrap_err().kind(), io::ErrorKind::Other, "refused");
    }

    let pool = Arc::new(Closed::default());
    let forever: &'static Arc<Closed> = Box::leak(Box::new(pool.clone()));
    hands_over(&**forever);
    hands_over(forever);
    hands_over(pool.clone());
    hands_over(pool.clone() as Arc<dyn Pool>);
    assert_eq!(pool.0.load(SeqCst), 4);
}
