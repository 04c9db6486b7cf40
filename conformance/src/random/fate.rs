//! [`Faults`]: what was injected into the destination, and the [`Fate`] that each write has by it.

use std::{collections::VecDeque, fmt};

use crate::{
    describe::counted,
    observer::{Call, Effect, Fault},
};

/// How a write ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Exactly so many of its first bytes are complete.
    Complete(usize),
    /// None of them is, and the error has this code of the operating system, or none.
    Fails(Option<i32>),
    /// Nobody can know.
    Unknown,
    /// The write takes more than one call of the destination, so that only its answer says what it comes to.
    Undecided,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete(n) => write!(f, "{} complete", counted(*n, "byte")),
            Self::Fails(Some(code)) => write!(f, "nothing complete, and the OS code {code}"),
            Self::Fails(None) => f.write_str("nothing complete, and an error"),
            Self::Unknown => f.write_str("nobody can know how many bytes are complete"),
            Self::Undecided => f.write_str("less complete than was taken"),
        }
    }
}

/// The faults that are still to come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Faults {
    writes: VecDeque<Fault>,
    /// Whether the next sync fails.
    pub(super) sync: bool,
    /// Whether there ever was one.
    pub(super) any: bool,
}

impl Faults {
    /// A fault was injected.
    pub(super) fn add(&mut self, fault: &Fault) {
        self.any = true;
        match fault.call {
            Call::Write => self.writes.push_back(fault.clone()),
            Call::Sync => self.sync = true,
            Call::Close => {}
        }
    }

    /// The destination is called once more, with `len` bytes. What is interrupted is called again.
    pub(super) fn next(&mut self, len: usize) -> Fate {
        loop {
            let Some(fault) = self.writes.pop_front() else { return Fate::Complete(len) };
            if fault.lasting {
                self.writes.push_front(fault.clone());
            }
            return match fault.effect {
                Effect::Interrupted(_) => continue,
                Effect::Error(code) => Fate::Fails(Some(code)),
                Effect::WouldBlock => Fate::Fails(None),
                Effect::Short(n) => Fate::Complete(n.min(len)),
                Effect::Zero => Fate::Complete(0),
                Effect::Panic | Effect::Excess(_) | Effect::LateError(_) => Fate::Unknown,
            };
        }
    }
}
