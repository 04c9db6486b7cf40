//! `async fn submit` and `async fn complete`: the two moments, without polls.

use std::{
    io,
    mem::needs_drop,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use async_write_complete::{AsyncWriteComplete, Submitted, Ticket, TicketSource, UnknownTicket};
use futures_lite::{AsyncWrite, AsyncWriteExt};
use smol::channel::{Receiver, Sender, bounded};

use super::{
    finding::{Alternative, Finding},
    stage::{self, Pooled, Stage},
};

pub(super) const ALTERNATIVE: Alternative = Alternative {
    name: "two-async-fns",
    title: "`async fn submit(&mut self, &[u8])` and `async fn complete(&mut self, Ticket)` in a trait",
    claim: "The two moments are right, and the polls are not needed for them. `submit` is ready when the bytes are \
            taken, `complete` when they are complete, and a ticket stands between the two.",
    in_favor: "It says the same as this crate's pair, and is as free to drop at both moments: `submit` has taken \
               nothing until it is ready, and `complete` can be asked again. It is nicer to implement, and for \
               callers who have the type in hand as good. What it says can be had from every `AsyncWriteComplete` in \
               two lines. It is not dyn-compatible, and generic code cannot ask that its futures are `Send`, so an \
               adapter that keeps one is not `Send` (`evidence/tests/alternatives/` has what the compiler says). A \
               box that is filled again and again makes one box of many, and it still has to own the writer. A rule \
               that a future that was dropped wakes its task all the same would mend the other adapter; it forbids \
               `.await` on what forgets the task when it is dropped, as the channel here does, and then it is a poll \
               method under another name.",
    scenario: "An adapter to the `AsyncWrite` of futures-io, for any writer of the trait, writes three records. \
               Between two polls it has no future to go on with, unless it keeps one. Counted: the boxes that it \
               makes, and the records for which the waiting task is woken when they are complete.",
    demonstrate,
};

/// Not dyn-compatible (E0038), and its futures are not known to be `Send` in generic code; for what `-> impl Future +
/// Send` mends and costs see `async_fn.rs`.
trait TwoAsyncFns {
    /// Takes the bytes; nothing if the future is dropped before it is ready.
    async fn submit(&mut self, buf: &[u8]) -> io::Result<Submitted>;

    /// Answers how many bytes of that submission are complete, any number of times until the next one.
    async fn complete(&mut self, ticket: Ticket) -> io::Result<usize>;
}

/// A file over a pool, as one writes it with what futures have: the result comes through a channel.
struct File {
    pooled: Pooled,
    result: (Sender<io::Result<usize>>, Receiver<io::Result<usize>>),
    tickets: TicketSource,
    last: Option<Ticket>,
    answer: Option<Result<usize, io::ErrorKind>>,
}

impl File {
    fn new(pooled: Pooled) -> Self {
        Self { pooled, result: bounded(1), tickets: TicketSource::new(), last: None, answer: None }
    }

    /// Waits for the last write. Dropped, it has taken nothing out of the channel.
    async fn wait(&mut self) -> io::Result<usize> {
        if self.answer.is_none() {
            let result = self.result.1.recv().await.expect("the other end is here");
            self.answer = Some(result.map_err(|error| error.kind()));
        }
        self.answer.expect("it was just put there").map_err(io::Error::from)
    }
}

impl TwoAsyncFns for File {
    async fn submit(&mut self, buf: &[u8]) -> io::Result<Submitted> {
        if self.last.is_some() && self.answer.is_none() {
            self.wait().await?;
        }
        let (bytes, sender) = (buf.to_vec(), self.result.0.clone());
        self.pooled.queue(move |destination| {
            let result = io::Write::write(destination, &bytes);
            sender.try_send(result).expect("one write at a time");
        });
        let ticket = self.tickets.mint(buf.len());
        (self.last, self.answer) = (Some(ticket), None);
        Ok(Submitted::InFlight(ticket))
    }

    async fn complete(&mut self, ticket: Ticket) -> io::Result<usize> {
        if self.last == Some(ticket) { self.wait().await } else { Err(UnknownTicket::new(ticket).into()) }
    }
}

/// Both moments of one write.
async fn write<W: TwoAsyncFns>(writer: &mut W, bytes: &[u8]) -> io::Result<usize> {
    match writer.submit(bytes).await? {
        Submitted::InFlight(ticket) => writer.complete(ticket).await,
        submitted => Ok(submitted.len()),
    }
}

/// An adapter of which only the writing counts here: what was written is complete, so there is nothing to flush. What
/// becomes of a write that is dropped, all three leave out alike; this crate's `ToFuturesIo` does not.
struct Adapter<A>(A);

/// Nothing is pinned where it lies.
impl<A> Unpin for Adapter<A> {}

trait PollWrite {
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>>;
}

impl<A: PollWrite> AsyncWrite for Adapter<A> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().0.poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Keeps the future of a write. One that borrowed the writer beside it would be refused by the compiler, so it owns the
/// writer and the bytes, and gives the writer back; and since it has no name, it is in a box.
struct Keeping<W> {
    state: Kept<W>,
    boxes: u32,
}

enum Kept<W> {
    Writer(Option<W>),
    /// Not `Send`: nothing here could ask for it.
    Future(Pin<Box<dyn Future<Output = (W, io::Result<usize>)>>>),
}

impl<W: TwoAsyncFns + 'static> PollWrite for Keeping<W> {
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Self { state, boxes } = self;
        if let Kept::Writer(writer) = state {
            let (mut writer, bytes) = (writer.take().expect("it is here between two writes"), buf.to_vec());
            *boxes += 1;
            *state = Kept::Future(Box::pin(async move {
                let result = write(&mut writer, &bytes).await;
                (writer, result)
            }));
        }
        let Kept::Future(future) = state else { unreachable!("a write has begun") };
        let (writer, result) = ready!(future.as_mut().poll(cx));
        *state = Kept::Writer(Some(writer));
        Poll::Ready(result)
    }
}

