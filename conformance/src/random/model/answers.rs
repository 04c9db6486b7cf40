//! What a submission, and the question for a ticket, may be answered.

use std::{io, task::Poll};

use async_write_complete::{
    Indeterminate, Submitted, Ticket, UnknownTicket, WriteOutstanding, contract::Rule, error::raw_os_error,
};

use super::{Last, Model};
use crate::{
    describe::Describe,
    random::{
        breach::{Held, failed, hold, transparent, unfounded},
        fate::Fate,
    },
};

/// Whether an operation of the writing side is executed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// It is refused, as it has to be.
    Refused,
    /// It waits, or was executed.
    Open,
}

impl Model {
    /// What is the same for all operations of the writing side: they are refused over an outstanding write, and after a
    /// close.
    pub(super) fn gate<R: Describe>(&self, answer: &Poll<io::Result<R>>) -> Result<Gate, super::super::breach::Breach> {
        if let Poll::Ready(result) = answer {
            transparent(result)?;
        }
        if !self.is_open() {
            let refused = !matches!(answer, Poll::Ready(Ok(_)));
            hold(refused, Rule::W9, "an error, since it was closed", answer.describe())?;
            return Ok(Gate::Refused);
        }
        let named = match answer {
            Poll::Ready(Err(error)) => WriteOutstanding::find(error).map(WriteOutstanding::ticket),
            _ => None,
        };
        if let Some(last) = self.outstanding() {
            let expected = format!("`WriteOutstanding`, at once, of the write of \"{}\"", last.bytes.escape_ascii());
            hold(named == Some(last.ticket), Rule::W5, &expected, answer.describe())?;
            return Ok(Gate::Refused);
        }
        hold(named.is_none(), Rule::W5, "no refusal, since nothing is outstanding", answer.describe())?;
        Ok(Gate::Open)
    }

    /// A submission of `buf` was answered.
    pub(in crate::random) fn submitted(&mut self, buf: &[u8], answer: &Poll<io::Result<Submitted>>) -> Held {
        if buf.is_empty() {
            return self.nothing_was_submitted(answer);
        }
        if self.gate(answer)? == Gate::Refused {
            return Ok(());
        }
        let Poll::Ready(result) = answer else { return Ok(()) };
        if self.is_poisoned {
            let says_so = result.as_ref().is_err_and(|error| Indeterminate::find(error).is_some());
            return hold(says_so, Rule::W6, "`Indeterminate`, since an earlier outcome is", result.describe());
        }
        match result {
            Ok(Submitted::Complete(n)) => self.completed(buf, *n),
            Ok(Submitted::InFlight(ticket)) => self.taken(buf, *ticket),
            Err(error) => self.failed_at_once(buf, error),
        }
    }

    fn nothing_was_submitted(&self, answer: &Poll<io::Result<Submitted>>) -> Held {
        let nothing = matches!(answer, Poll::Ready(Ok(Submitted::Complete(0))));
        let closed = !self.is_open() && matches!(answer, Poll::Ready(Err(_)));
        hold(nothing || closed, Rule::W3, "`Complete(0)`, at once, of no bytes", answer.describe())
    }

    fn completed(&mut self, buf: &[u8], n: usize) -> Held {
        let seen = || format!("`Complete({n})` for {} bytes", buf.len());
        hold(n <= buf.len(), Rule::W2, "a count is at most what was submitted", seen())?;
        self.last = None;
        self.begin();
        match self.fate(buf.len()) {
            Fate::Fails(_) => hold(false, Rule::W1, "the destination failed, so nothing is complete", seen())?,
            Fate::Unknown => hold(false, Rule::P2, "an indeterminate error", seen())?,
            Fate::Complete(most) => {
                let fits = n <= most && (n > 0 || most == 0);
                hold(fits, Rule::W2, &format!("the destination takes {most} bytes"), seen())?;
            }
            Fate::Undecided => {}
        }
        self.write(&buf[..n]);
        self.has_to_end(Rule::W1);
        Ok(())
    }

    fn taken(&mut self, buf: &[u8], ticket: Ticket) -> Held {
        let len = ticket.len();
        let seen = || format!("a ticket for {len} of {} bytes", buf.len());
        hold((1..=buf.len()).contains(&len), Rule::W2, "a ticket is for what was taken", seen())?;
        hold(!self.tickets.contains(&ticket), Rule::W4, "each submission has its own ticket", "an earlier one's")?;
        self.begin();
        let fate = self.fate(len);
        let bytes = buf[..len].to_vec();
        match fate {
            Fate::Complete(n) => self.write(&bytes[..n]),
            Fate::Fails(_) | Fate::Unknown => self.images.write(&[]),
            Fate::Undecided => {}
        }
        self.tickets.push(ticket);
        self.last = Some(Last { ticket, bytes, fate, is_answered: false, is_answered_late: false });
        Ok(())
    }

    fn failed_at_once(&mut self, buf: &[u8], error: &io::Error) -> Held {
        let fate = self.fate(buf.len());
        match fate {
            Fate::Complete(_) => return unfounded(error),
            Fate::Undecided if !self.faults.any => return unfounded(error),
            fate => failed(fate, error)?,
        }
        self.is_poisoned |= Indeterminate::find(error).is_some();
        Ok(())
    }

    /// `ticket` was polled.
    pub(in crate::random) fn answered(&mut self, ticket: Ticket, answer: &Poll<io::Result<usize>>) -> Held {
        let Poll::Ready(result) = answer else { return Ok(()) };
        transparent(result)?;
        let unknown = matches!(result, Err(error) if UnknownTicket::find(error).is_some());
        let (any, is_exact, closing) = (self.faults.any, self.is_exact, !self.is_open());
        let Some(last) = self.last.as_mut().filter(|last| last.ticket == ticket) else {
            return hold(unknown, Rule::W4, "`UnknownTicket`: it is not the last submission's", result.describe());
        };
        hold(!unknown, Rule::W4, "the answer of its own write", result.describe())?;
        match (last.fate, result) {
            (Fate::Undecided, Err(error)) if !any => unfounded(error)?,
            (Fate::Undecided, _) => {}
            (Fate::Complete(n), Ok(m)) => {
                hold(n == *m, Rule::W2, &format!("{n} bytes are complete"), result.describe())?;
            }
            (Fate::Complete(_), Err(error)) => unfounded(error)?,
            (Fate::Unknown, Ok(_)) => hold(false, Rule::P2, "an indeterminate error", result.describe())?,
            // A write may take several calls; a count of 0 says as well that none of them moved a byte.
            (Fate::Fails(None), Ok(0)) if !is_exact => {}
            (Fate::Fails(_), Ok(_)) => hold(false, Rule::W1, "its write failed", result.describe())?,
            (fate, Err(error)) => failed(fate, error)?,
        }
        last.is_answered_late |= !last.is_answered && closing;
        last.is_answered = true;
        self.decide(match result {
            Ok(n) => Fate::Complete(*n),
            Err(error) if Indeterminate::find(error).is_some() => Fate::Unknown,
            Err(error) => Fate::Fails(raw_os_error(error)),
        })?;
        self.is_poisoned |= self.is_uncertain();
        self.has_to_end(Rule::W1);
        Ok(())
    }
}
