//! The seed program under strace: whether somebody who looks at the file begins to look before `write(2)` has returned.
//!
//! | file | what is in it |
//! |---|---|
//! | `seed.rs` | the program: a write, and a look at the file as soon as it is answered |
//! | `trace.rs` | what strace says, as calls with a beginning and an end |
//! | `timeline.rs` | one run, in words |
//! | `draw.rs` | one run, as a picture |
//!
//! strace stops a thread at the beginning and at the end of each call, which makes every call longer and leaves their
//! order as it is: a thread goes on only after strace has seen the end. So counts of a race depend on strace, and what
//! never happens does not.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context as _;
use clap::{Args, Command};
use serde::Serialize;

use self::{
    seed::{LENGTH, Writer},
    timeline::Timeline,
};
use crate::{child::Child, cli::Entry, json_file::JsonFile, tracer};

mod draw;
mod seed;
mod timeline;
mod trace;

/// In so many runs somebody looks too early at a write of tokio, or this command could not see it.
const ENOUGH: u32 = 50;

/// How long a run may take.
const LIMIT: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
struct StraceArgs {
    /// How often each program runs
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Leave a picture of a typical run of each program in this folder
    #[arg(long, value_name = "FOLDER")]
    svg: Option<PathBuf>,
    /// Write the counts and one run of each program to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// What the runs of one program came to. The fields are those of the JSON.
#[derive(Clone, Debug, Serialize)]
struct Counted {
    writer: &'static str,
    runs: u32,
    /// Runs in which the look began before the write had returned.
    early: u32,
    /// Runs in which it began before the write had begun.
    before: u32,
    /// Runs in which it saw a file of another length than that of the record.
    other_length: u32,
    /// Of the runs of the more frequent kind, the one of middle length.
    typical: Timeline,
}

/// The command of the traces.
pub(crate) fn entry(command: Command) -> Entry {
    let after = "Exits with 1 if anybody looked too early at a write of ours, or did not see its bytes, or if nobody \
                 looked too early at one of tokio in 50 runs; with 2 if it could not run.";
    Entry::derived(command.after_help(after), |args: StraceArgs| run(&args))
}

/// The processes that it starts.
pub(crate) fn hidden_entry() -> Entry {
    Entry::derived(Command::new("strace-seed").hide(true), seed::run)
}

fn run(args: &StraceArgs) -> anyhow::Result<ExitCode> {
    tracer::check()?;
    let json = args.json.as_deref().map(JsonFile::begin).transpose()?;
    let folder = tempfile::Builder::new().prefix("strace-").tempdir()?;
    let folder = folder.path().canonicalize()?;
    let mut all = Vec::new();
    for writer in Writer::ALL {
        all.push(count(writer, args.runs, &folder).with_context(|| format!("{} could not be traced", writer.name()))?);
    }
    let mut out = io::stdout().lock();
    for counted in &all {
        let Counted { writer, runs, early, before, other_length, typical } = counted;
        writeln!(out, "{writer}: in {early} of {runs} runs the look began before the last write(2) had returned")?;
        writeln!(
            out,
            "  (in {before} of them before the first had begun), and in {other_length} it saw another length"
        )?;
        writeln!(out, "  than {LENGTH}; one of the more frequent kind, of middle length:")?;
        writeln!(out, "{}\n", typical.lines().join("\n"))?;
        if let Some(folder) = &args.svg {
            let name = writer.replace("::", "-").to_lowercase();
            fs::write(folder.join(format!("system-calls-{name}.svg")), draw::draw(writer, typical))?;
        }
    }
    if let Some(json) = json {
        json.finish(&all)?;
    }
    let untrue = untrue(&all);
    for untrue in &untrue {
        writeln!(out, "NOT AS PROMISED: {untrue}")?;
    }
    Ok(if untrue.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// What the counts show that must not be.
fn untrue(all: &[Counted]) -> Vec<&'static str> {
    let is_any = |writer: Writer, is_it: fn(&Counted) -> bool| {
        all.iter().any(|counted| counted.writer == writer.name() && is_it(counted))
    };
    let found = [
        (is_any(Writer::Ours, |ours| ours.early > 0), "a write of ours was answered before write(2) had returned"),
        (is_any(Writer::Ours, |ours| ours.other_length > 0), "an answered write of ours was not seen whole"),
        // Whoever looks for what never happens has to find it where it does happen.
        (
            is_any(Writer::Tokio, |tokio| tokio.early == 0 && tokio.runs >= ENOUGH),
            "no look at a write of tokio was early, so that none may ever be seen to be",
        ),
    ];
    found.into_iter().filter_map(|(is_so, what)| is_so.then_some(what)).collect()
}

fn count(writer: Writer, runs: u32, folder: &Path) -> anyhow::Result<Counted> {
    let timelines: Vec<Timeline> = (0..runs).map(|_| trace_one(writer, folder)).collect::<Result<_, _>>()?;
    let count = |which: fn(&Timeline) -> bool| timelines.iter().filter(|timeline| which(timeline)).count() as u32;
    let (early, before) = (count(Timeline::is_early), count(Timeline::is_before));
    let other_length = count(|timeline| timeline.seen != LENGTH);
    let is_mostly_early = 2 * early >= runs;
    let mut frequent: Vec<_> = timelines.into_iter().filter(|run| run.is_early() == is_mostly_early).collect();
    frequent.sort_by(|one, other| one.length().total_cmp(&other.length()));
    let typical = frequent.swap_remove(frequent.len() / 2);
    Ok(Counted { writer: writer.name(), runs, early, before, other_length, typical })
}

/// One run of the program.
fn trace_one(writer: Writer, folder: &Path) -> anyhow::Result<Timeline> {
    let [path, trace, stderr] = ["file", "trace", "stderr"].map(|name| folder.join(name));
    let options = ["-ttt", "-T", "-y", "-e", "trace=openat,write,writev,pwrite64,statx,fstat,newfstatat,close"];
    let mut command = tracer::traced(&options, &trace, &path)?;
    command.args(["strace-seed", "--writer", writer.name(), "--path"]).arg(&path);
    let mut child = Child::spawn(command, stderr, LIMIT)?;
    while child.next_line()?.is_some() {}
    child.finish()?;
    fs::remove_file(&path)?;
    let text = fs::read_to_string(&trace)?;
    Timeline::of(&trace::calls(&text)?, path.to_str().context("the path is text")?, LENGTH)
}

#[cfg(test)]
mod tests {
    use super::{timeline::tests::timeline, *};

    #[test]
    fn what_must_not_be_is_found() {
        let counted = |writer: Writer, runs, early, other_length| Counted {
            writer: writer.name(),
            runs,
            early,
            before: 0,
            other_length,
            typical: timeline(160.0),
        };
        let (tokio, ours) = (counted(Writer::Tokio, 50, 1, 1), counted(Writer::Ours, 50, 0, 0));
        assert!(untrue(&[tokio.clone(), ours.clone()]).is_empty());
        let found = |tokio: &Counted, ours: &Counted| untrue(&[tokio.clone(), ours.clone()]).join("; ");
        assert!(found(&tokio, &counted(Writer::Ours, 50, 1, 0)).starts_with("a write of ours was answered before"));
        assert!(found(&tokio, &counted(Writer::Ours, 50, 0, 1)).starts_with("an answered write of ours"));
        assert!(found(&counted(Writer::Tokio, 50, 0, 0), &ours).starts_with("no look at a write of tokio"));
        assert_eq!(found(&counted(Writer::Tokio, 49, 0, 0), &ours), "");
    }
}
