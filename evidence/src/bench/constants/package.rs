//! The program that runs a scenario with other constants: a package of a few files, built into the target folder.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};

use super::patch::patched;

const DRIVER: &str = include_str!("driver.rs");

const MANIFEST: &str = r#"[package]
name = "constants"
version = "0.0.0"
edition = "2024"
publish = false

[dependencies]
async-write-complete = { path = "crate" }
blocking = "1"
pollster = "1"
rustix = { version = "1", features = ["time"] }
tempfile = "3"

[workspace]
exclude = ["crate"]
"#;

const MAIN: &str = "mod driver;\n\nfn main() -> std::io::Result<()> {\n    driver::main()\n}\n";

/// Builds the program. Answers where it is, and the values of the constants today.
pub(super) fn build(root: &Path) -> anyhow::Result<(PathBuf, Vec<String>)> {
    let folder = root.join("target/constants");
    let copy = folder.join("crate");
    copy_folder(&root.join("src"), &copy.join("src")).context("the source cannot be copied")?;
    for file in ["README.md", "CHANGELOG.md"] {
        fs::copy(root.join(file), copy.join(file)).with_context(|| format!("{file} cannot be copied"))?;
    }
    let manifest = read(&root.join("Cargo.toml"))?;
    write(&copy.join("Cargo.toml"), &without_development(&manifest)?)?;
    let (spin, values) = patched(&read(&root.join("src/offload/spin.rs"))?)?;
    write(&copy.join("src/offload/spin.rs"), &spin)?;
    write(&folder.join("Cargo.toml"), MANIFEST)?;
    write(&folder.join("src/main.rs"), MAIN)?;
    write(&folder.join("src/driver.rs"), DRIVER)?;
    // The versions are those of everything else here.
    write(&folder.join("Cargo.lock"), &read(&root.join("Cargo.lock"))?)?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let arguments = ["build", "--release", "--offline", "--quiet", "--target-dir", "target"];
    let status = cargo.args(arguments).current_dir(&folder).status().context("cargo cannot be started")?;
    ensure!(status.success(), "the program with other constants cannot be built: {status}");
    Ok((folder.join("target/release/constants"), values))
}

/// The manifest of the crate, without what only its own tests and its workspace need.
fn without_development(manifest: &str) -> anyhow::Result<String> {
    let (needed, _) = manifest.split_once("\n[dev-dependencies]").context("the manifest has no [dev-dependencies]")?;
    ensure!(needed.contains("\n[dependencies]"), "the manifest has its dependencies elsewhere");
    Ok(format!("{needed}\n"))
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy_folder(&from, &to)?;
        } else {
            write(&to, &read(&from)?)?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// Writes what is not there yet, so that only what has changed is built again.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    if fs::read_to_string(path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().context("a file at the top")?)?;
    fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_keeps_what_the_crate_needs() {
        let manifest = without_development(include_str!("../../../../Cargo.toml")).expect("a manifest");
        assert!(manifest.contains("async-task") && manifest.contains("[features]"), "{manifest}");
        assert!(!manifest.contains("[workspace") && !manifest.contains("[[example]]"), "{manifest}");
    }
}
