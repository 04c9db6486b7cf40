//! Which type keeps which rule.

use async_write_complete::contract::Rule;
use serde::Deserialize;

use super::{
    data::{Data, Source},
    markdown::Table,
};
use crate::matrix::{Cell, Mark, all_subjects, subjects::Subject};

/// A row of the matrix. The fields are those of the JSON.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    id: String,
    subject: String,
    #[expect(dead_code, reason = "the machine has all versions")]
    version: String,
    ours: bool,
    #[expect(dead_code, reason = "the command prints it")]
    note: String,
    documented: Vec<String>,
    cells: Vec<Cell>,
}

/// Rules across, types down.
pub(super) fn table(data: &Data) -> anyhow::Result<String> {
    let rows: Vec<Row> = data.read(Source::Matrix)?;
    let rules = || Rule::ALL.iter().map(|rule| rule.id());
    let mut table = Table::new([""].into_iter().chain(rules()), 1 + Rule::ALL.len());
    for row in &rows {
        let name = if row.ours { format!("**`{}`**", row.subject) } else { format!("`{}`", row.subject) };
        table.row([name].into_iter().chain(rules().map(|rule| mark(row, rule))));
    }
    let names: Vec<String> = Rule::ALL.iter().map(|rule| link(*rule)).collect();
    let legend = "✓ holds; ✗ broken; ✗\\* broken, as the type's documentation says; – does not apply; ? could not be \
                  judged. Bold: types of this crate.";
    Ok(format!("{}\n{legend} {}.\n", table.finish(), names.join(", ")))
}

/// The name of a rule, which leads to its text where rustdoc shows the page.
fn link(rule: Rule) -> String {
    format!("[{rule}](crate::contract::Rule::{})", rule.id())
}

fn mark(row: &Row, rule: &str) -> String {
    let Some(cell) = row.cells.iter().find(|cell| cell.rule == rule) else { return String::new() };
    let is_documented = cell.verdict == Mark::Broken && row.documented.iter().any(|documented| documented == rule);
    format!("{}{}", cell.verdict.symbol(), if is_documented { "\\*" } else { "" })
}

/// What each row and each cell is about, as it stands in the data.
pub(super) fn found(rows: &[Row]) -> Vec<String> {
    let row = |row: &Row| {
        let documented = row.documented.iter().map(String::as_str);
        let cells = row.cells.iter().map(|cell| format!("{}, {} {}", row.id, cell.rule, cell.name));
        [about(&row.id, &row.subject, row.ours, documented)].into_iter().chain(cells).collect::<Vec<_>>()
    };
    rows.iter().flat_map(row).collect()
}

/// The same, as the command would leave it.
pub(super) fn expected() -> Vec<String> {
    let row = |subject: &Subject| {
        let documented = subject.documented().iter().map(|rule| rule.id());
        let cells = Rule::ALL.iter().map(|rule| format!("{}, {} {}", subject.id, rule.id(), rule.name()));
        [about(subject.id, subject.name, subject.is_ours(), documented)].into_iter().chain(cells).collect::<Vec<_>>()
    };
    all_subjects().into_iter().flat_map(row).collect()
}

fn about<'a>(id: &str, name: &str, ours: bool, documented: impl Iterator<Item = &'a str>) -> String {
    let documented: String = documented.map(|rule| format!(", which may break {rule}")).collect();
    format!("{id}, `{name}`{}{documented}", if ours { " of this crate" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rfcs::data::tests::repository;

    #[test]
    fn a_type_has_a_mark_for_each_rule() {
        let cell = |rule: &str, verdict: &str| format!(r#"{{"rule":"{rule}","name":"n","verdict":"{verdict}"}}"#);
        let cells =
            [cell("W1", "holds"), cell("W3", "broken"), cell("W2", "broken"), cell("D1", "does-not-apply")].join(",");
        let json = format!(
            r#"[{{"id":"x","subject":"X<Y>","version":"","ours":true,"note":"","documented":["W3"],"cells":[{cells}]}}]"#
        );
        let folder = repository(&[("rfcs/data/matrix.json", &json)]);
        let text = table(&Data::new(folder.path())).expect("a table");
        assert!(text.starts_with("| | W1 | W2 | W3 | W4 "), "{text}");
        assert!(text.contains("| **`X<Y>`** | ✓ | ✗ | ✗\\* | |"), "{text}");
        assert!(text.contains("| – |\n"), "{text}");
        assert!(text.ends_with(", [D1 durability](crate::contract::Rule::D1).\n"), "{text}");
    }

    #[test]
    fn what_is_judged_is_named_alike_on_both_sides() {
        let expected = expected();
        assert!(expected.contains(
            &"offload-lens, `Offload<Destination> (futures-io)` of this crate, which may break W3".to_owned()
        ));
        assert!(expected.contains(&"tokio-file, W1 completion".to_owned()));
    }
}
