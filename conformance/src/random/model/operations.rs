//! What other operations than writes may be answered.

use std::{
    io::{self, SeekFrom},
    task::Poll,
};

use async_write_complete::{contract::Rule, error::raw_os_error};

use super::{Model, Stage, answers::Gate};
use crate::{
    describe::Describe,
    random::{
        breach::{Breach, Held, Look, hold, transparent, unfounded},
        fate::{Fate, doubt, is_due, meets},
    },
};

impl Model {
    /// A read of at most `len` bytes was answered.
    pub(in crate::random) fn read(&mut self, len: usize, answer: &Poll<io::Result<Vec<u8>>>) -> Held {
        self.has_read = true;
        let Poll::Ready(result) = answer else {
            doubt(&mut self.faults.read);
            return Ok(());
        };
        transparent(result)?;
        if !self.is_open() {
            return hold(result.is_err(), Rule::W9, "an error, since it was closed", result.describe());
        }
        if self.is_uncertain() {
            return Ok(());
        }
        self.has_to_end(Rule::O2);
        let got = match result {
            Ok(got) => got,
            Err(error) if meets(&mut self.faults.read, error) => return Ok(()),
            Err(_) => return hold(false, Rule::O2, "a read that nothing disturbs succeeds", result.describe()),
        };
        hold(!is_due(self.faults.read), Rule::O2, "the error of the destination's read", got.describe())?;
        let ahead = self.images.first().ahead(len).to_vec();
        let expected = format!("what follows the cursor, such as {}", ahead.describe());
        hold(self.images.read(len, got), Rule::O2, &expected, got.describe())
    }

    /// A seek was answered, or dropped.
    pub(in crate::random) fn seek_ended(&mut self, position: SeekFrom, answer: &Poll<io::Result<u64>>) -> Held {
        if self.gate(answer)? == Gate::Refused || self.is_uncertain() {
            return Ok(());
        }
        let Poll::Ready(result) = answer else {
            self.images.may_seek(position);
            self.has_sought = true;
            doubt(&mut self.faults.seek);
            return Ok(());
        };
        self.has_sought = false;
        match result {
            Err(error) if meets(&mut self.faults.seek, error) => {
                self.images.seek_failed();
                return Ok(());
            }
            Err(_) => doubt(&mut self.faults.seek),
            Ok(at) => hold(!is_due(self.faults.seek), Rule::O2, "the error of the destination's seek", at.describe())?,
        }
        let expected = match self.images.first().target(position) {
            Some(target) => target.describe(),
            None => "an error, since nothing is before the start".to_owned(),
        };
        let answer = result.as_ref().ok().copied();
        hold(self.images.seek_ended(position, answer), Rule::O2, &expected, result.describe())
    }

    /// A sync was answered, or dropped; `durable` is what is durable after it. A dropped one that met a fault fails the
    /// next one as surely as that fault would.
    pub(in crate::random) fn synced(
        &mut self,
        answer: &Poll<io::Result<()>>,
        durable: Option<Vec<u8>>,
    ) -> Result<Look, Breach> {
        if self.gate(answer)? == Gate::Refused || self.is_uncertain() {
            return Ok(Look::Blind);
        }
        let Poll::Ready(result) = answer else { return Ok(Look::Blind) };
        if let Err(error) = result {
            let founded = self.is_undurable || std::mem::take(&mut self.faults.sync);
            self.is_undurable = true;
            return if founded { Ok(Look::Blind) } else { unfounded(error).map(|()| Look::Blind) };
        }
        let fails = self.is_undurable || self.faults.sync;
        hold(!fails, Rule::D1, "a sync fails that meets a failure, and every later one", "a sync succeeded")?;
        let Some(durable) = durable.filter(|_| self.is_exact) else { return Ok(Look::Blind) };
        let expected = format!("all that is complete is durable: {}", self.images.first().bytes.describe());
        let covers = self.images.retain(|image| durable.starts_with(&image.bytes));
        hold(covers, Rule::D1, &expected, durable.describe())?;
        Ok(Look::Compared)
    }

