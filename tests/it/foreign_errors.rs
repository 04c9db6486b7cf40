//! Errors of foreign types: what is found again in them, and what they may do to us when they are shown.

use std::{
    error::Error,
    fmt,
    io::{self, Write},
    pin::Pin,
    sync::atomic::{AtomicUsize, Ordering},
    task::{Context, Poll},
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, HeldWrite, Indeterminate, Offload, PriorWriteFailed, Submitted, Ticket,
    TicketSource, UnknownTicket, WriteComplete, WriteOutstanding,
    adapter::{FromFuturesIo, ToFuturesIo},
    error::raw_os_error,
};
use futures_io::AsyncWrite;
use futures_lite::future::block_on;

use crate::common::{
    destination::Scripted,
    pool::Stepped,
    steps::{self, ask, close, drive, failed, in_flight, offload, over, ready, settle, submit, write_now},
};

/// Adds a story to another error, as many do.
#[derive(Debug)]
struct Story(io::Error);

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "while writing the log: {}", self.0)
    }
}

impl Error for Story {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// Forwards to an `Offload` and wraps what it answers for tickets.
struct Telling(Offload<Scripted, Stepped>);

impl AsyncWriteComplete for Telling {
    fn poll_write_submit(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        Pin::new(&mut self.0).poll_write_submit(cx, buf)
    }

    fn poll_write_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        let answered = Pin::new(&mut self.0).poll_write_complete(cx, ticket);
        answered.map_err(|error| io::Error::new(error.kind(), Story(error)))
    }

    fn outstanding(&self) -> Option<Ticket> {
        self.0.outstanding()
    }

    fn poll_close_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close_complete(cx)
    }
}

/// Rule W4, through a wrapper's context: a held write never submits again what may be complete.
#[test]
fn an_unknown_ticket_stays_unknown_inside_another_error() {
    let (writer, pool, observer) = offload(Scripted::new());
    let mut writer = Telling(writer);
    let mut held = HeldWrite::new(b"held|");
    let mut resume = writer.resume_write_all(&mut held);
    assert!(steps::poll_future(&mut resume).is_pending());
    assert!(pool.run_one());
    assert!(ready(settle(&mut writer.0)).unwrap().is_some());
    assert_eq!(write_now(&mut writer.0, &pool, b"other|").unwrap(), 6);
    for _ in 0..3 {
        let error = drive(&pool, writer.resume_write_all(&mut held)).unwrap_err();
        assert!(UnknownTicket::find(&error).is_some(), "{error:?}");
    }
    assert_eq!(observer.bytes(), b"held|other|");
    assert_eq!((held.completed(), held.maybe_completed()), (0, 5));
}

/// A destination whose every write fails with what a function makes.
struct Failing(fn() -> io::Error);

