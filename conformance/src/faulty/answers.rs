//! What flaws make of the answer for a ticket.

use std::{io, panic::resume_unwind};

use async_write_complete::{Ticket, UnknownTicket};

use super::{
    Flaw,
    last_write::LastWrite,
    repeatable::Repeatable,
    state::{State, Write},
};

impl State {
    /// The answer for `ticket`, of which the last write says `answer`.
    pub(super) fn answer(&mut self, ticket: Ticket, answer: io::Result<usize>) -> io::Result<usize> {
        if answer.as_ref().is_err_and(|error| UnknownTicket::find(error).is_some()) {
            return self.answer_unknown(answer);
        }
        let again = self.flawed.answered.is_some_and(|(answered, _)| answered == ticket);
        self.flawed.answered = Some((ticket, answer.as_ref().ok().copied()));
        if !again {
            self.follow(ticket, &answer);
        }
        match (self.flaw, &answer) {
            (Some(Flaw::AnswersFailuresAsComplete), Err(_)) => Ok(ticket.len()),
            (Some(Flaw::CountsWhatItTook), Ok(_)) => Ok(ticket.len()),
            (Some(Flaw::CountsOneLess), Ok(n)) if *n < ticket.len() => Ok(n.saturating_sub(1)),
            (Some(Flaw::CountsOneMore), Ok(n)) if *n == ticket.len() => Ok(n + 1),
            (Some(Flaw::TurnsShortIntoError), Ok(n)) if *n < ticket.len() => Err(io::ErrorKind::WriteZero.into()),
            (Some(Flaw::RepeatsTheKindAlone), Err(error)) if again => Err(error.kind().into()),
            _ => answer,
        }
    }

    /// The ticket is an earlier one or another writer's.
    fn answer_unknown(&mut self, answer: io::Result<usize>) -> io::Result<usize> {
        self.flawed.foreign |= self.last.outstanding().is_some();
        if self.has(Flaw::PanicsAtAForeignTicket) {
            resume_unwind(Box::new("the ticket is unknown"));
        }
        match self.flawed.answered {
            Some((_, Some(n))) if self.has(Flaw::AnswersAnyTicket) => Ok(n),
            _ => answer,
        }
    }

    /// What flaws do later because of an answer.
    fn follow(&mut self, ticket: Ticket, answer: &io::Result<usize>) {
        match (self.flaw, answer) {
            (Some(Flaw::WritesTheRestLater), Ok(n)) if *n < ticket.len() => {
                let rest = self.flawed.bytes.split_off((*n).min(self.flawed.bytes.len()));
                self.queue.push_back(Write::unknown(&rest));
            }
            (Some(Flaw::RetriesAFailedWrite), Err(_)) => {
                let bytes = std::mem::take(&mut self.flawed.bytes);
                self.queue.push_back(Write::unknown(&bytes));
            }
            (Some(Flaw::RepeatsTheError), Err(error)) => {
                self.flawed.repeated = Some(Repeatable::new(&io::Error::new(error.kind(), "answered again")));
            }
            (Some(Flaw::AnswersOnce), _) => self.last = LastWrite::None,
            _ => {}
        }
    }
}
