//! [`FromOwned`] and [`OwnedWrite`]: destinations that take a buffer by value.

use std::{
    fmt,
    future::{self, Future, Ready},
    io,
};

use crate::{IntoInnerError, Tracked, guard::closed};

mod drive;

use self::drive::Owned;

/// A destination whose writes are futures that own their bytes, as those of io_uring runtimes and of object stores.
///
/// Every function of the bytes and the position that gives such a future is one, and its close drops it. A type
/// implements the trait itself where its close has something to tell, or has to be waited for.
///
/// ```
/// use std::{future::{Ready, ready}, io};
/// use async_write_complete::{AsyncWriteCompleteExt, adapter::{FromOwned, OwnedWrite}};
///
/// /// Shouts into a vector, and says at the end whether anybody listened.
/// #[derive(Default)]
/// struct Hall { heard: Vec<u8> }
///
/// impl OwnedWrite for Hall {
///     type Write = Ready<(io::Result<usize>, Vec<u8>)>;
///     type Close = Ready<io::Result<()>>;
///
///     fn write(&mut self, bytes: Vec<u8>, _: u64) -> Self::Write {
///         self.heard.extend(bytes.to_ascii_uppercase());
///         ready((Ok(bytes.len()), bytes))
///     }
///
///     fn close(self) -> Self::Close {
///         ready(if self.heard.is_empty() { Err(io::Error::other("silence")) } else { Ok(()) })
///     }
/// }
///
/// # futures_lite::future::block_on(async {
/// let mut writer = FromOwned::over(Hall::default());
/// assert_eq!(writer.close_complete().await.unwrap_err().to_string(), "silence");
/// # });
/// ```
pub trait OwnedWrite {
    /// One write: how many of the bytes are complete, and their memory.
    ///
    /// The memory serves again. What is in it does not matter, except after `Interrupted`; a destination that keeps it
    /// gives an empty vector.
    type Write: Future<Output = (io::Result<usize>, Vec<u8>)>;

    /// The close of the destination.
    type Close: Future<Output = io::Result<()>>;

    /// Writes `bytes`, or some first part of them, behind what is complete.
    ///
    /// `at` is where that is: the position that the writer [started at](FromOwned::starting_at), and as many bytes as
    /// were complete since. A destination that appends by itself has no need of it. One call is made at a time.
    ///
    /// # Errors
    ///
    /// An error says that none of the bytes is complete; answer an [`Indeterminate`](crate::Indeterminate) where that
    /// is not known, as after EIO on a descriptor with `O_DSYNC`. After `Interrupted` the write is made again, if all
    /// of its bytes came back.
    ///
    /// # Panics
    ///
    /// A panic here or in the future is `Indeterminate` for the caller, and the writer takes no more.
    fn write(&mut self, bytes: Vec<u8>, at: u64) -> Self::Write;

    /// Closes the destination. No write is under way, and nothing is called afterwards.
    ///
    /// # Errors
    ///
    /// The close failed; that is the outcome for good.
    fn close(self) -> Self::Close;
}

impl<F, Fut> OwnedWrite for F
where
    F: FnMut(Vec<u8>, u64) -> Fut,
    Fut: Future<Output = (io::Result<usize>, Vec<u8>)>,
{
    type Write = Fut;
    type Close = Ready<io::Result<()>>;

    fn write(&mut self, bytes: Vec<u8>, at: u64) -> Fut {
        self(bytes, at)
    }

    fn close(self) -> Self::Close {
        drop(self);
        future::ready(Ok(()))
    }
}

