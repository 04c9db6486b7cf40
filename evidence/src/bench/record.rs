//! What a run has left, for the RFCs: the rows of its JSON and the details beside them are together the rows again.

use std::{env, path::Path};

use anyhow::{Context as _, bail};
use serde::Deserialize;

pub(crate) use super::details::Details;
use super::{
    figures::{self, Bound},
    options, place, plots, report,
    row::Row,
    situations::Situation,
    subjects::{self, OURS, STD, Subject},
};

/// The part of a row that the JSON has, as it is read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Measured {
    pub(crate) situation: String,
    pub(crate) size: usize,
    pub(crate) subject: String,
    pub(crate) completes: bool,
    pub(crate) median_ns: f64,
    min_ns: f64,
    max_ns: f64,
    pub(crate) p99_ns: f64,
    pub(crate) cpu_ns: f64,
    pub(crate) allocations: f64,
    pub(crate) ratio_to_std: f64,
}

impl Details {
    /// Whether it is a part of the same row.
    fn is_of(&self, measured: &Measured) -> bool {
        (&self.situation, self.size, &self.subject) == (&measured.situation, measured.size, &measured.subject)
    }

    fn with(self, measured: Option<&Measured>) -> Row {
        let number = |value: fn(&Measured) -> f64| measured.map_or(f64::NAN, value);
        Row {
            completes: Subject::find(&self.subject).is_ok_and(|subject| subject.completes),
            median_ns: number(|row| row.median_ns),
            min_ns: number(|row| row.min_ns),
            max_ns: number(|row| row.max_ns),
            p99_ns: number(|row| row.p99_ns),
            cpu_ns: number(|row| row.cpu_ns),
            allocations: number(|row| row.allocations),
            ratio_to_std: number(|row| row.ratio_to_std),
            situation: self.situation,
            size: self.size,
            subject: self.subject,
            threads: self.threads,
            latencies: self.latencies,
            lateness_p99_ns: self.lateness_p99_ns,
            heap: self.heap,
            file_system: self.file_system,
        }
    }
}

/// All rows of a run.
#[derive(Debug)]
pub(crate) struct Rows(Vec<Row>);

impl Rows {
    /// Puts the two parts together.
    ///
    /// # Errors
    ///
    /// When they are not of one run.
    pub(crate) fn join(measured: &[Measured], details: Vec<Details>) -> anyhow::Result<Self> {
        let name =
            |situation: &str, size, subject: &str| format!("{situation}, {}, {subject}", options::size_text(size));
        for row in measured {
            let name = || name(&row.situation, row.size, &row.subject);
            let details =
                details.iter().find(|details| details.is_of(row)).with_context(|| format!("no {}", name()))?;
            // The one number that is in both.
            if !details.latencies.contains(&(0.99, row.p99_ns)) {
                bail!("{} is of another run", name());
            }
        }
        let rows = details.into_iter().map(|details| {
            let measured = measured.iter().find(|row| details.is_of(row));
            details.with(measured)
        });
        Ok(Rows(rows.collect()))
    }

    /// The figures that the project set itself, as far as there are rows for them.
    pub(crate) fn figures(&self) -> Vec<Figure> {
        let figure = |figure: figures::Figure| Figure {
            id: figure.id,
            measured: report::ratio(figure.value),
            asked: match figure.bound {
                Bound::AtLeast(bound) => format!("at least {bound}"),
                Bound::AtMost(bound) => format!("at most {bound}"),
                Bound::Below(bound) => format!("below {bound}"),
            },
            is_reached: figure.bound.is_reached(figure.value),
            what: figure.what,
        };
        figures::figures(&self.0).into_iter().map(figure).collect()
    }

    /// Draws all pictures.
    pub(crate) fn draw(&self, folder: &Path) -> anyhow::Result<()> {
        plots::draw(&self.0, folder)
    }
}

/// One of the figures, in words.
#[derive(Debug)]
pub(crate) struct Figure {
    pub(crate) id: &'static str,
    pub(crate) what: String,
    pub(crate) measured: String,
    pub(crate) asked: String,
    pub(crate) is_reached: bool,
}

