//! What gets worse when a constant has another value.

use serde::{Deserialize, Serialize};

/// A factor below this is none, however quiet the machine is.
const LEAST: f64 = 1.1;

/// The figures of a scenario: nanoseconds for one operation.
pub(super) const MEASURES: [&str; 3] = ["p50", "p99", "CPU"];

/// Those of one variant, each the median of the rounds; and those of the constants as they are, twice.
#[derive(Clone, Debug)]
pub(super) struct Figures {
    pub(super) variant: [f64; 3],
    pub(super) today: [f64; 3],
    pub(super) today_again: [f64; 3],
}

/// A constant, and what other values of it do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Constant {
    pub(crate) name: String,
    /// As the source has it.
    pub(crate) value: String,
    /// What it bounds.
    pub(crate) bounds: String,
    pub(crate) effects: Vec<Effect>,
}

/// What one other value does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Effect {
    /// `without`, `halved` or `doubled`.
    pub(crate) variant: String,
    /// What got worse, the worst first; nothing where it is within what the same constants differ by.
    pub(crate) worse: Vec<Worse>,
}

/// A figure that got worse.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Worse {
    pub(crate) scenario: String,
    pub(crate) measure: String,
    /// The figure, in that of today's constants.
    pub(crate) factor: f64,
}

impl Effect {
    /// From the figures of each scenario.
    pub(super) fn of(variant: &str, scenarios: &[(&str, Figures)]) -> Self {
        let mut worse: Vec<Worse> = scenarios.iter().flat_map(|(name, figures)| figures.worse(name)).collect();
        worse.sort_by(|one, other| other.factor.total_cmp(&one.factor));
        Effect { variant: variant.to_owned(), worse }
    }

    /// The worst of it, for a cell of a table.
    pub(crate) fn text(&self) -> String {
        let told = self
            .worse
            .iter()
            .take(2)
            .map(|worse| format!("{}, {}: {:.1}×", worse.scenario, worse.measure, worse.factor));
        let told: Vec<String> = told.collect();
        if told.is_empty() { "nothing".to_owned() } else { told.join("; ") }
    }
}

impl Figures {
    /// What is worse by more than twice of what the same constants differ by from one row of runs to the next.
    fn worse(&self, scenario: &str) -> Vec<Worse> {
        let one = |index: usize| {
            let factor = self.variant[index] / self.today[index];
            let noise = self.today_again[index] / self.today[index];
            let noise = noise.max(noise.recip()) - 1.0;
            let counts = factor > LEAST.max(1.0 + 2.0 * noise);
            let (scenario, measure) = (scenario.to_owned(), MEASURES[index].to_owned());
            counts.then_some(Worse { scenario, measure, factor })
        };
        (0..MEASURES.len()).filter_map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(variant: [f64; 3]) -> Figures {
        Figures { variant, today: [100.0, 200.0, 300.0], today_again: [100.0, 300.0, 300.0] }
    }

    #[test]
    fn what_is_worse_than_noise_is_told_the_worst_first() {
        let effect = Effect::of(
            "halved",
            &[("100 B", figures([150.0, 390.0, 300.0])), ("paced", figures([90.0, 200.0, 900.0]))],
        );
        let told: Vec<_> = effect.worse.iter().map(|w| (w.scenario.as_str(), w.measure.as_str(), w.factor)).collect();
        assert_eq!(told, [("paced", "CPU", 3.0), ("100 B", "p50", 1.5)], "a p99 that differs by itself is not told");
        assert_eq!(effect.text(), "paced, CPU: 3.0×; 100 B, p50: 1.5×");
    }

    #[test]
    fn what_does_not_get_worse_is_said() {
        assert_eq!(Effect::of("doubled", &[("100 B", figures([105.0, 100.0, 300.0]))]).text(), "nothing");
    }
}
