//! [`Need`]: what a case needs, and why it is not there.

use super::certify::{Carrier, Certify, Image};

/// What a case needs of the writer or its destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// A write can be outstanding: the destination can be held while the caller goes on.
    Hold,
    /// The bytes of the destination can be compared with the caller's.
    Bytes,
    /// One call of the destination for each submission, and they can be counted.
    Calls,
    /// The writer can be closed.
    Close,
    Seek,
    Read,
    Sync,
    /// The destination takes so many bytes.
    Room(usize),
    /// It answers with tickets.
    Tickets,
    /// Something behind it carries its writes on.
    SelfDriven,
}

impl<W> Certify<W> {
    /// Why `need` is not met, as far as that was declared, and what to do about it.
    pub(super) fn unmet(&self, need: Need) -> Option<String> {
        let not_declared = |name: &str| format!("not declared: `Certify::{name}`");
        let (met, why) = match need {
            Need::Hold => (
                self.carrier != Carrier::Nobody,
                "no sense here: every write is complete when it was submitted, unless `Certify::carried` declares otherwise"
                    .to_owned(),
            ),
            Need::Bytes => (
                !matches!(self.image, Image::Unseen),
                "not observed: `Certify::unseen` declares that the bytes cannot be compared".to_owned(),
            ),
            Need::Calls => (
                self.direct && matches!(self.image, Image::Unchanged),
                "no sense here: a write may need several calls, as `indirect`, `decoded` or `unseen` declares".to_owned(),
            ),
            Need::Close => (self.closes, not_declared("closes")),
            Need::Seek => (self.seek.is_some(), not_declared("seeks")),
            Need::Read => (self.read.is_some(), not_declared("reads")),
            Need::Sync => (self.sync.is_some(), not_declared("syncs")),
            Need::Room(bytes) => {
                (self.room >= bytes, format!("not observed: it takes {bytes} bytes, and `Certify::room` declares less"))
            }
            Need::Tickets => (self.tickets, "no sense here: the trait has no tickets".to_owned()),
            Need::SelfDriven => (
                matches!(self.carrier, Carrier::Steps | Carrier::Others),
                "no sense here: `Certify::carried` declares nothing behind the writer that carries its writes on".to_owned(),
            ),
        };
        (!met).then_some(why)
    }
}