/// Makes the future anew at each poll, and drops it: it is free to drop.
struct Anew<W> {
    writer: W,
    ticket: Option<Ticket>,
}

impl<W: TwoAsyncFns> PollWrite for Anew<W> {
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Self { writer, ticket } = self;
        let outstanding = match *ticket {
            Some(outstanding) => outstanding,
            None => match ready!(pin!(writer.submit(buf)).poll(cx))? {
                Submitted::InFlight(submitted) => *ticket.insert(submitted),
                submitted => return Poll::Ready(Ok(submitted.len())),
            },
        };
        let result = ready!(pin!(writer.complete(outstanding)).poll(cx));
        *ticket = None;
        Poll::Ready(result)
    }
}

/// The same over this crate's pair, whose writers remember the task themselves.
struct Polling<W> {
    writer: W,
    ticket: Option<Ticket>,
}

impl<W: AsyncWriteComplete + Unpin> PollWrite for Polling<W> {
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Self { writer, ticket } = self;
        let outstanding = match *ticket {
            Some(outstanding) => outstanding,
            None => match ready!(Pin::new(&mut *writer).poll_write_submit(cx, buf))? {
                Submitted::InFlight(submitted) => *ticket.insert(submitted),
                submitted => return Poll::Ready(Ok(submitted.len())),
            },
        };
        let result = ready!(Pin::new(&mut *writer).poll_write_complete(cx, outstanding));
        *ticket = None;
        Poll::Ready(result)
    }
}

const _: () =
    assert!(!needs_drop::<Anew<()>>() && !needs_drop::<Polling<()>>(), "what they keep owns nothing: there is no box");

const RECORDS: [&[u8]; 3] = [b"one,", b"two,", b"three,"];

fn demonstrate() -> anyhow::Result<Finding> {
    let [keeping, anew] = [keeping()?, anew()?];
    Ok(Finding {
        expected: tell(0, 3),
        happened: format!("if it keeps the future: {keeping}; if it makes it anew: {anew}"),
        ours: polling()?,
    })
}

fn tell(boxes: u32, woken: u32) -> String {
    format!("{boxes} boxes and {woken} wakes for 3 records")
}