impl Write for Failing {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err((self.0)())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteComplete for Failing {}

fn failing(error: fn() -> io::Error) -> (Offload<Failing, Stepped>, Stepped) {
    let pool = Stepped::new();
    (over(Failing(error), &pool), pool)
}

fn no_space() -> io::Error {
    io::Error::from_raw_os_error(28)
}

/// Rule W4: an error that cannot be cloned is answered again with its kind, OS code and text.
#[test]
fn a_wrapped_error_is_answered_again_alike() {
    fn wrapped() -> io::Error {
        io::Error::new(io::ErrorKind::StorageFull, Story(no_space()))
    }
    let (mut writer, pool) = failing(wrapped);
    let ticket = in_flight(&mut writer, b"abc");
    assert!(pool.run_one());
    for _ in 0..3 {
        let error = failed(ask(&mut writer, ticket));
        assert_eq!((error.kind(), raw_os_error(&error)), (io::ErrorKind::StorageFull, Some(28)));
        assert_eq!(error.to_string(), wrapped().to_string());
    }
}

/// So is one of ours, from a destination that is such a writer itself.
#[test]
fn a_refusal_by_the_destination_is_answered_again_alike() {
    let (mut writer, pool) = failing(|| WriteOutstanding::new(TicketSource::new().mint(7)).into());
    let ticket = in_flight(&mut writer, b"abc");
    assert!(pool.run_one());
    let told = [(); 3].map(|()| WriteOutstanding::find(&failed(ask(&mut writer, ticket))).copied());
    assert!(told[0].is_some() && told == [told[0]; 3], "{told:?}");

    let (mut writer, pool) = failing(|| UnknownTicket::new(TicketSource::new().mint(7)).into());
    let ticket = in_flight(&mut writer, b"abc");
    assert!(pool.run_one());
    let told = [(); 3].map(|()| UnknownTicket::find(&failed(ask(&mut writer, ticket))).copied());
    assert!(told[0].is_some() && told == [told[0]; 3], "{told:?}");
}

/// Rules W6 and P2: what poisons is found inside another error, and what comes after it names the same reason.
#[test]
fn an_indeterminate_error_poisons_from_inside_another_one() {
    let (mut writer, pool) =
        failing(|| io::Error::new(io::ErrorKind::TimedOut, Story(Indeterminate::new(no_space()).into())));
    let ticket = in_flight(&mut writer, b"abc");
    assert!(pool.run_one());
    for _ in 0..3 {
        let error = failed(ask(&mut writer, ticket));
        assert!(Indeterminate::find(&error).is_some(), "{error:?}");
        assert_eq!((error.kind(), raw_os_error(&error)), (io::ErrorKind::TimedOut, Some(28)));
    }
    for _ in 0..3 {
        let error = failed(submit(&mut writer, b"abc"));
        assert!(Indeterminate::find(&error).is_some(), "{error:?}");
        assert_eq!(raw_os_error(&error), Some(28));
        let mut held = HeldWrite::new(b"abc");
        failed(steps::poll_future(&mut writer.resume_write_all(&mut held)));
        assert_eq!(held.maybe_completed(), 0, "nothing of these bytes is in doubt");
    }
}

#[test]
fn what_comes_after_an_indeterminate_error_in_another_one_names_the_innermost_reason() {
    let (mut writer, pool) = failing(|| Indeterminate::new(Indeterminate::new(no_space()).into()).into());
    in_flight(&mut writer, b"abc");
    assert!(pool.run_one());
    failed(settle(&mut writer));
    let refused = failed(submit(&mut writer, b"abc"));
    assert_eq!(Indeterminate::find(&refused).unwrap().reason().raw_os_error(), Some(28));
}

/// Rules W5 and W4: each is found inside another error.
#[test]
fn ours_are_found_inside_other_errors() {
    let ticket = TicketSource::new().mint(3);
    let wrap = |error: io::Error| io::Error::new(error.kind(), Story(io::Error::other(Story(error))));
    let error = wrap(WriteOutstanding::new(ticket).into());
    assert_eq!((WriteOutstanding::find(&error).unwrap().ticket(), error.kind()), (ticket, io::ErrorKind::ResourceBusy));
    let error = wrap(UnknownTicket::new(ticket).into());
    assert_eq!((UnknownTicket::find(&error).unwrap().ticket(), error.kind()), (ticket, io::ErrorKind::InvalidInput));
    let error = wrap(PriorWriteFailed::new(ticket, Some(1), no_space()).into());
    assert_eq!(PriorWriteFailed::find(&error).unwrap().complete(), Some(1));
    assert_eq!(raw_os_error(&error), Some(28));
    let error = wrap(Indeterminate::new(no_space()).into());
    assert_eq!(Indeterminate::find(&error).unwrap().reason().raw_os_error(), Some(28));
    assert!(WriteOutstanding::find(&error).is_none() && UnknownTicket::find(&error).is_none());
}

/// Panics as soon as anybody looks at it.
#[derive(Debug)]
struct Shy;

impl fmt::Display for Shy {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("do not look at me")
    }
}

impl Error for Shy {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        panic!("nor behind me")
    }
}

/// Rules W4, W9 and P2: such an error is kept and told like any other.
#[test]
fn an_error_that_panics_when_it_is_shown_harms_nobody() {
    let (mut writer, pool) = failing(|| io::Error::new(io::ErrorKind::StorageFull, Shy));
    let ticket = in_flight(&mut writer, b"abc");
    assert!(pool.run_one());
    for _ in 0..2 {
        assert_eq!(failed(ask(&mut writer, ticket)).kind(), io::ErrorKind::StorageFull);
    }
    in_flight(&mut writer, b"abc");
    assert!(pool.run_one());
    assert!(close(&mut writer).is_pending());
    assert!(pool.run_one());
    for _ in 0..2 {
        assert_eq!(failed(close(&mut writer)).kind(), io::ErrorKind::StorageFull);
    }

    let (mut writer, pool) = failing(|| io::Error::new(io::ErrorKind::StorageFull, Shy));
    assert!(steps::poll(|cx| Pin::new(&mut writer).poll_write(cx, b"abc")).is_pending());
    assert!(pool.run_one());
    let error = failed(steps::poll(|cx| Pin::new(&mut writer).poll_flush(cx)));
    assert_eq!(PriorWriteFailed::find(&error).unwrap().complete(), Some(0));
}

#[test]
fn nor_does_one_that_refuses_a_submission() {
    let mut held = HeldWrite::new(b"abc");
    let error = block_on(Refusing(Some(io::Error::other(Shy))).resume_write_all(&mut held)).unwrap_err();
    assert_eq!((raw_os_error(&error), held.maybe_completed()), (None, 0));
}

