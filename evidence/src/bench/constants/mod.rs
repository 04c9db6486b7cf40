//! What each constant of spinning is worth: what gets worse without it, with half and with twice of it.
//!
//! `bench --constants` builds a copy of this crate whose constants are told to a process, and runs each scenario with
//! each variant in rounds, in turns. The constants as they are run twice: by what these two differ, a difference is
//! noise.

use std::{
    io::{self, Write as _},
    path::Path,
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use comfy_table::{Table, presets};

use self::{
    effect::{Figures, MEASURES},
    patch::{CONSTANTS, Without},
};
use super::{
    compare::median,
    measure::{BUSY_LOOPS, BusyLoops, bind_to_one_core, order},
    options::BenchArgs,
};
use crate::json_file::JsonFile;

#[allow(dead_code, reason = "its `main` is for the package that it is built in")]
mod driver;
mod effect;
mod package;
mod patch;

pub(crate) use self::effect::Constant;

/// How long a scenario runs at a time.
const FULL: Duration = Duration::from_millis(100);
const QUICK: Duration = Duration::from_millis(8);

/// How often the constants as they are run in each round.
const TODAY: usize = 4;

/// A value of one constant.
struct Variant {
    /// The place of the constant.
    constant: usize,
    name: &'static str,
    /// What the process is told.
    value: String,
}

/// The names of all constants, as a measurement of today has them.
#[cfg(feature = "rfcs")]
pub(crate) fn names() -> Vec<String> {
    CONSTANTS.iter().map(|constant| constant.name.to_owned()).collect()
}

/// Builds, measures, prints the table, and leaves the JSON.
pub(super) fn run(args: &BenchArgs) -> anyhow::Result<()> {
    let json = args.json.as_deref().map(JsonFile::begin).transpose()?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("evidence is in no repository")?;
    let (program, values) = package::build(root)?;
    let variants = variants();
    let (time, rounds) = if args.quick { (QUICK, args.rounds()) } else { (FULL, args.rounds()) };
    let mut measured = Vec::new();
    for (scenario, text, _) in driver::SCENARIOS {
        eprintln!("{scenario}: {text}");
        measured.push((scenario, measure(&program, scenario, &variants, time, rounds)?));
    }
    let constants = conclude(&variants, &values, &measured);
    print(&constants)?;
    json.map_or(Ok(()), |json| json.finish(&constants))
}

/// Without, half and twice, of each constant.
fn variants() -> Vec<Variant> {
    let mut all = Vec::new();
    for (constant, of) in CONSTANTS.iter().enumerate() {
        let without = match of.without {
            Without::Value(value) => format!("={value}"),
            Without::Most => format!("={}", u64::MAX),
        };
        all.push(Variant { constant, name: "without", value: without });
        if of.scales() {
            all.push(Variant { constant, name: "halved", value: "0.5".to_owned() });
            all.push(Variant { constant, name: "doubled", value: "2".to_owned() });
        }
    }
    all
}

/// The medians of the rounds, of the constants as they are, several times, and of each variant.
fn measure(
    program: &Path,
    scenario: &str,
    variants: &[Variant],
    time: Duration,
    rounds: usize,
) -> anyhow::Result<Vec<[f64; 3]>> {
    let loops = match scenario {
        "one busy" => 1,
        "busy" => BUSY_LOOPS,
        _ => 0,
    };
    let _busy = (loops > 0).then(|| BusyLoops::start(loops)).transpose()?;
    let mut seen: Vec<Vec<[f64; 3]>> = vec![Vec::new(); variants.len() + TODAY];
    for round in 0..rounds {
        for index in order(seen.len(), round) {
            let variant = index.checked_sub(TODAY).map(|index| &variants[index]);
            seen[index].push(once(program, scenario, variant, time)?);
        }
    }
    let medians = |rounds: &Vec<[f64; 3]>| {
        [0, 1, 2].map(|at| median(rounds.iter().map(|figures| figures[at]).collect()).unwrap_or(f64::NAN))
    };
    Ok(seen.iter().map(medians).collect())
}

/// One run of the program.
fn once(program: &Path, scenario: &str, variant: Option<&Variant>, time: Duration) -> anyhow::Result<[f64; 3]> {
    let mut command = Command::new(program);
    command.arg(scenario).arg(time.as_millis().to_string());
    if scenario == "neighbor" {
        command.env("BLOCKING_MAX_THREADS", "1");
    }
    if let Some(variant) = variant {
        command.env(CONSTANTS[variant.constant].variable(), &variant.value);
    }
    let is_bound = scenario == "one core";
    // A process inherits the cores of the thread that starts it.
    let start = move || -> anyhow::Result<_> {
        if is_bound {
            bind_to_one_core()?;
        }
        Ok(command.output()?)
    };
    let output = std::thread::spawn(start).join().map_err(|_| anyhow::anyhow!("a thread has panicked"))??;
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{scenario}: {errors}");
    let figures: Vec<f64> = text.split_whitespace().filter_map(|figure| figure.parse().ok()).collect();
    let [p50, p99, _, cpu] = figures.as_slice() else { anyhow::bail!("{scenario}: it said {text:?}") };
    Ok([*p50, *p99, *cpu])
}

fn conclude(variants: &[Variant], values: &[String], measured: &[(&str, Vec<[f64; 3]>)]) -> Vec<Constant> {
    let effect = |(index, variant): (usize, &Variant)| {
        let figures = measured.iter().map(|(scenario, figures)| {
            (*scenario, Figures { variant: figures[index + TODAY], today: figures[..TODAY].to_vec() })
        });
        effect::Effect::of(variant.name, &figures.collect::<Vec<_>>())
    };
    let constant = |(index, of): (usize, &patch::Constant)| Constant {
        name: of.name.to_owned(),
        value: values[index].clone(),
        bounds: of.bounds.to_owned(),
        scenario: of.scenario.to_owned(),
        effects: variants.iter().enumerate().filter(|(_, v)| v.constant == index).map(effect).collect(),
    };
    CONSTANTS.iter().enumerate().map(constant).collect()
}

fn print(constants: &[Constant]) -> io::Result<()> {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(["constant", "value", "bounds", "without", "halved", "doubled"]);
    for constant in constants {
        let cell = |variant: &str| constant.text(variant).unwrap_or_default();
        let words = [constant.name.clone(), constant.value.clone(), constant.bounds.clone()];
        table.add_row(words.into_iter().chain(["without", "halved", "doubled"].map(cell)));
    }
    let mut out = io::stdout().lock();
    writeln!(out, "What gets worse, by more than the same constants differ ({}):\n{table}", MEASURES.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_constant_has_a_row_with_each_of_its_variants() {
        let variants = variants();
        let values = vec!["1".to_owned(); CONSTANTS.len()];
        let mut figures = vec![[100.0; 3]; variants.len() + TODAY];
        figures[TODAY] = [500.0, 100.0, 100.0];
        let constants = conclude(&variants, &values, &[("100 B", figures)]);
        assert_eq!(constants.len(), CONSTANTS.len());
        assert_eq!(constants[0].text("without").as_deref(), Some("100 B, p50: 5.0×"));
        assert_eq!(constants[0].text("halved").as_deref(), Some("100 B: nothing"));
        let scenarios = driver::SCENARIOS.map(|scenario| scenario.0);
        assert!(CONSTANTS.iter().all(|constant| scenarios.contains(&constant.scenario)));
        assert!(constants.iter().all(|constant| [1, 3].contains(&constant.effects.len())));
    }
}
