//! Tells the audit, the matrix and the bench which versions of their subjects they are built with, as the lock file has
//! them, and by which compiler.

use std::{env, error::Error, fs, path::PathBuf, process::Command};

/// The crates whose behaviour the audit, the matrix and the bench show.
const SUBJECTS: [&str; 12] = [
    "async-write-complete",
    "tokio",
    "async-fs",
    "async-std",
    "blocking",
    "piper",
    "async-io",
    "futures-lite",
    "compio",
    "compio-fs",
    "compio-io",
    "tokio-uring",
];

fn main() -> Result<(), Box<dyn Error>> {
    let lock = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../Cargo.lock");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={}", lock.display());
    let lock = fs::read_to_string(lock)?;
    let versions: Vec<String> = SUBJECTS.iter().map(|name| versions_of(&lock, name)).collect();
    println!("cargo:rustc-env=EVIDENCE_VERSIONS={}", versions.join(", "));
    let rustc = Command::new(env::var_os("RUSTC").ok_or("cargo names no compiler")?).arg("--version").output()?;
    println!("cargo:rustc-env=EVIDENCE_RUSTC={}", String::from_utf8(rustc.stdout)?.trim());
    Ok(())
}

/// `name version`; where the tree holds several versions of one crate, all of them.
///
/// A crate that parses lock files would take longer to build than the audit: in those that cargo writes, the version of
/// a package stands on the line after its name.
fn versions_of(lock: &str, name: &str) -> String {
    let name_line = format!("name = \"{name}\"");
    let version = |line: &str| Some(line.strip_prefix("version = \"")?.strip_suffix('"')?.to_owned());
    let pairs = lock.lines().zip(lock.lines().skip(1));
    let versions: Vec<String> =
        pairs.filter(|(line, _)| *line == name_line).filter_map(|(_, next)| version(next)).collect();
    if versions.is_empty() {
        return format!("{name} (not in the lock file)");
    }
    format!("{name} {}", versions.join(" and "))
}
