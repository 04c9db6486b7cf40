//! Whether the data are what the commands would leave today: the same rows, and the same fields. Their figures are not
//! looked at.

use std::collections::BTreeMap;

use super::{
    Found, audit,
    bench::Bench,
    data::{Data, Source},
    machine, matrix,
};
use crate::{
    audit::all_rows,
    bench::record::{Constant, Run as BenchRun, constants, may_be_absent, plan, size_text},
    commit::{self, Row as CommitRow},
    machine::{Machine, versions},
    sequence::{Run, log::Sequence},
};

/// Rows that are named one by one, before they are only counted.
const TOLD: usize = 3;

/// What rows there are, and what rows there would be.
struct Rows {
    found: Vec<String>,
    expected: Vec<String>,
}

/// Checks each file that is there. One that is missing is a problem where something is made of it, and nowhere else.
pub(super) fn check(data: &Data, found: &mut Found) {
    for source in Source::ALL {
        if !data.has(source) {
            found.absent.push(source.path());
            continue;
        }
        match rows(data, source) {
            Ok(rows) => found.problems.extend(differences(source, &rows)),
            Err(error) => found.problems.push(format!("{error:#}")),
        }
    }
}

fn rows(data: &Data, source: Source) -> anyhow::Result<Rows> {
    Ok(match source {
        Source::Machine => {
            let machine: Machine = data.read(source)?;
            Rows { found: machine::crates(&machine.versions), expected: machine::crates(&versions()) }
        }
        Source::Audit => {
            let rows: Vec<audit::Row> = data.read(source)?;
            let about = |case: &str, subject: &str| format!("{case}, {subject}");
            Rows {
                found: rows.iter().map(|row| about(&row.case, &row.subject)).collect(),
                expected: all_rows().iter().map(|(case, subject)| about(case, subject)).collect(),
            }
        }
        Source::Matrix => {
            let rows: Vec<matrix::Row> = data.read(source)?;
            Rows { found: matrix::found(&rows), expected: matrix::expected() }
        }
        Source::Sequences => {
            let sequences: Vec<Sequence> = data.read(source)?;
            Rows {
                found: sequences.into_iter().map(|sequence| sequence.name).collect(),
                expected: Run::ALL.iter().map(|run| run.name().to_owned()).collect(),
            }
        }
        Source::Bench => measured(Bench::read(data)?.run()),
        Source::Commit => {
            let rows: Vec<CommitRow> = data.read(source)?;
            Rows { found: rows.iter().map(CommitRow::about).collect(), expected: commit::planned() }
        }
        Source::Constants => {
            let rows: Vec<Constant> = data.read(source)?;
            Rows { found: rows.into_iter().map(|row| row.name).collect(), expected: constants() }
        }
    })
}

fn about(situation: &str, size: usize, subject: &str, runtime: &str) -> String {
    format!("{situation}, {}, {subject}, {runtime}", size_text(size))
}

/// The situations that README and the targets speak of, which a run may not leave out.
const ALWAYS: [&str; 4] = ["alone", "busy-loops", "one-core", "one-per-ms"];
const ALWAYS_UP_TO: usize = 64 << 10;

/// Without what the machine did not offer, a whole situation or io_uring altogether, and without what a run left out by
/// `--only` or `--size`, but for what is always measured. What is measured beyond the plan, of other file systems, is
/// welcome.
fn measured(run: &BenchRun) -> Rows {
    let is_planned = |situation: &str| plan().iter().any(|plan| plan.situation == situation);
    let rows = run.rows.iter().filter(|row| is_planned(&row.situation));
    let found = rows.map(|row| about(&row.situation, row.size, &row.subject, &row.runtime)).collect();
    let has = |situation: &str, size| run.rows.iter().any(|row| row.situation == situation && row.size == size);
    let runs = |runtime: &str| run.rows.iter().any(|row| row.runtime == runtime);
    let mut expected = Vec::new();
    let always = |situation: &str, size| ALWAYS.contains(&situation) && size <= ALWAYS_UP_TO;
    for plan in plan().iter().filter(|plan| always(plan.situation, plan.size) || has(plan.situation, plan.size)) {
        let subjects = plan.subjects.iter().filter(|subject| !may_be_absent(subject.1) || runs(subject.1));
        expected.extend(subjects.map(|&(subject, runtime)| about(plan.situation, plan.size, subject, runtime)));
    }
    Rows { found, expected }
}

