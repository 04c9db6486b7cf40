//! The matrix as a user runs it: its JSON, its page, its list, its errors and its exit status.

use std::process::{Command, Output};

use async_write_complete::contract::Rule;
use serde_json::Value;

/// What must hold for our types by their own trait, whatever their destination: that it does not apply is not enough.
const HOLDING: [&str; 15] = ["W1", "W2", "W3", "W4", "W5", "W6", "W7", "W8", "W9", "P1", "P2", "P3", "P4", "O2", "O3"];

fn matrix(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_evidence")).arg("matrix").args(args).output().expect("the program runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

/// Runs the matrix with an option that writes a file; its output and what is in the file.
fn written(option: &str, args: &[&str]) -> (Output, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("written");
    let output = matrix(&[args, &[option, path.to_str().expect("a path of text")]].concat());
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)));
    (output, text)
}

fn rows(args: &[&str]) -> (Output, Vec<Value>) {
    let (output, text) = written("--json", args);
    (output, serde_json::from_str(&text).expect("an array"))
}

/// Whether the only cell of the row says what is expected, or that the runtime of an io_uring could not be made: some
/// machines forbid it.
fn is(row: &Value, verdict: &str) -> bool {
    let (cell, subject) = (&cells(row)[0], text(row, "subject"));
    let has_ring = subject.starts_with("compio") || subject.starts_with("tokio-uring");
    let forbidden = has_ring && text(cell, "verdict") == "unclear" && text(cell, "why").contains("no runtime");
    if forbidden {
        println!("skipped: {cell}");
    }
    forbidden || text(cell, "verdict") == verdict
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} is text in {value}"))
}

fn cells(row: &Value) -> &[Value] {
    row["cells"].as_array().expect("cells")
}

fn assert_row_shape(row: &Value) {
    let fields: Vec<&String> = row.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["cells", "documented", "id", "note", "ours", "subject", "version"], "{row}");
    for field in ["id", "note", "subject", "version"] {
        assert!(!text(row, field).is_empty(), "{field} in {row}");
    }
    cells(row).iter().for_each(assert_cell_shape);
}

fn assert_cell_shape(cell: &Value) {
    let more = match text(cell, "verdict") {
        "holds" => "cases",
        "broken" => "failure",
        "does-not-apply" | "unclear" => "why",
        other => panic!("{other} is no verdict: {cell}"),
    };
    let mut expected = ["name", "rule", "verdict", more];
    expected.sort_unstable();
    // What was left out is told where there is any.
    let fields = cell.as_object().expect("an object").keys().filter(|field| *field != "left_out");
    assert_eq!(fields.collect::<Vec<_>>(), expected, "{cell}");
    if more == "failure" {
        assert_failure_shape(&cell["failure"]);
    }
}

fn assert_failure_shape(failure: &Value) {
    let fields: Vec<&String> = failure.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["byte", "case", "expected", "poll", "seen", "story"], "{failure}");
    for step in failure["story"].as_array().expect("a story") {
        let fields: Vec<&String> = step.as_object().expect("an object").keys().collect();
        assert_eq!(fields, ["did", "offset", "poll", "saw"], "{step}");
    }
}

#[test]
fn who_answers_early_is_found_out() {
    let subjects = ["tokio-file", "async-fs", "async-std", "unblock-file", "unblock", "bufwriter", "compio-stream"];
    let args: Vec<&str> = subjects.iter().flat_map(|subject| ["--subject", subject]).collect();
    let (output, rows) = rows(&[&args[..], &["--rule", "W1"]].concat());
    assert!(output.status.success(), "what a peer does is no failure: {}", stdout(&output));
    assert_eq!(rows.len(), subjects.len());
    for row in &rows {
        assert_row_shape(row);
        assert!(is(row, "broken"), "{row}");
        assert!(stdout(&output).contains(text(row, "subject")), "{row}");
    }
}

#[test]
fn who_answers_in_time_is_found_out_too() {
    let subjects = ["tokio-tcp", "async-io-unix", "vec-futures-io", "vec-tokio", "compio-file", "tokio-uring-file"];
    let args: Vec<&str> = subjects.iter().flat_map(|subject| ["--subject", subject]).collect();
    let (_, rows) = rows(&[&args[..], &["--rule", "W1"]].concat());
    for row in &rows {
        assert_row_shape(row);
        assert!(is(row, "holds"), "{row}");
    }
}

