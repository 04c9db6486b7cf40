//! What is left of an audit: a JSON file, a last line, and an exit status.

use std::{
    fs::{self, File, Permissions},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use serde::Serialize;
use tempfile::NamedTempFile;

use super::row::{Row, Verdict};

/// The JSON file, or a page. It is begun before the first measurement, so that a path that cannot be written costs no time, and
/// takes its name only when it is whole.
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

/// Success only if every row of ours holds, and there is one.
pub(crate) fn exit_code(rows: &[Row]) -> ExitCode {
    if ours_hold(rows) { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

/// One sentence about our rows, and the names of those that do not hold.
pub(crate) fn last_line(rows: &[Row]) -> String {
    let ours: Vec<&Row> = rows.iter().filter(|row| row.is_ours()).collect();
    let fallen: Vec<&&Row> = ours.iter().filter(|row| row.verdict != Verdict::Holds).collect();
    let mut line = format!("async-write-complete: {} of {} rows hold", ours.len() - fallen.len(), ours.len());
    for row in fallen {
        line.push_str(&format!("\n  {}: {} ({})", row.case, row.subject, row.verdict.word()));
    }
    line
}

fn ours_hold(rows: &[Row]) -> bool {
    let mut ours = rows.iter().filter(|row| row.is_ours()).peekable();
    ours.peek().is_some() && ours.all(|row| row.verdict == Verdict::Holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(subject: &str, verdict: Verdict) -> Row {
        Row { subject: subject.to_owned(), case: "seed", rounds: 1, failures: 0, verdict, detail: String::new() }
    }

    #[test]
    fn a_broken_peer_does_not_matter() {
        assert!(ours_hold(&[row("tokio", Verdict::Broken), row("async-write-complete (a)", Verdict::Holds)]));
    }

    #[test]
    fn each_row_of_ours_matters() {
        let holds = row("async-write-complete (a)", Verdict::Holds);
        for verdict in [Verdict::Broken, Verdict::NotApplicable] {
            let rows = [holds.clone(), row("async-write-complete (b)", verdict)];
            assert!(!ours_hold(&rows));
            assert!(last_line(&rows).contains("1 of 2 rows hold"));
            assert!(last_line(&rows).contains("seed: async-write-complete (b)"));
        }
    }

    #[test]
    fn an_audit_without_our_rows_proves_nothing() {
        assert!(!ours_hold(&[row("tokio", Verdict::Holds)]));
    }

    #[test]
    fn the_json_file_is_an_array_of_rows() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rows.json");
        let file = JsonFile::begin(&path).expect("a draft");
        assert!(!path.exists(), "the name is taken when the file is whole");
        file.finish(&[row("tokio", Verdict::Broken)]).expect("a file");
        let text = fs::read_to_string(&path).expect("text");
        assert_eq!(text.lines().count(), 3, "a line for the row, and the brackets");
        let rows: Vec<serde_json::Value> = serde_json::from_str(&text).expect("an array");
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0]["verdict"], "broken");
    }

    #[test]
    fn a_json_path_that_cannot_be_written_is_told_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = JsonFile::begin(&folder.path().join("absent/rows.json")).expect_err("no such folder");
        assert!(error.to_string().contains("rows.json"), "{error}");
    }
}
