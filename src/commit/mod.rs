//! [`GroupCommit`]: a log that many tasks append to, with one write and one sync for many records.
//!
//! | file | what is in it |
//! |---|---|
//! | `mod.rs` | [`GroupCommit`] and its [`Position`]s |
//! | `machine.rs` | who leads, what is under way, who is woken, as a pure state machine: begin there |
//! | `queue.rs` | who waits |
//! | `append.rs` | the future, and what it does with the writer |
//! | `parts.rs` | what is left when the log is taken apart |

use std::{
    fmt, io,
    sync::{Arc, OnceLock, PoisonError},
    task::Waker,
};

mod append;
mod machine;
#[cfg(all(test, any(awc_loom, awc_shuttle)))]
mod models;
mod parts;
mod queue;

pub use self::{append::Append, parts::Parts};
use self::{
    append::{BatchWriter, PollSync, Shared},
    machine::Level,
};
use crate::{
    primitives::{Mutex, MutexGuard},
    write::{AsyncSyncComplete, AsyncWriteComplete},
};

/// A place in the log: how many bytes of records stand before it. It is always the end of a record.
///
/// A record of `n` bytes whose append answered `p` begins `n` bytes before `p`. Counting begins with the
/// [`GroupCommit`], wherever its writer stood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u64);

impl Position {
    /// Where the log began.
    pub const START: Self = Self(0);

