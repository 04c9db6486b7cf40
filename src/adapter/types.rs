//! What the adapter types of both families have in common, as macros.

/// An adapter type to the trait of futures-io or tokio.
macro_rules! to_adapter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<W> {
            writer: W,
            claim: $crate::adapter::claim::Claim,
        }

        impl<W> $name<W> {
            /// Wraps `writer`.
            pub fn new(writer: W) -> Self {
                Self { writer, claim: $crate::adapter::claim::Claim::default() }
            }

            /// The writer inside.
            pub const fn inner(&self) -> &W {
                &self.writer
            }

            /// The writer inside. A submission to it takes the place of a write that was dropped up here.
            pub const fn inner_mut(&mut self) -> &mut W {
                &mut self.writer
            }

            /// Takes the writer out; it finishes and reports an outstanding write by itself.
            pub fn into_inner(self) -> W {
                self.writer
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

            /// The writer inside.
            pub const fn inner(&self) -> &W {
                &self.tracked.get_ref().inner.0
            }

            /// Takes the writer out.
            ///
            /// # Errors
            ///
            /// As [`Tracked::into_inner`](crate::Tracked::into_inner).
            pub fn into_inner(self) -> Result<W, $crate::IntoInnerError<Self>> {
                self.tracked.into_inner().map(|flushing| flushing.inner.0).map_err(|error| {
                    let (error, tracked) = error.into_parts();
                    $crate::IntoInnerError::new(Self { tracked }, error)
                })
            }
        }

        $crate::write::delegate_to_tracked!(impl<W: $trait> for $name<W>);
    };
}
pub(crate) use from_adapter;
