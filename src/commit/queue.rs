//! [`Queue`]: who waits, in the order of arrival.

use std::collections::VecDeque;

/// The name of a place in a queue. Later ones are greater.
pub(super) type Id = u64;

/// Waiters, first come first served. `K` is a waker; a test has something simpler.
#[derive(Debug)]
pub(super) struct Queue<K>(VecDeque<Entry<K>>);

#[derive(Debug)]
struct Entry<K> {
    id: Id,
    /// A position, or a length. A queue of positions is sorted by them.
    at: u64,
    /// `None`: it is being polled, or was woken and not polled since.
    waker: Option<K>,
}

impl<K> Queue<K> {
    pub(super) const fn new() -> Self {
        Self(VecDeque::new())
    }

    pub(super) fn front(&self) -> Option<u64> {
        self.0.front().map(|entry| entry.at)
    }

    /// Whether `id` may go on: nobody is before it who is still waiting to be woken.
    pub(super) fn is_next(&self, id: Option<Id>) -> bool {
        self.0.front().is_none_or(|first| Some(first.id) == id || first.waker.is_none())
    }

    /// The last one is `id`, which is greater than all before.
    pub(super) fn push(&mut self, id: Id, at: u64) {
        debug_assert!(self.0.back().is_none_or(|last| last.id < id), "{id} is not the latest");
        self.0.push_back(Entry { id, at, waker: None });
    }

    /// Has `id` be woken by `waker`. Gives the waker that is not needed any more.
    pub(super) fn wait(&mut self, id: Id, waker: Option<K>) -> Option<K> {
        match self.find(id) {
            Some(index) => std::mem::replace(&mut self.0[index].waker, waker),
            None => waker,
        }
    }

    /// Takes `id` out, with its waker.
    pub(super) fn remove(&mut self, id: Id) -> Option<K> {
        let index = self.find(id)?;
        self.0.remove(index)?.waker
    }

    /// Takes out all whose value is at most `reached`, first ones first.
    pub(super) fn pop_up_to(&mut self, reached: u64, wake: &mut Vec<K>) {
        while self.0.front().is_some_and(|entry| entry.at <= reached) {
            wake.extend(self.0.pop_front().and_then(|entry| entry.waker));
        }
    }

    /// Takes out all whose value is more than `reached`, last ones first.
    pub(super) fn pop_beyond(&mut self, reached: u64, wake: &mut Vec<K>) {
        while self.0.back().is_some_and(|entry| entry.at > reached) {
            wake.extend(self.0.pop_back().and_then(|entry| entry.waker));
        }
    }

    /// The waker of the first one that has one, once.
    pub(super) fn take_next(&mut self) -> Option<K> {
        self.0.iter_mut().find_map(|entry| entry.waker.take())
    }

    /// The wakers of all, once.
    pub(super) fn take_all(&mut self, wake: &mut Vec<K>) {
        wake.extend(self.0.iter_mut().filter_map(|entry| entry.waker.take()));
    }

    fn find(&self, id: Id) -> Option<usize> {
        self.0.binary_search_by_key(&id, |entry| entry.id).ok()
    }
}
