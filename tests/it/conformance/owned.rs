//! Destinations that take a buffer by value.

use std::{
    cell::RefCell,
    collections::VecDeque,
    future::{Future, poll_fn},
    io::{self, Seek, SeekFrom, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    rc::Rc,
};

use async_write_complete::{
    Indeterminate,
    adapter::{FromOwned, OwnedWrite},
};
use async_write_complete_conformance::{
    Carrier, Certify, Destination, DestinationObserver, Fault, Observer, Refused, Specimen, certify,
};
use futures_io::AsyncWrite;
use tokio::sync::oneshot;

/// A future of one thread.
type Local<T> = Pin<Box<dyn Future<Output = T>>>;
type Written = (io::Result<usize>, Vec<u8>);

/// Driven by polls, as any future is.
fn driven<W: OwnedWrite + 'static>(certify: Certify<FromOwned<W>>) -> Certify<FromOwned<W>> {
    certify.carried(Carrier::Polls).closes().into_inner(take_apart)
}

fn take_apart<W: OwnedWrite + 'static>(writer: Pin<Box<FromOwned<W>>>) -> Local<Result<(), Refused<FromOwned<W>>>> {
    let taken = Pin::into_inner(writer).into_inner();
    Box::pin(std::future::ready(taken.map(drop).map_err(|refused| {
        let (error, writer) = refused.into_parts();
        (error, Some(Box::pin(writer)))
    })))
}

certify! { function: driven(Certify::over(function)) }
certify! { positions: driven(Certify::over(positions)) }
certify! { closing: driven(Certify::over(|destination| {
    FromOwned::over(Closing(Rc::new(RefCell::new(destination))))
})) }
// The function hands its write to others and waits for their answer. The write goes on without polls; a close does not.
certify! { spawning: driven(Certify::new(spawning)) }

/// Appends.
fn function(destination: Destination) -> FromOwned<impl OwnedWrite + use<>> {
    let destination = Rc::new(RefCell::new(destination));
    FromOwned::new(move |bytes, _| append(destination.clone(), bytes))
}

async fn append(destination: Rc<RefCell<Destination>>, bytes: Vec<u8>) -> Written {
    let count = poll_fn(|cx| Pin::new(&mut *destination.borrow_mut()).poll_write(cx, &bytes)).await;
    (count, bytes)
}

/// Writes where it is told to, and leaves the cursor elsewhere.
fn positions(destination: Destination) -> FromOwned<impl OwnedWrite + use<>> {
    let destination = Rc::new(RefCell::new(destination));
    FromOwned::new(move |bytes: Vec<u8>, at| {
        let destination = destination.clone();
        async move {
            // As the ring may, it waits before the call is made.
            let passed = poll_fn(|cx| Pin::new(&mut *destination.borrow_mut()).poll_flush(cx)).await;
            let mut destination = destination.borrow_mut();
            let count = passed
                .and_then(|()| destination.seek(SeekFrom::Start(at)))
                .and_then(|_| destination.write(&bytes))
                .and_then(|count| destination.rewind().map(|()| count));
            (count, bytes)
        }
    })
}

/// Its close is the destination's own, which can fail and has to be waited for.
struct Closing(Rc<RefCell<Destination>>);

impl OwnedWrite for Closing {
    type Write = Local<Written>;
    type Close = Local<io::Result<()>>;

    fn write(&mut self, bytes: Vec<u8>, _: u64) -> Self::Write {
        Box::pin(append(self.0.clone(), bytes))
    }

    fn close(self) -> Self::Close {
        Box::pin(poll_fn(move |cx| Pin::new(&mut *self.0.borrow_mut()).poll_close(cx)))
    }
}

/// What runs when the kit steps.
#[derive(Clone, Default)]
struct Queue(Rc<RefCell<VecDeque<Job>>>);

type Job = Box<dyn FnOnce()>;

fn spawning() -> Specimen<FromOwned<impl OwnedWrite + use<>>> {
    let (destination, seen) = Destination::new();
    let (destination, queue) = (Rc::new(RefCell::new(destination)), Queue::default());
    let observer = Behind { seen, queue: queue.clone() };
    let writer = FromOwned::new(move |bytes: Vec<u8>, _| {
        let (answers, answer) = oneshot::channel();
        let destination = destination.clone();
        queue.0.borrow_mut().push_back(Box::new(move || {
            let write = AssertUnwindSafe(|| destination.borrow_mut().write(&bytes));
            let written = catch_unwind(write);
            drop(destination);
            // A panic is no answer.
            if let Ok(count) = written {
                let _ = answers.send((count, bytes));
            }
        }));
        async { answer.await.unwrap_or_else(|error| (Err(Indeterminate::new(io::Error::other(error)).into()), vec![])) }
    });
    Specimen::new(writer, observer)
}

/// Sees the destination behind a queue, which is held by not stepping.
struct Behind {
    seen: DestinationObserver,
    queue: Queue,
}

impl Observer for Behind {
    fn bytes(&self) -> Vec<u8> {
        self.seen.bytes()
    }

    fn calls(&self) -> Option<Vec<usize>> {
        self.seen.calls()
    }

    fn attempts(&self) -> Option<usize> {
        self.seen.attempts()
    }

    fn is_released(&self) -> Option<bool> {
        self.seen.is_released()
    }

    fn inject(&self, fault: &Fault) -> bool {
        self.seen.inject(fault)
    }

    fn hold(&self) -> bool {
        true
    }

    fn step(&self) -> bool {
        let job = self.queue.0.borrow_mut().pop_front();
        job.map(|job| job()).is_some()
    }
}
