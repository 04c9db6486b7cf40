//! When a [`Faulty`] whose answers are ready at once gives a turn.

use std::task::{Context, Poll};

use async_write_complete::poll_budget;

use super::{Faulty, Flaw, writer::Way};

/// No lock is held, as a turn wakes.
impl Faulty {
    pub(super) fn poll_budget(&mut self, cx: &mut Context<'_>, way: Way) -> Poll<()> {
        let mut state = self.shared.state();
        let wakes = match state.flaw {
            Some(Flaw::NeverGivesATurn) => return Poll::Ready(()),
            Some(Flaw::VectoredGivesNoTurn) if way == Way::Vectored => return Poll::Ready(()),
            Some(Flaw::CountsTurnsForItself) => true,
            Some(Flaw::TurnsWithoutAWake) => false,
            Some(Flaw::CountsTurnsForATask) => {
                let waker = cx.waker();
                if !state.flawed.task.as_ref().is_some_and(|task| task.will_wake(waker)) {
                    state.flawed.task = Some(waker.clone());
                    state.flawed.answers = 0;
                }
                true
            }
            _ => {
                drop(state);
                return poll_budget(cx);
            }
        };
        state.flawed.answers += 1;
        if !state.flawed.answers.is_multiple_of(1000) {
            return Poll::Ready(());
        }
        drop(state);
        if wakes {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}
