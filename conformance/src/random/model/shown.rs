//! What the destination may show.

use async_write_complete::contract::Rule;

use super::{Last, Model};
use crate::{
    describe::Describe,
    random::{
        breach::{Breach, Held, Look, hold, unchanged},
        fate::Fate,
        image::Image,
    },
};

impl Model {
    /// The destination shows `there`. While the last write has not ended it may already have, unless it is `racing`
    /// with this look.
    pub(in crate::random) fn compare(
        &mut self,
        there: &[u8],
        calls: Option<&[usize]>,
        racing: bool,
    ) -> Result<Look, Breach> {
        let waits = !self.has_ended;
        if self.is_uncertain() && !waits && self.is_exact {
            return unchanged(&mut self.frozen, there);
        }
        if self.is_uncertain() || waits && racing {
            return Ok(Look::Blind);
        }
        self.differences(there, calls).map(|()| Look::Compared)
    }

    fn differences(&mut self, there: &[u8], calls: Option<&[usize]>) -> Held {
        let waits = !self.has_ended;
        if self.is_undecided() {
            return self.compare_undecided(there);
        }
        let fits = |image: &Image| image.bytes == there || waits && image.before == there;
        if !self.images.retain(fits) {
            return self.differs(there);
        }
        let first = self.images.first();
        if waits && first.bytes == there && self.images.have_changed() {
            self.images.settle();
            self.has_run = true;
        }
        self.is_fresh = false;
        let Some(calls) = calls.filter(|_| self.is_exact) else { return Ok(()) };
        let fits = calls == self.calls || waits && calls == &self.calls[..self.calls_before];
        hold(fits, Rule::O1, &format!("one call for each submission, of {:?} bytes", self.calls), format!("{calls:?}"))
    }

    fn compare_undecided(&self, there: &[u8]) -> Held {
        let Some(last) = &self.last else { return Ok(()) };
        let bytes = &self.images.first().bytes;
        let fits = there.strip_prefix(&bytes[..]).is_some_and(|tail| last.bytes.starts_with(tail));
        let expected = format!("{}, and of the last write some first part", bytes.describe());
        hold(fits, Rule::W3, &expected, there.to_vec().describe())
    }

    /// What is there instead of what was expected, by the rule that is nearest.
    fn differs(&self, there: &[u8]) -> Held {
        let Image { bytes, before, .. } = self.images.first();
        let short = matches!(&self.last, Some(Last { fate: Fate::Complete(n), bytes, .. }) if *n < bytes.len());
        let answered = self.last.as_ref().is_none_or(|last| last.is_answered);
        let rule = match self.has_ended {
            true if there == before => self.demanded_by,
            true if short || self.last.is_none() => Rule::W2,
            true if !answered && there.len() != bytes.len() => Rule::W8,
            true if there.len() == bytes.len() => Rule::W7,
            false if self.is_fresh => Rule::W7,
            _ => Rule::W3,
        };
        let tail =
            if self.has_ended { String::new() } else { format!(", or not yet the last write: {}", before.describe()) };
        hold(false, rule, &format!("the destination has {}{tail}", bytes.describe()), there.to_vec().describe())
    }
}
