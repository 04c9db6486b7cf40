//! How a process tells which of its records were answered: a line for each, on standard output.

use std::{
    io::{self, Write as _},
    process,
};

use anyhow::Context as _;

use super::{judge::Report, record::Id};

/// The process's side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reporter {
    /// The record of the first task right after whose answer the process exits, by which that record is reported.
    pub(super) exit_after: Option<u32>,
}

impl Reporter {
    /// The record is answered, and ends there.
    pub(super) fn answered(self, id: Id, end: u64) {
        if id.task == 0 && Some(id.number) == self.exit_after {
            process::exit(0);
        }
        // The line buffer of standard output makes one write(2) of a line.
        if writeln!(io::stdout().lock(), "{} {} {end}", id.task, id.number).is_err() {
            // Whoever read is gone, and nobody else would end this process.
            process::exit(1);
        }
    }
}

/// The other side: what a line says.
pub(super) fn parse(line: &str) -> anyhow::Result<Report> {
    let mut words = line.split(' ');
    let mut report = || -> Option<Report> {
        let id = Id { task: words.next()?.parse().ok()?, number: words.next()?.parse().ok()? };
        Some(Report { id, end: Some(words.next()?.parse().ok()?) })
    };
    report().with_context(|| format!("the process said {line:?}, which is no report"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_report() {
        let expected = Report { id: Id { task: 3, number: 17 }, end: Some(4096) };
        assert_eq!(parse("3 17 4096").expect("a report"), expected);
        for line in ["", "3 17", "3 17 x", "-1 17 4096"] {
            assert!(parse(line).is_err(), "{line:?}");
        }
    }
}
