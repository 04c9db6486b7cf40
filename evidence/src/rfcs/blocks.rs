//! The generated parts by their names.

use anyhow::bail;

use super::{
    audit,
    bench::{self, Bench},
    contract,
    data::Data,
    machine, matrix,
};
use crate::bench::record::plan;

/// What the names are, for whoever got one wrong.
fn names() -> String {
    let situations: Vec<String> = plan().iter().map(|plan| format!("bench-{}", plan.situation)).collect();
    format!(
        "machine, seed, select-loop, audit, rules, flaws, matrix, {}, bench-losses, bench-figures, bench-cpu, \
         bench-latency",
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
        "bench-losses" => Ok(Bench::read(data)?.losses()),
        "bench-figures" => bench::figures(data),
        "bench-cpu" => Ok(Bench::read(data)?.cpu()),
        "bench-latency" => Ok(Bench::read(data)?.latency()),
        _ => match name.split_once('-') {
            Some(("bench", situation)) => bench::situation(data, situation),
            _ => bail!("no generated part is called `{name}`; there are {}", names()),
        },
    }
}
