//! The rejected designs as a user runs them: the JSON, the list, the errors; and what a compiler says to those that are
//! refused before they run.

use std::{
    env, fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

/// As the RFC names them.
const NAMES: [&str; 14] = [
    "docs-only",
    "flush-in-write-all",
    "marker-trait",
    "flush-marker",
    "inherent-method",
    "one-method",
    "ticket-without-submitted",
    "no-ticket",
    "async-fn",
    "two-async-fns",
    "owned-buffers",
    "sink",
    "watermark",
    "operation-object",
];

fn alternatives(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_evidence")).arg("alternatives").args(args).output().expect("the program runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

/// Runs them with `--json`; the output and what is in the file.
fn rows(args: &[&str]) -> (Output, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rows.json");
    let output = alternatives(&[args, &["--json", path.to_str().expect("a path of text")]].concat());
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)));
    (output, text)
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_else(|| panic!("{field} is text in {row}"))
}

#[test]
fn every_alternative_is_killed_and_ours_passes_each_scenario() {
    let (output, text_of_rows) = rows(&[]);
    assert!(output.status.success(), "{}\n{}", stdout(&output), stderr(&output));
    let rows: Vec<Value> = serde_json::from_str(&text_of_rows).expect("an array");
    let names: Vec<&str> = rows.iter().map(|row| text(row, "name")).collect();
    assert_eq!(names, NAMES);
    for row in &rows {
        let fields: Vec<&String> = row.as_object().expect("an object").keys().collect();
        let expected =
            ["claim", "expected", "happened", "in_favor", "killed", "name", "ours", "ours_pass", "scenario", "title"];
        assert_eq!(fields, expected, "{row}");
        for field in ["claim", "in_favor", "scenario", "title"] {
            assert!(!text(row, field).is_empty(), "{field} in {row}");
        }
        assert_eq!(row["killed"], true, "{row}");
        assert_ne!(text(row, "happened"), text(row, "expected"), "{row}");
        assert_eq!(row["ours_pass"], true, "{row}");
        assert_eq!(text(row, "ours"), text(row, "expected"), "{row}");
        assert!(stdout(&output).contains(text(row, "title")), "{row}");
    }
    let last = "14 of 14 alternatives are killed; async-write-complete passes 14 of their scenarios";
    assert!(stdout(&output).contains(last), "{}", stdout(&output));
}

#[test]
fn it_comes_out_the_same_each_time() {
    let (_, first) = rows(&[]);
    for _ in 0..5 {
        assert_eq!(rows(&[]).1, first);
    }
}

#[test]
fn one_can_be_shown_alone() {
    let (output, rows) = rows(&["--only", "sink", "--only", "watermark"]);
    let rows: Vec<Value> = serde_json::from_str(&rows).expect("an array");
    assert_eq!(rows.iter().map(|row| text(row, "name")).collect::<Vec<_>>(), ["sink", "watermark"]);
    assert!(stdout(&output).contains("2 of 2 alternatives"), "{}", stdout(&output));
    assert!(!stdout(&output).contains("docs-only"), "{}", stdout(&output));
}

#[test]
fn the_list_says_what_is_claimed_and_runs_nothing() {
    let list = stdout(&alternatives(&["--list"]));
    for name in NAMES {
        assert!(list.contains(&format!("{name}: ")), "{name} in\n{list}");
    }
    assert!(!list.contains("happened:"), "{list}");
    assert!(list.lines().all(|line| line.len() <= 120), "{list}");
}

#[test]
fn each_has_a_file_of_its_own() {
    for name in NAMES {
        let file = format!("src/alternatives/{}.rs", name.replace('-', "_"));
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file).is_file(), "{file}");
    }
}

#[test]
fn an_unknown_name_is_answered_with_the_known_ones() {
    let output = alternatives(&["--only", "nothing"]);
    assert_eq!(output.status.code(), Some(2));
    for name in NAMES {
        assert!(stderr(&output).contains(name), "{name} in {}", stderr(&output));
    }
}

#[test]
fn a_json_file_that_cannot_be_written_is_told_before_anything_is_run() {
    let output = alternatives(&["--json", "no/such/folder/rows.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stdout(&output).is_empty(), "{}", stdout(&output));
    assert!(stderr(&output).contains("no/such/folder/rows.json"), "{}", stderr(&output));
}

/// Each program in `alternatives/` is refused, with one error: the one that stands behind `// refused:`, in that line.
/// With `--cfg control`, which takes only that line out, it compiles.
#[test]
fn the_compiler_refuses_what_it_is_said_to_refuse() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/alternatives");
    let mut seen = 0;
    for entry in fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        let source = fs::read_to_string(&path).expect("a program");
        let (line, refused) = refusal(&source).unwrap_or_else(|| panic!("{}: nothing to refuse", path.display()));
        let said = compile(&path, &[]).expect_err("it is refused");
        let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("error")).collect();
        assert!(errors[0].contains(refused), "{}: {said}", path.display());
        assert!(errors[1..].iter().all(|error| error.starts_with("error: aborting due to 1 ")), "{said}");
        let place = format!("{}:{line}:", path.file_name().expect("a name").to_string_lossy());
        assert!(said.contains(&place), "{place} in {said}");
        compile(&path, &["--cfg", "control"]).unwrap_or_else(|said| panic!("{}: {said}", path.display()));
        seen += 1;
    }
    assert_eq!(seen, 9, "a program is missing, or one is new");
}

/// The number of the line that is refused, and the words.
fn refusal(source: &str) -> Option<(usize, &str)> {
    let mut lines = source.lines().enumerate();
    lines.find_map(|(index, line)| Some((index + 1, line.split_once("// refused: ")?.1)))
}

/// Compiles one file without dependencies; what the compiler said if it refused.
fn compile(path: &Path, args: &[&str]) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a folder");
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let fixed = ["--edition=2024", "--crate-type=lib", "--crate-name=refused", "--emit=metadata", "--out-dir"];
    let output = Command::new(compiler).args(fixed).arg(folder.path()).args(args).arg(path).output();
    let output = output.expect("the compiler runs");
    if output.status.success() { Ok(()) } else { Err(stderr(&output)) }
}
