//! [`LastWrite`]: what is known of the last submission, and whether it was answered.

use std::{io, task::Poll};

use crate::{
    Ticket,
    error::{RepeatableError, UnknownTicket, WriteOutstanding, repeat, short_count},
};

/// The bookkeeping behind rules W4 and W5, shared by every writer that answers `InFlight`.
///
/// ```text
///       submit            finish                poll_answer, take_unreported_failure
/// None --------> InFlight --------> Ended, unanswered ---------------------> Ended, answered
///   ^                                                                              |
///   +------------- complete_at_once, or submit to InFlight ------------------------+
/// ```
///
/// It is *outstanding* in the two states between: nothing may be submitted then.
#[derive(Debug)]
pub(crate) enum LastWrite {
    /// No ticket would be answered.
    None,
    /// The write of this ticket is in flight.
    InFlight(Ticket),
    /// It has ended; its ticket is, or was, `answered` with this result.
    Ended { ticket: Ticket, result: Result<usize, RepeatableError>, answered: bool },
}

impl LastWrite {
    pub(crate) fn in_flight(&self) -> Option<Ticket> {
        match self {
            Self::InFlight(ticket) => Some(*ticket),
            Self::None | Self::Ended { .. } => None,
        }
    }

    /// The ticket that has to be answered before anything else can be submitted.
    pub(crate) fn outstanding(&self) -> Option<Ticket> {
        match self {
            Self::InFlight(ticket) | Self::Ended { ticket, answered: false, .. } => Some(*ticket),
            Self::None | Self::Ended { answered: true, .. } => None,
        }
    }

    /// Fails while a write is outstanding.
    pub(crate) fn check_settled(&self) -> io::Result<()> {
        self.outstanding().map_or(Ok(()), |ticket| Err(WriteOutstanding::new(ticket).into()))
    }

    /// The bytes of `ticket` are taken.
    pub(crate) fn submit(&mut self, ticket: Ticket) {
        debug_assert!(self.outstanding().is_none(), "a submission over {self:?}");
        *self = Self::InFlight(ticket);
    }

    /// A submission was complete at once, so the ticket before it is answered no more.
    pub(crate) fn complete_at_once(&mut self) {
        debug_assert!(self.outstanding().is_none(), "a submission over {self:?}");
        *self = Self::None;
    }

    /// The write in flight has ended. `Ok(n)`: exactly the first `n` bytes are complete, `n` being at most what was
    /// taken.
    pub(crate) fn finish(&mut self, result: Result<usize, RepeatableError>) {
        let Self::InFlight(ticket) = *self else {
            debug_assert!(false, "an end without a write: {self:?}");
            return;
        };
        *self = Self::Ended { ticket, result, answered: false };
    }

    /// Answers for `ticket`, unless its write is in flight.
    pub(crate) fn poll_answer(&mut self, ticket: Ticket) -> Poll<io::Result<usize>> {
        match self {
            Self::InFlight(current) if *current == ticket => Poll::Pending,
            Self::Ended { ticket: current, result, answered } if *current == ticket => {
                *answered = true;
                Poll::Ready(repeat(result))
            }
            _ => Poll::Ready(Err(UnknownTicket::new(ticket).into())),
        }
    }

    /// The failure or short count of a write that has ended and was not answered: a close reports it. The write counts
    /// as answered.
    pub(crate) fn take_unreported_failure(&mut self) -> Option<RepeatableError> {
        let Self::Ended { ticket, result, answered: answered @ false } = self else { return None };
        *answered = true;
        match result {
            Ok(n) if *n == ticket.len() => None,
            Ok(n) => Some(RepeatableError::new(short_count(*ticket, *n))),
            Err(error) => Some(error.split()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TicketSource;

    #[test]
    fn a_write_is_outstanding_until_its_own_ticket_was_answered() {
        let mut tickets = TicketSource::new();
        let (ours, foreign) = (tickets.mint(4), tickets.mint(4));
        let mut last = LastWrite::None;
        assert_eq!(last.outstanding(), None);
        last.submit(ours);
        assert!(last.poll_answer(ours).is_pending());
        assert!(matches!(last.poll_answer(foreign), Poll::Ready(Err(_))));
        last.finish(Ok(3));
        assert_eq!((last.in_flight(), last.outstanding()), (None, Some(ours)));
        assert!(matches!(last.poll_answer(foreign), Poll::Ready(Err(_))));
        assert_eq!(last.outstanding(), Some(ours), "a foreign ticket is no answer");
        for _ in 0..2 {
            assert!(matches!(last.poll_answer(ours), Poll::Ready(Ok(3))));
            assert_eq!(last.outstanding(), None);
        }
        last.complete_at_once();
        assert!(matches!(last.poll_answer(ours), Poll::Ready(Err(_))), "bytes were submitted since");
    }

    #[test]
    fn an_unreported_failure_is_taken_once_and_the_ticket_still_answers() {
        let ticket = TicketSource::new().mint(4);
        let mut last = LastWrite::None;
        last.submit(ticket);
        last.finish(Ok(3));
        assert_eq!(last.take_unreported_failure().expect("it is short").give().kind(), io::ErrorKind::WriteZero);
        assert!(last.take_unreported_failure().is_none());
        assert_eq!(last.outstanding(), None);
        assert!(matches!(last.poll_answer(ticket), Poll::Ready(Ok(3))));
    }
}
