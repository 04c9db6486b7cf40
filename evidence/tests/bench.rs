//! The bench as a user runs it: its JSON, its tables, its page, its list and its errors. No time is asserted.

#![cfg(target_os = "linux")]

use std::{
    collections::BTreeSet,
    process::{Command, Output},
};

use serde_json::Value;

const KEYS: [&str; 20] = [
    "allocations",
    "cpu_ns",
    "file_system",
    "idle",
    "late_p99_ns",
    "latencies",
    "max_ns",
    "mean_ns",
    "operations",
    "p50_ns",
    "p999_ns",
    "p99_ns",
    "role",
    "rounds_p50_ns",
    "runtime",
    "situation",
    "size",
    "subject",
    "threads",
    "wall_ns",
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

/// What stands below a heading of `--list`, up to the words about it.
fn listed(heading: &str) -> Vec<String> {
    let list = stdout(&bench(&["--list"]));
    let below = list.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| line.starts_with("  "));
    below.filter_map(|line| line.trim().split("  ").next()).map(str::to_owned).collect()
}

/// Runs the bench with `--quick --json`; its output and the run.
fn run(args: &[&str]) -> (Output, Value) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run.json");
    let json = path.to_str().expect("a path of text");
    let output = bench(&[args, &["--quick", "--json", json]].concat());
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)));
    (output, serde_json::from_str(&text).expect("a run"))
}

fn rows(run: &Value) -> &Vec<Value> {
    run["rows"].as_array().expect("rows")
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_else(|| panic!("{field} is text in {row}"))
}

fn number(row: &Value, field: &str) -> f64 {
    row[field].as_f64().unwrap_or_else(|| panic!("{field} is a number in {row}"))
}

fn name(row: &Value) -> String {
    format!("{}, {}", text(row, "subject"), text(row, "runtime"))
}

/// All figures of a row are of one sample, so they are in order.
fn assert_row_shape(row: &Value) {
    let keys: BTreeSet<&str> = row.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(keys, BTreeSet::from(KEYS), "{row}");
    if !row["idle"].is_null() {
        assert!(row["idle"]["heap"].as_f64().expect("bytes") > 0.0, "{row}");
        return;
    }
    assert!(number(row, "operations") >= 1.0 && number(row, "p50_ns") > 0.0, "{row}");
    let percentiles = ["p50_ns", "p99_ns", "p999_ns", "max_ns"].map(|field| number(row, field));
    assert!(percentiles.is_sorted(), "{row}");
    // The histogram has three digits.
    assert!(number(row, "mean_ns") <= number(row, "max_ns") * 1.01, "{row}");
    assert!(number(row, "cpu_ns") > 0.0 && number(row, "wall_ns") > 0.0, "{row}");
    assert!(number(row, "allocations") >= 0.0, "{row}");
}

#[test]
fn every_subject_has_a_row_or_is_said_to_have_none() {
    let (output, run) = run(&["--only", "alone", "--size", "100"]);
    assert!(output.status.success(), "{}\n{}", stdout(&output), stderr(&output));
    let rows = rows(&run);
    rows.iter().for_each(assert_row_shape);
    let measured: BTreeSet<String> = rows.iter().map(name).collect();
    assert_eq!(measured.len(), rows.len(), "one row each");
    let subjects = listed("rows of alone, 100 B");
    assert!(subjects.len() >= 22, "{subjects:?}");
    for subject in &subjects {
        // Where io_uring is forbidden, nothing runs on its executors.
        let said = stdout(&output).contains(&format!("not measured: alone, 100 B: {subject}: "));
        assert!(measured.contains(subject) || said, "{subject}");
        assert!(!said || subject.ends_with("compio") || subject.ends_with("tokio-uring"), "{subject}");
    }
    let ours = rows.iter().filter(|row| text(row, "role") == "ours");
    let executors: BTreeSet<&str> = ours.map(|row| text(row, "runtime")).collect();
    assert!(executors.is_superset(&BTreeSet::from(["bare", "tokio", "tokio-spawned", "smol-spawned"])));
}

#[test]
fn who_keeps_a_weaker_promise_is_said_and_std_is_always_there() {
    let chosen = "tokio write,;spawn_blocking, tokio-spawned";
    let (output, run) = run(&["--only", "alone", "--size", "100", "--rows", chosen]);
    let of = |name_of: &str| rows(&run).iter().find(|row| name(row) == name_of).map(|row| text(row, "role").to_owned());
    assert_eq!(of("std, bare").as_deref(), Some("reference"));
    assert_eq!(of("spawn_blocking, tokio-spawned").as_deref(), Some("peer"));
    assert_eq!(of("tokio write, tokio").as_deref(), Some("weaker"));
    assert_eq!(rows(&run).len(), 3);
    assert!(stdout(&output).contains("weaker"), "{}", stdout(&output));
}

