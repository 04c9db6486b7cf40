//! How a play ends.

use async_write_complete::contract::Rule;

use super::Player;
use crate::{certify::Carrier, judge::Judged, random::drive::Drive, trial::RELEASED};

impl Player<'_> {
    /// What is outstanding happens and is answered, and then nothing is left to happen.
    pub(super) fn settle_and_drop(&mut self) -> Judged {
        self.happens_by_itself(Rule::W8)?;
        if !self.model.is_open() {
            let goes_on = !self.trial.kit.declared.is_self_driven() || self.is_let_go();
            self.unless(!goes_on, Rule::W9, "a close that has begun goes on by itself", "the destination is kept")?;
            // Its first outcome, or that one again.
            self.close(Drive::End)?;
        }
        self.settle(Drive::End)?;
        self.submit(&[], Drive::End)?;
        self.compare()?;
        let is_settled = self.model.is_open() && !self.model.is_uncertain();
        self.trial.drop_writer()?;
        // A read or a seek that was given up may still be under way, on another thread.
        let kept = match self.trial.kit.declared.carrier {
            Carrier::Others => !self.is_let_go(),
            _ => self.trial.observer.is_released() == Some(false),
        };
        let kept = kept && is_settled && self.trial.kit.declared.offloads;
        let expected = "a destination of a settled writer is dropped before the writer's drop returns";
        self.unless(kept, Rule::O3, expected, "it is kept")?;
        self.nothing_is_left()
    }

    /// What is in flight happens all the same, if the writer offloads.
    pub(super) fn drop_as_it_is(&mut self) -> Judged {
        let attempts = self.trial.observer.attempts();
        self.trial.drop_writer()?;
        if !self.trial.kit.declared.offloads {
            return Ok(());
        }
        let inside = self.is_stepped() && attempts != self.trial.observer.attempts();
        self.unless(inside, Rule::O3, "the drop returns at once, and the pool writes", "the drop writes")?;
        self.happens_by_itself(Rule::O3)?;
        let released = self.is_let_go();
        self.unless(!released, Rule::O3, "the destination is dropped after the last write", "it is kept")?;
        if self.trial.observer.is_released() == Some(true) {
            self.model.has_to_end(Rule::O3);
        }
        self.nothing_is_left()
    }

    fn is_let_go(&self) -> bool {
        self.trial.wait_until(RELEASED, |trial| trial.observer.is_released() != Some(false))
    }

    /// A self-driven writer's last write happens, though nobody polls.
    fn happens_by_itself(&mut self, rule: Rule) -> Judged {
        self.trial.advance();
        if !self.trial.kit.declared.is_self_driven() || self.is_unseen() {
            return Ok(());
        }
        if self.is_stepped() {
            self.model.has_to_end(rule);
            return self.compare();
        }
        // The bytes may be such already without it, so that this is no sign of its end.
        let model = &self.model;
        let happens = self.trial.wait_until("the bytes of the last write", |trial| model.may_show(&trial.bytes()));
        self.unless(!happens, rule, "a write that was submitted happens", "it does not")
    }

    fn nothing_is_left(&mut self) -> Judged {
        self.trial.advance();
        // Memory went with its writer.
        if self.trial.kit.declared.peeks { Ok(()) } else { self.compare() }
    }
}
