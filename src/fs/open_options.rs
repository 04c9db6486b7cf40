//! [`OpenOptions`].

use std::{io, path::Path};

use super::File;
use crate::{
    Offload,
    offload::{BlockingPool, Pool},
};

/// A builder with the setters of [`std::fs::OpenOptions`].
macro_rules! open_options {
    ($(#[$doc:meta])*) => {
        #[cfg(unix)]
        use std::os::unix::fs::OpenOptionsExt as _;
        #[cfg(windows)]
        use std::os::windows::fs::OpenOptionsExt as _;

        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct OpenOptions(std::fs::OpenOptions);

        impl OpenOptions {
            /// Options of which none is set.
            #[expect(clippy::new_without_default, reason = "nothing can be opened with it")]
            pub fn new() -> Self {
                Self(std::fs::OpenOptions::new())
            }
        }

        $crate::fs::open_options! { "std::fs::OpenOptions":
            read(bool), write(bool), append(bool), truncate(bool), create(bool), create_new(bool) }
        #[cfg(unix)]
        $crate::fs::open_options! { "std::os::unix::fs::OpenOptionsExt": mode(u32), custom_flags(i32) }
        #[cfg(windows)]
        $crate::fs::open_options! { "std::os::windows::fs::OpenOptionsExt":
            access_mode(u32), share_mode(u32), custom_flags(u32), attributes(u32), security_qos_flags(u32) }

        /// For options that are set elsewhere.
        impl From<std::fs::OpenOptions> for OpenOptions {
            fn from(options: std::fs::OpenOptions) -> Self {
                Self(options)
            }
        }
    };
    ($of:literal: $($setter:ident($type:ty)),*) => {
        impl OpenOptions {
            $(
                #[doc = concat!("As [`", stringify!($setter), "`](", $of, "::", stringify!($setter), ") of std.")]
                pub fn $setter(&mut self, $setter: $type) -> &mut Self {
                    self.0.$setter($setter);
                    self
                }
            )*
        }
    };
}
pub(crate) use open_options;

open_options! {
    /// How a [`File`] is opened: all that [`std::fs::OpenOptions`] has.
    ///
    /// ```
    /// use async_write_complete::{AsyncWriteCompleteExt, fs::OpenOptions};
    ///
    /// # futures_lite::future::block_on(async {
    /// # let path = tempfile::NamedTempFile::new()?.into_temp_path().to_owned();
    /// let mut log = OpenOptions::new().append(true).create(true).open(&path).await?;
    /// log.write_all_complete(b"one record\n").await?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
}

impl OpenOptions {
    /// Opens a file.
    ///
    /// # Errors
    ///
    /// Those of [`std::fs::OpenOptions::open`].
    ///
    /// # Cancel safety
    ///
    /// As [`Offload::open_with_pool`]; the file may be created or emptied all the same.
    pub async fn open(&self, path: impl AsRef<Path>) -> io::Result<File> {
        self.open_with_pool(path, BlockingPool).await
    }

    /// Opens a file on `pool`, which then carries it. Otherwise as [`open`](Self::open).
    ///
    /// # Errors
    ///
    /// Those of [`std::fs::OpenOptions::open`].
    ///
    /// # Cancel safety
    ///
    /// As [`open`](Self::open).
    pub async fn open_with_pool<P: Pool>(&self, path: impl AsRef<Path>, pool: P) -> io::Result<File<P>> {
        let (options, path) = (self.0.clone(), path.as_ref().to_owned());
        Offload::open_with_pool(pool, move || options.open(path)).await
    }
}
