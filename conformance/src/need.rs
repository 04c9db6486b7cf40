//! [`Need`]: what a case needs; [`Why`]: why it is not there.

use std::fmt;

use crate::{
    certify::Carrier,
    kit::{Declared, Image},
};

/// What a case needs of the writer or its destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Every write is complete when it was submitted.
    AtOnce,
    /// A write can be in flight, or wait for room, for as long as the kit wants: the destination can be held while the
    /// caller goes on.
    Hold,
    /// The bytes of the destination can be compared with the caller's.
    Content,
    /// The writer transforms its bytes, and the kit can decode them.
    Decoded,
    /// One call of the destination for each submission, and they can be counted.
    Calls,
    /// The writer can be closed.
    Close,
    Seek,
    Read,
    Sync,
    /// The trait has a flush.
    Flush,
    /// The writer takes `Bytes` by a method of their own.
    Bytes,
    /// The destination takes so many bytes.
    Room(usize),
    /// The writer answers with tickets.
    Tickets,
    /// The trait has no tickets.
    NoTickets,
    /// A write may be outstanding.
    Outstanding,
    /// Something behind the writer carries its writes on.
    SelfDriven,
    /// The destination can say of an error that the bytes may be in.
    LateErrors,
}

/// Why a case is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// What the case needs makes no sense for what was declared.
    NoSense(String),
    /// It was not declared.
    NotDeclared(String),
    /// It was declared, and the observer cannot do it.
    NotObserved(String),
}

impl Why {
    /// Whether the author has declared that such a case cannot be.
    pub(crate) fn is_declared(&self) -> bool {
        matches!(self, Self::NoSense(_))
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSense(why) => write!(f, "no sense here: {why}"),
            Self::NotDeclared(why) => write!(f, "not declared: {why}"),
            Self::NotObserved(why) => write!(f, "not observed: {why}"),
        }
    }
}

impl Declared {
    /// Why `need` is not met, as far as that was declared, and what to do about it.
    pub(crate) fn unmet(&self, need: Need) -> Option<Why> {
        let not_declared = |name: &str| Why::NotDeclared(format!("`Certify::{name}`"));
        let no_sense = |why: &str| Why::NoSense(why.to_owned());
        let (met, why) = match need {
            Need::Hold => (
                self.carrier != Carrier::Nobody,
                no_sense("nothing can wait for the destination, unless `Certify::carried` declares otherwise"),
            ),
            Need::Outstanding => (
                !self.is_complete_at_once(),
                no_sense("every write is complete when it was submitted, unless `Certify::carried` declares otherwise"),
            ),
            Need::AtOnce => (
                self.is_complete_at_once(),
                no_sense("a write may be in flight, as `Certify::carried` declares, and the destination can be held"),
            ),
            Need::Content => (
                !matches!(self.image, Image::Unseen),
                no_sense("the bytes cannot be compared, as `Certify::unseen` declares"),
            ),
            Need::Decoded => (matches!(self.image, Image::Decoded(_)), no_sense("the writer transforms nothing")),
            Need::Calls => (
                self.direct && matches!(self.image, Image::Unchanged),
                no_sense("a write may need several calls, as `indirect`, `decoded` or `unseen` declares"),
            ),
            Need::Close => (self.closes, not_declared("closes")),
            Need::Seek => (self.seeks, not_declared("seeks")),
            Need::Read => (self.reads, not_declared("reads")),
            Need::Sync => (self.syncs, not_declared("syncs")),
            Need::Flush => (self.flushes, no_sense("the trait has no flush")),
            Need::Bytes => (self.submits_bytes, not_declared("submits_bytes")),
            Need::Room(bytes) => (
                self.room >= bytes,
                Why::NoSense(format!("the case writes {bytes} bytes, and `Certify::room` declares less")),
            ),
            Need::Tickets => (self.tickets, no_sense("the trait has no tickets")),
            Need::NoTickets => (!self.tickets, no_sense("the trait has tickets")),
            Need::LateErrors => (self.late_errors, not_declared("late_errors")),
            Need::SelfDriven => (
                self.is_self_driven(),
                no_sense("`Certify::carried` declares nothing behind the writer that carries its writes on"),
            ),
        };
        (!met).then_some(why)
    }
}
