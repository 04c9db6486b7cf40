//! [`Describe`]: what a poll answered, in words.

use std::{io, task::Poll};

use async_write_complete::{
    Indeterminate, PriorWriteFailed, Submitted, Ticket, UnknownTicket, WriteOutstanding, error::raw_os_error,
};

/// Something that a story says in words.
pub(crate) trait Describe {
    fn describe(&self) -> String;

    /// The ticket of a write that was submitted and is not complete.
    fn ticket(&self) -> Option<Ticket> {
        None
    }
}

/// A number and its noun, such as `1 byte` or `2 bytes`.
pub(crate) fn counted(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}

/// The ordinal of what comes after `before` others, such as `first`.
pub(crate) fn ordinal(before: usize) -> String {
    match before {
        0 => "first".to_owned(),
        1 => "second".to_owned(),
        2 => "third".to_owned(),
        _ => format!("{}th", before + 1),
    }
}

impl Describe for () {
    fn describe(&self) -> String {
        "()".to_owned()
    }
}

impl Describe for usize {
    fn describe(&self) -> String {
        counted(*self, "byte")
    }
}

impl Describe for u64 {
    fn describe(&self) -> String {
        format!("position {self}")
    }
}

impl Describe for Vec<u8> {
    fn describe(&self) -> String {
        const SHOWN: usize = 32;
        let more = if self.len() > SHOWN { ".." } else { "" };
        format!("{}: \"{}{more}\"", counted(self.len(), "byte"), self[..self.len().min(SHOWN)].escape_ascii())
    }
}

impl Describe for Ticket {
    fn describe(&self) -> String {
        format!("a ticket for {}", counted(self.len(), "byte"))
    }
}

impl Describe for Submitted {
    fn describe(&self) -> String {
        match self {
            Self::Complete(n) => format!("Complete({n})"),
            Self::InFlight(ticket) => format!("InFlight({})", ticket.describe()),
        }
    }

    fn ticket(&self) -> Option<Ticket> {
        Submitted::ticket(self)
    }
}

impl Describe for io::Error {
    fn describe(&self) -> String {
        let typed = if WriteOutstanding::find(self).is_some() {
            "WriteOutstanding, "
        } else if PriorWriteFailed::find(self).is_some() {
            "PriorWriteFailed, "
        } else if Indeterminate::find(self).is_some() {
            "Indeterminate, "
        } else if UnknownTicket::find(self).is_some() {
            "UnknownTicket, "
        } else {
            ""
        };
        let code = raw_os_error(self).map_or_else(String::new, |code| format!(", OS code {code}"));
        format!("{typed}{:?}{code}: {self}", self.kind())
    }
}

impl<R: Describe> Describe for io::Result<R> {
    fn describe(&self) -> String {
        match self {
            Ok(value) => format!("Ok({})", value.describe()),
            Err(error) => format!("Err({})", error.describe()),
        }
    }

    fn ticket(&self) -> Option<Ticket> {
        self.as_ref().map_or(None, R::ticket)
    }
}

impl<R: Describe> Describe for Option<R> {
    fn describe(&self) -> String {
        self.as_ref().map_or_else(|| "None".to_owned(), |value| format!("Some({})", value.describe()))
    }
}

impl<R: Describe> Describe for Poll<R> {
    fn describe(&self) -> String {
        match self {
            Self::Ready(value) => value.describe(),
            Self::Pending => "Pending".to_owned(),
        }
    }

    fn ticket(&self) -> Option<Ticket> {
        match self {
            Self::Ready(value) => value.ticket(),
            Self::Pending => None,
        }
    }
}
