//! One poll of a future that is then dropped.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, ThreadId},
};

/// Polls a future once and drops it; `None` if it was pending.
///
/// A poll that only gives the executor its turn has not begun the future's work. It is known by a wake that comes
/// from the polling thread itself, for the end of the work is told from another one; the future is then polled once
/// more.
pub(crate) fn poll_once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let turn = Arc::new(Turn { polling: thread::current().id(), given: AtomicBool::new(false) });
    let waker = Waker::from(turn.clone());
    let mut context = Context::from_waker(&waker);
    match future.as_mut().poll(&mut context) {
        // Relaxed: it matters only where this very thread has stored it.
        Poll::Pending if turn.given.load(Ordering::Relaxed) => ready(future.poll(&mut context)),
        answer => ready(answer),
    }
}

fn ready<T>(answer: Poll<T>) -> Option<T> {
    match answer {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

struct Turn {
    polling: ThreadId,
    given: AtomicBool,
}

impl Wake for Turn {
    fn wake(self: Arc<Self>) {
        if thread::current().id() == self.polling {
            self.given.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn, ready};

    use super::*;

    #[test]
    fn an_answer_is_an_answer_and_a_wait_is_none() {
        assert_eq!(poll_once(ready(7)), Some(7));
        assert_eq!(poll_once(pending::<()>()), None);
    }

    #[test]
    fn a_turn_is_given_once() {
        let mut polls = 0;
        let turns = poll_fn(|cx| {
            polls += 1;
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        assert_eq!(poll_once(turns), None);
        assert_eq!(polls, 2);
    }

    #[test]
    fn a_wake_from_elsewhere_is_no_turn() {
        let mut polls = 0;
        let woken = poll_fn(|cx| {
            polls += 1;
            let waker = cx.waker().clone();
            thread::spawn(move || waker.wake()).join().expect("a wake");
            Poll::<()>::Pending
        });
        assert_eq!(poll_once(woken), None);
        assert_eq!(polls, 1);
    }
}
