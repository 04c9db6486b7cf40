//! The machine on which something is measured: what figures depend on most, and nothing that names it.

use std::{
    fs,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
    thread,
    time::SystemTime,
};

use clap::{Args, Command};
use serde::{Deserialize, Serialize};

use crate::{VERSIONS, bench::record::file_system, cli::Entry, json_file::JsonFile};

/// Where the description goes.
#[derive(Debug, Args)]
struct MachineArgs {
    /// Write the description to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// A machine on a day. The fields are those of the JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Machine {
    /// Its name, as the kernel has it.
    pub(crate) processor: String,
    /// How many of its threads a process may use.
    pub(crate) cores: usize,
    /// Whether it says that it is a virtual machine.
    pub(crate) is_virtual: bool,
    /// Bytes.
    pub(crate) memory: u64,
    pub(crate) kernel: String,
    /// What temporary files are on.
    pub(crate) file_system: String,
    pub(crate) rustc: String,
    /// The subjects, each with the version that was built.
    pub(crate) versions: Vec<String>,
    /// The day, in UTC.
    pub(crate) date: String,
}

/// The command that describes this machine.
pub(crate) fn entry(command: Command) -> Entry {
    Entry::derived(command, |args: MachineArgs| run(&args))
}

/// Prints the description, and leaves the file.
fn run(args: &MachineArgs) -> anyhow::Result<ExitCode> {
    let json = args.json.as_deref().map(JsonFile::begin).transpose()?;
    let mut text = serde_json::to_vec_pretty(&Machine::this())?;
    text.push(b'\n');
    io::stdout().lock().write_all(&text)?;
    if let Some(json) = json {
        json.finish_with(&text)?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Machine {
    /// This one, today.
    fn this() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let (processor, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
        let kibibytes = value(&memory, "MemTotal").and_then(|size| size.trim_end_matches(" kB").parse::<u64>().ok());
        let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
        Machine {
            processor: value(&processor, "model name").unwrap_or("unknown").to_owned(),
            cores: thread::available_parallelism().map_or(0, usize::from),
            is_virtual: value(&processor, "flags")
                .is_some_and(|flags| flags.split(' ').any(|flag| flag == "hypervisor")),
            memory: kibibytes.unwrap_or(0) * 1024,
            // Without what a distribution or a host adds to it.
            kernel: format!(
                "Linux {}",
                read("/proc/sys/kernel/osrelease").trim().split('-').next().unwrap_or_default()
            ),
            file_system: file_system(),
            rustc: env!("EVIDENCE_RUSTC").to_owned(),
            versions: versions(),
            date: date(now / 86_400),
        }
    }
}

/// The subjects that are built today, each with its version.
pub(crate) fn versions() -> Vec<String> {
    VERSIONS.split(", ").map(str::to_owned).collect()
}

/// The value of the first line of that key.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let pair = |line: &'a str| line.split_once(':').filter(|(found, _)| found.trim() == key);
    text.lines().find_map(pair).map(|(_, value)| value.trim())
}

/// The date of a day since 1970-01-01.
fn date(mut day: u64) -> String {
    let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    while day >= 365 + u64::from(is_leap(year)) {
        day -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let mut month = 0;
    let days = [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    while day >= days[month] {
        day -= days[month];
        month += 1;
    }
    format!("{year}-{:02}-{:02}", month + 1, day + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_its_date() {
        for (day, expected) in [
            (0, "1970-01-01"),
            (58, "1970-02-28"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (19_722, "2023-12-31"),
            (19_723, "2024-01-01"),
            (19_782, "2024-02-29"),
        ] {
            assert_eq!(date(day), expected);
        }
    }

    #[test]
    fn a_value_is_found_by_its_whole_key() {
        let text = "model\t\t: 85\nmodel name\t: A Processor\nmodel name\t: Another\n";
        assert_eq!(value(text, "model name"), Some("A Processor"));
        assert_eq!(value(text, "name"), None);
    }

    #[test]
    fn this_machine_is_described_without_its_name() {
        let machine = Machine::this();
        assert!(machine.cores > 0 && machine.memory > 0 && machine.rustc.starts_with("rustc "), "{machine:?}");
        assert!(machine.versions.iter().any(|version| version.starts_with("tokio ")), "{machine:?}");
    }
}
