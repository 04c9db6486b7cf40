//! The adapters to and from `futures_io::AsyncWrite`: what survives on the way, and what a failed flush means.
//!
//! Which write a buffer belongs to is in `poll_write`.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll},
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, Indeterminate, Inline, Offload, PriorWriteFailed, Submitted, Ticket,
    TicketSource,
    adapter::{FromFuturesIo, ToFuturesIo},
    error::raw_os_error,
};
use futures_io::AsyncWrite;
use futures_lite::{AsyncWriteExt, future::block_on};

use crate::common::{
    destination::{Outcome, Scripted},
    pool::{Stepped, Threads},
    steps::{
        self, ask, close, failed, in_flight, offload, prior, ready, refused, settle, submit, submit_nothing,
        submit_vectored,
    },
};

/// ENOSPC, the same on every Unix.
const NO_SPACE: i32 = 28;

/// One poll of each method of today's trait.
fn write(writer: &mut (impl AsyncWrite + Unpin), buf: &[u8]) -> Poll<io::Result<usize>> {
    steps::poll(|cx| Pin::new(&mut *writer).poll_write(cx, buf))
}

fn flush(writer: &mut (impl AsyncWrite + Unpin)) -> Poll<io::Result<()>> {
    steps::poll(|cx| Pin::new(&mut *writer).poll_flush(cx))
}

fn close_today(writer: &mut (impl AsyncWrite + Unpin)) -> Poll<io::Result<()>> {
    steps::poll(|cx| Pin::new(&mut *writer).poll_close(cx))
}

mod to_futures_io {
    use super::*;

    #[test]
    fn ok_means_complete() {
        let (inner, pool, observer) = offload(Scripted::script([Outcome::Short(2)]));
        let mut writer = ToFuturesIo::new(inner);
        assert!(write(&mut writer, b"abc").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 2);
        assert_eq!(observer.bytes(), b"ab");
        ready(flush(&mut writer)).unwrap();
        assert!(close_today(&mut writer).is_pending());
        assert_eq!(pool.run_all(), 1);
        ready(close_today(&mut writer)).unwrap();
        assert_eq!((observer.writes(), observer.flushes(), observer.drops()), (vec![3], 0, 1));
    }