/// A situation, and what a whole run measures in it.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) situation: &'static str,
    /// What it is, in words.
    pub(crate) text: &'static str,
    pub(crate) sizes: &'static [usize],
    pub(crate) subjects: Vec<Measurand>,
    /// Whether its writes are timed; where they are not, there are only details.
    pub(crate) is_timed: bool,
    /// Whether there are machines that do not offer it.
    pub(crate) may_be_absent: bool,
}

/// A subject.
#[derive(Debug)]
pub(crate) struct Measurand {
    pub(crate) label: &'static str,
    pub(crate) completes: bool,
    /// Whether there are machines on which it cannot run: io_uring may be forbidden.
    pub(crate) may_be_absent: bool,
}

/// What a whole run measures.
pub(crate) fn plan() -> Vec<Plan> {
    let measurand = |subject: &Subject| Measurand {
        label: subject.label,
        completes: subject.completes,
        may_be_absent: matches!(subject.label, "compio" | "tokio-uring"),
    };
    let plan = |situation: Situation| Plan {
        situation: situation.name(),
        text: situation.text(),
        sizes: situation.sizes(),
        subjects: super::compared_subjects(situation).map(measurand).collect(),
        is_timed: situation != Situation::Idle,
        may_be_absent: matches!(situation, Situation::Tmpfs | Situation::Ext4 | Situation::Xfs | Situation::Btrfs),
    };
    Situation::ALL.into_iter().map(plan).collect()
}

/// The subject that stands for this crate.
pub(crate) fn is_this_crate(label: &str) -> bool {
    label == OURS
}

/// Whether a subject is one of ours.
pub(crate) fn is_ours(label: &str) -> bool {
    subjects::is_ours(label)
}

/// Whether a subject is the reference.
pub(crate) fn is_std(label: &str) -> bool {
    label == STD
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
    use crate::bench::row::tests::row;

    fn parts(row: &Row) -> (Measured, Details) {
        let measured = serde_json::to_string(&row.published()).expect("JSON");
        (serde_json::from_str(&measured).expect("a row"), Details::of(row))
    }

    #[test]
    fn both_parts_are_the_row() {
        let rows = [row(Situation::Alone, 100, STD, 200.0), row(Situation::Alone, 100, OURS, 300.0)];
        let (measured, details): (Vec<_>, Vec<_>) = rows.iter().map(parts).unzip();
        let joined = Rows::join(&measured, details).expect("rows");
        assert_eq!(format!("{:?}", joined.0), format!("{rows:?}"));
    }

    #[test]
    fn parts_of_two_runs_are_not_joined() {
        let (measured, _) = parts(&row(Situation::Alone, 100, OURS, 300.0));
        let (_, other) = parts(&row(Situation::Alone, 100, OURS, 301.0));
        let error = Rows::join(std::slice::from_ref(&measured), vec![other]).expect_err("two runs");
        assert_eq!(error.to_string(), "alone, 100 B, async-write-complete is of another run");
        let error = Rows::join(&[measured], Vec::new()).expect_err("half a run");
        assert_eq!(error.to_string(), "no alone, 100 B, async-write-complete");
    }

    #[test]
    fn idle_writers_have_details_alone() {
        let mut details = Details::of(&row(Situation::Idle, 4096, OURS, 1.0));
        details.heap = 800.0;
        let figures = Rows::join(&[], vec![details]).expect("rows").figures();
        assert_eq!((figures[0].id, figures[0].measured.as_str(), figures[0].is_reached), ("S10", "800", true));
    }

    #[test]
    fn the_plan_has_each_situation_and_only_who_is_compared() {
        let plan = plan();
        assert_eq!(plan.len(), Situation::ALL.len());
        let idle = plan.iter().find(|plan| !plan.is_timed).expect("idle writers");
        assert!(idle.subjects.iter().all(|subject| subject.completes));
        assert!(plan[0].subjects.iter().any(|subject| !subject.completes));
        assert_eq!(plan[0].subjects.iter().filter(|subject| subject.may_be_absent).count(), 2);
    }
}
