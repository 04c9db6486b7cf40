//! The audit as a user runs it: its exit status, its JSON, its list and its errors.

use std::{
    collections::BTreeSet,
    process::{Command, Output},
};

use serde_json::Value;

/// Few rounds: that the rows are right is the audit's own work, that it tells them right is tested here.
const ROUNDS: &str = "10";

const PEERS: [&str; 4] = ["tokio", "async-fs", "async-std", "blocking::Unblock"];

fn audit(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_evidence")).arg("audit").args(args).output().expect("the program runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

/// The names that `--list` prints: the lines that are not indented.
fn listed() -> Vec<String> {
    let list = stdout(&audit(&["--list"]));
    let headings = list.lines().filter(|line| !line.is_empty() && !line.starts_with(' '));
    headings.filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// Runs the audit with `--json`; its output and the rows.
fn rows(args: &[&str]) -> (Output, Vec<Value>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rows.json");
    let output = audit(&[args, &["--json", path.to_str().expect("a path of text")]].concat());
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)));
    (output, serde_json::from_str(&text).expect("an array"))
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_else(|| panic!("{field} is text in {row}"))
}

fn number(row: &Value, field: &str) -> u64 {
    row[field].as_u64().unwrap_or_else(|| panic!("{field} is a count in {row}"))
}

fn assert_row_shape(row: &Value) {
    let fields: Vec<&String> = row.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["case", "detail", "failures", "rounds", "subject", "verdict"], "{row}");
    assert!(!text(row, "detail").is_empty(), "{row}");
    let (rounds, failures) = (number(row, "rounds"), number(row, "failures"));
    match text(row, "verdict") {
        "holds" => assert!(rounds > 0 && failures == 0, "{row}"),
        "broken" => assert!(0 < failures && failures <= rounds, "{row}"),
        "not-applicable" => assert_eq!((rounds, failures), (0, 0), "{row}"),
        other => panic!("{other} is no verdict: {row}"),
    }
}

#[test]
fn every_case_has_all_subjects_and_ours_hold() {
    let (output, rows) = rows(&["--rounds", ROUNDS]);
    assert!(output.status.success(), "{}\n{}", stdout(&output), stderr(&output));
    rows.iter().for_each(assert_row_shape);
    let measured: BTreeSet<String> = rows.iter().map(|row| text(row, "case").to_owned()).collect();
    assert_eq!(measured, listed().into_iter().collect());
    for case in measured {
        let subjects: Vec<&Value> = rows.iter().filter(|row| text(row, "case") == case).collect();
        let ours = subjects.iter().filter(|row| text(row, "subject").starts_with("async-write-complete"));
        assert!(ours.clone().count() >= 2, "{case}");
        ours.for_each(|row| assert_eq!(text(row, "verdict"), "holds", "{row}"));
        for peer in PEERS {
            assert!(subjects.iter().any(|row| text(row, "subject") == peer), "{peer} in {case}");
        }
    }
}

#[test]
fn each_row_that_does_not_apply_says_why() {
    let (_, rows) = rows(&["--case", "destination-answers-zero", "--rounds", ROUNDS]);
    let reason = |peer| {
        let row = rows.iter().find(|row| text(row, "subject") == peer).expect("a row");
        assert_eq!(text(row, "verdict"), "not-applicable");
        text(row, "detail").to_owned()
    };
    assert!(reason("tokio").contains("std::fs::File"), "{}", reason("tokio"));
}

/// async-std starts no I/O before it must, so its row is the one peer's row that no luck can turn.
#[test]
fn a_broken_peer_is_told_in_words_and_does_not_fail_the_audit() {
    let (output, rows) = rows(&["--case", "seed", "--rounds", ROUNDS]);
    assert!(output.status.success(), "{}", stderr(&output));
    let row = rows.iter().find(|row| text(row, "subject") == "async-std").expect("a row");
    assert_eq!(text(row, "verdict"), "broken");
    assert_eq!(number(row, "rounds"), 10);
    assert_eq!(text(row, "detail"), "write Ok(1024), length 0 right after");
}

#[test]
fn the_table_names_the_versions_and_the_cases() {
    let output = audit(&["--case", "dev-full", "--rounds", "1"]);
    let table = stdout(&output);
    for word in ["tokio 1.", "async-fs 2.", "async-std 1.", "blocking 1.", "async-write-complete 0.", "dev-full"] {
        assert!(table.contains(word), "{word} in\n{table}");
    }
    assert!(!table.contains("not in the lock file"), "{table}");
    assert!(stderr(&output).is_empty(), "no bar where there is no terminal: {}", stderr(&output));
}

#[test]
fn an_audit_fits_the_screen_and_says_first_what_it_shows_and_last_what_it_found() {
    let output = audit(&["--rounds", "1"]);
    let text = stdout(&output);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert!(text.lines().count() <= 40, "{text}");
    assert!(text.starts_with("Writers on real files: "), "{text}");
    let last = text.lines().last().expect("a line");
    assert!(last.starts_with("Found: ") && last.contains(" rows of ours hold; broken cases: "), "{last}");
}

#[test]
fn the_stories_are_told_where_they_are_asked_for() {
    let stories = |args: &[&str]| stdout(&audit(&[&["--case", "dev-full", "--rounds", "1"], args].concat()));
    let story = "  async-write-complete (write_complete, smol): holds, 0 of 1\n    write_all StorageFull (os error 28)";
    assert!(!stories(&[]).contains(story), "{}", stories(&[]));
    for flag in ["--verbose", "-v"] {
        let text = stories(&[flag]);
        assert!(text.contains(story), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }
}

#[test]
fn the_list_says_when_a_row_of_each_case_holds() {
    let list = stdout(&audit(&["--list"]));
    assert_eq!(list.matches("Holds when").count(), listed().len(), "{list}");
    assert!(listed().contains(&"seed".to_owned()), "{list}");
}

#[test]
fn an_unknown_case_is_answered_with_the_list_of_cases() {
    let output = audit(&["--case", "sede"]);
    assert_eq!(output.status.code(), Some(2));
    for case in listed() {
        assert!(stderr(&output).contains(&case), "{case} in {}", stderr(&output));
    }
}

#[test]
fn a_json_file_that_cannot_be_written_is_told_before_anything_is_measured() {
    let output = audit(&["--json", "no/such/folder/rows.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stdout(&output).is_empty(), "{}", stdout(&output));
    assert!(stderr(&output).contains("no/such/folder/rows.json"), "{}", stderr(&output));
}

#[test]
fn no_rounds_are_refused() {
    assert_eq!(audit(&["--rounds", "0"]).status.code(), Some(2));
}
