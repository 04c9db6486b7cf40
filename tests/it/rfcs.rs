//! What the RFCs quote of the code is what the code says.

const RFC: &str = include_str!("../../rfcs/0001-async-write-complete.md");

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
fn the_opening_program_is_the_example_and_short() {
    let program = code_with("println!(\"tokio: ");
    assert!(program.contains("println!(\"Unblock: "));
    assert!(program.lines().count() <= 15, "{} lines", program.lines().count());
    assert!(include_str!("../../examples/early_answers.rs").ends_with(program));
}

#[test]
fn the_signatures_are_those_of_the_traits() {
    let traits = packed(concat!(include_str!("../../src/write/mod.rs"), include_str!("../../src/sync_write/mod.rs")));
    let code = code_with("pub trait AsyncWriteComplete");
    let declarations: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let signatures: Vec<&str> = declarations.split("fn ").skip(1).filter_map(|rest| rest.split(';').next()).collect();
    assert_eq!(signatures.len(), 6, "{signatures:?}");
    for signature in signatures {
        assert!(traits.contains(&packed(&format!("fn {signature}"))), "{signature}");
    }
}
