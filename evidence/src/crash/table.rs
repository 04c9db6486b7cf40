//! The rows as a table for a person.

use comfy_table::{CellAlignment, Table, presets};

use super::row::Row;

/// What the columns count.
pub(super) const LEGEND: &str = "\
reported: records that were answered before the end; lost, torn, doubled, misplaced: what became of them
cut off: files that end within a record, because their writer was stopped in the middle of it";

/// A line for each row.
pub(super) fn table(rows: &[Row], stopped: &str) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(["", "writer", stopped, "exits", "reported", "lost", "torn", "doubled", "misplaced", "cut off"]);
    for row in rows {
        let damage = row.damage;
        let counts = [row.kills, row.exits, row.reported];
        let damages = [damage.lost, damage.torn, damage.doubled, damage.misplaced, row.cut];
        let counts = counts.into_iter().chain(damages).map(|count| count.to_string());
        let names = [row.file_system.unwrap_or_default(), row.writer].map(str::to_owned);
        table.add_row(names.into_iter().chain(counts));
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crash::judge::Damage;

    #[test]
    fn a_row_has_its_counts() {
        let damage = Damage { lost: 44, torn: 55, doubled: 66, misplaced: 77 };
        let row = Row { kills: 11, exits: 22, reported: 33, cut: 88, damage, ..Row::new("a writer", true) };
        let text = table(&[row], "kills").to_string();
        let words: Vec<&str> = text.lines().last().expect("a row").split_whitespace().collect();
        assert_eq!(words, ["a", "writer", "11", "22", "33", "44", "55", "66", "77", "88"], "{text}");
    }
}
