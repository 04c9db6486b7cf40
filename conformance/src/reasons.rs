//! [`Reasons`]: why cases were left out, counted.

use crate::{need::Why, report::LeftOut};

/// The reasons why cases of one check were left out.
#[derive(Debug, Default)]
pub(crate) struct Reasons(Vec<(Why, usize)>);

impl Reasons {
    /// One more case was left out.
    pub(crate) fn add(&mut self, why: Why) {
        match self.0.iter_mut().find(|(known, _)| *known == why) {
            Some((_, cases)) => *cases += 1,
            None => self.0.push((why, 1)),
        }
    }

    /// All of them; `None` if no case was left out.
    pub(crate) fn all(&self) -> Option<LeftOut> {
        let cases = self.0.iter().map(|(_, cases)| cases).sum();
        (cases > 0).then(|| LeftOut { cases, why: listed(self.0.iter()) })
    }

    /// Those that the author did not declare; `None` if there are none.
    pub(crate) fn missed(&self) -> Option<String> {
        let missed = || self.0.iter().filter(|(why, _)| !why.is_declared());
        missed().next().map(|_| listed(missed()))
    }
}

fn listed<'a>(reasons: impl Iterator<Item = &'a (Why, usize)>) -> String {
    let mut reasons: Vec<_> = reasons.collect();
    let telling = |why: &Why| match why {
        Why::NotObserved(_) => 0,
        Why::NoSense(_) => 1,
        Why::NotDeclared(_) => 2,
    };
    // The sort is stable, so that what came first stays before its equals.
    reasons.sort_by_key(|(why, cases)| (telling(why), usize::MAX - cases));
    let alone = reasons.len() == 1;
    let shown = reasons.iter();
    let shown = shown.map(|(why, cases)| if alone { why.to_string() } else { format!("{why} ({cases})") });
    shown.collect::<Vec<_>>().join("; ")
}
