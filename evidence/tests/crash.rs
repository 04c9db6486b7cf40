//! The crashes as a user runs them: the JSON, the table, the errors and the exit status.
#![cfg(target_os = "linux")]

use std::process::{Command, Output};

use serde_json::Value;

fn crash(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_evidence")).arg("crash").args(args).output().expect("the program runs")
}

fn rows(args: &[&str]) -> (Output, Vec<Value>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rows.json");
    let output = crash(&[args, &["--json", path.to_str().expect("a path of text")]].concat());
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output, serde_json::from_str(&text).expect("an array"))
}

#[test]
fn each_row_of_ours_keeps_every_reported_record() {
    let (output, rows) = rows(&["--subject", "ours", "--kills", "3", "--seed", "7"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(rows.len(), 10);
    for row in &rows {
        let count = |field: &str| row[field].as_u64().unwrap_or_else(|| panic!("{field} is a count in {row}"));
        assert_eq!((count("kills"), count("exits"), &row["ours"]), (3, 3, &Value::Bool(true)), "{row}");
        assert!(count("reported") > 3, "{row}");
        for damage in ["lost", "torn", "doubled", "misplaced"] {
            assert_eq!(count(damage), 0, "{row}");
        }
        let table = String::from_utf8_lossy(&output.stdout);
        assert!(table.contains(row["writer"].as_str().expect("a name")), "{table}");
    }
}

/// What the check rests on: it sees what a writer loses that answers early.
#[test]
fn a_peer_that_loses_records_is_seen_and_no_failure() {
    let (output, rows) = rows(&["--subject", "Unblock", "--kills", "12"]);
    assert!(output.status.success(), "{output:?}");
    assert!(rows.iter().any(|row| row["lost"].as_u64() > Some(0)), "{rows:?}");
}

#[test]
fn a_row_that_does_not_exist_is_an_error() {
    let output = crash(&["--subject", "nobody", "--kills", "1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("nobody"), "{output:?}");
}
