//! `evidence -- commit`: what an append to one log costs, when many tasks append at once.
//!
//! Group commit against what people write instead: a write and a sync for each record, a task that batches what comes
//! over a channel, and a thread that does so. The subjects take turns in each round, and each latency of each round is
//! in the sample of its row.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

mod command;
mod play;
mod subjects;
mod targets;

pub(crate) use self::command::entry;
use self::play::{Played, all_at_once, play};
pub(crate) use self::{subjects::Subject, targets::targets};

/// How many tasks append records of that length, and what they wait for.
#[derive(Clone, Copy, Debug)]
struct Load {
    tasks: usize,
    len: usize,
    durable: bool,
}

/// What the runs of one subject under one load came to. The fields are those of the JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) durable: bool,
    pub(crate) len: usize,
    pub(crate) tasks: usize,
    pub(crate) subject: String,
    pub(crate) per_second: f64,
    /// What the whole process has computed for one record.
    pub(crate) cpu_ns: f64,
    pub(crate) p50_ns: f64,
    pub(crate) p99_ns: f64,
}

/// Where, how long, and what alone.
#[derive(Clone, Debug)]
struct Options {
    folder: PathBuf,
    each: Duration,
    rounds: usize,
    only: Option<String>,
    tasks: Option<usize>,
}

const TASKS: [usize; 4] = [1, 8, 64, 1000];
const LENGTHS: [usize; 2] = [100, 4096];

/// All loads, in the order of the table.
fn loads() -> Vec<Load> {
    let of_kind = |durable| LENGTHS.into_iter().flat_map(move |len| TASKS.map(|tasks| Load { tasks, len, durable }));
    [false, true].into_iter().flat_map(of_kind).collect()
}

/// The rows that a whole run has, in words.
#[cfg(feature = "rfcs")]
pub(crate) fn planned() -> Vec<String> {
    let row = |load: Load, subject: Subject| about(load.durable, load.len, load.tasks, subject.name());
    let subjects = |load: Load| Subject::ALL.into_iter().filter(move |subject| subject.takes(load));
    loads().into_iter().flat_map(|load| subjects(load).map(move |subject| row(load, subject))).collect()
}

#[cfg(feature = "rfcs")]
fn about(durable: bool, len: usize, tasks: usize, subject: &str) -> String {
    format!("{}, {len} B, {tasks} tasks, {subject}", waits(durable))
}

/// What an append waits for.
pub(crate) fn waits(durable: bool) -> &'static str {
    if durable { "durable" } else { "complete" }
}

impl Row {
    /// In words.
    #[cfg(feature = "rfcs")]
    pub(crate) fn about(&self) -> String {
        about(self.durable, self.len, self.tasks, &self.subject)
    }

    fn of(load: Load, subject: Subject, played: &Played) -> Self {
        let records = played.latencies.len() as f64;
        let at = |quantile| played.latencies.value_at_quantile(quantile) as f64;
        Row {
            durable: load.durable,
            len: load.len,
            tasks: load.tasks,
            subject: subject.name().to_owned(),
            per_second: records / played.wall.as_secs_f64(),
            cpu_ns: played.cpu.as_secs_f64() * 1e9 / records,
            p50_ns: at(0.5),
            p99_ns: at(0.99),
        }
    }
}

impl Options {
    fn takes(&self, load: Load, subject: Subject) -> bool {
        let is_named = self.only.as_ref().is_none_or(|only| subject.name().contains(only.as_str()));
        subject.takes(load) && is_named
    }
}

/// Measures everything that was chosen, and prints each row when it is there.
fn run(options: &Options) -> std::io::Result<Vec<Row>> {
    let begun = Instant::now();
    println!(
        "{:<9} {:>5} {:>5}  {:<36} {:>10} {:>9} {:>9} {:>9}",
        "waits", "bytes", "tasks", "subject", "records/s", "CPU", "p50", "p99"
    );
    let mut rows = Vec::new();
    for load in loads().into_iter().filter(|load| options.tasks.is_none_or(|only| only == load.tasks)) {
        let subjects: Vec<Subject> = Subject::ALL.into_iter().filter(|&subject| options.takes(load, subject)).collect();
        for (subject, played) in subjects.iter().zip(measure(&subjects, load, options)?) {
            let row = Row::of(load, *subject, &played);
            println!("{}", line(&row));
            rows.push(row);
        }
    }
    println!("\ntargets");
    for target in targets(&rows) {
        println!("{}", target.text());
    }
    println!("took {} s", begun.elapsed().as_secs());
    Ok(rows)
}

/// What each subject came to in all rounds. Each round begins with another one.
fn measure(subjects: &[Subject], load: Load, options: &Options) -> std::io::Result<Vec<Played>> {
    let mut all = vec![Played::new(); subjects.len()];
    for round in 0..options.rounds {
        for turn in 0..subjects.len() {
            let index = (turn + round) % subjects.len();
            let path = options.folder.join("log");
            all[index].add(&one(subjects[index], load, &path, options.each)?);
            std::fs::remove_file(&path)?;
        }
    }
    Ok(all)
}

fn one(subject: Subject, load: Load, path: &std::path::Path, each: Duration) -> std::io::Result<Played> {
    if subject == Subject::AllAtOnce {
        return all_at_once(load, path, each);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(play(subject, load, path, each))
}

fn line(row: &Row) -> String {
    let time = |nanos: f64| format!("{:.1?}", Duration::from_nanos(nanos as u64));
    let Row { durable, len, tasks, subject, per_second, .. } = row;
    let [cpu, p50, p99] = [row.cpu_ns, row.p50_ns, row.p99_ns].map(time);
    format!("{:<9} {len:>5} {tasks:>5}  {subject:<36} {per_second:>10.0} {cpu:>9} {p50:>9} {p99:>9}", waits(*durable))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_load_is_measured_for_every_subject_that_takes_it_and_every_record_is_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = Options {
            folder: folder.path().to_owned(),
            each: Duration::from_millis(2),
            rounds: 2,
            only: None,
            tasks: Some(8),
        };
        let rows = run(&options).expect("a run");
        // Four loads with 8 tasks; what writes all at once is only asked for syncs.
        assert_eq!(rows.len(), 2 * 4 + 2 * 5);
        for row in rows {
            assert!(row.per_second > 0.0 && row.p50_ns > 0.0 && row.p50_ns <= row.p99_ns, "{row:?}");
        }
    }
}
