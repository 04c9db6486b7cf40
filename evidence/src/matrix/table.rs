//! The matrix as a table for a person.

use async_write_complete::contract::Rule;
use comfy_table::{Attribute, Cell, CellAlignment, Color, Table, presets};

use super::{cell::Mark, row::Row};

/// Rules across, types down.
pub(super) fn table(rows: &[Row], rules: &[Rule]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY);
    let ids = rules.iter().map(|rule| Cell::new(rule.id()).set_alignment(CellAlignment::Center));
    table.set_header([Cell::new("")].into_iter().chain(ids));
    for row in rows {
        let name = Cell::new(row.subject);
        let name = if row.ours { name.add_attribute(Attribute::Bold) } else { name };
        table.add_row([name].into_iter().chain(row.cells.iter().map(|cell| marked(cell.verdict))));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_padding((1, 0));
    }
    table
}

fn marked(mark: Mark) -> Cell {
    let color = match mark {
        Mark::Holds => Color::Green,
        Mark::Broken => Color::Red,
        Mark::DoesNotApply => Color::DarkGrey,
        Mark::Unclear => Color::Yellow,
    };
    Cell::new(mark.symbol()).fg(color).set_alignment(CellAlignment::Center)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::{cell::Cell, find_subject};

    #[test]
    fn a_row_has_one_mark_for_each_rule() {
        let cells = vec![Cell::trouble(Rule::W1, "a reason".to_owned()), Cell::trouble(Rule::W2, "another".to_owned())];
        let row = Row::new(find_subject("tokio-file").expect("a type"), cells);
        let text = table(&[row], &[Rule::W1, Rule::W2]).to_string();
        assert_eq!(text.matches('?').count(), 2, "{text}");
        for word in ["W1", "W2", "tokio::fs::File"] {
            assert!(text.contains(word), "{word} in\n{text}");
        }
    }
}
