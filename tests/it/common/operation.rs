//! Every operation of an `Offload` of a [`Scripted`], to be tried in turn.

use std::{
    future::Future,
    io::{self, IoSlice, SeekFrom},
    pin::Pin,
    task::Poll,
};

use async_write_complete::{AsyncWriteCompleteExt, Offload, Pool};
use futures_lite::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

use super::{
    destination::{Observer, Scripted},
    pool::Stepped,
    steps::{drive, failed, poll_future},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Writes [`NEXT`] by a submission.
    Submit,
    /// The same, vectored.
    SubmitVectored,
    /// The same by the `poll_write` of futures-io.
    PollWrite,
    /// A submission of no bytes.
    Barrier,
    /// The `poll_flush` of futures-io.
    Flush,
    /// To the start.
    Seek,
    /// [`Scripted::visit`].
    WithMut,
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

/// The operations that are told of an orphan's failure, and are not executed then.
pub const REFUSED: [Operation; 7] = [Submit, SubmitVectored, PollWrite, Barrier, Flush, Seek, WithMut];

/// The operations that release the destination.
pub const CLOSES: [Operation; 2] = [Close, PollClose];

/// All but those that release the destination.
pub const NOT_CLOSES: [Operation; 8] = [Submit, SubmitVectored, PollWrite, Barrier, Flush, Seek, WithMut, Read];

/// All of them.
pub const ALL: [Operation; 10] =
    [Submit, SubmitVectored, PollWrite, Barrier, Flush, Seek, WithMut, Read, Close, PollClose];

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
                Barrier => writer.write_complete(&[]).await.map(drop),
                Flush => writer.flush().await,
                Seek => writer.seek(SeekFrom::Start(0)).await.map(drop),
                WithMut => writer.with_mut(Scripted::visit).await,
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
            Barrier | Flush => 0,
            Seek => seen.seeks().len(),
            WithMut => seen.visits(),
            Close | PollClose => seen.drops(),
            Read => seen.reads().len(),
        }
    }

    /// How many calls of the destination one operation makes.
    pub fn calls_each(self) -> usize {
        if matches!(self, Barrier | Flush) { 0 } else { 1 }
    }
}

/// Asserts that a poisoned writer has dropped its destination, and that every operation errs, names `reason`, and calls
/// nothing, however often it is asked.
#[track_caller]
pub fn assert_poisoned(mut writer: Offload<Scripted, Stepped>, pool: &Stepped, seen: &Observer, reason: &str) {
    let executed = pool.executed();
    let errs = |operation: Operation, writer: &mut Offload<Scripted, Stepped>| {
        let text = failed(operation.poll_once(writer)).to_string();
        assert!(text.contains(reason), "{operation:?}: {text}");
        text
    };
    assert_eq!(seen.drops(), 1, "the destination is gone");
    for operation in NOT_CLOSES.into_iter().chain(NOT_CLOSES) {
        errs(operation, &mut writer);
    }
    let refused = drive(pool, writer.into_inner()).unwrap_err();
    assert!(refused.error().to_string().contains(reason), "{refused}");
    let mut writer = refused.into_inner();
    let outcome = errs(Close, &mut writer);
    for operation in CLOSES.into_iter().chain(CLOSES) {
        assert_eq!(errs(operation, &mut writer), outcome, "the outcome of a close is kept");
    }
    for operation in NOT_CLOSES {
        failed(operation.poll_once(&mut writer));
    }
    drop(writer);
    assert_eq!((pool.executed(), pool.len(), seen.drops()), (executed, 0, 1));
}
