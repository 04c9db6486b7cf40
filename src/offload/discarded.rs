//! [`Discarded`]: what was thrown away under the lock.

use crate::guard::drop_catching_panics;

/// What is dropped when the lock is not held: errors, since each may be of a foreign type that panics in its drop, and
/// buffers, since a large one takes long to be freed.
#[derive(Default)]
#[must_use = "to be dropped when the lock is not held"]
pub(super) struct Discarded(Vec<Box<dyn Send>>);

impl Discarded {
    pub(super) fn add<D: Send + 'static>(&mut self, value: Option<D>) {
        if let Some(value) = value {
            self.0.push(Box::new(value));
        }
    }
}

impl Drop for Discarded {
    fn drop(&mut self) {
        self.0.drain(..).for_each(drop_catching_panics);
    }
}
