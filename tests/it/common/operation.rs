//! Every operation of an `Offload` of a [`Scripted`], to be tried in turn.

use std::{
    future::Future,
    io::{self, IoSlice, SeekFrom},
    pin::Pin,
    task::Poll,
};

use async_write_complete::{AsyncWriteCompleteExt, Indeterminate, Offload, Pool};
use futures_lite::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

use super::{
    destination::{Observer, Scripted},
    pool::Stepped,
    steps::{drive, failed, poll_future, ready, submit_nothing},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Writes [`NEXT`] by a submission.
    Submit,
    /// The same, vectored.
    SubmitVectored,
    /// The same by the `poll_write` of futures-io.
    PollWrite,
    /// The `poll_flush` of futures-io.
    Flush,
    /// To the start.
    Seek,
    /// [`Scripted::visit`].
    WithMut,
    SyncData,
    SyncAll,
    /// By `close_complete`.
    Close,
    /// By the `poll_close` of futures-io.
    PollClose,
    /// Of one byte.
    Read,
}

use Operation::*;

/// What the operations write.
pub const NEXT: &[u8] = b"next";

/// The operations that are refused while a write is outstanding.
pub const REFUSED: [Operation; 7] = [Submit, SubmitVectored, PollWrite, Seek, WithMut, SyncData, SyncAll];

/// The operations that release the destination.
pub const CLOSES: [Operation; 2] = [Close, PollClose];

/// All but those that release the destination.
pub const NOT_CLOSES: [Operation; 9] =
    [Submit, SubmitVectored, PollWrite, Flush, Seek, WithMut, SyncData, SyncAll, Read];

/// The operations that are no write and call the destination, and that a write waits for.
pub const NO_WRITES: [Operation; 5] = [Read, Seek, WithMut, SyncData, SyncAll];

impl Operation {
    pub fn future<P: Pool>(
        self,
        writer: &mut Offload<Scripted, P>,
    ) -> Pin<Box<dyn Future<Output = io::Result<()>> + '_>> {
        Box::pin(async move {
            match self {
                Submit => writer.write_complete(NEXT).await.map(drop),
                SubmitVectored => writer.write_vectored_complete(&[IoSlice::new(NEXT)]).await.map(drop),
                PollWrite => writer.write(NEXT).await.map(drop),
                Flush => writer.flush().await,
                Seek => writer.seek(SeekFrom::Start(0)).await.map(drop),
                WithMut => writer.with_mut(Scripted::visit).await,
                SyncData => writer.sync_data().await,
                SyncAll => writer.sync_all().await,
                Close => writer.close_complete().await,
                PollClose => writer.close().await,
                Read => writer.read(&mut [0]).await.map(drop),
            }
        })
    }

    /// Polls a new future of it once, and drops that.
    pub fn poll_once<P: Pool>(self, writer: &mut Offload<Scripted, P>) -> Poll<io::Result<()>> {
        poll_future(&mut self.future(writer))
    }

    /// Polls it to its end, and steps the pool whenever it waits.
    pub fn run(self, writer: &mut Offload<Scripted, Stepped>, pool: &Stepped) -> io::Result<()> {
        drive(pool, self.future(writer))
    }

    /// How often the destination has been called for operations of this kind.
    pub fn calls(self, seen: &Observer) -> usize {
        match self {
            Submit | SubmitVectored | PollWrite => seen.writes().len(),
            Flush => 0,
            Seek => seen.seeks().len(),
            WithMut => seen.visits(),
            SyncData | SyncAll => seen.syncs(),
            Close | PollClose => seen.drops(),
            Read => seen.reads().len(),
        }
    }
}

/// Asserts that a poisoned writer, which is settled, has dropped its destination, and that every operation errs, says
/// that nobody knows, names `reason`, and calls nothing, however often it is asked.
#[track_caller]
pub fn assert_poisoned(mut writer: Offload<Scripted, Stepped>, pool: &Stepped, seen: &Observer, reason: &str) {
    let executed = pool.executed();
    let errs = |operation: Operation, writer: &mut Offload<Scripted, Stepped>| {
        let error = failed(operation.poll_once(writer));
        assert!(Indeterminate::find(&error).is_some(), "{operation:?}: {error:?}");
        let text = error.to_string();
        assert!(text.contains(reason), "{operation:?}: {text}");
        text
    };
    assert_eq!(seen.drops(), 1, "the destination is gone");
    for operation in NOT_CLOSES.into_iter().chain(NOT_CLOSES) {
        errs(operation, &mut writer);
    }
    assert_eq!(ready(submit_nothing(&mut writer)).unwrap().len(), 0, "no bytes are no submission");
    let refused = drive(pool, writer.into_inner()).unwrap_err();
    assert!(Indeterminate::find(refused.error()).is_some(), "{refused:?}");
    assert!(refused.error().to_string().contains(reason), "{refused}");
    let mut writer = refused.into_inner();
    let outcome = errs(Close, &mut writer);
    for operation in CLOSES.into_iter().chain(CLOSES) {
        assert_eq!(errs(operation, &mut writer), outcome, "the outcome of a close is kept");
    }
    for operation in NOT_CLOSES.into_iter().filter(|operation| *operation != Flush) {
        failed(operation.poll_once(&mut writer));
    }
    drop(writer);
    assert_eq!((pool.executed(), pool.len(), seen.drops()), (executed, 0, 1));
}