    /// The number of bytes before it.
    pub const fn offset(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How large a batch is, unless [`GroupCommit::max_batch`] says otherwise: half of what an `Offload` takes at once.
const MAX_BATCH: usize = 1 << 20;

/// A log that any number of tasks append to, by `&self`, with one write and one sync for many records.
///
/// While one batch is written, or synced, the records of other tasks gather, and go into the next one: a disk that
/// syncs 200 times a second makes 200 batches durable, and not 200 records. One of the waiting tasks carries the batch
/// on for all. There is no task of its own, no thread and no timer, so it works on any executor, and a lone append is
/// written at once.
///
/// ```
/// use async_write_complete::{Offload, commit::GroupCommit};
///
/// # futures_lite::future::block_on(async {
/// # let path = tempfile::NamedTempFile::new()?.into_temp_path();
/// let log = GroupCommit::new(Offload::create(&path).await?);
/// let (first, second) = futures_lite::future::try_zip(log.append(b"one\n"), log.append_durable(b"two\n")).await?;
/// assert!(first < second && log.durable() == second);
/// assert_eq!(std::fs::read(&path)?, b"one\ntwo\n");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
///
/// # Guarantees
///
/// * Records stand in the order of their [`Position`]s, each whole, with nothing between them and none twice, also when
///   futures are dropped.
/// * An answer of [`append`](Self::append) says that the record is complete, and all before it
///   ([W1](crate::contract::Rule::W1)); one of [`append_durable`](Self::append_durable), that they are durable
///   ([D1](crate::contract::Rule::D1)).
/// * After a write or a sync has failed, every append errs whose position is beyond [`complete`](Self::complete), or
///   [`durable`](Self::durable). Nothing is tried again, and nothing more is taken. A pool that refuses a job ends the
///   log too. If records that were complete wait for a sync when a write fails, that sync is made if one of them is
///   still polled, and the write was not [`Indeterminate`](crate::Indeterminate).
/// * After a failed sync only [`durable`](Self::durable) is right. Do not open the file again and replay it: that reads
///   the page cache, and [D1](crate::contract::Rule::D1) ends with the handle. Write what you still have beyond that
///   position to a new file; [`into_inner`](Self::into_inner) tells what there is to know.
///
/// These need a writer that keeps its rules, and no other writer of the destination.
///
/// What the writer wrote before is not the log's: sync it before [`new`](Self::new). Nor is a new file's name: sync its
/// directory, or no record is durable. `fs::replace` with no bytes makes a file and syncs its directory.
///
/// # Cancel safety
///
/// An append whose future is dropped has not been undone. [`Append::is_accepted`] tells before whether it goes on:
///
/// | it is dropped | `is_accepted` | its record |
/// |---|---|---|
/// | before its first poll, while it waits for room, or at a turn (rule P4) | `false` | is not in the log, and may be appended again |
/// | later | `true` | will be in the log as soon as another append is polled, at any later time, and is not to be appended again |
/// | and the log is dropped, or [taken apart](Self::into_inner) | `true` | is there whole, in part, or never; a write that was under way goes on |
///
/// [`settle`](Self::settle) waits for all that was accepted.
///
/// A future that was polled, and then is neither polled nor dropped, holds nobody up: its record goes on with the next
/// poll of any other append, and every waiting task is woken for that. If it waits for room, later ones pass it.
///
/// # Memory
///
/// Two batches of records, one under way and one that gathers; 8 bytes for each record in them; spare capacity; and the
/// writer's own copy. When a batch is full, appends wait for room, and are woken in order; but a large record may be
/// passed by small ones that fit, until its own poll begins a write. A record that is larger than a batch is a batch of
/// its own.
///
/// # The end
///
/// The log has no close of its own: its writer does. Tasks that share the log by an `Arc` end first.
///
/// ```
/// # use async_write_complete::{AsyncWriteCompleteExt, Offload, commit::{GroupCommit, Parts}};
/// # use std::sync::Arc;
/// # futures_lite::future::block_on(async {
/// # let path = tempfile::NamedTempFile::new()?.into_temp_path();
/// let log = Arc::new(GroupCommit::new(Offload::create(&path).await?));
/// let task = { let log = log.clone(); async move { log.append(b"one\n").await } };
/// task.await?;
/// let Parts { mut writer, complete: end, .. } = Arc::into_inner(log).expect("the tasks have ended").into_inner();
/// writer.close_complete().await?;
/// assert_eq!(end.offset(), 4);
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub struct GroupCommit<W> {
    shared: Arc<Shared>,
    /// The waker of `shared`, for the writer.
    waker: Waker,
    /// `None` while a leader has it. The machine sees to it that there is one leader, so nobody waits for this lock.
    batch_writer: Mutex<Option<BatchWriter<W>>>,
    /// How `W` syncs: stored, since only `append_durable` and `sync` have the bound.
    sync: OnceLock<PollSync<W>>,
}

impl<W> GroupCommit<W> {
    /// A log that begins where `writer` stands.
    pub fn new(writer: W) -> Self {
        let shared = Shared::new(MAX_BATCH);
        let waker = Waker::from(shared.clone());
        Self { shared, waker, batch_writer: Mutex::new(Some(BatchWriter::new(writer))), sync: OnceLock::new() }
    }

    /// Sets how many bytes of records are written at once: 1 MiB if it is not called. An `Offload` takes 2 MiB in one
    /// call of its destination.
    pub fn max_batch(self, bytes: usize) -> Self {
        self.shared.lock().set_max_batch(bytes);
        self
    }

    /// The end of the last record that is known to be complete.
    ///
    /// After a failed sync only [`durable`](Self::durable) is right: records up to here were complete, and may be lost.
    pub fn complete(&self) -> Position {
        self.shared.lock().reached(Level::Complete)
    }

    /// The end of the last record that is known to be durable. It stays right after any failure.
    pub fn durable(&self) -> Position {
        self.shared.lock().reached(Level::Durable)
    }

    /// Takes the log apart: the writer, both positions, and the error that ended the log, if one did.
    ///
    /// See [`Parts`] for what is right after a failure. If appends were dropped, records that were accepted may be
    /// lost, and a write may be outstanding at the writer: call [`settle`](Self::settle) before.
    pub fn into_inner(self) -> Parts<W> {
        let mut machine = self.shared.lock();
        let (complete, durable) = (machine.reached(Level::Complete), machine.reached(Level::Durable));
        let error = machine.failure();
        drop(machine);
        let batch_writer = self.batch_writer.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Some(batch_writer) = batch_writer else { unreachable!("the writer is out, and nobody polls") };
        Parts { writer: batch_writer.into_writer(), complete, durable, error }
    }

    fn batch_writer(&self) -> MutexGuard<'_, Option<BatchWriter<W>>> {
        self.batch_writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: AsyncWriteComplete + Unpin> GroupCommit<W> {
    /// Appends `record`, and answers its [`Position`] when it is complete. A record of no bytes waits for all before
    /// it.
    ///
    /// # Errors
    ///
    /// The failure of this write, or of an earlier one. The record is not complete, but some bytes of it may be there;
    /// if the error is [`Indeterminate`](crate::Indeterminate), all of it may.
    ///
    /// # Cancel safety
    ///
    /// See [the type](Self#cancel-safety): one that was [accepted](Append::is_accepted) happens without its future, and
    /// is not to be made again.
    ///
    /// # Panics
    ///
    /// If it is polled after it was ready.
    pub fn append<'a>(&'a self, record: &'a [u8]) -> Append<'a, W> {
        Append::new(self, record, Level::Complete)
    }

    /// Waits until all that was accepted before is complete, records of dropped appends included.
    ///
    /// # Errors
    ///
    /// The failure of a write or of a sync.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: call it again.
    pub async fn settle(&self) -> io::Result<Position> {
        self.append(&[]).await
    }
}

impl<W: AsyncSyncComplete + Unpin> GroupCommit<W> {
    /// Appends `record`, and answers its [`Position`] when it is durable, by
    /// [`poll_sync_data`](AsyncSyncComplete::poll_sync_data).
    ///
    /// # Errors
    ///
    /// As [`append`](Self::append); or the failure of a sync: the record may be complete, and may not survive.
    ///
    /// # Cancel safety
    ///
    /// As [`append`](Self::append). A record whose append was dropped is synced if another one waits for that.
    ///
    /// # Panics
    ///
    /// If it is polled after it was ready.
    pub fn append_durable<'a>(&'a self, record: &'a [u8]) -> Append<'a, W> {
        self.sync.get_or_init(|| W::poll_sync_data);
        Append::new(self, record, Level::Durable)
    }

    /// Waits until all that was accepted before is durable, records of dropped appends included.
    ///
    /// # Errors
    ///
    /// The failure of a write or of a sync.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: call it again.
    pub async fn sync(&self) -> io::Result<Position> {
        self.append_durable(&[]).await
    }
}

impl<W> fmt::Debug for GroupCommit<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let machine = self.shared.lock();
        let (complete, durable) = (machine.reached(Level::Complete), machine.reached(Level::Durable));
        drop(machine);
        f.debug_struct("GroupCommit").field("complete", &complete).field("durable", &durable).finish_non_exhaustive()
    }
}
