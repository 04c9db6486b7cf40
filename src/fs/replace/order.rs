//! [`Replacement`]: of several replacements of one file, the one that began last stands.
//!
//! A replacement whose future was dropped is carried out all the same, and the pool may run it late: when a later one
//! of the same target has been answered. So each has a number from its beginning on, and none is renamed over one with
//! a greater number.
//!
//! That number is remembered for as long as any replacement with a smaller one is under way, whatever its path: what
//! its target is, only its job finds out.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

static REPLACEMENTS: Mutex<Replacements> = Mutex::new(Replacements::new());

struct Replacements {
    begun: u64,
    under_way: BTreeSet<u64>,
    /// The greatest number that was renamed to each target. A rename holds the lock of its target, and no other one.
    renamed: BTreeMap<PathBuf, Arc<Mutex<u64>>>,
}

fn replacements() -> MutexGuard<'static, Replacements> {
    REPLACEMENTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A replacement that has begun. Its drop is its end.
#[derive(Debug)]
pub(super) struct Replacement(u64);

impl Replacement {
    pub(super) fn begin() -> Self {
        Self(replacements().begin())
    }

    /// Calls `rename`, unless one that began later has replaced `target` already; answers whether it did.
    pub(super) fn rename(&self, target: &Path, rename: impl FnOnce() -> io::Result<()>) -> io::Result<bool> {
        let renamed = replacements().renamed.entry(target.to_owned()).or_default().clone();
        let mut latest = renamed.lock().unwrap_or_else(PoisonError::into_inner);
        if *latest > self.0 {
            return Ok(false);
        }
        rename()?;
        *latest = self.0;
        Ok(true)
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        replacements().end(self.0);
    }
}

impl Replacements {
    const fn new() -> Self {
        Self { begun: 0, under_way: BTreeSet::new(), renamed: BTreeMap::new() }
    }

    /// The number of one that begins.
    fn begin(&mut self) -> u64 {
        self.begun += 1;
        self.under_way.insert(self.begun);
        self.begun
    }

    fn end(&mut self, number: u64) {
        let was_first = self.under_way.first() == Some(&number);
        self.under_way.remove(&number);
        if was_first {
            self.prune();
        }
    }

    /// Forgets the targets that no earlier replacement can come to any more.
    fn prune(&mut self) {
        let first = self.under_way.first().copied().unwrap_or(u64::MAX);
        self.renamed.retain(|_, latest| {
            // Where another share is held, a rename is in progress.
            let latest = Arc::get_mut(latest).map(|latest| latest.get_mut().unwrap_or_else(PoisonError::into_inner));
            latest.is_none_or(|latest| *latest > first)
        });
    }
}

#[cfg(all(test, not(any(awc_loom, awc_shuttle))))]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn is_remembered(target: &Path) -> bool {
        replacements().renamed.contains_key(target)
    }

    #[test]
    fn an_earlier_one_is_not_renamed_over_a_later_one() {
        let target = Path::new("an earlier one, and a later one");
        let (earlier, later) = (Replacement::begin(), Replacement::begin());
        assert!(later.rename(target, || Ok(())).unwrap());
        drop(later);
        assert!(!earlier.rename(target, || panic!("it is renamed")).unwrap());
        assert!(Replacement::begin().rename(target, || Ok(())).unwrap());
        assert!(earlier.rename(Path::new("another target"), || Ok(())).unwrap());
    }

    #[test]
    fn one_that_failed_holds_no_earlier_one_back() {
        let target = Path::new("one that failed");
        let (earlier, later) = (Replacement::begin(), Replacement::begin());
        later.rename(target, || Err(io::ErrorKind::Other.into())).unwrap_err();
        assert!(earlier.rename(target, || Ok(())).unwrap());
    }

    #[test]
    fn a_target_is_remembered_while_an_earlier_one_is_under_way() {
        let mut replacements = Replacements::new();
        let [first, second, latest] = [(); 3].map(|()| replacements.begin());
        let target = PathBuf::from("a target");
        replacements.renamed.insert(target.clone(), Arc::new(Mutex::new(latest)));
        for (number, is_remembered) in [(latest, true), (first, true), (second, false)] {
            replacements.end(number);
            assert_eq!(replacements.renamed.contains_key(&target), is_remembered, "at the end of number {number}");
        }
    }

    /// Other tests have theirs at the same time, so this one looks until none of them is in its way.
    #[test]
    fn a_target_is_forgotten_when_no_earlier_one_is_left() {
        let target = Path::new("a target that is forgotten");
        let (earlier, later) = (Replacement::begin(), Replacement::begin());
        assert!(later.rename(target, || Ok(())).unwrap());
        drop(later);
        assert!(is_remembered(target));
        drop(earlier);
        for _ in 0..10_000_000 {
            if !is_remembered(target) {
                return;
            }
            std::thread::yield_now();
            drop(Replacement::begin());
        }
        panic!("it is remembered for good");
    }
}
