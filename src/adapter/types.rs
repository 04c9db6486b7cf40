//! What the adapter types of both families have in common, as macros.

/// An adapter type to the trait of futures-io or tokio.
macro_rules! to_adapter {
    ($(#[$doc:meta])* $name:ident $({ $field:ident: $type:ty })?) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<W> {
            writer: W,
            pending: $crate::adapter::pending_write::PendingWrite,
            $($field: $type,)?
        }

        impl<W> $name<W> {
            /// Wraps `writer`.
            pub fn new(writer: W) -> Self {
                Self {
                    writer,
                    pending: $crate::adapter::pending_write::PendingWrite::default(),
                    $($field: Default::default(),)?
                }
            }

            /// The writer inside.
            pub const fn inner(&self) -> &W {
                &self.writer
            }

            /// The writer inside, mutably: for what the adapter cannot do, such as a sync.
            ///
            /// While a `poll_write` is pending its write is outstanding there; a flush of the adapter settles it. If
            /// the write came out short, the adapter still owes its caller that count after the flush: a sync made here
            /// succeeds, and covers the bytes that are complete and not those that are missing.
            $(
                #[doc = concat!(
                    "\nAn operation here comes before a ", stringify!($field), " that was started and not finished. It may \
                     take the place of the waker by which a task of the adapter waits for that: poll that task afterwards."
                )]
            )?
            pub const fn inner_mut(&mut self) -> &mut W {
                &mut self.writer
            }

            /// Takes the writer out; an outstanding write, and the report of its failure, go with it.
            ///
            /// # Errors
            ///
            /// [`PriorWriteFailed`](crate::PriorWriteFailed) if a write was dropped that is known to have come out
            /// short; a second call gives the writer.
            $(
                #[doc = concat!(
                    "`ResourceBusy`, and no [`WriteOutstanding`](crate::WriteOutstanding), while a ",
                    stringify!($field), " was started and not finished: `poll_complete` finishes it."
                )]
            )?
            /// The adapter comes back in the error.
            #[allow(clippy::result_large_err, reason = "the adapter comes back in it")]
            pub fn into_inner(mut self) -> Result<W, $crate::IntoInnerError<Self>>
            where
                W: $crate::AsyncWriteComplete,
            {
                $(
                    if self.$field.started.is_some() {
                        let text = concat!("a ", stringify!($field), " is under way: call `poll_complete` first");
                        let error = ::std::io::Error::new(::std::io::ErrorKind::ResourceBusy, text);
                        return Err($crate::IntoInnerError::new(self, error));
                    }
                )?
                match self.pending.end(|| self.writer.outstanding()) {
                    Ok(()) => Ok(self.writer),
                    Err(error) => Err($crate::IntoInnerError::new(self, error)),
                }
            }
        }
    };
}
pub(crate) use to_adapter;

/// An adapter type from the trait of futures-io or tokio.
macro_rules! from_adapter {
    ($(#[$doc:meta])* $name:ident, $trait:path) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<W> {
            tracked: $crate::Tracked<$crate::adapter::flushing::Flushing<Inner<W>>>,
        }

        impl<W> $name<W> {
            /// Wraps `inner`.
            pub const fn new(inner: W) -> Self {
                Self { tracked: $crate::Tracked::new($crate::adapter::flushing::Flushing::new(Inner(inner))) }
            }

            /// The writer inside; none after a close, which drops it.
            pub fn inner(&self) -> Option<&W> {
                self.tracked.get_ref().inner.as_ref().map(|inner| &inner.0)
            }

            /// The writer inside, mutably; none after a close, which drops it.
            ///
            /// Bytes that are written through it are not tracked.
            pub fn inner_mut(&mut self) -> Option<&mut W> {
                self.tracked.get_mut().inner.as_mut().map(|inner| &mut inner.0)
            }

            /// Takes the writer out.
            ///
            /// # Errors
            ///
            /// As [`Tracked::into_inner`](crate::Tracked::into_inner).
            pub fn into_inner(self) -> Result<W, $crate::IntoInnerError<Self>> {
                let error = |error, tracked| $crate::IntoInnerError::new(Self { tracked }, error);
                match self.tracked.into_inner() {
                    Ok($crate::adapter::flushing::Flushing { inner: Some(inner), .. }) => Ok(inner.0),
                    Ok(gone) => Err(error($crate::guard::closed(), $crate::Tracked::new(gone))),
                    Err(refused) => {
                        let (reason, tracked) = refused.into_parts();
                        Err(error(reason, tracked))
                    }
                }
            }
        }

        $crate::write::forward_to_field!(impl<W: $trait> for $name<W>);
    };
}
pub(crate) use from_adapter;
