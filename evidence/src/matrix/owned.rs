//! Files of the kernel's completion rings, whose writes are futures that own their bytes: as a caller uses them, in the
//! shape of `futures_io::AsyncWrite`.
//!
//! Such a crate has neither of today's traits. Its write is a future, so the caller has two things to do with it: to
//! wait for it, or to drop it. Here the same bytes stand for the future. Who polls a write of the same bytes again
//! waits for it; who asks for anything else has dropped it, and what becomes of the write then is the crate's own
//! doing. The runtime is driven when the kit steps, and only then: a stalled executor is how such a write is held.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker, ready},
};

use async_write_complete_conformance::{Fault, Observer};
use futures_lite::AsyncWrite;

use super::file::FileObserver;

/// A future of this thread.
pub(super) type Local<T> = Pin<Box<dyn Future<Output = io::Result<T>>>>;

/// A crate over a completion ring.
pub(super) trait Ring: 'static {
    /// Its file.
    type File: 'static;
    /// Writes `bytes` at `at`.
    fn write_at(file: Rc<Self::File>, bytes: Vec<u8>, at: u64) -> Local<usize>;
    /// Makes the file durable.
    fn sync(file: Rc<Self::File>) -> Local<()>;
    /// Closes the file, for whoever has the last of it.
    fn close(file: Self::File) -> Local<()>;
    /// Calls `body` where the runtime is current.
    fn enter(body: &mut dyn FnMut());
    /// Lets the runtime submit what there is, and take up what completes within a moment.
    fn drive();
}

/// A file of `R`, and the write that its caller waits for.
pub(super) struct Owned<R: Ring> {
    file: Option<Rc<R::File>>,
    position: u64,
    /// The write that its caller waits for, with its bytes.
    write: Option<(Vec<u8>, Local<usize>)>,
    close: Option<Local<()>>,
    work: Rc<Work>,
}

/// Nothing in it is pinned.
impl<R: Ring> Unpin for Owned<R> {}

/// What the runtime may have to do.
#[derive(Debug, Default)]
struct Work {
    /// Whether the future that is waited for has woken its task.
    awaited: RefCell<Option<Arc<AtomicBool>>>,
    /// A future was dropped before its end.
    dropped: Cell<bool>,
}

/// Notes a wake, and passes it on. It is the ring's alone, which drops the task's waker when it will.
#[derive(Debug)]
struct Noted {
    woken: Arc<AtomicBool>,
    waker: Waker,
}

impl Wake for Noted {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::Relaxed);
        self.waker.wake_by_ref();
    }
}

impl<R: Ring> Owned<R> {
    /// Over `file`, which `observer` sees.
    pub(super) fn new(file: R::File, observer: FileObserver) -> (Self, RingObserver) {
        let work = Rc::new(Work::default());
        let owned = Self { file: Some(Rc::new(file)), position: 0, write: None, close: None, work: work.clone() };
        let step = move || go_on(&work, R::drive);
        (owned, RingObserver { file: observer, step: Box::new(step) })
    }

    /// A whole sync; the write that nobody waits for any more is dropped before it.
    pub(super) fn sync(mut self: Pin<&mut Self>) -> Pin<Box<dyn Future<Output = io::Result<()>> + '_>> {
        self.walk_away();
        let work = self.work.clone();
        let future = self.file.clone().map(|file| entered::<R, _>(|| R::sync(file)));
        Box::pin(async move {
            let mut future = future.ok_or_else(closed)?;
            std::future::poll_fn(|cx| work.poll::<R, _>(&mut future, cx)).await
        })
    }

    /// The caller drops the future of its write.
    fn walk_away(&mut self) {
        if let Some((_, future)) = self.write.take() {
            entered::<R, _>(|| drop(future));
            self.work.awaited.take();
            self.work.dropped.set(true);
        }
    }

    /// Polls the write that is waited for.
    fn poll_end(&mut self, cx: &Context<'_>) -> Poll<io::Result<usize>> {
        let Some((bytes, future)) = &mut self.write else { return Poll::Ready(Err(closed())) };
        let ended = ready!(self.work.poll::<R, _>(future, cx));
        let complete = *ended.as_ref().unwrap_or(&0);
        self.position -= bytes.len().saturating_sub(complete) as u64;
        self.write = None;
        Poll::Ready(ended)
    }
}

