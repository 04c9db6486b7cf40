//! The generated parts by their names.

use anyhow::bail;

use super::{audit, bench::Bench, commit, constants, contract, data::Data, machine, matrix};
use crate::bench::record::situations;

/// What the names are, for an author who got one wrong.
fn names() -> String {
    let situations: Vec<String> = situations().iter().map(|(name, _)| format!("bench-{name}")).collect();
    format!(
        "machine, seed, select-loop, audit, rules, flaws, matrix, commit, constants, speed, bench-quiet, \
         bench-targets, bench-losses, bench-latencies, bench-short, bench-costs, {}",
        situations.join(", ")
    )
}

/// The text of the part of that name.
///
/// # Errors
///
/// When there is none, or no data for it.
pub(super) fn render(name: &str, data: &Data) -> anyhow::Result<String> {
    match name {
        "machine" => machine::table(data),
        "seed" => audit::seed(data),
        "select-loop" => audit::select_loop(data),
        "audit" => audit::table(data),
        "rules" => Ok(contract::rules()),
        "flaws" => Ok(contract::flaws()),
        "matrix" => matrix::table(data),
        "speed" => Ok(Bench::read(data)?.speed()),
        "bench-quiet" => Ok(Bench::read(data)?.quiet()),
        "bench-targets" => Ok(Bench::read(data)?.targets()),
        "bench-losses" => Ok(Bench::read(data)?.losses()),
        "bench-latencies" => Ok(Bench::read(data)?.latencies()),
        "bench-short" => Ok(Bench::read(data)?.short()),
        "commit" => commit::table(data),
        "constants" => constants::table(data),
        "bench-costs" => Ok(Bench::read(data)?.costs()),
        _ => match name.split_once('-') {
            Some(("bench", situation)) => Bench::read(data)?.situation(situation),
            _ => bail!("no generated part is called `{name}`; there are {}", names()),
        },
    }
}
