//! Every fault at every call of one program, and every limit that cuts one of its writes.

use std::collections::BTreeSet;

use super::{
    fault::{CALLS, EXDEV, FAULTS, Fault, Times},
    judge::{Cause, Shown, judge},
    program::Program,
    replace,
    run::Place,
    step::{STEPS, Step},
    trace::is_injected,
};

/// What the runs of one program came to.
#[derive(Clone, Debug)]
pub(super) struct Sweep {
    pub(super) program: Program,
    /// For each call, how many runs had a fault in it.
    pub(super) happened: [usize; CALLS.len()],
    /// How many runs had a limit.
    pub(super) limits: usize,
    pub(super) shown: Shown,
    /// What was not true, each with the run that shows it.
    pub(super) untrue: Vec<String>,
}

/// One run, and what was found of it.
struct Tried {
    /// Whether the program came to the call that the fault was put into.
    has_happened: bool,
    verdict: anyhow::Result<Shown>,
}

impl Sweep {
    pub(super) fn new(program: Program) -> Self {
        Sweep { program, happened: [0; CALLS.len()], limits: 0, shown: Shown::default(), untrue: Vec::new() }
    }

    fn add(&mut self, run: &str, verdict: anyhow::Result<Shown>) {
        match verdict {
            Ok(shown) => {
                self.shown.answers += shown.answers;
                self.shown.errors += shown.errors;
                self.shown.short_writes += shown.short_writes;
            }
            Err(error) => self.untrue.push(format!("{}, {run}: {error:#}", self.program.name())),
        }
    }

    /// Each fault at the first call of each name, the second and so on, until there is no such call.
    fn over_calls(&mut self, run: impl Fn(&str, Fault, u32) -> anyhow::Result<Tried>) -> anyhow::Result<()> {
        for &call in self.program.calls() {
            let mut happened = 0;
            for fault in FAULTS {
                for number in 1.. {
                    let tried = run(call, fault, number)?;
                    let what = if tried.has_happened { "" } else { ", which did not happen" };
                    self.add(&format!("-e {}{what}", fault.option(call, number)), tried.verdict);
                    if !tried.has_happened {
                        break;
                    }
                    happened += 1;
                }
                if happened == 0 {
                    // The program has no such call, whatever the fault.
                    break;
                }
            }
            let index = CALLS.iter().position(|name| *name == call);
            self.happened[index.expect("every call has a column")] += happened;
        }
        Ok(())
    }
}

/// Runs a program with each fault in each of its calls, and with each limit.
pub(super) fn sweep(program: Program) -> anyhow::Result<Sweep> {
    let folder = tempfile::Builder::new().prefix("faults-").tempdir()?;
    let mut sweep = Sweep::new(program);
    if program == Program::Replace {
        let place = replace::Place::new(folder.path());
        sweep.over_calls(|call, fault, number| replace_once(&place, call, fault, number))?;
        return Ok(sweep);
    }
    let place = Place::new(folder.path())?;
    sweep.over_calls(|call, fault, number| run_once(&place, program, call, fault, number))?;
    for limit in limits() {
        let lines = place.run_with_limit(program, limit)?;
        sweep.limits += 1;
        sweep.add(&format!("no file longer than {limit} bytes"), judge(program, Cause::Limit(limit), &lines));
    }
    Ok(sweep)
}

fn run_once(place: &Place, program: Program, call: &str, fault: Fault, number: u32) -> anyhow::Result<Tried> {
    let outcome = place.run_with_fault(program, call, &fault.option(call, number))?;
    let (made, lines) = (&outcome.made[..], &outcome.lines[..]);
    let has_happened = made.iter().any(|made| made.is_injected);
    let cause = if has_happened { Cause::Fault { fault, call, number, made } } else { Cause::Nothing { call, made } };
    Ok(Tried { has_happened, verdict: judge(program, cause, lines) })
}

fn replace_once(place: &replace::Place, call: &str, fault: Fault, number: u32) -> anyhow::Result<Tried> {
    let mut injects = vec![fault.option(call, number)];
    if call == "unlink" {
        injects.push(Fault { effect: EXDEV, times: Times::ForEver }.option("rename", 1));
    }
    let (told, trace) = place.run(&injects)?;
    let is_it = |line: &str| line.split('(').next() == Some(call) && is_injected(line);
    let has_happened = trace.lines().any(is_it);
    Ok(Tried { has_happened, verdict: replace::judge(fault, call, &told, &trace) })
}

/// Lengths that cut writes: at each of their ends, a byte before and after it, and in their middle.
fn limits() -> BTreeSet<u64> {
    let mut ends = BTreeSet::from([0]);
    let mut end = 0;
    for step in STEPS {
        if let Step::Write(len) = step {
            ends.extend([end + len as u64 / 2]);
            end += len as u64;
            ends.extend([end - 1, end, end + 1]);
        }
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_at_ends_and_middles() {
        let limits = limits();
        for limit in [0, 50, 99, 100, 101, 2600, 5099, 5100, 5101, 5102, 25_401] {
            assert!(limits.contains(&limit), "{limit}");
        }
    }
}
