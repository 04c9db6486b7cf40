//! [`Parts`]: what a log leaves behind.

use std::{fmt, io};

use super::Position;

/// What [`GroupCommit::into_inner`](super::GroupCommit::into_inner) gives: the writer, and how far the log came.
///
/// After a failed sync only [`durable`](Self::durable) is right. Do not open the file again and replay it: that reads
/// the page cache, which may have bytes that the medium never gets, and [D1](crate::contract::Rule::D1) ends with the
/// handle, so a later sync may succeed over them. Write what you still have beyond that position to a new file.
#[non_exhaustive]
pub struct Parts<W> {
    /// The writer. A write may be outstanding at it, if appends were dropped.
    ///
    /// After a failed write a part of a record may stand behind [`complete`](Self::complete). Cut the file there (to
    /// where the log began, plus `complete`), move the cursor unless it appends, and sync, before anything is appended;
    /// otherwise recovery stops at the torn record. After [`Indeterminate`](crate::Indeterminate), use a new file.
    pub writer: W,
    /// The end of the last record that is known to be complete. Bytes of later records may stand behind it.
    ///
    /// After a failed sync, records up to here were complete once, and may be lost.
    pub complete: Position,
    /// The end of the last record that is known to be durable.
    pub durable: Position,
    /// The failure that ended the log, if one did.
    pub error: Option<io::Error>,
}

/// Without the writer.
impl<W> fmt::Debug for Parts<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { writer: _, complete, durable, error } = self;
        f.debug_struct("Parts")
            .field("complete", complete)
            .field("durable", durable)
            .field("error", error)
            .finish_non_exhaustive()
    }
}
