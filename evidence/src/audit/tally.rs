//! From the observations of single rounds to the words of a row.

/// Different observations that a detail spells out before it only counts.
const SPELLED_OUT: usize = 4;

/// What one round showed. It goes from the measuring process to the audit as one line of JSON, a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Observation {
    /// Whether the round did not do what its case asks for.
    pub(crate) failed: bool,
    /// The answers and the file, in words.
    pub(crate) seen: String,
}

/// The observations of a row, equal ones counted together.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    groups: Vec<(Observation, u32)>,
    trouble: Option<String>,
}

impl Tally {
    /// Counts one round.
    pub(crate) fn add(&mut self, observation: Observation) {
        match self.groups.iter_mut().find(|(known, _)| *known == observation) {
            Some((_, count)) => *count += 1,
            None => self.groups.push((observation, 1)),
        }
    }

    /// Counts a round that gave no observation, and says why. It is the row's last one.
    pub(crate) fn trouble(&mut self, why: String) {
        self.trouble = Some(why);
    }

    /// Rounds that were run, the unmeasured one among them.
    pub(crate) fn rounds(&self) -> u32 {
        self.count(|_| true) + u32::from(self.trouble.is_some())
    }

    /// Rounds that failed, the unmeasured one among them.
    pub(crate) fn failures(&self) -> u32 {
        self.count(|seen| seen.failed) + u32::from(self.trouble.is_some())
    }

    /// What was seen: in a row with failures the failed rounds alone, the most frequent first.
    pub(crate) fn words(&self) -> String {
        let failed = self.groups.iter().any(|(seen, _)| seen.failed);
        let mut told: Vec<_> = self.groups.iter().filter(|(seen, _)| seen.failed == failed).collect();
        told.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let mut parts: Vec<String> = Vec::new();
        parts.extend(self.trouble.as_ref().map(|why| format!("round {} not measured: {why}", self.rounds())));
        parts.extend(told.iter().take(SPELLED_OUT).map(|(seen, count)| self.with_share(&seen.seen, *count)));
        let rest: u32 = told.iter().skip(SPELLED_OUT).map(|(_, count)| count).sum();
        if rest > 0 {
            parts.push(format!("{rest} of {} rounds: other answers of this kind", self.rounds()));
        }
        parts.join("; ")
    }

    fn with_share(&self, seen: &str, count: u32) -> String {
        if count == self.rounds() { seen.to_owned() } else { format!("{count} of {} rounds: {seen}", self.rounds()) }
    }

    fn count(&self, which: impl Fn(&Observation) -> bool) -> u32 {
        self.groups.iter().filter(|(seen, _)| which(seen)).map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(rounds: &[(bool, &str)]) -> Tally {
        let mut tally = Tally::default();
        for &(failed, seen) in rounds {
            tally.add(Observation { failed, seen: seen.to_owned() });
        }
        tally
    }

    #[test]
    fn what_every_round_showed_is_said_once() {
        assert_eq!(tally(&[(false, "length 1024"), (false, "length 1024")]).words(), "length 1024");
    }

    #[test]
    fn a_row_with_failures_tells_of_the_failures() {
        let tally = tally(&[(false, "all there"), (true, "length 0"), (false, "all there")]);
        assert_eq!(tally.words(), "1 of 3 rounds: length 0");
    }

    #[test]
    fn the_most_frequent_comes_first_and_the_long_tail_is_counted() {
        let tally = tally(&[(true, "a"), (true, "b"), (true, "b"), (true, "c"), (true, "d"), (true, "e")]);
        assert_eq!(
            tally.words(),
            "2 of 6 rounds: b; 1 of 6 rounds: a; 1 of 6 rounds: c; 1 of 6 rounds: d; \
             1 of 6 rounds: other answers of this kind"
        );
    }

    #[test]
    fn trouble_is_told_before_what_was_seen() {
        let mut tally = tally(&[(false, "fine")]);
        tally.trouble("signal 9".to_owned());
        assert_eq!(tally.words(), "round 2 not measured: signal 9; 1 of 2 rounds: fine");
    }
}
