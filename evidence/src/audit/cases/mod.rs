//! The cases, one file each.
//!
//! The comment that opens a case's file is the case's definition: what is done, and when a row holds. `--list` prints
//! that very comment, so that the two cannot differ.

use std::{fmt, future::Future, pin::Pin};

use anyhow::anyhow;

use super::{scene::Scene, subjects::Subject, tally::Observation};

mod destination_answers_zero;
mod destination_interrupted;
mod dev_full;
mod drop_after_answer;
mod error_eaten_by_read;
mod exit_after_answer;
mod hole_after_partial_failure;
mod kill_after_answer;
mod prefix_written_twice;
mod seed;
mod select_loop;
mod sync_after_dropped_failure;
mod sync_after_failed_write;
mod torn_record;

/// Rounds that even the costliest case runs, unless fewer are asked for altogether.
const FEWEST: u32 = 5;

/// All cases, in the order of the report.
pub(super) static ALL: [Case; 14] = [
    seed::CASE,
    select_loop::CASE,
    sync_after_failed_write::CASE,
    sync_after_dropped_failure::CASE,
    hole_after_partial_failure::CASE,
    prefix_written_twice::CASE,
    error_eaten_by_read::CASE,
    destination_answers_zero::CASE,
    destination_interrupted::CASE,
    drop_after_answer::CASE,
    torn_record::CASE,
    exit_after_answer::CASE,
    kill_after_answer::CASE,
    dev_full::CASE,
];

/// A round under way.
type Round = Pin<Box<dyn Future<Output = anyhow::Result<Observation>> + Send>>;

/// One question that is put to each subject.
pub(crate) struct Case {
    name: &'static str,
    /// The source of the case's file, for the comment that opens it.
    source: &'static str,
    /// One round for so many rounds of the seed program.
    share: u32,
    subjects: fn() -> Vec<Subject>,
    /// Why a subject has no such operation.
    applies: fn(Subject) -> Result<(), &'static str>,
    round: fn(Scene) -> Round,
}

impl Case {
    /// The case of that name.
    ///
    /// # Errors
    ///
    /// With the names of all cases.
    pub(crate) fn find(name: &str) -> anyhow::Result<&'static Case> {
        ALL.iter().find(|case| case.name == name).ok_or_else(|| {
            let names: Vec<&str> = ALL.iter().map(|case| case.name).collect();
            anyhow!("there is no such case; the cases are {}", names.join(", "))
        })
    }

    /// Its name on the command line and in the JSON.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Its name, and how many rounds it runs.
    pub(super) fn heading(&self) -> String {
        match self.share {
            1 => format!("{} (N rounds for --rounds N)", self.name),
            share => format!("{} (N/{share} rounds for --rounds N, at least {FEWEST})", self.name),
        }
    }

    /// What is done, and when a row holds: the comment that opens the case's file, indented.
    pub(super) fn text(&self) -> String {
        let comment = self.source.lines().map_while(|line| line.strip_prefix("//!"));
        comment.map(|line| format!("   {line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }

    /// How many rounds it runs where the seed program runs `seed` of them.
    pub(super) fn rounds(&self, seed: u32) -> u32 {
        seed.div_ceil(self.share).max(FEWEST.min(seed))
    }

    /// The same for all subjects that have such an operation.
    pub(super) fn total_rounds(&self, seed: u32) -> u64 {
        let measured = self.subjects().into_iter().filter(|subject| self.applies(*subject).is_ok());
        measured.map(|_| u64::from(self.rounds(seed))).sum()
    }

    /// Its rows.
    pub(super) fn subjects(&self) -> Vec<Subject> {
        (self.subjects)()
    }

    /// Whether the subject has such an operation; the error says why not.
    pub(super) fn applies(&self, subject: Subject) -> Result<(), &'static str> {
        (self.applies)(subject)
    }

    /// One round.
    pub(super) fn round(&self, scene: Scene) -> Round {
        (self.round)(scene)
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_finds_itself_and_names_differ() {
        for case in &ALL {
            assert_eq!(Case::find(case.name).expect("a case").source, case.source);
        }
    }

    #[test]
    fn an_unknown_case_is_answered_with_all_names() {
        let error = Case::find("sede").expect_err("no such case").to_string();
        for case in &ALL {
            assert!(error.contains(case.name), "{} in {error}", case.name);
        }
    }

    #[test]
    fn each_case_says_when_a_row_holds() {
        for case in &ALL {
            assert!(case.text().contains("Holds when"), "{}:\n{}", case.name, case.text());
        }
    }

    #[test]
    fn each_case_asks_all_peers_and_ours() {
        for case in &ALL {
            let subjects = case.subjects();
            assert!(Subject::PEERS.iter().all(|peer| subjects.contains(peer)), "{}", case.name);
            assert!(Subject::OURS.iter().all(|ours| subjects.contains(ours)), "{}", case.name);
            assert!(Subject::OURS.iter().all(|ours| case.applies(*ours).is_ok()), "{}", case.name);
        }
    }

    #[test]
    fn a_costly_case_runs_its_share_but_not_too_few() {
        let case = &exit_after_answer::CASE;
        assert_eq!(case.rounds(2000), 2000 / case.share);
        assert_eq!(case.rounds(40), FEWEST);
        assert_eq!(case.rounds(2), 2);
        assert_eq!(seed::CASE.rounds(2000), 2000);
    }
}