fn differences(source: Source, rows: &Rows) -> Vec<String> {
    let mut counts: BTreeMap<&str, i32> = BTreeMap::new();
    rows.expected.iter().for_each(|row| *counts.entry(row).or_default() -= 1);
    rows.found.iter().for_each(|row| *counts.entry(row).or_default() += 1);
    let of = |sign: i32| -> Vec<&str> {
        counts.iter().filter(|(_, count)| count.signum() == sign).map(|(row, _)| *row).collect()
    };
    let mut told = Vec::new();
    for (rows, what) in [(of(-1), "lacks"), (of(1), "has what is not measured today")] {
        if !rows.is_empty() {
            let more = match rows.len().saturating_sub(TOLD) {
                0 => String::new(),
                more => format!("; and {more} more"),
            };
            let rows = rows[..rows.len().min(TOLD)].join("; ");
            told.push(format!("{} {what}: {rows}{more}; `{}` makes it anew", source.path(), source.command()));
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rfcs::{bench, data::tests::repository};

    fn told(found: &[&str], expected: &[&str]) -> Vec<String> {
        let [found, expected] = [found, expected].map(|rows| rows.iter().map(|&row| row.to_owned()).collect());
        differences(Source::Audit, &Rows { found, expected })
    }

    #[test]
    fn the_same_rows_in_any_order_are_no_difference() {
        assert_eq!(told(&["a", "b"], &["b", "a"]), Vec::<String>::new());
    }

    #[test]
    fn missing_and_other_rows_are_told() {
        let told = told(&["b", "c", "c"], &["a", "b", "c"]);
        let command = "`cargo run --release -p evidence -- audit --json rfcs/data/audit.json` makes it anew";
        assert_eq!(
            told,
            [
                format!("rfcs/data/audit.json lacks: a; {command}"),
                format!("rfcs/data/audit.json has what is not measured today: c; {command}"),
            ]
        );
    }

    #[test]
    fn many_rows_are_counted() {
        let told = told(&[], &["a", "b", "c", "d", "e"]);
        assert!(told[0].contains("lacks: a; b; c; and 2 more;"), "{told:?}");
    }

    /// All that a run would leave, where nothing is absent but what `leaves_out` says.
    fn bench(leaves_out: impl Fn(&str, usize, (&str, &str)) -> bool) -> Vec<String> {
        let mut rows = Vec::new();
        for plan in plan() {
            for subject in plan.subjects {
                if !leaves_out(plan.situation, plan.size, subject) {
                    rows.push(bench::tests::row(plan.situation, plan.size, subject, "peer", 1));
                }
            }
        }
        let folder = repository(&[("rfcs/data/bench.json", &bench::tests::run(&rows))]);
        differences(Source::Bench, &measured(Bench::read(&Data::new(folder.path())).expect("a run").run()))
    }

    #[test]
    fn a_bench_may_lack_what_the_machine_does_not_offer() {
        assert_eq!(bench(|_, _, _| false), Vec::<String>::new());
        assert_eq!(bench(|situation, _, _| situation == "quota"), Vec::<String>::new());
        assert_eq!(bench(|situation, size, _| situation == "reads" || size > 64 << 10), Vec::<String>::new());
        assert_eq!(bench(|_, _, (_, runtime)| runtime == "compio"), Vec::<String>::new());
    }

    #[test]
    fn a_bench_may_lack_nothing_else() {
        let told = bench(|situation, size, subject| (situation, size, subject) == ("alone", 100, ("compio", "compio")));
        assert!(
            told[0].starts_with("rfcs/data/bench.json lacks: alone, 100 B, compio, compio; `cargo run"),
            "{told:?}"
        );
        assert_eq!(bench(|situation, _, _| situation == "alone").len(), 1);
        assert_eq!(bench(|_, _, (subject, _)| subject == "std").len(), 1);
        assert_eq!(bench(|situation, size, _| situation == "alone" && size == 4096).len(), 1);
    }
}
