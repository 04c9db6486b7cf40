//! [`abandoned`]: the operations whose `Offload` was dropped.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use crate::{
    guard::{drop_catching_panics, ignore_panics},
    primitives::{Mutex, MutexGuard, lock, process_wide},
};

struct State {
    under_way: usize,
    failed: u64,
    /// Of the futures that wait, each under its key.
    wakers: Vec<(u64, Waker)>,
    next_key: u64,
}

process_wide! {
    /// One for the process: a program waits at its end, or before it opens a file anew. No foreign code runs under it.
    static STATE: Mutex<State> = Mutex::new(State { under_way: 0, failed: 0, wakers: Vec::new(), next_key: 0 });
}

fn state() -> MutexGuard<'static, State> {
    lock(&STATE)
}

/// Waits until no operation is under way any more whose [`Offload`](super::Offload) or
/// [`PositionedFile`](crate::fs::PositionedFile) was dropped, and returns how many of them have failed since the
/// process began.
///
/// A drop returns at once, and the operation goes on without a caller ([O3](crate::contract::Rule::O3)). So this is for
/// the end of `main`, and for a program that reopens a file to which a dropped future may still write. A write that
/// failed or came out short, a sync or a close that failed, and a panic count as failures, each once.
///
/// It waits for every such operation of the process, so an open of a FIFO without a peer, or a read of a terminal,
/// keeps it waiting: put a timeout around it.
///
/// A file that is being [opened](super::Offload::open_with_pool), and a call of [`fs`](crate::fs), whose future was
/// dropped counts as under way too: a file would be emptied late. A failure before the drop counts as well if it was
/// not reported to any caller: of a write that was not answered, or of a sync or a close whose future was dropped.
///
/// ```
/// use async_write_complete::{AsyncWriteCompleteExt, Offload, offload::abandoned};
///
/// # futures_lite::future::block_on(async {
/// # let file = tempfile::NamedTempFile::new()?;
/// let mut writer = Offload::new(file.reopen()?);
/// let _ = writer.submit(b"the old text, which is long").await?;
/// drop(writer);
/// abandoned().await;
/// std::fs::write(file.path(), b"the new text")?; // the old one comes late no more
/// # assert_eq!(std::fs::read(file.path())?, b"the new text");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
///
/// # Cancel safety
///
/// A drop loses nothing: the count stays.
pub fn abandoned() -> Abandoned {
    Abandoned { key: None }
}

/// The future of [`abandoned`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Abandoned {
    key: Option<u64>,
}

impl Future for Abandoned {
    type Output = u64;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u64> {
        let waker = cx.waker().clone();
        let replaced = self.take_waker();
        let mut state = state();
        let (is_over, failed) = (state.under_way == 0, state.failed);
        if !is_over {
            self.key = Some(state.next_key);
            let key = state.next_key;
            state.wakers.push((key, waker));
            state.next_key += 1;
        }
        drop(state);
        drop_catching_panics(replaced);
        if is_over { Poll::Ready(failed) } else { Poll::Pending }
    }
}

impl Abandoned {
    fn take_waker(&mut self) -> Option<Waker> {
        let key = self.key.take()?;
        let mut state = state();
        let index = state.wakers.iter().position(|(other, _)| *other == key)?;
        Some(state.wakers.swap_remove(index).1)
    }
}

/// One that is given up leaves no waker behind.
impl Drop for Abandoned {
    fn drop(&mut self) {
        drop_catching_panics(self.take_waker());
    }
}

/// Counts failures that were not reported to any caller, and are not of an operation under way.
pub(crate) fn count_failures(failures: u64) {
    if failures > 0 {
        state().failed += failures;
    }
}

/// An operation under way whose `Offload` was dropped.
#[derive(Debug)]
pub(crate) struct UnderWay(());

impl UnderWay {
    pub(crate) fn begin() -> Self {
        state().under_way += 1;
        Self(())
    }

    pub(crate) fn end(self, failures: u64) {
        let mut state = state();
        state.under_way -= 1;
        state.failed += failures;
        let wakers = if state.under_way == 0 { std::mem::take(&mut state.wakers) } else { Vec::new() };
        drop(state);
        for (_, waker) in wakers {
            ignore_panics(|| waker.wake());
        }
    }
}
