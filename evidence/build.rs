//! Tells the audit, the matrix and the bench which versions of their subjects they are built with, as the lock file has
//! them, and by which compiler.

use std::{env, error::Error, path::PathBuf, process::Command};

use cargo_lock::Lockfile;

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
    let lock = Lockfile::load(lock)?;
    let versions: Vec<String> = SUBJECTS.iter().map(|name| versions_of(&lock, name)).collect();
    println!("cargo:rustc-env=EVIDENCE_VERSIONS={}", versions.join(", "));
    let rustc = Command::new(env::var_os("RUSTC").ok_or("cargo names no compiler")?).arg("--version").output()?;
    println!("cargo:rustc-env=EVIDENCE_RUSTC={}", String::from_utf8(rustc.stdout)?.trim());
    Ok(())
}

/// `name version`; where the tree holds several versions of one crate, all of them.
fn versions_of(lock: &Lockfile, name: &str) -> String {
    let found = lock.packages.iter().filter(|package| package.name.as_str() == name);
    let versions: Vec<String> = found.map(|package| package.version.to_string()).collect();
    if versions.is_empty() {
        return format!("{name} (not in the lock file)");
    }
    format!("{name} {}", versions.join(" and "))
}