    /// A close was answered, or dropped.
    pub(in crate::random) fn closed(&mut self, answer: &Poll<io::Result<()>>) -> Held {
        let Poll::Ready(result) = answer else {
            if self.is_open() {
                self.stage = Stage::Closing;
            }
            return Ok(());
        };
        transparent(result)?;
        if let Stage::Closed(first) = &self.stage {
            return hold(
                *first == result.describe(),
                Rule::W9,
                &format!("the first outcome, {first}"),
                result.describe(),
            );
        }
        self.says_what_was_not_answered(result)?;
        if let Some(last) = &mut self.last {
            last.is_answered = true;
        }
        self.stage = Stage::Closed(result.describe());
        self.has_to_end(Rule::W9);
        Ok(())
    }

    fn says_what_was_not_answered(&mut self, result: &io::Result<()>) -> Held {
        let unanswered =
            self.last.as_ref().filter(|last| !last.is_answered || last.is_answered_late && result.is_err());
        let Some(last) = unanswered else {
            let fits = self.is_poisoned || self.is_outcome_of_the_release(result);
            return hold(
                fits,
                Rule::W9,
                "nothing failed that was not answered, so the outcome is that of the destination's close",
                result.describe(),
            );
        };
        let taken = last.bytes.len();
        // It was answered while the close was under way, which then has nothing to tell of it.
        if last.is_answered && self.is_outcome_of_the_release(result) {
            return Ok(());
        }
        let fits = match (last.fate, result) {
            (Fate::Complete(n), _) if n == taken => self.is_outcome_of_the_release(result),
            (Fate::Complete(_), Ok(())) => false,
            (Fate::Complete(n), Err(error)) => n < taken && error.kind() == io::ErrorKind::WriteZero,
            (Fate::Fails(_) | Fate::Unknown, Ok(())) => false,
            (Fate::Fails(code), Err(error)) => code.is_none() || raw_os_error(error) == code,
            (Fate::Unknown, Err(_)) => true,
            (Fate::Undecided, Ok(())) => return self.decide(Fate::Complete(taken)),
            (Fate::Undecided, Err(_)) => self.faults.any,
        };
        let expected = format!("what became of a write of {taken} bytes that was not answered: {}", last.fate);
        hold(fits, Rule::W9, &expected, result.describe())
    }

    /// Whether a close that has nothing to tell of a write may answer `result`.
    fn is_outcome_of_the_release(&self, result: &io::Result<()>) -> bool {
        match result {
            Ok(()) => !is_due(self.faults.close),
            Err(error) => self.faults.close.is_some_and(|expected| raw_os_error(error) == Some(expected.code)),
        }
    }
}

#[cfg(test)]
mod tests {
    use async_write_complete::{Submitted, TicketSource};

    use super::*;
    use crate::observer::{Call, Effect, Fault};

    const CODE: i32 = 28;

    /// A short write, a close that has begun, and a destination whose close fails.
    fn closing() -> (Model, async_write_complete::Ticket) {
        let mut model = Model::new(true);
        model.disturb(&Fault::new(Effect::Short(1)), true);
        model.disturb(&Fault::new(Effect::Error(CODE)).on(Call::Close), true);
        let ticket = TicketSource::new().mint(2);
        model.submitted(b"aa", &Poll::Ready(Ok(Submitted::InFlight(ticket)))).expect("it is taken");
        model.closed(&Poll::Pending).expect("it waits");
        (model, ticket)
    }

    fn failed() -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::Error::from_raw_os_error(CODE)))
    }

    #[test]
    fn a_short_count_that_was_answered_leaves_a_close_the_error_of_the_release() {
        let (mut model, ticket) = closing();
        model.answered(ticket, &Poll::Ready(Ok(1))).expect("the short count");
        model.closed(&failed()).expect("the error of the release");
    }

    #[test]
    fn a_short_count_that_was_not_answered_comes_before_the_error_of_the_release() {
        let (mut model, _) = closing();
        assert_eq!(model.closed(&failed()).expect_err("it hides the short count").rule, Rule::W9);
    }
}
