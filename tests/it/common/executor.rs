//! An executor on one thread that polls whom it likes: the same choices for the same seed.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
};

use super::random::XorShift;

/// Futures of one type of output, each polled only after it was woken.
pub struct Executor<'a, R> {
    tasks: Vec<Task<'a, R>>,
}

struct Task<'a, R> {
    name: usize,
    future: Pin<Box<dyn Future<Output = R> + 'a>>,
    woken: Arc<Woken>,
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, SeqCst);
    }
}

impl<'a, R> Executor<'a, R> {
    pub fn new() -> Self {
        Self { tasks: Vec::new() }
    }

    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    pub fn spawn(&mut self, name: usize, future: impl Future<Output = R> + 'a) {
        self.tasks.push(Task { name, future: Box::pin(future), woken: Arc::new(Woken(AtomicBool::new(true))) });
    }

    /// Polls one of those that were woken. `None`: none was. The name and the output of one that is ready.
    pub fn step(&mut self, random: &mut XorShift) -> Option<Option<(usize, R)>> {
        let woken: Vec<_> = (0..self.tasks.len()).filter(|i| self.tasks[*i].woken.0.load(SeqCst)).collect();
        if woken.is_empty() {
            return None;
        }
        let index = woken[random.below(woken.len())];
        let task = &mut self.tasks[index];
        task.woken.0.store(false, SeqCst);
        let waker = Waker::from(task.woken.clone());
        match task.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Pending => Some(None),
            Poll::Ready(output) => Some(Some((self.tasks.swap_remove(index).name, output))),
        }
    }

    /// Drops a task, whichever; its name.
    pub fn cancel(&mut self, random: &mut XorShift) -> Option<usize> {
        if self.tasks.is_empty() {
            return None;
        }
        Some(self.tasks.swap_remove(random.below(self.tasks.len())).name)
    }
}
