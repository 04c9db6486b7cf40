//! `FromOwned`: what its destination is called with, what it answers, and how it ends. The rules that all writers have
//! in common are certified in `conformance`.

use std::{
    cell::RefCell,
    collections::VecDeque,
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, Indeterminate, Submitted, Ticket,
    adapter::{FromOwned, OwnedWrite},
};
use futures_lite::future::block_on;
use tokio::sync::oneshot;

mod calls;
mod closing;
mod destinations_that_break_things;

/// What one call does. A script that has ended takes all.
enum Act {
    /// Takes so many bytes.
    Takes(usize),
    /// Fails with an error of this kind, and gives the bytes back.
    Fails(io::ErrorKind),
    /// Answers this, with a buffer of this length.
    Gives(io::Result<usize>, usize),
    /// Waits, then does what comes next in the script.
    Waits(oneshot::Receiver<()>),
    PanicsInCall,
    PanicsInPoll,
}

/// What the destination was called with.
#[derive(Debug)]
struct Call {
    bytes: Vec<u8>,
    at: u64,
    /// The memory: where it is, and how much.
    memory: (*const u8, usize),
}

/// A destination of one thread: it is neither `Send` nor `Sync`.
#[derive(Clone, Default)]
struct Store(Rc<Seen>);

#[derive(Default)]
struct Seen {
    script: RefCell<VecDeque<Act>>,
    calls: RefCell<Vec<Call>>,
    /// What was dropped, in order.
    dropped: RefCell<Vec<&'static str>>,
}

/// Notes its drop.
struct Noted(Store, &'static str);

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.0.dropped.borrow_mut().push(self.1);
    }
}

impl Store {
    fn new(script: impl IntoIterator<Item = Act>) -> Self {
        let store = Self::default();
        store.0.script.borrow_mut().extend(script);
        store
    }

    /// A function over it.
    fn writer(&self) -> FromOwned<impl OwnedWrite + use<>> {
        let (store, noted) = (self.clone(), Noted(self.clone(), "function"));
        FromOwned::new(move |bytes, at| {
            let _ = &noted;
            store.call(bytes, at)
        })
    }

    fn call(&self, bytes: Vec<u8>, at: u64) -> impl Future<Output = (io::Result<usize>, Vec<u8>)> + use<> {
        let memory = (bytes.as_ptr(), bytes.capacity());
        self.0.calls.borrow_mut().push(Call { bytes: bytes.clone(), at, memory });
        let act = self.next();
        assert!(!matches!(act, Some(Act::PanicsInCall)), "scripted");
        self.clone().play(act, bytes)
    }

    fn next(&self) -> Option<Act> {
        self.0.script.borrow_mut().pop_front()
    }

    async fn play(self, mut act: Option<Act>, bytes: Vec<u8>) -> (io::Result<usize>, Vec<u8>) {
        let _noted = Noted(self.clone(), "write");
        if let Some(Act::Waits(gate)) = act {
            gate.await.unwrap();
            act = self.next();
        }
        match act {
            None => (Ok(bytes.len()), bytes),
            Some(Act::Takes(n)) => (Ok(n), bytes),
            Some(Act::Fails(kind)) => (Err(kind.into()), bytes),
            Some(Act::Gives(result, len)) => (result, vec![0; len]),
            Some(Act::Waits(_) | Act::PanicsInCall | Act::PanicsInPoll) => panic!("scripted"),
        }
    }

    /// The bytes and the position of each call since the last look.
    fn calls(&self) -> Vec<(Vec<u8>, u64)> {
        self.0.calls.take().into_iter().map(|call| (call.bytes, call.at)).collect()
    }

    /// The memory of each call since the last look.
    fn memory(&self) -> Vec<(*const u8, usize)> {
        self.0.calls.take().into_iter().map(|call| call.memory).collect()
    }

    fn dropped(&self) -> Vec<&'static str> {
        self.0.dropped.take()
    }
}

/// A gate, and what opens it.
fn gate() -> (oneshot::Sender<()>, Act) {
    let (opens, gate) = oneshot::channel();
    (opens, Act::Waits(gate))
}

fn submit<W: AsyncWriteComplete + Unpin>(writer: &mut W, bytes: &[u8]) -> Poll<io::Result<Submitted>> {
    Pin::new(writer).poll_write_submit(&mut Context::from_waker(Waker::noop()), bytes)
}

#[track_caller]
fn in_flight<W: AsyncWriteComplete + Unpin>(writer: &mut W, bytes: &[u8]) -> Ticket {
    match submit(writer, bytes) {
        Poll::Ready(Ok(Submitted::InFlight(ticket))) => ticket,
        other => panic!("{other:?}"),
    }
}

fn ask<W: AsyncWriteComplete + Unpin>(writer: &mut W, ticket: Ticket) -> Poll<io::Result<usize>> {
    Pin::new(writer).poll_write_complete(&mut Context::from_waker(Waker::noop()), ticket)
}

#[track_caller]
fn failed<T: std::fmt::Debug>(answer: Poll<io::Result<T>>) -> io::Error {
    match answer {
        Poll::Ready(Err(error)) => error,
        other => panic!("{other:?}"),
    }
}
