//! The data: which files there are, which command makes each, and how they are read.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use serde::de::DeserializeOwned;

use crate::cli::invocation;

/// A file of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Machine,
    Audit,
    Matrix,
    Sequences,
    Bench,
    Constants,
    Commit,
}

impl Source {
    /// All, the quick ones first.
    pub(super) const ALL: [Source; 7] = [
        Source::Machine,
        Source::Sequences,
        Source::Audit,
        Source::Matrix,
        Source::Commit,
        Source::Constants,
        Source::Bench,
    ];

    /// Where it lies in the repository.
    pub(super) fn path(self) -> &'static str {
        match self {
            Source::Machine => "rfcs/data/machine.json",
            Source::Audit => "rfcs/data/audit.json",
            Source::Matrix => "rfcs/data/matrix.json",
            Source::Sequences => "rfcs/data/sequences.json",
            Source::Bench => "rfcs/data/bench.json",
            Source::Constants => "rfcs/data/constants.json",
            Source::Commit => "rfcs/data/commit.json",
        }
    }

    /// The arguments of the command that makes it.
    pub(super) fn arguments(self) -> &'static [&'static str] {
        match self {
            Source::Machine => &["machine", "--json", "rfcs/data/machine.json"],
            Source::Audit => &["audit", "--json", "rfcs/data/audit.json"],
            Source::Matrix => &["matrix", "--json", "rfcs/data/matrix.json"],
            Source::Sequences => &["sequence", "--json", "rfcs/data/sequences.json"],
            Source::Bench => &["bench", "--json", "rfcs/data/bench.json"],
            Source::Commit => &["commit", "--json", "rfcs/data/commit.json"],
            Source::Constants => &["bench", "--constants", "--json", "rfcs/data/constants.json"],
        }
    }

    /// That command, as a person runs it.
    pub(super) fn command(self) -> String {
        let command = self.arguments().join(" ");
        match self.feature() {
            None => format!("cargo run --release -p evidence -- {command}"),
            Some(feature) => format!("{} {command}", invocation(feature)),
        }
    }

    /// The feature of that command.
    fn feature(self) -> Option<&'static str> {
        match self {
            Source::Audit => None,
            Source::Machine => Some("rfcs"),
            Source::Matrix => Some("matrix"),
            Source::Sequences => Some("sequence"),
            Source::Bench | Source::Constants => Some("bench"),
            Source::Commit => Some("commit"),
        }
    }
}

/// The data of a repository.
#[derive(Debug)]
pub(super) struct Data {
    root: PathBuf,
}

impl Data {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The folder of the repository.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Whether the file is there.
    pub(super) fn has(&self, source: Source) -> bool {
        self.root.join(source.path()).exists()
    }

    /// Reads a file. Every field must be there, and no other.
    ///
    /// # Errors
    ///
    /// With the command that makes the file.
    pub(super) fn read<T: DeserializeOwned>(&self, source: Source) -> anyhow::Result<T> {
        let (path, command) = (source.path(), source.command());
        let text = match fs::read_to_string(self.root.join(path)) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => bail!("{path} is missing; `{command}` makes it"),
            Err(error) => return Err(error).with_context(|| format!("{path} cannot be read")),
        };
        serde_json::from_str(&text)
            .with_context(|| format!("{path} is not what `{command}` leaves today; its fields are others"))
    }
}

/// Each value once, in the order in which they come.
pub(super) fn distinct<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut all = Vec::new();
    for value in values {
        if !all.contains(&value) {
            all.push(value);
        }
    }
    all
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A repository in a temporary folder, with these files.
    pub(crate) fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder of it")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        folder
    }

    #[test]
    fn a_missing_file_names_its_command() {
        let folder = repository(&[]);
        let data = Data::new(folder.path());
        let error = data.read::<Vec<String>>(Source::Sequences).expect_err("no file").to_string();
        assert_eq!(
            error,
            "rfcs/data/sequences.json is missing; `cargo run --release -p evidence --features sequence -- sequence --json \
             rfcs/data/sequences.json` makes it"
        );
    }

    #[test]
    fn every_file_is_made_by_a_command_that_names_it() {
        for source in Source::ALL {
            assert!(source.arguments().contains(&source.path()), "{source:?}");
        }
    }
}
