//! The bench as a user runs it: its JSON, its tables, its list and its errors. No time is asserted.

#![cfg(target_os = "linux")]

use std::{
    collections::BTreeSet,
    process::{Command, Output},
};

use serde_json::Value;

const KEYS: [&str; 11] = [
    "allocations",
    "completes",
    "cpu_ns",
    "max_ns",
    "median_ns",
    "min_ns",
    "p99_ns",
    "ratio_to_std",
    "situation",
    "size",
    "subject",
];

fn bench(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_evidence")).arg("bench").args(args).output().expect("the program runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

/// The labels below a heading of `--list`.
fn listed(heading: &str) -> Vec<String> {
    let list = stdout(&bench(&["--list"]));
    let below = list.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| line.starts_with("  "));
    below.filter_map(|line| line.trim().split("  ").next()).map(str::to_owned).collect()
}

/// Runs the bench with `--quick --json`; its output and the rows.
fn rows(args: &[&str]) -> (Output, Vec<Value>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rows.json");
    let json = path.to_str().expect("a path of text");
    let output = bench(&[args, &["--quick", "--json", json]].concat());
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)));
    (output, serde_json::from_str(&text).expect("an array"))
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_else(|| panic!("{field} is text in {row}"))
}

fn number(row: &Value, field: &str) -> f64 {
    row[field].as_f64().unwrap_or_else(|| panic!("{field} is a number in {row}"))
}

fn assert_row_shape(row: &Value) {
    let keys: Vec<&String> = row.as_object().expect("an object").keys().collect();
    assert_eq!(keys, KEYS, "{row}");
    for field in ["median_ns", "min_ns", "max_ns", "p99_ns", "cpu_ns", "ratio_to_std"] {
        assert!(number(row, field) > 0.0, "{field} in {row}");
    }
    assert!(number(row, "min_ns") <= number(row, "median_ns"), "{row}");
    assert!(number(row, "median_ns") <= number(row, "max_ns"), "{row}");
    assert!(number(row, "allocations") >= 0.0, "{row}");
    assert_eq!(text(row, "subject") == "std", number(row, "ratio_to_std") == 1.0, "{row}");
}

#[test]
fn every_subject_has_a_row_or_is_said_to_have_none() {
    let (output, rows) = rows(&["--situation", "alone", "--size", "100"]);
    assert!(output.status.success(), "{}\n{}", stdout(&output), stderr(&output));
    rows.iter().for_each(assert_row_shape);
    let measured: BTreeSet<&str> = rows.iter().map(|row| text(row, "subject")).collect();
    assert_eq!(measured.len(), rows.len(), "one row each");
    let subjects = listed("subjects");
    assert!(subjects.len() >= 20, "{subjects:?}");
    for subject in &subjects {
        // Where io_uring is forbidden, its peers cannot run.
        let said = stdout(&output).contains(&format!("not measured: alone, 100 B: {subject}: "));
        assert!(measured.contains(subject.as_str()) || said, "{subject}");
        assert!(!said || !subject.starts_with("async-write-complete"), "{subject}");
    }
    assert!(measured.iter().filter(|subject| subject.starts_with("async-write-complete")).count() >= 6);
}

#[test]
fn who_completes_is_said_and_who_does_not() {
    let chosen = ["--subject", "tokio write (current-thread)", "--subject", "tokio spawn_blocking"];
    let (output, rows) = rows(&[&["--situation", "alone", "--size", "4KiB"], &chosen[..]].concat());
    let completes =
        |subject: &str| rows.iter().find(|row| text(row, "subject") == subject).map(|row| row["completes"].clone());
    assert_eq!(completes("std"), Some(Value::Bool(true)), "the reference is always there");
    assert_eq!(completes("tokio spawn_blocking"), Some(Value::Bool(true)));
    assert_eq!(completes("tokio write (current-thread)"), Some(Value::Bool(false)));
    assert_eq!(rows.len(), 3);
    assert!(stdout(&output).contains("weaker"), "{}", stdout(&output));
}

#[test]
fn every_situation_is_measured_or_is_said_not_to_be() {
    let (output, rows) = rows(&["--subject", "async-write-complete", "--size", "100"]);
    assert!(output.status.success(), "{}\n{}", stdout(&output), stderr(&output));
    rows.iter().for_each(assert_row_shape);
    let measured: BTreeSet<&str> = rows.iter().map(|row| text(row, "situation")).collect();
    for situation in listed("situations") {
        let has_rows = measured.contains(situation.as_str());
        let said = stdout(&output).contains(&format!("not run: {situation}: "));
        assert_eq!(has_rows || situation == "idle", !said, "{situation} in\n{}", stdout(&output));
    }
    assert!(stdout(&output).contains("bytes of heap each"), "{}", stdout(&output));
}

#[test]
fn the_figures_of_what_ran_are_told() {
    let subjects = ["--subject", "async-write-complete", "--subject", "tokio write+flush (current-thread)"];
    let (output, _) =
        rows(&[&["--situation", "one-core", "--situation", "crowd", "--size", "4096"], &subjects[..]].concat());
    let said = stdout(&output);
    let figures = said.split("\nfigures\n").nth(1).expect("a table of figures");
    for id in ["S3", "S9"] {
        assert!(figures.contains(id), "{id} in\n{figures}");
    }
    assert!(!figures.contains("S1 "), "alone did not run:\n{figures}");
}

#[test]
fn pictures_are_drawn_where_they_are_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let plots = folder.path().join("figures");
    let (output, _) = rows(&[
        "--situation",
        "alone",
        "--size",
        "16",
        "--size",
        "100",
        "--subject",
        "async-write-complete",
        "--plots",
        plots.to_str().expect("a path of text"),
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    for name in ["bench-alone-time.svg", "bench-alone-latency.svg", "bench-alone-cpu.svg"] {
        let picture = std::fs::read_to_string(plots.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(picture.starts_with("<svg"), "{name}");
    }
}

#[test]
fn a_profile_can_be_repeated_from_what_the_hint_says() {
    let hint = stdout(&bench(&["--profile-hint"]));
    for word in ["perf record", "callgrind", "bench-situation", "async-write-complete"] {
        assert!(hint.contains(word), "{word} in\n{hint}");
    }
}

#[test]
fn an_unknown_name_is_answered_with_the_names() {
    for (option, heading) in [("--situation", "situations"), ("--subject", "subjects")] {
        let output = bench(&[option, "no such"]);
        assert_eq!(output.status.code(), Some(2));
        for name in listed(heading) {
            assert!(stderr(&output).contains(&name), "{name} in {}", stderr(&output));
        }
    }
}

#[test]
fn a_json_file_that_cannot_be_written_is_told_before_anything_is_measured() {
    let output = bench(&["--quick", "--json", "no/such/folder/rows.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stdout(&output).is_empty(), "{}", stdout(&output));
}