impl Work {
    /// Polls `future` where the runtime is current.
    fn poll<R: Ring, T>(&self, future: &mut Local<T>, cx: &Context<'_>) -> Poll<io::Result<T>> {
        let woken = Arc::new(AtomicBool::new(false));
        let waker = Waker::from(Arc::new(Noted { woken: woken.clone(), waker: cx.waker().clone() }));
        let polled = entered::<R, _>(|| future.as_mut().poll(&mut Context::from_waker(&waker)));
        *self.awaited.borrow_mut() = polled.is_pending().then_some(woken);
        polled
    }
}

/// What `body` gives where the runtime is current.
fn entered<R: Ring, T>(body: impl FnOnce() -> T) -> T {
    let (mut body, mut given) = (Some(body), None);
    R::enter(&mut || given = body.take().map(|body| body()));
    given.unwrap_or_else(|| panic!("the runtime did not call what it was given"))
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the file is closed")
}

impl<R: Ring> AsyncWrite for Owned<R> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.write.as_ref().is_none_or(|(bytes, _)| bytes != buf) {
            self.walk_away();
            let Some(file) = self.file.clone() else { return Poll::Ready(Err(closed())) };
            // By what was submitted: who walks away learns of no count.
            let (bytes, at) = (buf.to_vec(), self.position);
            self.position += buf.len() as u64;
            self.write = Some((buf.to_vec(), entered::<R, _>(|| R::write_at(file, bytes, at))));
        }
        self.poll_end(cx)
    }

    /// There is no flush, because nothing is held back.
    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.walk_away();
        Poll::Ready(if self.file.is_some() { Ok(()) } else { Err(closed()) })
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.walk_away();
        let file = self.file.take().and_then(|file| Rc::try_unwrap(file).ok());
        if let Some(file) = file {
            self.close = Some(entered::<R, _>(|| R::close(file)));
        }
        let Self { close, work, .. } = &mut *self;
        let Some(future) = close else { return Poll::Ready(Ok(())) };
        let ended = ready!(work.poll::<R, _>(future, cx));
        self.close = None;
        Poll::Ready(ended)
    }
}

impl<R: Ring> Drop for Owned<R> {
    fn drop(&mut self) {
        self.walk_away();
        let (file, close) = (self.file.take(), self.close.take());
        entered::<R, _>(|| drop((file, close)));
        self.work.dropped.set(true);
    }
}

/// Drives a runtime. It wakes the kit's tasks, and one of them may panic: that ends an executor, and here it does not,
/// so that it shows what became of the others.
fn drive(drive: fn()) {
    let driven = catch_unwind(AssertUnwindSafe(drive));
    // A payload may panic in its own drop.
    driven.unwrap_or_else(std::mem::forget);
}

/// How often a step lets the runtime go on for a future that is waited for.
const MAX_DRIVES: usize = 200;

/// Sees the file, and lets the runtime go on when the kit steps.
pub(super) struct RingObserver {
    file: FileObserver,
    step: Box<dyn Fn() -> bool>,
}

impl RingObserver {
    /// Of a file that a type of the crate of `R` holds: a step drives the runtime for a moment.
    pub(super) fn of_a_stream<R: Ring>(file: FileObserver) -> Self {
        let driven = Cell::new(false);
        // Every other time there is nothing to do: it cannot be known here whether there is.
        let step = move || {
            let drives = !driven.get();
            driven.set(drives);
            if drives {
                (0..3).for_each(|_| drive(R::drive));
            }
            drives
        };
        Self { file, step: Box::new(step) }
    }
}

impl Observer for RingObserver {
    fn bytes(&self) -> Vec<u8> {
        self.file.bytes()
    }

    fn is_released(&self) -> Option<bool> {
        self.file.is_released()
    }

    fn inject(&self, fault: &Fault) -> bool {
        // What is to happen once is lifted by a signal, which does not come from the ring's own threads.
        fault.lasting && self.file.inject(fault)
    }

    /// By not stepping.
    fn hold(&self) -> bool {
        true
    }

    fn step(&self) -> bool {
        (self.step)()
    }
}

/// Goes on with the future that is waited for, or with one that was dropped; false if there is none.
fn go_on(work: &Work, run: fn()) -> bool {
    if work.dropped.take() {
        drive(run);
        return true;
    }
    let Some(woken) = work.awaited.take() else { return false };
    for _ in 0..MAX_DRIVES {
        if woken.load(Ordering::Relaxed) {
            return true;
        }
        drive(run);
    }
    true
}