    #[test]
    fn what_is_complete_at_once_is_answered_at_once() {
        let mut writer = ToFuturesIo::new(Vec::new());
        assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 3);
        let lists = [IoSlice::new(b"d"), IoSlice::new(b""), IoSlice::new(b"ef")];
        let vectored = steps::poll(|cx| Pin::new(&mut writer).poll_write_vectored(cx, &lists));
        assert_eq!(ready(vectored).unwrap(), 3, "as one submission");
        ready(flush(&mut writer)).unwrap();
        assert_eq!(writer.inner(), b"abcdef");
        assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 3, "equal bytes are another write");
        assert_eq!(writer.into_inner().unwrap(), b"abcdefabc");
    }

    #[test]
    fn an_error_is_whole() {
        let mut writer = ToFuturesIo::new(Inline::new(Scripted::script([Outcome::Os(NO_SPACE)])));
        assert_eq!(failed(write(&mut writer, b"abc")).raw_os_error(), Some(NO_SPACE));
        assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 3);
    }

    #[test]
    fn an_indeterminate_error_stays_one() {
        let (inner, pool, _) = offload(Scripted::script([Outcome::Unknown(NO_SPACE)]));
        let mut writer = ToFuturesIo::new(inner);
        assert!(write(&mut writer, b"abc").is_pending());
        assert!(pool.run_one());
        let error = failed(write(&mut writer, b"abc"));
        assert!(Indeterminate::find(&error).is_some());
        assert_eq!(raw_os_error(&error), Some(NO_SPACE));
        assert!(Indeterminate::find(&failed(write(&mut writer, b"abc"))).is_some());
        assert!(Indeterminate::find(&failed(close_today(&mut writer))).is_some());
    }

    #[test]
    fn the_outcome_of_a_close_is_kept() {
        let (inner, pool, observer) = offload(Scripted::script([Outcome::Os(NO_SPACE)]));
        let mut writer = ToFuturesIo::new(inner);
        assert!(write(&mut writer, b"abc").is_pending());
        assert!(close_today(&mut writer).is_pending());
        assert_eq!(pool.run_all(), 1);
        for _ in 0..3 {
            let error = failed(close_today(&mut writer));
            assert_eq!(PriorWriteFailed::find(&error).unwrap().complete(), Some(0));
            assert_eq!(raw_os_error(&error), Some(NO_SPACE));
        }
        assert_eq!(observer.drops(), 1);
    }

    #[test]
    fn the_writer_inside_finishes_and_is_asked_by_itself() {
        let (inner, pool, observer) = offload(Scripted::script([Outcome::Short(1)]));
        let mut writer = ToFuturesIo::new(inner);
        assert!(write(&mut writer, b"abc").is_pending());
        let mut inner = writer.into_inner().unwrap();
        let ticket = inner.outstanding().unwrap();
        refused(submit(&mut inner, b"XY"), ticket);
        assert!(pool.run_one());
        refused(submit(&mut inner, b"XY"), ticket);
        let settled = ready(settle(&mut inner)).unwrap().unwrap();
        assert_eq!((settled.submitted(), settled.completed()), (3, 1));
        assert_eq!(observer.bytes(), b"a");
    }

    /// The adapter was answered, so the writer inside knows nothing more to tell.
    #[test]
    fn a_short_count_of_which_a_part_was_answered_is_told_before_it_comes_out() {
        let (inner, pool, observer) = offload(Scripted::script([Outcome::Short(4)]));
        let mut writer = ToFuturesIo::new(inner);
        assert!(write(&mut writer, b"abcdef").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(&mut writer, b"ab")).unwrap(), 2);
        let (error, writer) = writer.into_inner().unwrap_err().into_parts();
        prior::<()>(Poll::Ready(Err(error)), 6, Some(4));
        let inner = writer.into_inner().unwrap();
        assert_eq!((inner.outstanding(), observer.bytes()), (None, b"abcd".to_vec()));
    }

    /// A write that was submitted by ticket, on the writer inside, is its submitter's to ask for.
    #[test]
    fn a_write_by_ticket_on_the_writer_inside_is_not_the_adapters() {
        let (mut inner, pool, observer) = offload(Scripted::new());
        let ticket = in_flight(&mut inner, b"XY");
        let mut writer = ToFuturesIo::new(inner);
        for _ in 0..2 {
            refused(write(&mut writer, b"abc"), ticket);
            refused(write(&mut writer, b"XY"), ticket);
            pool.run_all();
        }
        ready(flush(&mut writer)).unwrap();
        assert!(write(&mut writer, b"abc").is_pending());
        pool.run_all();
        assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 3);
        assert_eq!(observer.bytes(), b"XYabc");
    }

    /// Says that it took, or completed, more than it was given.
    struct Liar {
        tickets: TicketSource,
        in_flight: bool,
    }

    impl AsyncWriteComplete for Liar {
        fn poll_write_submit(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
            let n = if buf.is_empty() { 0 } else { buf.len() + 1 };
            Poll::Ready(Ok(match self.in_flight {
                true => Submitted::InFlight(self.tickets.mint(n)),
                false => Submitted::Complete(n),
            }))
        }

        fn poll_write_complete(self: Pin<&mut Self>, _: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(ticket.len() + 1))
        }

        fn poll_close_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn a_lying_writer_is_not_believed() {
        for in_flight in [false, true] {
            let mut writer = ToFuturesIo::new(Liar { tickets: TicketSource::new(), in_flight });
            for _ in 0..2 {
                assert!(Indeterminate::find(&failed(write(&mut writer, b"abc"))).is_some(), "in flight: {in_flight}");
            }
        }
    }
}

mod from_futures_io {
    use super::*;

    #[test]
    fn a_write_is_complete_when_its_flush_is() {
        let (mut writer, today) = from([Act::All], [Act::Pending]);
        let ticket = in_flight(&mut writer, b"abc");
        assert_eq!((today.there(), today.accepted()), (b"".to_vec(), b"abc".to_vec()));
        assert!(ask(&mut writer, ticket).is_pending());
        assert_eq!(today.there(), b"");
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
        assert_eq!(today.there(), b"abc");
        assert_eq!(today.calls(), ["write 3", "flush", "flush"]);
    }

