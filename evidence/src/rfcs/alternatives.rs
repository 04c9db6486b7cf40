//! Designs that were not chosen, and what became of each when it was tried.

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use super::data::{Data, Source};

/// How wide a line is.
const WIDTH: usize = 100;

/// One of them. The fields are those of the JSON.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alternative {
    pub(super) name: String,
    #[expect(dead_code, reason = "the text around the part has a title of its own")]
    title: String,
    #[expect(dead_code, reason = "the text around the part says what is claimed")]
    claim: String,
    #[expect(dead_code, reason = "likewise, what is in its favor")]
    in_favor: String,
    scenario: String,
    expected: String,
    happened: String,
    ours: String,
    #[expect(dead_code, reason = "what happened shows it")]
    killed: bool,
    #[expect(dead_code, reason = "what ours did shows it")]
    ours_pass: bool,
}

/// What was tried with one of them, and what happened.
pub(super) fn text(data: &Data, name: &str) -> anyhow::Result<String> {
    let all: Vec<Alternative> = data.read(Source::Alternatives)?;
    let names = || all.iter().map(|found| found.name.as_str()).collect::<Vec<_>>().join(", ");
    let found = all.iter().find(|found| found.name == name);
    let found =
        found.with_context(|| format!("{} has no `{name}`; it has {}", Source::Alternatives.path(), names()))?;
    let parts = [
        ("scenario", &found.scenario),
        ("expected", &found.expected),
        ("happened", &found.happened),
        ("ours", &found.ours),
    ];
    let mut text = "```text\n".to_owned();
    for (label, said) in parts {
        ensure!(!said.contains("```"), "`{name}` has a fence in it");
        for (index, line) in said.lines().flat_map(wrapped).enumerate() {
            let label = if index == 0 { label } else { "" };
            text += format!("{label:<10}{line}").trim_end();
            text += "\n";
        }
    }
    Ok(text + "```\n")
}

/// A line, broken between words where it is too long. One that is indented is code, and stays as it is.
fn wrapped(line: &str) -> Vec<String> {
    if line.starts_with(' ') {
        return vec![line.to_owned()];
    }
    let mut lines = vec![String::new()];
    for word in line.split(' ') {
        let last = lines.len() - 1;
        if !lines[last].is_empty() && lines[last].chars().count() + word.chars().count() >= WIDTH {
            lines.push(word.to_owned());
        } else {
            let gap = if lines[last].is_empty() { "" } else { " " };
            lines[last] += &format!("{gap}{word}");
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rfcs::data::tests::repository;

    const JSON: &str = r#"[{"name":"docs-only","title":"T","claim":"C","in_favor":"F","scenario":"a write,\n  let x = 1;\nthen a read",
        "expected":"5","happened":"0","ours":"5","killed":true,"ours_pass":true}]"#;

    #[test]
    fn an_alternative_is_told_in_four_parts() {
        let folder = repository(&[("rfcs/data/alternatives.json", JSON)]);
        let data = Data::new(folder.path());
        let expected = "```text\nscenario  a write,\n            let x = 1;\n          then a read\nexpected  5\nhappened  0\n\
                        ours      5\n```\n";
        assert_eq!(text(&data, "docs-only").expect("a text"), expected);
        let error = text(&data, "docs").expect_err("no such").to_string();
        assert_eq!(error, "rfcs/data/alternatives.json has no `docs`; it has docs-only");
    }

    #[test]
    fn a_long_line_is_broken_between_words() {
        let lines = wrapped(&"word ".repeat(50));
        assert!(lines.iter().all(|line| line.len() <= WIDTH), "{lines:?}");
        assert_eq!(lines.join(" "), "word ".repeat(50));
    }
}
