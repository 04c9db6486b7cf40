//! What this project claims about writers, shown on real files: the command line.

#![forbid(unsafe_code)]

use std::{env, process::ExitCode};

use clap::Command;

use crate::cli::Entry;

#[cfg(all(any(feature = "bench", feature = "soak"), target_os = "linux"))]
mod alloc;
#[cfg(feature = "alternatives")]
mod alternatives;
mod audit;
#[cfg(all(feature = "bench", target_os = "linux"))]
mod bench;
mod child;
mod cli;
#[cfg(feature = "commit")]
mod commit;
#[cfg(all(feature = "crash", target_os = "linux"))]
mod crash;
#[cfg(all(feature = "faults", target_os = "linux"))]
mod faults;
#[cfg(feature = "fuzz")]
mod fuzz;
mod json_file;
#[cfg(all(feature = "rfcs", target_os = "linux"))]
mod machine;
#[cfg(feature = "matrix")]
mod matrix;
mod progress;
#[cfg(all(feature = "rfcs", target_os = "linux"))]
mod rfcs;
#[cfg(feature = "sequence")]
mod sequence;
#[cfg(all(feature = "soak", target_os = "linux"))]
mod soak;
#[cfg(all(feature = "strace", target_os = "linux"))]
mod strace;
#[cfg(all(any(feature = "faults", feature = "strace"), target_os = "linux"))]
mod tracer;

#[cfg(not(unix))]
compile_error!("the audit limits file lengths, locks files and kills processes as only a Unix can");

/// The versions that the subjects were built from; the build script reads them from the lock file.
pub(crate) const VERSIONS: &str = env!("EVIDENCE_VERSIONS");

/// The commands that have a feature: their name, the feature, and what they do.
const FEATURED: [(&str, &str, &str); 12] = [
    ("matrix", "matrix", "Judges real types by the rules of the contract: rules across, types down"),
    ("bench", "bench", "Measures what a write costs: time, latencies, CPU, allocations and threads, of each writer"),
    ("commit", "commit", "Measures what an append to one log costs, when many tasks append at once"),
    ("crash", "crash", "Kills writers, or stops their device, and looks for every record that was answered"),
    (
        "faults",
        "faults",
        "Has every system call of small programs fail or be late, and compares each answer with the file",
    ),
    (
        "strace",
        "strace",
        "Traces one write of tokio and of ours: whether a look at the file begins before write(2) returns",
    ),
    ("alternatives", "alternatives", "Shows why each rejected design was rejected, by its code and a run of it"),
    ("sequence", "sequence", "Records who asks, who answers and when the bytes are there, in writes of peers and ours"),
    ("fuzz", "fuzz", "Plays random operations, faults and drops on real files, and compares the bytes with a model"),
    (
        "soak",
        "soak",
        "Has thousands of writers of files dropped, closed and disturbed, and looks for what is left behind",
    ),
    ("machine", "rfcs", "Describes this machine, as figures that were measured on it need it"),
    ("rfcs", "rfcs", "Renders the generated parts and the pictures of the RFCs and of the book from rfcs/data"),
];

fn main() -> ExitCode {
    let about = "Shows on real files what the writers of today answer, and what this project's writer answers";
    cli::run(Command::new("evidence").about(about), &entries(), env::args_os()).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}

fn entries() -> Vec<Entry> {
    let mut all = audit::entries();
    all.extend(FEATURED.map(|(name, feature, about)| {
        let command = Command::new(name).about(about);
        match name {
            #[cfg(feature = "matrix")]
            "matrix" => matrix::entry(command),
            #[cfg(all(feature = "bench", target_os = "linux"))]
            "bench" => bench::entry(command),
            #[cfg(feature = "commit")]
            "commit" => commit::entry(command),
            #[cfg(all(feature = "crash", target_os = "linux"))]
            "crash" => crash::entry(command),
            #[cfg(all(feature = "faults", target_os = "linux"))]
            "faults" => faults::entry(command),
            #[cfg(all(feature = "strace", target_os = "linux"))]
            "strace" => strace::entry(command),
            #[cfg(feature = "alternatives")]
            "alternatives" => alternatives::entry(command),
            #[cfg(feature = "sequence")]
            "sequence" => sequence::entry(command),
            #[cfg(feature = "fuzz")]
            "fuzz" => fuzz::entry(command),
            #[cfg(all(feature = "soak", target_os = "linux"))]
            "soak" => soak::entry(command),
            #[cfg(all(feature = "rfcs", target_os = "linux"))]
            "machine" => machine::entry(command),
            #[cfg(all(feature = "rfcs", target_os = "linux"))]
            "rfcs" => rfcs::entry(command),
            _ => Entry::absent(command, feature),
        }
    }));
    #[cfg(feature = "matrix")]
    all.push(matrix::judge_entry());
    #[cfg(all(feature = "bench", target_os = "linux"))]
    all.extend(bench::hidden_entries());
    #[cfg(all(feature = "crash", target_os = "linux"))]
    all.extend(crash::hidden_entries());
    #[cfg(all(feature = "faults", target_os = "linux"))]
    all.push(faults::hidden_entry());
    #[cfg(all(feature = "strace", target_os = "linux"))]
    all.push(strace::hidden_entry());
    #[cfg(feature = "sequence")]
    all.push(sequence::record_entry());
    all
}