    #[test]
    fn a_pending_write_takes_nothing() {
        let (mut writer, today) = from([Act::Pending], []);
        assert!(submit(&mut writer, b"abc").is_pending());
        assert_eq!(ready(submit_nothing(&mut writer)).unwrap(), Submitted::Complete(0));
        assert_eq!((writer.outstanding(), today.calls()), (None, vec!["write 3".to_owned()]), "no bytes make no call");
        in_flight(&mut writer, b"abc");
    }

    #[test]
    fn a_submission_is_one_write_and_its_count_is_what_that_took() {
        let (mut writer, today) = from([Act::Short(2), Act::All], []);
        let Poll::Ready(Ok(Submitted::InFlight(ticket))) = submit(&mut writer, b"abc") else { panic!("not in flight") };
        assert_eq!(ticket.len(), 2);
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 2);
        let Poll::Ready(Ok(Submitted::InFlight(ticket))) = submit_vectored(&mut writer, &[b"c", b"", b"de"]) else {
            panic!("not in flight")
        };
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), ticket.len());
        assert_eq!(today.calls(), ["write 3", "flush", "write of 3 slices", "flush"]);
        assert_eq!(today.there(), b"abcde");
    }

    #[test]
    fn a_destination_that_takes_no_more_is_not_flushed() {
        let (mut writer, today) = from([Act::Short(0)], []);
        assert_eq!(ready(submit(&mut writer, b"abc")).unwrap(), Submitted::Complete(0));
        assert_eq!(today.calls(), ["write 3"]);
        assert_eq!(block_on(writer.write_complete(b"abc")).unwrap(), 3);
    }

    #[test]
    fn a_failed_write_is_definite_and_whole() {
        let (mut writer, today) = from([Act::Os(NO_SPACE)], []);
        assert_eq!(failed(submit(&mut writer, b"abc")).raw_os_error(), Some(NO_SPACE));
        assert_eq!(block_on(writer.write_complete(b"abc")).unwrap(), 3);
        assert_eq!(today.there(), b"abc");
    }

    #[test]
    fn a_failed_flush_is_indeterminate_and_final() {
        let (mut writer, today) = from([], [Act::Os(NO_SPACE)]);
        let ticket = in_flight(&mut writer, b"abc");
        for _ in 0..2 {
            let error = failed(ask(&mut writer, ticket));
            assert_eq!(Indeterminate::find(&error).unwrap().reason().raw_os_error(), Some(NO_SPACE));
            assert_eq!((error.kind(), raw_os_error(&error)), (io::ErrorKind::StorageFull, Some(NO_SPACE)));
        }
        for _ in 0..2 {
            assert!(Indeterminate::find(&failed(submit(&mut writer, b"abc"))).is_some());
        }
        assert_eq!(today.calls(), ["write 3", "flush"]);
        assert!(failed(close(&mut writer)).to_string().contains("space"));
        assert_eq!(today.calls(), ["write 3", "flush", "close"]);
    }

    /// Driven: only who asks carries it on.
    #[test]
    fn a_refused_submission_carries_nothing_on() {
        let (mut writer, today) = from([], [Act::Pending, Act::Os(NO_SPACE)]);
        let ticket = in_flight(&mut writer, b"abc");
        for _ in 0..2 {
            refused(submit(&mut writer, b"def"), ticket);
        }
        assert_eq!(today.calls(), ["write 3"]);
        assert!(settle(&mut writer).is_pending());
        assert!(Indeterminate::find(&failed(settle(&mut writer))).is_some());
        assert_eq!(today.calls(), ["write 3", "flush", "flush"]);
        assert!(Indeterminate::find(&failed(submit(&mut writer, b"def"))).is_some());
    }

    #[test]
    fn interrupts_are_not_seen() {
        let interrupt = Act::Error(io::ErrorKind::Interrupted);
        let (mut writer, today) = from([interrupt.clone()], [interrupt.clone(), interrupt]);
        assert_eq!(block_on(writer.write_complete(b"abc")).unwrap(), 3);
        assert_eq!(today.calls(), ["write 3", "write 3", "flush", "flush", "flush"]);
        assert_eq!(today.there(), b"abc");
    }

    #[test]
    fn a_write_that_would_block_is_told_as_something_else() {
        let (mut writer, _) = from([Act::Error(io::ErrorKind::WouldBlock)], []);
        assert_eq!(failed(submit(&mut writer, b"abc")).kind(), io::ErrorKind::Unsupported);
        assert_eq!(block_on(writer.write_complete(b"abc")).unwrap(), 3);
    }

    /// Told as something else (rule P3), and still nobody knows what it did (rule W6).
    #[test]
    fn a_flush_that_would_block_is_indeterminate_all_the_same() {
        let (mut writer, today) = from([], [Act::Error(io::ErrorKind::WouldBlock)]);
        let ticket = in_flight(&mut writer, b"abc");
        let error = failed(ask(&mut writer, ticket));
        assert_ne!(error.kind(), io::ErrorKind::WouldBlock);
        assert!(Indeterminate::find(&error).is_some(), "{error:?}");
        failed(submit(&mut writer, b"abc"));
        assert_eq!(today.calls(), ["write 3", "flush"]);
    }

    #[test]
    fn a_writer_that_breaks_its_contract_poisons() {
        for (writes, flushes) in [([Act::Lie], vec![]), ([Act::Panic], vec![]), ([Act::All], vec![Act::Panic])] {
            let (mut writer, today) = from(writes, flushes);
            let error = block_on(writer.write_complete(b"abc")).unwrap_err();
            assert!(Indeterminate::find(&error).is_some(), "{error:?}");
            let calls = today.calls();
            for _ in 0..2 {
                assert!(Indeterminate::find(&failed(submit(&mut writer, b"abc"))).is_some());
            }
            assert_eq!(today.calls(), calls, "it is not called any more");
        }
    }

    #[test]
    fn a_close_carries_the_write_on_and_keeps_its_outcome() {
        let (mut writer, today) = from([], [Act::Pending]);
        today.on_close([Act::Pending, Act::Os(NO_SPACE)]);
        let ticket = in_flight(&mut writer, b"abc");
        assert!(close(&mut writer).is_pending(), "for the flush");
        assert!(close(&mut writer).is_pending(), "for the close");
        for _ in 0..3 {
            assert_eq!(failed(close(&mut writer)).raw_os_error(), Some(NO_SPACE));
        }
        assert_eq!(today.calls(), ["write 3", "flush", "flush", "close", "close"]);
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
        assert_eq!(failed(submit(&mut writer, b"abc")).kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn a_close_tells_what_was_not_answered_and_closes_all_the_same() {
        let (mut writer, today) = from([], [Act::Os(NO_SPACE)]);
        let ticket = in_flight(&mut writer, b"abc");
        for _ in 0..2 {
            let error = failed(close(&mut writer));
            assert!(Indeterminate::find(&error).is_some());
            assert_eq!(raw_os_error(&error), Some(NO_SPACE));
        }
        assert_eq!((writer.outstanding(), today.calls().len()), (None, 3));
        assert!(Indeterminate::find(&failed(ask(&mut writer, ticket))).is_some(), "the ticket still answers");
        assert_eq!(today.calls(), ["write 3", "flush", "close"]);
    }

    #[test]
    fn the_writer_comes_out_when_nothing_is_outstanding() {
        let (mut writer, today) = from([], []);
        let ticket = in_flight(&mut writer, b"abc");
        let (error, mut writer) = writer.into_inner().unwrap_err().into_parts();
        assert_eq!(error.kind(), io::ErrorKind::ResourceBusy);
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
        assert_eq!(writer.inner().unwrap().there(), b"abc");
        drop(writer.into_inner().unwrap());
        assert_eq!(today.calls(), ["write 3", "flush"], "neither flushed again nor closed");
    }

    /// A writer of which neither the close nor the drop comes back well.
    struct Spiteful;

    impl AsyncWrite for Spiteful {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(buf.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            panic!("no close")
        }
    }

    impl Drop for Spiteful {
        fn drop(&mut self) {
            panic!("no drop")
        }
    }

    #[test]
    fn a_close_and_a_drop_that_both_panic_are_one_error() {
        let mut writer = FromFuturesIo::new(Spiteful);
        let error = failed(close(&mut writer));
        assert!(Indeterminate::find(&error).is_some(), "{error}");
        assert!(writer.inner().is_none());
        assert!(close(&mut writer).is_ready());
    }

    #[test]
    fn a_buffer_of_futures_lite_is_seen_through() {
        let mut writer = FromFuturesIo::new(futures_lite::io::BufWriter::new(Vec::new()));
        block_on(async {
            writer.write_all_complete(b"abc").await.unwrap();
            assert_eq!(writer.inner().unwrap().get_ref(), b"abc");
            writer.write_all_complete(b"def").await.unwrap();
            assert_eq!(writer.inner().unwrap().get_ref(), b"abcdef");
            writer.close_complete().await.unwrap();
        });
    }
}

/// There and back again.
mod round_trips {
    use super::*;

    #[test]
    fn by_way_of_todays_trait() {
        let (inner, pool, observer) = offload(Scripted::script([Outcome::Short(2), Outcome::Os(NO_SPACE)]));
        let mut writer = FromFuturesIo::new(ToFuturesIo::new(inner));
        assert!(submit(&mut writer, b"abc").is_pending());
        assert!(pool.run_one());
        let Poll::Ready(Ok(Submitted::InFlight(ticket))) = submit(&mut writer, b"abc") else { panic!("not in flight") };
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 2);
        assert!(submit(&mut writer, b"c").is_pending());
        assert!(pool.run_one());
        assert_eq!(failed(submit(&mut writer, b"c")).raw_os_error(), Some(NO_SPACE));
        assert_eq!((observer.bytes(), observer.writes()), (b"ab".to_vec(), vec![3, 1]));
        assert!(close(&mut writer).is_pending());
        assert_eq!(pool.run_all(), 1);
        ready(close(&mut writer)).unwrap();
        assert_eq!(observer.drops(), 1);
    }

    #[test]
    fn by_way_of_ours() {
        let (from, today) = from([Act::Short(2), Act::Pending], [Act::Pending]);
        let mut writer = ToFuturesIo::new(from);
        assert!(write(&mut writer, b"abc").is_pending());
        assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 2);
        assert!(write(&mut writer, b"c").is_pending());
        assert_eq!(ready(write(&mut writer, b"c")).unwrap(), 1);
        ready(flush(&mut writer)).unwrap();
        ready(close_today(&mut writer)).unwrap();
        assert_eq!(today.there(), b"abc");
        let list = "write of 1 slices";
        assert_eq!(today.calls(), [list, "flush", "flush", list, list, "flush", "close"]);
    }

    #[test]
    fn many_bytes_through_four_adapters() {
        let bytes: Vec<u8> = (0..50_000_u32).map(|n| (n % 251) as u8).collect();
        let mut n = 0_usize;
        let destination = Scripted::by_call(move |_| {
            n += 1;
            if n.is_multiple_of(3) {
                Outcome::Error(io::ErrorKind::Interrupted)
            } else {
                Outcome::Short(1 + n * 7 % 4000)
            }
        });
        let observer = destination.observer();
        let inner = Offload::with_pool(destination, Threads::new(1));
        let mut writer = ToFuturesIo::new(FromFuturesIo::new(ToFuturesIo::new(inner)));
        block_on(async {
            writer.write_all(&bytes).await.unwrap();
            writer.close().await.unwrap();
        });
        assert!(observer.bytes() == bytes && observer.drops() == 1, "other bytes");
    }

    #[test]
    fn boxed_on_the_way() {
        let inner: Box<dyn AsyncWriteComplete + Send + Unpin> = Box::new(Vec::new());
        let today: Pin<Box<dyn AsyncWrite + Send>> = Box::pin(ToFuturesIo::new(inner));
        let mut writer = FromFuturesIo::new(today);
        assert_eq!(block_on(writer.write_complete(b"abc")).unwrap(), 3);
        block_on(writer.close_complete()).unwrap();
    }
}

