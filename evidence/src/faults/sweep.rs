//! Every fault at every call of one program, and every limit that cuts one of its writes.

use std::collections::BTreeSet;

use super::{
    fault::{CALLS, FAULTS, Fault, Told},
    judge::{Shown, judge},
    program::Program,
    run::Place,
    step::{Line, STEPS, Step},
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

impl Sweep {
    pub(super) fn new(program: Program) -> Self {
        Sweep { program, happened: [0; CALLS.len()], limits: 0, shown: Shown::default(), untrue: Vec::new() }
    }

    fn add(&mut self, call: &str, run: &str, lines: &[Line], told: Told) {
        match judge(self.program, call, lines, told) {
            Ok(shown) => {
                self.shown.answers += shown.answers;
                self.shown.errors += shown.errors;
                self.shown.short_writes += shown.short_writes;
            }
            Err(error) => self.untrue.push(format!("{}, {run}: {error:#}", self.program.name())),
        }
    }
}

/// Runs a program with each fault in each of its calls, and with each limit.
pub(super) fn sweep(program: Program) -> anyhow::Result<Sweep> {
    let folder = tempfile::Builder::new().prefix("faults-").tempdir()?;
    let place = Place::new(folder.path())?;
    let mut sweep = Sweep::new(program);
    for (index, call) in CALLS.into_iter().enumerate() {
        for fault in FAULTS {
            let runs = sweep_call(&place, &mut sweep, call, fault)?;
            sweep.happened[index] += runs;
            if runs == 0 {
                // The program has no such call, whatever the fault.
                break;
            }
        }
    }
    for limit in limits() {
        let lines = place.run_with_limit(program, limit)?;
        sweep.limits += 1;
        sweep.add("write", &format!("no file longer than {limit} bytes"), &lines, Told::Whatever);
    }
    Ok(sweep)
}

/// One fault at the first call, the second and so on, until there is no such call; how many there were.
fn sweep_call(place: &Place, sweep: &mut Sweep, call: &str, fault: Fault) -> anyhow::Result<usize> {
    for number in 1.. {
        let inject = fault.option(call, number);
        let outcome = place.run_with_fault(sweep.program, call, &inject)?;
        if !outcome.has_happened {
            sweep.add(call, "without a fault", &outcome.lines, Told::Nothing);
            return Ok(number as usize - 1);
        }
        sweep.add(call, &format!("-e {inject}"), &outcome.lines, fault.told(call, sweep.program));
    }
    Ok(0)
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
