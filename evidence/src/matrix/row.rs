//! One row of the matrix: what one type showed, rule by rule.

use serde::Serialize;

use super::{cell::Cell, subjects::Subject};

/// One row. The fields are those of the JSON.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    /// By what name the command line knows it.
    pub(crate) id: &'static str,
    /// The type.
    pub(crate) subject: &'static str,
    /// The crates it comes from, with their versions.
    pub(crate) version: String,
    /// Whether it is of this project.
    pub(crate) ours: bool,
    /// What exactly was judged, and how it is held and made to fail.
    pub(crate) note: &'static str,
    /// Rules from which the type deviates by its own documentation.
    pub(crate) documented: Vec<&'static str>,
    /// One for each rule.
    pub(crate) cells: Vec<Cell>,
}

impl Row {
    /// The row of `subject`.
    pub(crate) fn new(subject: &'static Subject, cells: Vec<Cell>) -> Self {
        Self {
            id: subject.id,
            subject: subject.name,
            version: subject.version(),
            ours: subject.is_ours(),
            note: subject.note,
            documented: subject.documented().iter().map(|rule| rule.id()).collect(),
            cells,
        }
    }

    /// The cells that speak against a type of ours: what its documentation names is no surprise.
    pub(crate) fn fallen(&self) -> impl Iterator<Item = &Cell> {
        let documented = |cell: &&Cell| self.documented.contains(&cell.rule.as_str());
        self.cells.iter().filter(move |cell| !cell.is_conforming() && !documented(cell))
    }
}