/// What the pool of an adapter's writer is has no influence on its type.
#[test]
fn debug_tells_who_is_inside() {
    let (inner, _, _): (_, Stepped, _) = offload(Scripted::new());
    assert!(format!("{:?}", ToFuturesIo::new(inner)).contains("Offload"));
    assert!(format!("{:?}", FromFuturesIo::new(futures_lite::io::sink())).contains("Sink"));
}

/// What a writer of today does when it is called.
#[derive(Clone, Debug)]
enum Act {
    Pending,
    All,
    Short(usize),
    /// One byte more than there were.
    Lie,
    Error(io::ErrorKind),
    Os(i32),
    Panic,
}

/// A writer of today that accepts bytes and lets them through in its flush. What a script does not say is [`Act::All`].
#[derive(Clone, Debug, Default)]
struct Today(Arc<Mutex<Scripts>>);

#[derive(Debug, Default)]
struct Scripts {
    writes: VecDeque<Act>,
    flushes: VecDeque<Act>,
    closes: VecDeque<Act>,
    accepted: Vec<u8>,
    there: Vec<u8>,
    calls: Vec<String>,
}

/// The adapter from a writer that does as it is told, and a handle on that.
fn from(
    writes: impl IntoIterator<Item = Act>,
    flushes: impl IntoIterator<Item = Act>,
) -> (FromFuturesIo<Today>, Today) {
    let today = Today::default();
    today.scripts().writes.extend(writes);
    today.scripts().flushes.extend(flushes);
    (FromFuturesIo::new(today.clone()), today)
}

