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

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Drop for Discarded {
    fn drop(&mut self) {
        self.0.drain(..).for_each(drop_catching_panics);
    }
}

#[cfg(all(test, not(any(awc_loom, awc_shuttle))))]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    };

    use super::*;

    struct Panics(Arc<AtomicUsize>);

    impl Drop for Panics {
        fn drop(&mut self) {
            self.0.fetch_add(1, Relaxed);
            panic!("in the drop of an error");
        }
    }

    #[test]
    fn each_is_dropped_though_the_one_before_panics() {
        let drops = Arc::new(AtomicUsize::new(0));
        let mut discarded = Discarded::default();
        for _ in 0..3 {
            discarded.add(Some(Panics(drops.clone())));
        }
        assert_eq!(drops.load(Relaxed), 0, "not before");
        drop(discarded);
        assert_eq!(drops.load(Relaxed), 3);
    }
}
