//! What is measured: one operation after the other on an open file, as each crate offers it.

use std::{future::Future, io, path::Path};

/// The bytes of a write. They live as long as the process, so that no subject has to copy or count them only because it
/// wants to own them: each is measured at its best.
pub(super) type Payload = &'static [u8];

/// One operation, from the call to the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// A write of the payload.
    Write,
    /// A write of the payload, and a sync of the data.
    WriteAndSync,
    /// A read of as many bytes.
    Read,
}

/// An open file. The operations go forward from its beginning, until it is rewound.
pub(super) trait Handle: Sized + Send + 'static {
    /// Opens the file at `path`, which exists, for reads and writes; `is_pipe` for writes alone. May block: no clock
    /// runs.
    fn open(path: &Path, payload: Payload, is_pipe: bool) -> impl Future<Output = io::Result<Self>> + Send;

    /// Writes the whole payload, and waits for as much as the subject promises.
    fn write(&mut self) -> impl Future<Output = io::Result<()>> + Send;

    /// Reads as many bytes as the payload has.
    fn read(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        async { Err(io::Error::from(io::ErrorKind::Unsupported)) }
    }

    /// Makes what was written durable.
    fn sync(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        async { Err(io::Error::from(io::ErrorKind::Unsupported)) }
    }

    /// Waits for what a subject with the weaker promise has not written yet. No clock runs.
    fn settle(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        async { Ok(()) }
    }

    /// Goes back to the beginning of the file. No clock runs.
    fn rewind(&mut self) -> impl Future<Output = io::Result<()>> + Send;

    /// One operation.
    fn act(&mut self, action: Action) -> impl Future<Output = io::Result<()>> + Send {
        async move {
            match action {
                Action::Write => self.write().await,
                Action::WriteAndSync => {
                    self.write().await?;
                    self.sync().await
                }
                Action::Read => self.read().await,
            }
        }
    }
}

/// The bytes of a write of that size, for as long as the process lives.
pub(super) fn payload(size: usize) -> Payload {
    // No byte of it is zero, so that it differs everywhere from a place that was cleared.
    let bytes: Vec<u8> = (1..=u8::MAX).cycle().take(size).collect();
    Box::leak(bytes.into_boxed_slice())
}

/// The file as std opens it.
pub(super) fn open_std(path: &Path, is_pipe: bool) -> io::Result<std::fs::File> {
    std::fs::File::options().read(!is_pipe).write(true).open(path)
}
