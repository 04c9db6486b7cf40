//! What a run has left, for the RFCs, the README and the book.

use std::{collections::BTreeMap, env};

pub(crate) use super::{
    constants::{Constant, names as constants},
    losses::Losses,
    row::Row,
    run::Run,
    subjects::{OURS, Role, STD},
    targets::targets,
};
use super::{options, place, plots, report, situations::Situation, subjects};

/// A situation and a size, and what a whole run measures there.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) situation: &'static str,
    pub(crate) size: usize,
    /// Each with its executor.
    pub(crate) subjects: Vec<(&'static str, &'static str)>,
}

/// What a run measures that is not told otherwise.
pub(crate) fn plan() -> Vec<Plan> {
    let main = Situation::ALL.into_iter().filter(|situation| situation.is_main());
    let places = main.flat_map(|situation| situation.sizes().iter().map(move |&size| (situation, size)));
    let plan = |(situation, size): (Situation, usize)| Plan {
        situation: situation.name(),
        size,
        subjects: subjects::of(situation, size).map(|subject| (subject.label, subject.runtime)).collect(),
    };
    places.map(plan).collect()
}

/// Whether there are machines on which it cannot run: io_uring may be forbidden.
pub(crate) fn may_be_absent(runtime: &str) -> bool {
    matches!(runtime, "compio" | "tokio-uring")
}

/// The names of all situations, each with what it is.
pub(crate) fn situations() -> Vec<(&'static str, &'static str)> {
    Situation::ALL.into_iter().map(|situation| (situation.name(), situation.text())).collect()
}

impl Run {
    /// All pictures, by the names of their files.
    pub(crate) fn draw(&self) -> anyhow::Result<BTreeMap<String, String>> {
        let pictures = plots::pictures(&self.rows)?;
        Ok(pictures.into_iter().map(|picture| (picture.name, picture.svg)).collect())
    }
}

/// How a time is printed.
pub(crate) fn time_text(nanos: f64) -> String {
    report::time(nanos)
}

/// How a ratio is printed.
pub(crate) fn ratio_text(ratio: f64) -> String {
    report::ratio(ratio)
}

/// How a size is printed.
pub(crate) fn size_text(size: usize) -> String {
    options::size_text(size)
}

/// What temporary files are on.
pub(crate) fn file_system() -> String {
    place::file_system(&env::temp_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_has_each_size_of_each_main_situation_and_the_reference_there() {
        let plan = plan();
        assert!(plan.iter().any(|plan| plan.situation == "writers-4096"));
        assert!(!plan.iter().any(|plan| plan.situation == "xfs"), "file systems are extra");
        for plan in plan {
            assert!(plan.subjects.iter().any(|subject| subject.0 == STD), "{plan:?}");
        }
    }
}
