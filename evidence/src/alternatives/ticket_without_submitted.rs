//! Always answer a submission with a ticket, also where the write is complete already.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use async_write_complete::{AsyncWriteComplete, Submitted, Ticket, TicketSource, UnknownTicket};

use super::{
    finding::{Alternative, Finding},
    stage::at_once,
};

pub(super) const ALTERNATIVE: Alternative = Alternative {
    name: "ticket-without-submitted",
    title: "submit always answers a ticket, never `Complete(n)`",
    claim: "Two ways to answer are one too many. With a ticket in every case there is one path through the caller, and \
            no enum. Who is complete at once answers the ticket at once.",
    in_favor: "It is not wrong. For a writer that always has something outstanding, over a pool or a ring, it is \
               simpler and costs nothing. A ticket that says of itself that it is complete is `Submitted` by another \
               name. What decides is memory, sockets, and all that is generic over them.",
    scenario: "Memory as a writer, in both forms that this leaves: one that remembers its last ticket, and one that \
               keeps nothing and answers any ticket by its length. Counted for each: the calls of the trait that one \
               write takes, the bytes that the writer has beside the memory itself, and what it answers to a ticket of \
               another writer.",
    demonstrate,
};

trait AlwaysTicket {
    fn poll_submit(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Ticket>>;

    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>>;
}

/// Keeps the rule that a ticket is answered with its own result only.
#[derive(Default)]
struct Remembering {
    bytes: Vec<u8>,
    tickets: TicketSource,
    last: Option<Ticket>,
}

impl AlwaysTicket for Remembering {
    fn poll_submit(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Ticket>> {
        self.bytes.extend_from_slice(buf);
        let ticket = self.tickets.mint(buf.len());
        self.last = Some(ticket);
        Poll::Ready(Ok(ticket))
    }

    fn poll_complete(self: Pin<&mut Self>, _: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        let is_last = self.last == Some(ticket);
        Poll::Ready(if is_last { Ok(ticket.len()) } else { Err(UnknownTicket::new(ticket).into()) })
    }
}

/// So that `Vec<u8>` itself can be a writer. What is taken is complete, so the ticket says all there is to say.
impl AlwaysTicket for Vec<u8> {
    fn poll_submit(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Ticket>> {
        self.get_mut().extend_from_slice(buf);
        // Nothing is kept, so the source of the number is not either.
        Poll::Ready(Ok(TicketSource::new().mint(buf.len())))
    }

    fn poll_complete(self: Pin<&mut Self>, _: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(ticket.len()))
    }
}

fn demonstrate() -> anyhow::Result<Finding> {
    let remembering = tell(calls_for_a_ticket::<Remembering>()?, beside::<Remembering>(), &foreign::<Remembering>());
    let forgetting = tell(calls_for_a_ticket::<Vec<u8>>()?, beside::<Vec<u8>>(), &foreign::<Vec<u8>>());
    Ok(Finding {
        expected: tell(1, 0, &Err(io::ErrorKind::InvalidInput.into())),
        happened: format!("if it remembers: {remembering}; if not: {forgetting}"),
        ours: tell(calls_of_ours()?, beside::<Vec<u8>>(), &foreign_to_ours()),
    })
}

fn tell(calls: u32, beside: usize, foreign: &io::Result<usize>) -> String {
    let calls = if calls == 1 { "1 call".to_owned() } else { format!("{calls} calls") };
    let beside = if beside == 0 { "nothing" } else { "a slot" };
    let foreign = match foreign {
        Ok(n) => format!("is answered Ok({n})"),
        Err(_) => "is refused".to_owned(),
    };
    format!("{calls} for a write, {beside} beside the memory, and a foreign ticket {foreign}")
}

/// What a writer has beside a `Vec`.
fn beside<W>() -> usize {
    size_of::<W>() - size_of::<Vec<u8>>()
}

fn calls_for_a_ticket<W: AlwaysTicket + Default + Unpin>() -> io::Result<u32> {
    let mut writer = W::default();
    let mut calls = 0;
    let ticket = at_once(poll_fn(|cx| {
        calls += 1;
        Pin::new(&mut writer).poll_submit(cx, b"hello")
    }))?;
    at_once(poll_fn(|cx| {
        calls += 1;
        Pin::new(&mut writer).poll_complete(cx, ticket)
    }))?;
    Ok(calls)
}

fn foreign<W: AlwaysTicket + Default + Unpin>() -> io::Result<usize> {
    let mut writer = W::default();
    let ticket = TicketSource::new().mint(5);
    at_once(poll_fn(|cx| Pin::new(&mut writer).poll_complete(cx, ticket)))
}

fn calls_of_ours() -> io::Result<u32> {
    let mut writer = Vec::new();
    let mut calls = 0;
    let submitted = at_once(poll_fn(|cx| {
        calls += 1;
        Pin::new(&mut writer).poll_write_submit(cx, b"hello")
    }))?;
    if let Submitted::InFlight(ticket) = submitted {
        at_once(poll_fn(|cx| {
            calls += 1;
            Pin::new(&mut writer).poll_write_complete(cx, ticket)
        }))?;
    }
    Ok(calls)
}

fn foreign_to_ours() -> io::Result<usize> {
    let mut writer = Vec::new();
    let ticket = TicketSource::new().mint(5);
    at_once(poll_fn(|cx| Pin::new(&mut writer).poll_write_complete(cx, ticket)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alternatives::finding::assert_killed;

    #[test]
    fn memory_pays_a_second_call_and_a_slot_or_answers_for_others() {
        assert_killed(
            &ALTERNATIVE,
            "1 call for a write, nothing beside the memory, and a foreign ticket is refused",
            "if it remembers: 2 calls for a write, a slot beside the memory, and a foreign ticket is refused; if not: \
             2 calls for a write, nothing beside the memory, and a foreign ticket is answered Ok(5)",
        );
    }
}
