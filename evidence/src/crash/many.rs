//! Several threads that share one file: writes at positions, and group commit.

use std::{
    fs::File,
    io,
    path::Path,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    thread,
};

use async_write_complete::{Offload, commit::GroupCommit, fs::PositionedFile};
use futures_lite::future::{block_on, poll_once};

use super::{
    order::{Order, TASKS},
    record::Id,
    report::Reporter,
};

/// How many writes at positions are in flight at once.
const LANES: u16 = 4;

/// Less than the longest record, so that some batches hold many and some records are larger than a batch.
const MAX_BATCH: usize = 64 * 1024;

/// Writes at positions: each thread takes the next place for its record. If they are durable, each is synced before it
/// is reported.
pub(super) fn positioned(path: &Path, reporter: Reporter, durable: bool) -> io::Result<()> {
    let file = PositionedFile::new(File::create(path)?)?;
    let next = AtomicU64::new(0);
    on_threads(LANES, |id| {
        let record = id.record();
        let (begin, len) = (next.fetch_add(record.len() as u64, Relaxed), record.len() as u64);
        block_on(file.write_all_at(&record, begin))?;
        if durable {
            block_on(file.sync_data())?;
        }
        reporter.answered(id, begin + len);
        Ok(())
    })
}

/// Appends to one log. Some of the appends are dropped after the first poll: that record happens or not, and is not
/// reported.
pub(super) fn commit(path: &Path, reporter: Reporter, durable: bool) -> io::Result<()> {
    let log =
        GroupCommit::new(Offload::new(File::options().append(true).create(true).open(path)?)).max_batch(MAX_BATCH);
    on_threads(TASKS, |id| {
        let record = id.record();
        let append = if durable || id.number % 16 == 0 { log.append_durable(&record) } else { log.append(&record) };
        if Order::Log.may_be_left_out(id) {
            return block_on(poll_once(append)).transpose().map(drop);
        }
        reporter.answered(id, block_on(append)?.offset());
        Ok(())
    })
}

/// Has each of so many threads write its records for ever; the first failure of one of them.
fn on_threads(count: u16, write: impl Fn(Id) -> io::Result<()> + Sync) -> io::Result<()> {
    thread::scope(|scope| {
        let write = &write;
        let threads: Vec<_> = (0..count)
            .map(|task| scope.spawn(move || (0..).try_for_each(|number| write(Id { task, number }))))
            .collect();
        let ends = threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(io::Error::other("a panic"))));
        ends.collect()
    })
}