#[test]
fn every_situation_is_measured_or_is_said_not_to_be() {
    let (output, run) = run(&["--all", "--rows", "async-write-complete"]);
    assert!(output.status.success(), "{}\n{}", stdout(&output), stderr(&output));
    rows(&run).iter().for_each(assert_row_shape);
    let measured: BTreeSet<&str> = rows(&run).iter().map(|row| text(row, "situation")).collect();
    let noise = run["quiet"]["noise"].as_array().expect("noise");
    for situation in listed("situations") {
        let has_rows = measured.contains(situation.as_str());
        let said = stdout(&output).contains(&format!("NOT CHECKED: {situation}: "));
        assert_ne!(has_rows, said, "{situation} in\n{}", stdout(&output));
        let watched = noise.iter().any(|noise| text(noise, "during") == situation);
        assert_eq!(has_rows, watched, "{situation}: what others did meanwhile");
    }
    assert!(stdout(&output).contains("bytes of heap each"), "{}", stdout(&output));
}

#[test]
fn targets_and_losses_of_what_ran_are_told_and_whether_the_machine_was_quiet() {
    let chosen = "async-write-complete, tokio-spawned;tokio write+flush, tokio-spawned";
    let (output, _) = run(&["--only", "one-core,writers-256", "--rows", chosen]);
    let said = stdout(&output);
    let targets = said.split("\ntargets\n").nth(1).expect("a table of targets");
    let (targets, losses) = targets.split_once("\nlosses\n").expect("a table of losses");
    for id in ["T4b ", "T5 "] {
        assert!(targets.contains(id), "{id} in\n{targets}");
    }
    assert!(!targets.contains("T1 "), "alone did not run:\n{targets}");
    // One size of each, at p50 and at p99, against one peer.
    assert!(losses.contains("of 4 comparisons"), "{losses}");
    assert_eq!(said.matches("The machine was quiet").count() + said.matches("THE MACHINE WAS NOT QUIET").count(), 2);
}

#[test]
fn pictures_and_a_page_are_made_from_a_run_that_is_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("a path of text").to_owned();
    let (json, html, plots) = (path("run.json"), path("page.html"), path("plots"));
    let rows = ["--only", "alone", "--size", "16,100", "--rows", "async-write-complete"];
    assert!(bench(&[&rows[..], &["--quick", "--json", &json]].concat()).status.success());
    let output = bench(&["--from", &json, "--html", &html, "--plots", &plots]);
    assert!(output.status.success(), "{}", stderr(&output));
    for name in ["bench-alone-16.svg", "bench-alone-100.svg", "bench-alone-time.svg", "bench-alone-latency.svg"] {
        let picture = std::fs::read_to_string(folder.path().join("plots").join(name));
        assert!(picture.unwrap_or_else(|error| panic!("{name}: {error}")).starts_with("<svg"), "{name}");
    }
    let page = std::fs::read_to_string(&html).expect("a page");
    assert!(page.contains("Run with --quick: these figures mean nothing."), "{page}");
    assert!(page.matches("<svg").count() >= 4);
}

#[test]
fn a_profile_can_be_repeated_from_what_the_hint_says() {
    let hint = stdout(&bench(&["--profile-hint"]));
    for word in ["perf record", "callgrind", "bench-situation", "async-write-complete, bare"] {
        assert!(hint.contains(word), "{word} in\n{hint}");
    }
}

#[test]
fn an_unknown_situation_is_answered_with_the_names() {
    let output = bench(&["--only", "no such"]);
    assert_eq!(output.status.code(), Some(2));
    for name in listed("situations") {
        assert!(stderr(&output).contains(&name), "{name} in {}", stderr(&output));
    }
}

#[test]
fn rows_that_nobody_has_are_an_error() {
    let output = bench(&["--quick", "--only", "alone", "--rows", "no such"]);
    assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
    assert!(stderr(&output).contains("no row has the text `no such`"), "{}", stderr(&output));
}

#[test]
fn a_json_file_that_cannot_be_written_is_told_before_anything_is_measured() {
    let output = bench(&["--quick", "--json", "no/such/folder/rows.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stdout(&output).is_empty(), "{}", stdout(&output));
}
