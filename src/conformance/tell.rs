//! [`Tell`]: what a poll answered, in words.

use std::{io, task::Poll};

use crate::{
    error::{Indeterminate, PriorWriteFailed, Superseded, raw_os_error},
    write::Submitted,
};

/// Something that a story tells in words.
pub(super) trait Tell {
    fn tell(&self) -> String;

    /// Whether it is the answer that a write was submitted, and is not complete.
    fn is_in_flight(&self) -> bool {
        false
    }
}

/// Such as `1 byte`, `2 bytes`.
pub(super) fn counted(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}

/// Such as `first`, of the one after `before` others.
pub(super) fn ordinal(before: usize) -> String {
    match before {
        0 => "first".to_owned(),
        1 => "second".to_owned(),
        2 => "third".to_owned(),
        _ => format!("{}th", before + 1),
    }
}

impl Tell for () {
    fn tell(&self) -> String {
        "()".to_owned()
    }
}

impl Tell for usize {
    fn tell(&self) -> String {
        counted(*self, "byte")
    }
}

impl Tell for u64 {
    fn tell(&self) -> String {
        format!("position {self}")
    }
}

impl Tell for Vec<u8> {
    fn tell(&self) -> String {
        const SHOWN: usize = 32;
        let more = if self.len() > SHOWN { ".." } else { "" };
        format!("{}: \"{}{more}\"", counted(self.len(), "byte"), self[..self.len().min(SHOWN)].escape_ascii())
    }
}

impl Tell for Submitted {
    fn tell(&self) -> String {
        match self {
            Self::Complete(n) => format!("Complete({n})"),
            Self::InFlight(ticket) => format!("InFlight(a ticket for {})", counted(ticket.len(), "byte")),
        }
    }

    fn is_in_flight(&self) -> bool {
        matches!(self, Self::InFlight(_))
    }
}

impl Tell for io::Error {
    fn tell(&self) -> String {
        let typed = if PriorWriteFailed::find(self).is_some() {
            "PriorWriteFailed, "
        } else if Indeterminate::find(self).is_some() {
            "Indeterminate, "
        } else if Superseded::find(self).is_some() {
            "Superseded, "
        } else {
            ""
        };
        let code = raw_os_error(self).map_or_else(String::new, |code| format!(", OS code {code}"));
        format!("{typed}{:?}{code}: {self}", self.kind())
    }
}

impl<R: Tell> Tell for io::Result<R> {
    fn tell(&self) -> String {
        match self {
            Ok(value) => format!("Ok({})", value.tell()),
            Err(error) => format!("Err({})", error.tell()),
        }
    }

    fn is_in_flight(&self) -> bool {
        self.as_ref().is_ok_and(R::is_in_flight)
    }
}

impl<R: Tell> Tell for Poll<R> {
    fn tell(&self) -> String {
        match self {
            Self::Ready(value) => value.tell(),
            Self::Pending => "Pending".to_owned(),
        }
    }

    fn is_in_flight(&self) -> bool {
        matches!(self, Self::Ready(value) if value.is_in_flight())
    }
}