#[test]
fn nor_does_one_that_poisons() {
    let (mut writer, pool) = failing(|| Indeterminate::new(io::Error::other(Shy)).into());
    let ticket = in_flight(&mut writer, b"abc");
    assert!(pool.run_one());
    for _ in 0..2 {
        assert!(ready(ask(&mut writer, ticket)).is_err());
        assert!(ready(submit(&mut writer, b"abc")).is_err());
        assert!(ready(close(&mut writer)).is_err());
    }
}

/// Rules P2 and P3: a refusal is never of a kind that has it asked again, not even inside a wrapper.
#[test]
fn a_refusal_does_not_ask_to_be_tried_again() {
    for code in [4, 11] {
        let interrupted = if code == 4 {
            || Indeterminate::new(io::Error::from_raw_os_error(4)).into()
        } else {
            || Indeterminate::new(io::Error::from_raw_os_error(11)).into()
        };
        let (mut writer, pool) = failing(interrupted);
        let ticket = in_flight(&mut writer, b"abc");
        assert!(pool.run_one());
        let mut kinds = vec![failed(ask(&mut writer, ticket)).kind()];
        kinds.push(failed(submit(&mut writer, b"abc")).kind());
        let mut wrapped = ToFuturesIo::new(writer);
        kinds.push(failed(steps::poll(|cx| Pin::new(&mut wrapped).poll_write(cx, b"abc"))).kind());
        let mut flushing = FromFuturesIo::new(wrapped);
        kinds.push(failed(submit(&mut flushing, b"abc")).kind());
        kinds.push(failed(close(&mut flushing)).kind());
        assert_eq!(kinds, [io::ErrorKind::Other; 5], "code {code}");
    }
}

/// Rule P3: nor does what is told of an earlier write.
#[test]
fn a_prior_failure_does_not_ask_to_be_tried_again() {
    for kind in [io::ErrorKind::Interrupted, io::ErrorKind::WouldBlock] {
        let prior = PriorWriteFailed::new(TicketSource::new().mint(3), Some(0), kind.into());
        assert_eq!(io::Error::from(prior).kind(), io::ErrorKind::Other, "{kind}");
    }
}

/// What an earlier write left unknown is not in doubt for these bytes; what is unknown because of an earlier write is.
#[test]
fn the_outermost_word_on_these_bytes_counts() {
    fn prior(reason: io::Error) -> io::Error {
        PriorWriteFailed::new(TicketSource::new().mint(3), None, reason).into()
    }
    fn unknown(reason: io::Error) -> io::Error {
        Indeterminate::new(reason).into()
    }
    for (error, maybe) in [(prior(unknown(no_space())), 0), (unknown(prior(no_space())), 3)] {
        let mut writer = Refusing(Some(error));
        let mut held = HeldWrite::new(b"abc");
        block_on(writer.resume_write_all(&mut held)).unwrap_err();
        assert_eq!((held.completed(), held.maybe_completed()), (0, maybe));
    }
}

/// Refuses one submission.
struct Refusing(Option<io::Error>);

impl AsyncWriteComplete for Refusing {
    fn poll_write_submit(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        Poll::Ready(self.0.take().map_or(Ok(Submitted::Complete(buf.len())), Err))
    }

    fn poll_close_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Rules W6 and P3: what is indeterminate is not made again, whatever kind somebody has wrapped it in.
#[test]
fn an_interruption_that_is_indeterminate_is_not_made_again() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let (mut writer, pool) = failing(|| match CALLS.fetch_add(1, Ordering::Relaxed) {
        0 => io::Error::new(io::ErrorKind::Interrupted, Story(Indeterminate::new(no_space()).into())),
        _ => no_space(),
    });
    let ticket = in_flight(&mut writer, b"abc");
    assert!(pool.run_one());
    let error = failed(ask(&mut writer, ticket));
    assert!(Indeterminate::find(&error).is_some() && error.kind() != io::ErrorKind::Interrupted, "{error:?}");
    assert_eq!(CALLS.load(Ordering::Relaxed), 1);
}

/// Answers each close but the last one with what a function makes.
struct ClosesLater(usize, fn() -> io::Error);

impl AsyncWrite for ClosesLater {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(left) = self.0.checked_sub(1) else { return Poll::Ready(Ok(())) };
        self.0 = left;
        Poll::Ready(Err((self.1)()))
    }
}

/// Rule P3, of a close. One that is indeterminate is over (rule W6).
#[test]
fn an_interrupted_close_is_made_again_unless_it_is_indeterminate() {
    let close = |error| block_on(FromFuturesIo::new(ClosesLater(2, error)).close_complete());
    close(|| io::ErrorKind::Interrupted.into()).unwrap();
    let indeterminate = || io::Error::new(io::ErrorKind::Interrupted, Story(Indeterminate::new(no_space()).into()));
    let error = close(indeterminate).unwrap_err();
    assert!(Indeterminate::find(&error).is_some() && error.kind() != io::ErrorKind::Interrupted, "{error:?}");
}
