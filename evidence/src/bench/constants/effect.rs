//! What gets worse when a constant has another value.

use serde::{Deserialize, Serialize};

use crate::bench::compare::median;

/// A factor below this is none, however quiet the machine is.
const LEAST: f64 = 1.1;

/// The figures of a scenario: nanoseconds for one operation.
pub(super) const MEASURES: [&str; 3] = ["p50", "p99", "CPU"];

/// Those of one variant, each the median of the rounds; and those of the constants as they are, several times.
#[derive(Clone, Debug)]
pub(super) struct Figures {
    pub(super) variant: [f64; 3],
    pub(super) today: Vec<[f64; 3]>,
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
    /// The scenario that it is for.
    pub(crate) scenario: String,
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
}

impl Constant {
    /// What a variant does to the scenario that the constant is for; where that is nothing, the worst that it does to
    /// another one. For a cell of a table. `None` where there is no such variant.
    pub(crate) fn text(&self, variant: &str) -> Option<String> {
        let effect = self.effects.iter().find(|effect| effect.variant == variant)?;
        let worst = |is_own: bool| effect.worse.iter().find(|worse| (worse.scenario == self.scenario) == is_own);
        let nothing = || format!("{}: nothing", self.scenario);
        Some(worst(true).or_else(|| worst(false)).map_or_else(nothing, Worse::text))
    }
}

impl Worse {
    fn text(&self) -> String {
        format!("{}, {}: {:.1}×", self.scenario, self.measure, self.factor)
    }
}

impl Figures {
    /// What is worse by more than twice of what the same constants differ by from one row of runs to the next.
    fn worse(&self, scenario: &str) -> Vec<Worse> {
        let one = |index: usize| {
            let today = || self.today.iter().map(|figures| figures[index]);
            let (least, most) = (today().fold(f64::INFINITY, f64::min), today().fold(0.0, f64::max));
            let middle = median(today().collect())?;
            let (factor, noise) = (self.variant[index] / middle, most / least - 1.0);
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
        Figures { variant, today: vec![[100.0, 200.0, 300.0], [100.0, 300.0, 300.0], [100.0, 200.0, 300.0]] }
    }

    fn constant(effect: Effect) -> Constant {
        let [name, value, bounds, scenario] = ["BOUND", "20", "a spin", "100 B"].map(str::to_owned);
        Constant { name, value, bounds, scenario, effects: vec![effect] }
    }

    #[test]
    fn what_is_worse_than_noise_is_told_that_of_its_own_scenario_first() {
        let seen = [("100 B", figures([150.0, 390.0, 300.0])), ("paced", figures([90.0, 200.0, 900.0]))];
        let effect = Effect::of("halved", &seen);
        let told: Vec<_> = effect.worse.iter().map(|w| (w.scenario.as_str(), w.measure.as_str(), w.factor)).collect();
        assert_eq!(told, [("paced", "CPU", 3.0), ("100 B", "p50", 1.5)], "a p99 that differs by itself is not told");
        let constant = constant(effect);
        assert_eq!(constant.text("halved").as_deref(), Some("100 B, p50: 1.5×"));
        assert_eq!(constant.text("doubled"), None);
    }

    #[test]
    fn what_does_not_get_worse_is_said() {
        let constant = constant(Effect::of("doubled", &[("100 B", figures([105.0, 100.0, 300.0]))]));
        assert_eq!(constant.text("doubled").as_deref(), Some("100 B: nothing"));
    }
}
