//! A runtime that is entered for each poll and each drop, and driven by hand: so that the kit, which polls from
//! outside, decides when the kernel's completions are taken up.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use async_write_complete::adapter::{FromOwned, OwnedWrite};
use async_write_complete_conformance::Observer;

use super::SeenFile;

/// A runtime of this thread.
pub(super) trait Runtime: 'static {
    /// Its file.
    type File: OwnedWrite + 'static;
    /// What it is called.
    const NAME: &'static str;
    /// Whether a write whose future is dropped is cancelled.
    const CANCELS: bool;

    /// Opens a file for writing.
    fn open(path: &std::path::Path) -> FromOwned<Self::File>;
    /// Takes a descriptor.
    fn adopt(descriptor: std::os::fd::OwnedFd) -> FromOwned<Self::File>;
    /// Calls `body` where the runtime is current.
    fn enter(body: &mut dyn FnMut());
    /// Lets the runtime submit what there is, and take up what completes within a moment.
    fn drive();
}

/// A destination whose every call is made where its runtime is current.
pub(super) struct Entered<R: Runtime> {
    file: Option<R::File>,
    work: Rc<Work>,
}

/// What the runtime may have to do.
#[derive(Default)]
struct Work {
    /// Whether the future that is waited for has woken its task.
    awaited: RefCell<Option<Arc<AtomicBool>>>,
    /// Something was dropped that the runtime may have to end.
    dropped: Cell<bool>,
}

impl<R: Runtime> Entered<R> {
    pub(super) fn new(file: FromOwned<R::File>, seen: SeenFile) -> (Self, RingObserver) {
        let Ok(file) = file.into_inner() else { panic!("a file that nobody has used") };
        let work = Rc::new(Work::default());
        let observer = RingObserver { seen, work: work.clone(), drive: R::drive };
        (Self { file: Some(file), work }, observer)
    }
}

impl<R: Runtime> OwnedWrite for Entered<R> {
    type Write = InRuntime<R, <R::File as OwnedWrite>::Write>;
    type Close = InRuntime<R, <R::File as OwnedWrite>::Close>;

    fn write(&mut self, bytes: Vec<u8>, at: u64) -> Self::Write {
        let file = self.file.as_mut().unwrap();
        InRuntime::new(enter::<R, _>(|| file.write(bytes, at)), &self.work)
    }

    fn close(mut self) -> Self::Close {
        let file = self.file.take().unwrap();
        InRuntime::new(enter::<R, _>(|| file.close()), &self.work)
    }
}

impl<R: Runtime> Drop for Entered<R> {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            enter::<R, _>(|| drop(file));
            self.work.dropped.set(true);
        }
    }
}

/// A future that is polled and dropped where its runtime is current.
pub(super) struct InRuntime<R, F> {
    future: Option<Pin<Box<F>>>,
    work: Rc<Work>,
    runtime: std::marker::PhantomData<fn() -> R>,
    enter: fn(&mut dyn FnMut()),
}

impl<R: Runtime, F: Future> InRuntime<R, F> {
    fn new(future: F, work: &Rc<Work>) -> Self {
        let runtime = std::marker::PhantomData;
        Self { future: Some(Box::pin(future)), work: work.clone(), runtime, enter: R::enter }
    }
}

impl<R: Runtime, F: Future> Future for InRuntime<R, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let woken = Arc::new(AtomicBool::new(false));
        let waker = Waker::from(Arc::new(Noted { woken: woken.clone(), waker: cx.waker().clone() }));
        let future = self.future.as_mut().unwrap();
        let polled = enter::<R, _>(|| future.as_mut().poll(&mut Context::from_waker(&waker)));
        *self.work.awaited.borrow_mut() = polled.is_pending().then_some(woken);
        polled
    }
}

impl<R, F> Drop for InRuntime<R, F> {
    fn drop(&mut self) {
        let mut future = self.future.take();
        (self.enter)(&mut || drop(future.take()));
        if self.work.awaited.take().is_some() {
            self.work.dropped.set(true);
        }
    }
}

/// Notes a wake, and passes it on.
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

/// What `body` gives where the runtime is current.
fn enter<R: Runtime, T>(body: impl FnOnce() -> T) -> T {
    let (mut body, mut given) = (Some(body), None);
    R::enter(&mut || given = body.take().map(|body| body()));
    given.unwrap()
}

/// How often a step, or a wait, lets the runtime go on for one completion.
const MAX_DRIVES: usize = 300;

/// Polls `future` to its end, and drives the runtime between the polls.
pub(super) fn block_on<R: Runtime, F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..MAX_DRIVES {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
        R::drive();
    }
    panic!("{} has not come to an end", R::NAME);
}

/// Sees the file, and lets the runtime go on when the kit steps.
pub(super) struct RingObserver {
    seen: SeenFile,
    work: Rc<Work>,
    drive: fn(),
}

impl RingObserver {
    /// One of the kit's tasks may panic when it is woken. That ends an executor; here it does not, so that it shows
    /// what became of the others.
    fn drive(&self) {
        let driven = catch_unwind(AssertUnwindSafe(self.drive));
        // A payload may panic in its own drop.
        driven.unwrap_or_else(std::mem::forget);
    }
}

impl Observer for RingObserver {
    fn bytes(&self) -> Vec<u8> {
        self.seen.bytes()
    }

    fn is_released(&self) -> Option<bool> {
        self.seen.is_released()
    }

    /// By not stepping.
    fn hold(&self) -> bool {
        true
    }

    fn step(&self) -> bool {
        if self.work.dropped.take() {
            self.drive();
            return true;
        }
        let Some(woken) = self.work.awaited.take() else { return false };
        for _ in 0..MAX_DRIVES {
            if woken.load(Ordering::Relaxed) {
                break;
            }
            self.drive();
        }
        true
    }
}