fn keeping() -> io::Result<String> {
    let (pooled, stage) = stage::pooled();
    let mut adapter = Adapter(Keeping { state: Kept::Writer(Some(File::new(pooled))), boxes: 0 });
    let woken = write_records(&mut adapter, &stage)?;
    Ok(tell(adapter.0.boxes, woken))
}

fn anew() -> io::Result<String> {
    let (pooled, stage) = stage::pooled();
    let woken = write_records(&mut Adapter(Anew { writer: File::new(pooled), ticket: None }), &stage)?;
    Ok(tell(0, woken))
}

fn polling() -> io::Result<String> {
    let (writer, stage) = stage::ours();
    let woken = write_records(&mut Adapter(Polling { writer, ticket: None }), &stage)?;
    Ok(tell(0, woken))
}

/// For how many of the records the task is woken. Where it is not, a caller would wait without end; here it is polled
/// all the same.
fn write_records<A: PollWrite>(adapter: &mut Adapter<A>, stage: &Stage) -> io::Result<u32> {
    let mut woken = 0;
    for record in RECORDS {
        let mut write = adapter.write(record);
        woken += u32::from(stage.step_wakes(Pin::new(&mut write)));
        assert_eq!(stage.drive(write)?, record.len());
    }
    assert_eq!(stage.text().as_bytes(), RECORDS.concat());
    Ok(woken)
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;
    use crate::alternatives::{
        finding::assert_killed,
        stage::{NO_SPACE, Ours, drop_midway},
    };

    /// From the pair it can be had for nothing.
    impl TwoAsyncFns for Ours {
        async fn submit(&mut self, buf: &[u8]) -> io::Result<Submitted> {
            poll_fn(|cx| Pin::new(&mut *self).poll_write_submit(cx, buf)).await
        }

        async fn complete(&mut self, ticket: Ticket) -> io::Result<usize> {
            poll_fn(|cx| Pin::new(&mut *self).poll_write_complete(cx, ticket)).await
        }
    }

    #[test]
    fn an_adapter_boxes_each_write_or_is_not_woken() {
        assert_killed(
            &ALTERNATIVE,
            "0 boxes and 3 wakes for 3 records",
            "if it keeps the future: 3 boxes and 3 wakes for 3 records; if it makes it anew: 0 boxes and 0 wakes for \
             3 records",
        );
    }

    #[test]
    fn undisturbed_it_does_what_it_claims() {
        let (pooled, stage) = stage::pooled();
        let mut file = File::new(pooled);
        assert_eq!(stage.drive(write(&mut file, b"hello")).expect("all is taken"), 5);
        assert_eq!(stage.text(), "hello");
    }

    #[test]
    fn it_says_what_the_pair_says() {
        let (mut writer, stage) = stage::ours();
        assert_eq!(stage.drive(write(&mut writer, b"hello")).expect("all is taken"), 5);
        assert_eq!(stage.text(), "hello");
    }

    #[test]
    fn dropped_at_either_moment_it_loses_nothing() {
        let (pooled, stage) = stage::pooled();
        let mut file = File::new(pooled);
        let first = stage.drive(file.submit(b"first,")).expect("it is taken").ticket().expect("a ticket");
        drop_midway(file.complete(first));
        drop_midway(file.submit(b"not taken"));
        assert_eq!(stage.drive(file.complete(first)).expect("all is taken"), 6);
        assert_eq!(stage.drive(write(&mut file, b"second")).expect("all is taken"), 6);
        assert_eq!(stage.text(), "first,second");
        let error = stage.drive(file.complete(first)).expect_err("another write came after it");
        assert!(UnknownTicket::find(&error).is_some(), "{error}");
    }

    #[test]
    fn a_failure_that_nobody_asked_for_meets_the_next_submission() {
        let (pooled, stage) = stage::pooled();
        let mut file = File::new(pooled);
        stage.next(NO_SPACE);
        assert_eq!(stage.drive(file.submit(b"lost")).expect("it is taken").len(), 4);
        let error = stage.drive(file.submit(b"not taken")).expect_err("the earlier one failed");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(stage.drive(write(&mut file, b"hello")).expect("all is taken"), 5);
        assert_eq!(stage.text(), "hello");
    }
}