#[test]
fn the_lens_knows_no_tickets() {
    let (_, rows) = rows(&["--subject", "tokio-file", "--subject", "offload-lens", "--rule", "W4"]);
    for row in rows {
        assert!(text(&cells(&row)[0], "why").contains("no tickets"), "{row}");
    }
}

#[test]
fn ours_keep_every_rule() {
    let (output, rows) = rows(&["--subject", "offload-file", "--subject", "offload"]);
    assert_eq!(rows.len(), 2);
    for row in &rows {
        assert_row_shape(row);
        assert_eq!(cells(row).len(), Rule::ALL.len());
        for cell in cells(row) {
            let must_hold = HOLDING.contains(&text(cell, "rule"));
            let allowed: &[&str] = if must_hold { &["holds"] } else { &["holds", "does-not-apply"] };
            assert!(allowed.contains(&text(cell, "verdict")), "{}: {cell}", row["id"]);
        }
    }
    assert!(output.status.success(), "{}", stdout(&output));
    assert!(stdout(&output).contains("2 of 2 rows conform"), "{}", stdout(&output));
}

#[test]
fn a_single_cell_is_told_at_length() {
    let told = stdout(&matrix(&["--subject", "unblock", "--rule", "w1"]));
    for words in ["the story", "poll 1: poll_write(", "reproduce: cargo run", "--subject unblock --rule W1"] {
        assert!(told.contains(words), "{words} in\n{told}");
    }
}

#[test]
fn the_page_needs_nothing_but_itself() {
    let (_, page) = written("--html", &["--subject", "unblock", "--subject", "offload", "--rule", "W1"]);
    assert!(!page.contains("{{"), "everything is filled in");
    for outside in ["http:", "https:", "//cdn", "<link", "src=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    let (markup, data) = page.split_once("id=\"matrix\">").expect("the data");
    let (data, _) = data.split_once("</script>").expect("its end");
    let data: Value = serde_json::from_str(data).expect("JSON");
    assert_eq!(text(&data["rows"][0], "id"), "unblock");
    assert_eq!(text(&data["rules"][0], "id"), "W1");
    assert!(text(&data, "command").contains("matrix"));
    assert!(text(&data, "made").ends_with("--subject unblock --subject offload --rule W1"), "{}", data["made"]);
    assert!(markup.contains("prefers-color-scheme: dark"));
}

#[test]
fn the_page_is_well_formed() {
    let (_, page) = written("--html", &["--subject", "vec-tokio", "--rule", "W1"]);
    let mut open = Vec::new();
    let mut rest = page.as_str();
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let (tag, after) = rest.split_once('>').expect("a tag ends");
        let name = tag.split([' ', '\n']).next().unwrap_or(tag);
        rest = after;
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "before {:.60}", rest),
            None if ["!doctype", "meta"].contains(&name) => {}
            None => open.push(name),
        }
        // What is in these is no markup.
        if ["style", "script"].contains(&name) {
            let end = rest.find(&format!("</{name}>")).expect("an end");
            rest = &rest[end..];
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn the_list_tells_what_is_judged() {
    let list = stdout(&matrix(&["--list"]));
    for words in ["tokio-file: tokio::fs::File (tokio 1.", "offload-file", "W1 completion", "D1 durability"] {
        assert!(list.contains(words), "{words} in\n{list}");
    }
}

#[test]
fn an_unknown_name_is_answered_with_the_known_ones() {
    for (option, known) in [("--subject", "offload-file"), ("--rule", "D1")] {
        let output = matrix(&[option, "nobody"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(known), "{}", stderr(&output));
    }
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_anything_is_judged() {
    for option in ["--json", "--html"] {
        let output = matrix(&[option, "no/such/folder/file"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stdout(&output).is_empty(), "{}", stdout(&output));
        assert!(stderr(&output).contains("no/such/folder/file"), "{}", stderr(&output));
    }
}
