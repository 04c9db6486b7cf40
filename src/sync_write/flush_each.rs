//! [`FlushEach`]: write and flush as one.

use std::io::{self, Write};

use super::WriteComplete;
use crate::{
    error::{Indeterminate, RepeatableError},
    guard::retry_interrupted,
};

/// A writer that flushes after each write, and so holds nothing back.
///
/// It is as honest as the inner flush. Suited for a writer whose flush sends everything on and whose drop writes
/// nothing more; not for an encoder that ends with a trailer. `Stdout` hides a closed descriptor, also from its flush.
///
/// A flush that fails leaves it unknown how many bytes have gone through: the write answers an [`Indeterminate`] error,
/// and every later one errs. What the inner writer still holds then may yet be written when it is dropped, if its drop
/// does so.
///
/// ```
/// use std::io::{BufWriter, Write};
/// use async_write_complete::FlushEach;
///
/// let mut writer = FlushEach::new(BufWriter::new(Vec::new()));
/// writer.write(b"there")?;
/// assert_eq!(writer.get_ref().get_ref(), b"there");
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct FlushEach<W> {
    inner: W,
    /// The flush that failed, since which nothing is taken.
    failed: Option<RepeatableError>,
}

impl<W: Write> FlushEach<W> {
    /// Wraps `inner`. What it already holds is flushed with the first write.
    pub const fn new(inner: W) -> Self {
        Self { inner, failed: None }
    }
}

impl<W> FlushEach<W> {
    /// The writer inside.
    pub const fn get_ref(&self) -> &W {
        &self.inner
    }

    /// Takes the writer out, also after a failed flush.
    pub fn into_inner(self) -> W {
        self.inner
    }
}

impl<W: Write> Write for FlushEach<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if let Some(failed) = &self.failed {
            return Err(failed.poisoned());
        }
        let n = self.inner.write(buf)?;
        self.flush()?;
        Ok(n)
    }

    /// Flushes what an earlier owner of the inner writer may have left in it.
    fn flush(&mut self) -> io::Result<()> {
        if let Some(failed) = &self.failed {
            return Err(failed.poisoned());
        }
        retry_interrupted(|| self.inner.flush()).map_err(|error| {
            let mut failed = RepeatableError::new(Indeterminate::new(error).into());
            let error = failed.give();
            self.failed = Some(failed);
            error
        })
    }
}

impl<W: Write> WriteComplete for FlushEach<W> {}
