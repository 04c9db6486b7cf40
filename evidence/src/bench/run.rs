//! All that a run leaves: the rows, and what they depend on. Tables, pictures and the page are made from it alone.

use std::{fs, path::Path, thread};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::{quiet::Quiet, row::Row};
use crate::VERSIONS;

/// A run, as its JSON has it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    /// Cores and kernel.
    pub(crate) machine: String,
    /// The subjects, each with its version.
    pub(crate) versions: String,
    /// Whether everything was done once and briefly: then the figures mean nothing.
    pub(crate) quick: bool,
    pub(crate) seconds: u64,
    pub(crate) quiet: Quiet,
    /// Situations that this machine does not offer, and why.
    pub(crate) not_run: Vec<(String, String)>,
    /// Subjects that could not be measured.
    pub(crate) failures: Vec<Failure>,
    pub(crate) rows: Vec<Row>,
}

/// A subject that could not be measured, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Failure {
    /// The situation and the size.
    pub(crate) place: String,
    /// The way and the executor.
    pub(crate) subject: String,
    pub(crate) is_ours: bool,
    /// What went wrong.
    pub(crate) why: String,
}

impl Run {
    /// A run that has not begun.
    pub(super) fn new(quick: bool, quiet: Quiet) -> Self {
        let (machine, versions) = (machine(), VERSIONS.to_owned());
        Run { machine, versions, quick, seconds: 0, quiet, not_run: Vec::new(), failures: Vec::new(), rows: Vec::new() }
    }

    /// Reads what [`text`](Self::text) gave.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let story = || format!("{} is no run of this bench", path.display());
        serde_json::from_str(&fs::read_to_string(path).with_context(story)?).with_context(story)
    }

    /// The JSON, with a line for each row, so that a difference of two can be read.
    pub(super) fn text(&self) -> anyhow::Result<String> {
        let head = serde_json::to_string(&Run { rows: Vec::new(), ..self.clone() })?;
        let head = head.strip_suffix("[]}").context("the rows are the last field")?;
        let rows: Result<Vec<String>, _> = self.rows.iter().map(serde_json::to_string).collect();
        Ok(format!("{head}[\n{}\n]}}\n", rows?.join(",\n")))
    }
}

/// What the figures depend on most.
fn machine() -> String {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let build = if cfg!(debug_assertions) { ", a debug build: its figures mean nothing" } else { "" };
    // Without what a distribution or a host adds to it.
    format!("{cores} cores, Linux {}{build}", kernel.trim().split('-').next().unwrap_or_default())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::bench::{
        quiet::Noise,
        row::tests::row,
        situations::Situation,
        subjects::{OURS, Role, STD},
    };

    /// A run with those rows on a quiet machine.
    pub(crate) fn run(rows: Vec<Row>) -> Run {
        let noise = vec![Noise { during: "before".to_owned(), others: 0.0, stolen: 0.0 }];
        Run { rows, ..Run::new(false, Quiet { load: 0.0, noise }) }
    }

    #[test]
    fn the_json_has_a_line_for_each_row_and_is_read_back() {
        let rows = vec![
            row(Situation::Alone, 100, Role::Reference, (STD, "bare"), 200.0),
            row(Situation::Alone, 100, Role::Ours, (OURS, "bare"), 300.0),
        ];
        let text = run(rows.clone()).text().expect("JSON");
        assert_eq!(text.lines().count(), 4, "{text}");
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), text).expect("a write");
        assert_eq!(Run::read(file.path()).expect("a run").rows, rows);
    }

    #[test]
    fn another_file_is_no_run() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), "[]").expect("a write");
        assert!(Run::read(file.path()).expect_err("no run").to_string().ends_with("is no run of this bench"));
    }
}
