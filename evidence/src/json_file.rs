//! A file that a command leaves: the JSON of its rows, or a page.

use std::{
    fs::{self, File, Permissions},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde::Serialize;
use tempfile::NamedTempFile;

/// The file. It is begun before the first measurement, so that a path that cannot be written costs no time, and takes
/// its name only when it is whole.
#[derive(Debug)]
pub(crate) struct JsonFile {
    path: PathBuf,
    draft: Draft,
}

#[derive(Debug)]
enum Draft {
    Temporary(NamedTempFile),
    /// A device or a pipe: nothing takes its name.
    InPlace(File),
}

impl JsonFile {
    /// Begins the file that is to stand at `path`.
    pub(crate) fn begin(path: &Path) -> anyhow::Result<Self> {
        let story = || format!("the file {} cannot be written", path.display());
        let draft = if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            Draft::InPlace(File::options().write(true).open(path).with_context(story)?)
        } else {
            let folder = match path.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => Path::new("."),
            };
            // A temporary file is for its owner alone unless told otherwise; the umask still has its say.
            let builder = tempfile::Builder::new().permissions(Permissions::from_mode(0o666)).tempfile_in(folder);
            Draft::Temporary(builder.with_context(story)?)
        };
        Ok(JsonFile { path: path.to_owned(), draft })
    }

    /// Writes the rows, each on a line of its own, and gives the file its name.
    pub(crate) fn finish(self, rows: &[impl Serialize]) -> anyhow::Result<()> {
        let rows: Result<Vec<String>, _> = rows.iter().map(serde_json::to_string).collect();
        let text = format!("[\n{}\n]\n", rows.context("the rows are no JSON")?.join(",\n"));
        self.finish_with(text.as_bytes())
    }

    /// Writes `text` and gives the file its name.
    pub(crate) fn finish_with(self, text: &[u8]) -> anyhow::Result<()> {
        let story = || format!("the file {} could not be written", self.path.display());
        match self.draft {
            Draft::Temporary(mut draft) => {
                draft.write_all(text).with_context(story)?;
                draft.persist(&self.path).map(drop).with_context(story)
            }
            Draft::InPlace(mut file) => file.write_all(text).with_context(story),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_file_is_an_array_of_rows() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rows.json");
        let file = JsonFile::begin(&path).expect("a draft");
        assert!(!path.exists(), "the name is taken when the file is whole");
        file.finish(&["a row"]).expect("a file");
        let text = fs::read_to_string(&path).expect("text");
        assert_eq!(text.lines().count(), 3, "a line for the row, and the brackets");
        assert_eq!(serde_json::from_str::<Vec<String>>(&text).expect("an array"), ["a row"]);
    }

    #[test]
    fn a_json_path_that_cannot_be_written_is_told_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = JsonFile::begin(&folder.path().join("absent/rows.json")).expect_err("no such folder");
        assert!(error.to_string().contains("rows.json"), "{error}");
    }
}
