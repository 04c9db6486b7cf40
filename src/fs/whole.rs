//! [`read`] and [`write()`]: a file as a whole.

use std::{
    io::{self, Write},
    path::Path,
    sync::Arc,
};

use crate::{
    WriteComplete,
    offload::{BlockingPool, IfDropped, run_on},
};

/// Runs `call` with `path` on the default pool.
pub(super) async fn with_path<R, F>(path: impl AsRef<Path>, if_dropped: IfDropped, call: F) -> io::Result<R>
where
    R: Send + 'static,
    F: FnOnce(&Path) -> io::Result<R> + Send + 'static,
{
    let path = path.as_ref().to_owned();
    run_on(&Arc::new(BlockingPool), if_dropped, move || call(&path)).await
}

/// Reads a file whole, as [`std::fs::read`].
///
/// # Errors
///
/// Those of [`std::fs::read`].
///
/// # Cancel safety
///
/// Asking takes nothing and loses nothing.
pub async fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    with_path(path, IfDropped::IsForgotten, |path| std::fs::read(path)).await
}

/// Writes a file whole, new or emptied, as [`std::fs::write`]. Answered, its bytes are complete, and it is closed.
///
/// A reader may see it empty or half there, also after a crash: [`replace`](super::replace()).
///
/// # Errors
///
/// Those of [`std::fs::write`], and that of the close. The file may hold a first part of the bytes.
///
/// # Cancel safety
///
/// Dropped after its first poll, the file is written all the same.
/// [`abandoned`](crate::offload::abandoned) waits for it.
pub async fn write(path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> io::Result<()> {
    let contents = contents.as_ref().to_owned();
    with_path(path, IfDropped::Counts, move |path| {
        let mut file = std::fs::File::create(path)?;
        file.write_all(&contents)?;
        WriteComplete::release(file)
    })
    .await
}
