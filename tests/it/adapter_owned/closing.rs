//! The end of a writer: what a close waits for, drops and tells; and how a destination is taken out.

use std::{cell::Cell, future::Ready};

use super::*;

#[test]
fn a_close_waits_for_the_write_and_drops_the_function() {
    let (opens, waits) = gate();
    let store = Store::new([waits, Act::Takes(2)]);
    let mut writer = store.writer();
    assert!(writer.inner().is_some() && writer.inner_mut().is_some());
    let ticket = in_flight(&mut writer, b"abc");
    let mut cx = Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut writer).poll_close_complete(&mut cx).is_pending());
    assert_eq!(store.dropped(), [""; 0]);
    opens.send(()).unwrap();
    let error = failed(Pin::new(&mut writer).poll_close_complete(&mut cx));
    assert_eq!(error.kind(), io::ErrorKind::WriteZero, "a short count that nobody asked for");
    assert_eq!(store.dropped(), ["write", "function"]);
    assert!(matches!(ask(&mut writer, ticket), Poll::Ready(Ok(2))));
    assert_eq!(failed(submit(&mut writer, b"later")).kind(), io::ErrorKind::BrokenPipe);
    assert!(writer.inner().is_none() && writer.inner_mut().is_none());
    let Err(refused) = writer.into_inner() else { panic!("it was closed") };
    assert_eq!(refused.error().kind(), io::ErrorKind::BrokenPipe);
}

/// How a close ends.
type Closes = fn() -> io::Result<()>;

/// A destination whose close is an operation of its own.
struct Closing {
    closes: Closes,
    polls: Rc<Cell<usize>>,
    _noted: Noted,
}

impl Closing {
    fn new(store: &Store, closes: Closes) -> Self {
        Self { closes, polls: Rc::default(), _noted: Noted(store.clone(), "destination") }
    }
}

impl OwnedWrite for Closing {
    type Write = Ready<(io::Result<usize>, Vec<u8>)>;
    type Close = Pin<Box<dyn Future<Output = io::Result<()>>>>;

    fn write(&mut self, bytes: Vec<u8>, _: u64) -> Self::Write {
        std::future::ready((Ok(bytes.len()), bytes))
    }

    fn close(self) -> Self::Close {
        Box::pin(async move {
            let Self { closes, polls, _noted } = self;
            futures_lite::future::yield_now().await;
            polls.set(polls.get() + 1);
            closes()
        })
    }
}

#[test]
fn a_close_that_takes_its_time_tells_what_came_of_it_again_and_again() {
    let store = Store::default();
    let closing = Closing::new(&store, || Err(io::Error::from_raw_os_error(122)));
    let polls = closing.polls.clone();
    let mut writer = FromOwned::over(closing);
    block_on(async {
        writer.write_all_complete(b"abc").await.unwrap();
        for _ in 0..2 {
            assert_eq!(writer.close_complete().await.unwrap_err().raw_os_error(), Some(122));
        }
    });
    assert_eq!(polls.get(), 1);
    assert_eq!(store.dropped(), ["destination"], "before the writer is dropped");
}

/// The future of its close keeps what it has, also when it is ready.
struct Keeping {
    _noted: Noted,
}

impl OwnedWrite for Keeping {
    type Write = Ready<(io::Result<usize>, Vec<u8>)>;
    type Close = Self;

    fn write(&mut self, bytes: Vec<u8>, _: u64) -> Self::Write {
        std::future::ready((Ok(bytes.len()), bytes))
    }

    fn close(self) -> Self {
        self
    }
}

impl Future for Keeping {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn a_close_that_has_ended_keeps_nothing() {
    let store = Store::default();
    let mut writer = FromOwned::over(Keeping { _noted: Noted(store.clone(), "destination") });
    block_on(writer.close_complete()).unwrap();
    assert_eq!(store.dropped(), ["destination"]);
    block_on(writer.close_complete()).unwrap();
}

#[test]
fn a_close_that_panics_is_indeterminate_and_releases() {
    let store = Store::default();
    let mut writer = FromOwned::over(Closing::new(&store, || panic!("scripted")));
    for _ in 0..2 {
        assert!(Indeterminate::find(&block_on(writer.close_complete()).unwrap_err()).is_some());
    }
    assert_eq!(store.dropped(), ["destination"]);
}

/// It consumes the destination, so it cannot be made again.
#[test]
fn a_close_that_is_interrupted_or_would_block_is_an_error_of_another_kind() {
    let closes: [(Closes, _); 2] = [
        (|| Err(io::ErrorKind::Interrupted.into()), io::ErrorKind::Other),
        (|| Err(io::ErrorKind::WouldBlock.into()), io::ErrorKind::Unsupported),
    ];
    for (closes, kind) in closes {
        let mut writer = FromOwned::over(Closing::new(&Store::default(), closes));
        for _ in 0..2 {
            assert_eq!(block_on(writer.close_complete()).unwrap_err().kind(), kind);
        }
    }
}

#[test]
fn a_close_that_was_dropped_goes_on_when_it_is_asked_for_again() {
    let store = Store::default();
    let mut writer = FromOwned::over(Closing::new(&store, || Ok(())));
    block_on(async {
        assert!(futures_lite::future::poll_once(writer.close_complete()).await.is_none());
        assert_eq!(store.dropped(), [""; 0]);
        writer.close_complete().await.unwrap();
    });
    assert_eq!(store.dropped(), ["destination"]);
}

#[test]
fn a_destination_is_taken_out_when_nothing_is_outstanding() {
    let (opens, waits) = gate();
    let store = Store::new([waits]);
    let mut writer = store.writer();
    let ticket = in_flight(&mut writer, b"abc");
    let Err(refused) = writer.into_inner() else { panic!("a write is outstanding") };
    assert_eq!(refused.error().kind(), io::ErrorKind::ResourceBusy);
    let mut writer = refused.into_inner();
    opens.send(()).unwrap();
    assert!(matches!(ask(&mut writer, ticket), Poll::Ready(Ok(3))));
    assert!(writer.inner().is_some());
    let Ok(mut function) = writer.into_inner() else { panic!("nothing is outstanding") };
    let (count, _) = block_on(function.write(b"directly".to_vec(), 3));
    assert_eq!(count.unwrap(), 8);
}
