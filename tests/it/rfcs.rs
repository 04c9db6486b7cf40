//! What the RFCs quote of the code is what the code says, and they stay short.

use async_write_complete::contract::{Group, Rule};

const RFC: &str = include_str!("../../rfcs/0001-async-write-complete.md");
const OFFLOAD: &str = include_str!("../../rfcs/0002-blocking-offload.md");

/// The text without the white space that only lays it out.
fn packed(text: &str) -> String {
    text.replace(",\n    )", ")").split_whitespace().collect::<Vec<_>>().join("").replace(",)", ")")
}

/// The fenced Rust code of the RFC that has `part` in it.
fn code_with(part: &str) -> &'static str {
    let fenced = RFC.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut found = fenced.filter(|code| code.contains(part));
    let code = found.next().unwrap_or_else(|| panic!("no code has {part:?}"));
    assert_eq!(found.next(), None, "more than one has {part:?}");
    code
}

#[test]
fn they_are_short() {
    let words = |text: &str| text.split_whitespace().count();
    assert!(words(RFC) <= 4500, "RFC 0001 has {} words", words(RFC));
    assert!(words(OFFLOAD) <= 2500, "RFC 0002 has {} words", words(OFFLOAD));
    let lines = include_str!("../../README.md").lines().count();
    assert!(lines <= 120, "the README has {lines} lines");
}

#[test]
fn the_opening_lines_are_of_the_example() {
    let lines = code_with("println!(\"tokio: ");
    assert!(lines.lines().count() <= 5, "{} lines", lines.lines().count());
    assert!(packed(include_str!("../../examples/early_answers.rs")).contains(&packed(lines)));
}

#[test]
fn the_picture_is_that_of_the_trait() {
    let picture = RFC.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a picture");
    let page = include_str!("../../src/write/mod.rs").replace("///", "");
    assert!(packed(&page).contains(&packed(picture)));
    assert!(include_str!("../../README.md").contains(picture));
}

#[test]
fn the_signatures_are_those_of_the_trait() {
    let traits = packed(include_str!("../../src/write/mod.rs"));
    let code = code_with("pub trait AsyncWriteComplete");
    let declarations: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let signatures: Vec<&str> = declarations.split("fn ").skip(1).filter_map(|rest| rest.split(';').next()).collect();
    assert_eq!(signatures.len(), 5, "{signatures:?}");
    for signature in signatures {
        assert!(traits.contains(&packed(&format!("fn {signature}"))), "{signature}");
    }
}

#[test]
fn the_table_names_the_nine_rules_of_the_trait() {
    let rules: Vec<_> = Rule::ALL.iter().filter(|rule| rule.group() == Group::Trait).collect();
    assert_eq!(rules.len(), 9);
    for rule in rules {
        assert_eq!(RFC.matches(&format!("\n| {rule} | ")).count(), 1, "{rule}");
    }
}

/// Each constant that decides about spinning has its row.
#[test]
fn the_constants_have_their_rows() {
    let spin = include_str!("../../src/offload/spin.rs");
    let code = spin.split("#[cfg(test)]").next().expect("the code");
    for line in code.lines().filter_map(|line| line.strip_prefix("const ")) {
        let name = line.split(':').next().expect("a name");
        assert!(OFFLOAD.lines().any(|row| row.starts_with('|') && row.contains(&format!("`{name}`"))), "{name}");
    }
}