/// An [`AsyncWriteComplete`](crate::AsyncWriteComplete) over writes that own their bytes.
///
/// ```
/// use std::{cell::RefCell, rc::Rc};
/// use async_write_complete::{AsyncWriteCompleteExt, adapter::FromOwned};
///
/// # futures_lite::future::block_on(async {
/// // With compio: `let mut file = file.clone(); async move { file.write_at(bytes, at).await.into() }`.
/// let file = Rc::new(RefCell::new(Vec::new()));
/// let theirs = file.clone();
/// let mut writer = FromOwned::new(move |bytes: Vec<u8>, _at| {
///     let file = theirs.clone();
///     async move {
///         file.borrow_mut().extend_from_slice(&bytes);
///         (Ok(bytes.len()), bytes)
///     }
/// });
/// writer.write_all_complete(b"hello").await?;
/// assert_eq!(*file.borrow(), b"hello");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
///
/// A submission is one call, with a copy of its bytes, up to [a limit](Self::max_submission). Its future is polled at
/// once: one that is ready then is `Complete`. Complete is what the destination's own count says; the copy is not
/// aligned, so this is not for `O_DIRECT`.
///
/// The writer is `Send` if the destination and its futures are. On a runtime of one thread, as compio, monoio and
/// tokio-uring, they are not, and need not be.
///
/// It has no sync. Settle it, then sync the destination, by [`inner`](Self::inner) or another handle: nothing refuses a
/// sync over a write that is outstanding there.
///
/// # Cancel safety
///
/// The future of a write stays in the writer, so dropping a `write_complete` changes nothing about it
/// ([W8](crate::contract::Rule::W8)). In general it is *driven*: it goes on while its ticket, or the close, is polled.
/// An operation of a ring goes on by itself after the first poll, as long as its runtime does.
///
/// A drop of the *writer* drops that future, and what becomes of the write is then up to the destination: compio and
/// monoio cancel it, and tokio-uring lets it end. Settle or close the writer before, or have the function spawn its
/// write and wait for the task. Then the write goes on without the writer, and only a close is driven:
///
/// ```no_run
/// # use async_write_complete::{Indeterminate, adapter::FromOwned};
/// # async fn write_at(bytes: Vec<u8>, _: u64) -> (std::io::Result<usize>, Vec<u8>) { (Ok(bytes.len()), bytes) }
/// let writer = FromOwned::new(|bytes, at| {
///     let task = tokio::spawn(write_at(bytes, at));
///     async { task.await.unwrap_or_else(|error| (Err(Indeterminate::new(error.into()).into()), Vec::new())) }
/// });
/// # let _ = writer;
/// ```
pub struct FromOwned<W: OwnedWrite> {
    tracked: Tracked<Owned<W>>,
}

impl<W: OwnedWrite> FromOwned<W> {
    /// Over a function, which gets the bytes of a submission, and the position behind what is complete.
    pub fn new<Fut>(write: W) -> Self
    where
        W: FnMut(Vec<u8>, u64) -> Fut,
        Fut: Future<Output = (io::Result<usize>, Vec<u8>)>,
    {
        Self::over(write)
    }

    /// Over a destination.
    pub fn over(destination: W) -> Self {
        Self { tracked: Tracked::new(Owned::new(destination)) }
    }

    /// The position of the first byte, for a writer that has taken nothing; 0 unless set.
    #[must_use]
    pub fn starting_at(mut self, position: u64) -> Self {
        self.tracked.get_mut().position = position;
        self
    }

    /// How many bytes one submission takes at most, which bounds the memory of the copy; 2 MiB unless set, and 1 at
    /// least.
    ///
    /// Where a submission is a unit, such as an object or a datagram, this is the largest one.
    #[must_use]
    pub fn max_submission(mut self, bytes: usize) -> Self {
        self.tracked.get_mut().max_submission = bytes.max(1);
        self
    }

    /// The position behind what is complete, as far as tickets were answered.
    pub const fn position(&self) -> u64 {
        self.tracked.get_ref().position
    }

    /// The destination; none after a close, which consumes it.
    pub fn inner(&self) -> Option<&W> {
        self.tracked.get_ref().destination.as_ref()
    }

    /// The destination, mutably; none after a close, which consumes it.
    ///
    /// Bytes that are written through it are not tracked.
    pub fn inner_mut(&mut self) -> Option<&mut W> {
        self.tracked.get_mut().destination.as_mut()
    }

    /// Takes the destination out.
    ///
    /// # Errors
    ///
    /// As [`Tracked::into_inner`].
    #[allow(clippy::result_large_err, reason = "the writer comes back in it")]
    pub fn into_inner(self) -> Result<W, IntoInnerError<Self>> {
        let mut owned = self.tracked.into_inner().map_err(|refused| {
            let (error, tracked) = refused.into_parts();
            IntoInnerError::new(Self { tracked }, error)
        })?;
        let destination = owned.destination.take();
        destination.ok_or_else(|| IntoInnerError::new(Self { tracked: Tracked::new(owned) }, closed()))
    }
}

impl<W: OwnedWrite> fmt::Debug for FromOwned<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromOwned").field("tracked", &self.tracked).finish()
    }
}

/// No destination is pinned, and its futures are in boxes.
impl<W: OwnedWrite> Unpin for FromOwned<W> {}

crate::write::forward!(
    [W: OwnedWrite] [W: OwnedWrite] FromOwned<W>,
    self => Pin::new(&mut self.get_mut().tracked), self.tracked
);
