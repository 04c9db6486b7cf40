//! A wrapper meets what the rules allow an inner writer: `Complete`, a ticket for less than it was given, `Pending`,
//! and an `Ok(0)` for good.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use async_write_complete::{
    AsyncWriteComplete, DriveWrite, Indeterminate, Started, Submitted, Ticket, Tracked, contract::Rule,
};
use async_write_complete_conformance::{Certify, Outcome, Reference};

/// What a wrapper takes for granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Assumes {
    Nothing,
    /// That an inner submission gets a ticket.
    Tickets,
    /// That the inner writer takes all that it is given.
    WholeTickets,
    /// That the inner writer never waits.
    NoPending,
}

struct Plain {
    inner: Reference,
    ticket: Option<Ticket>,
    len: usize,
    assumes: Assumes,
}

impl DriveWrite for Plain {
    fn poll_start(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        let polled = Pin::new(&mut self.inner).poll_write_submit(cx, buf);
        if self.assumes == Assumes::NoPending {
            assert!(polled.is_ready(), "the inner writer waits");
        }
        let submitted = ready!(polled)?;
        (self.ticket, self.len) = (submitted.ticket(), buf.len());
        if self.assumes == Assumes::Tickets {
            assert!(self.ticket.is_some(), "the inner writer gives no ticket");
        }
        if self.assumes == Assumes::WholeTickets {
            return Poll::Ready(Ok(match submitted {
                Submitted::InFlight(_) => Started::Taken(buf.len()),
                Submitted::Complete(n) => Started::Complete(n),
            }));
        }
        Poll::Ready(Ok(submitted.into()))
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let ticket = self.ticket.unwrap();
        let n = ready!(Pin::new(&mut self.inner).poll_write_complete(cx, ticket))?;
        // What the ticket is for is taken for all that there was.
        let whole = self.assumes == Assumes::WholeTickets && n == ticket.len();
        Poll::Ready(Ok(if whole { self.len } else { n }))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close_complete(cx)
    }
}

fn plain(assumes: Assumes) -> Certify<Tracked<Plain>> {
    Certify::around(move |inner| Tracked::new(Plain { inner, ticket: None, len: 0, assumes })).closes()
}

#[test]
fn one_that_assumes_nothing_conforms() {
    let report = plain(Assumes::Nothing).run();
    assert!(report.is_conforming(), "{report}");
    plain(Assumes::Nothing).assert_random(256);
}

#[test]
fn what_is_taken_for_granted_is_found() {
    for (assumes, name) in [
        (Assumes::Tickets, "over an inner writer that is complete at submission"),
        (Assumes::WholeTickets, "over an inner writer that takes half of what it is given"),
        (Assumes::NoPending, "over an inner writer that is `Pending` before it takes a submission"),
    ] {
        let report = plain(assumes).run();
        assert!(!report.is_conforming(), "{assumes:?}\n{report}");
        assert!(report.to_string().contains(name), "{assumes:?}\n{report}");
        assert!(!matches!(plain(assumes).random(256), Outcome::Holds { .. }), "{assumes:?}");
    }
}

/// Writes a length before each payload, and calls again for whatever is missing, also after `Ok(0)`.
struct Retries {
    inner: Reference,
    rest: Vec<u8>,
    len: usize,
    ticket: Option<Ticket>,
}

impl Retries {
    fn ended(&self, error: io::Error) -> io::Error {
        if self.rest.len() == self.len + 1 { error } else { Indeterminate::new(error).into() }
    }
}

impl DriveWrite for Retries {
    fn poll_start(&mut self, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        self.len = buf.len().min(255);
        self.rest = [&[self.len as u8], &buf[..self.len]].concat();
        Poll::Ready(Ok(Started::Taken(self.len)))
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        while !self.rest.is_empty() {
            let inner = Pin::new(&mut self.inner);
            let answer = match self.ticket.take() {
                Some(ticket) => match inner.poll_write_complete(cx, ticket) {
                    Poll::Ready(answer) => answer,
                    Poll::Pending => {
                        self.ticket = Some(ticket);
                        return Poll::Pending;
                    }
                },
                None => match ready!(inner.poll_write_submit(cx, &self.rest)) {
                    Ok(Submitted::InFlight(ticket)) => {
                        self.ticket = Some(ticket);
                        continue;
                    }
                    submitted => submitted.map(|submitted| submitted.len()),
                },
            };
            match answer {
                Ok(n) => drop(self.rest.drain(..n)),
                Err(error) => return Poll::Ready(Err(self.ended(error))),
            }
        }
        Poll::Ready(Ok(self.len))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close_complete(cx)
    }
}

fn payloads(mut bytes: &[u8]) -> Vec<u8> {
    let mut payloads = Vec::new();
    while let Some((len, rest)) = bytes.split_first() {
        let Some((payload, rest)) = rest.split_at_checked(usize::from(*len)) else { break };
        payloads.extend_from_slice(payload);
        bytes = rest;
    }
    payloads
}

#[test]
fn one_that_calls_again_for_ever_is_named_and_ends() {
    let build = |inner| Tracked::new(Retries { inner, rest: Vec::new(), len: 0, ticket: None });
    let certify = Certify::around(build).closes().decoded(payloads);
    let began = Instant::now();
    let outcome = certify.check(Rule::W2);
    println!("an endless framer | {:.1?} | W2", began.elapsed());
    let Outcome::Broken(violation) = outcome else { panic!("{outcome:?}") };
    assert!(violation.case.contains("takes no more, for good"), "{violation}");
    let report = certify.run();
    println!("an endless framer | all | {:.1?}", began.elapsed());
    assert!(report.broken().contains(&Rule::W2), "{report}");
    assert!(began.elapsed() < Duration::from_secs(600), "the whole run took {:?}", began.elapsed());
}