impl Today {
    fn on_close(&self, acts: impl IntoIterator<Item = Act>) {
        self.scripts().closes.extend(acts);
    }

    fn there(&self) -> Vec<u8> {
        self.scripts().there.clone()
    }

    fn accepted(&self) -> Vec<u8> {
        self.scripts().accepted.clone()
    }

    fn calls(&self) -> Vec<String> {
        self.scripts().calls.clone()
    }

    fn scripts(&self) -> MutexGuard<'_, Scripts> {
        self.0.lock().unwrap()
    }

    /// How many of `len` bytes a call accepts. Panics with the lock given back.
    fn play(
        &self,
        call: String,
        script: fn(&mut Scripts) -> &mut VecDeque<Act>,
        len: usize,
    ) -> Poll<io::Result<usize>> {
        let act = {
            let mut scripts = self.scripts();
            scripts.calls.push(call);
            script(&mut scripts).pop_front().unwrap_or(Act::All)
        };
        Poll::Ready(match act {
            Act::Pending => return Poll::Pending,
            Act::All => Ok(len),
            Act::Short(n) => Ok(n.min(len)),
            Act::Lie => Ok(len + 1),
            Act::Error(kind) => Err(kind.into()),
            Act::Os(code) => Err(io::Error::from_raw_os_error(code)),
            Act::Panic => panic!("scripted"),
        })
    }

    fn accept(&self, bytes: &[u8], polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(n)) = polled {
            self.scripts().accepted.extend(bytes.iter().take(n));
        }
        polled
    }
}

impl AsyncWrite for Today {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = self.play(format!("write {}", buf.len()), |scripts| &mut scripts.writes, buf.len());
        self.accept(buf, polled)
    }

    fn poll_write_vectored(self: Pin<&mut Self>, _: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let bytes: Vec<u8> = bufs.iter().flat_map(|buf| buf.iter().copied()).collect();
        let polled = self.play(format!("write of {} slices", bufs.len()), |scripts| &mut scripts.writes, bytes.len());
        self.accept(&bytes, polled)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = self.play("flush".to_owned(), |scripts| &mut scripts.flushes, 0);
        if let Poll::Ready(Ok(_)) = polled {
            let mut scripts = self.scripts();
            let accepted = std::mem::take(&mut scripts.accepted);
            scripts.there.extend(accepted);
        }
        polled.map_ok(drop)
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.play("close".to_owned(), |scripts| &mut scripts.closes, 0).map_ok(drop)
    }
}
