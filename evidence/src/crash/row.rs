//! A row: what became of the records of all processes that wrote in one way.

use serde::Serialize;

use super::judge::{Damage, Finding, Report};

/// The fields are those of the JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Row {
    /// The file system, where one was made for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file_system: Option<&'static str>,
    pub(super) writer: &'static str,
    pub(super) ours: bool,
    /// Whether its reports promise nothing, so that it must lose some.
    pub(super) control: bool,
    /// Processes that were killed; of power losses, copies of the device.
    pub(super) kills: usize,
    /// Processes that exited.
    pub(super) exits: usize,
    /// How many of the files ended within a record.
    pub(super) cut: usize,
    pub(super) reported: usize,
    #[serde(flatten)]
    pub(super) damage: Damage,
}

impl Row {
    pub(super) fn new(writer: &'static str, ours: bool) -> Self {
        let damage = Damage::default();
        Row { file_system: None, writer, ours, control: false, kills: 0, exits: 0, cut: 0, reported: 0, damage }
    }

    /// Counts a file.
    pub(super) fn add(&mut self, reports: &[Report], finding: Finding, is_exit: bool) {
        *(if is_exit { &mut self.exits } else { &mut self.kills }) += 1;
        self.reported += reports.len();
        self.cut += usize::from(finding.is_cut);
        self.damage.add(finding.damage);
    }

    /// What is wrong with the row: that ours has damage, that nothing was looked at, or that a control shows nothing.
    pub(super) fn trouble(&self) -> Option<&'static str> {
        if self.kills == 0 || self.reported == 0 {
            return Some("nothing was reported, so nothing was looked for");
        }
        match (self.ours, self.control) {
            (_, true) if self.damage.lost == 0 => Some("nothing is lost without a sync, so this check sees nothing"),
            (true, false) if !self.damage.is_none() => Some("a reported record is not as it was reported"),
            _ => None,
        }
    }
}

/// Whether a file of ours ended within a record, if any was to.
pub(super) fn shows_a_cut(rows: &[Row]) -> bool {
    let mut ours = rows.iter().filter(|row| row.ours).peekable();
    ours.peek().is_none() || ours.any(|row| row.cut > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crash::record::Id;

    fn row(ours: bool, damage: Damage) -> Row {
        let mut row = Row::new("a", ours);
        let report = Report { id: Id { task: 0, number: 0 }, end: None };
        row.add(&[report], Finding { damage, is_cut: true }, false);
        row
    }

    #[test]
    fn ours_must_not_be_damaged_and_peers_may() {
        for damage in [
            Damage { lost: 1, ..Damage::default() },
            Damage { torn: 1, ..Damage::default() },
            Damage { doubled: 1, ..Damage::default() },
            Damage { misplaced: 1, ..Damage::default() },
        ] {
            assert!(row(true, damage).trouble().is_some());
            assert_eq!(row(false, damage).trouble(), None);
        }
        assert_eq!(row(true, Damage::default()).trouble(), None);
    }

    #[test]
    fn a_row_without_reports_or_kills_is_none() {
        assert!(Row::new("a", false).trouble().is_some());
        let mut only_exits = Row::new("a", false);
        only_exits.add(&[], Finding { damage: Damage::default(), is_cut: false }, true);
        assert!(only_exits.trouble().is_some());
    }

    #[test]
    fn a_run_in_which_no_record_of_ours_is_cut_shows_nothing_of_cuts() {
        let cut = row(true, Damage::default());
        let uncut = Row { cut: 0, ..cut.clone() };
        assert!(shows_a_cut(&[uncut.clone(), cut.clone()]));
        assert!(!shows_a_cut(&[uncut, Row { ours: false, ..cut.clone() }]));
        assert!(shows_a_cut(&[Row { ours: false, ..cut }]), "peers alone");
    }

    #[test]
    fn a_control_must_lose_something() {
        let control = |damage| Row { control: true, ..row(true, damage) }.trouble();
        assert!(control(Damage::default()).is_some());
        assert_eq!(control(Damage { lost: 1, ..Damage::default() }), None);
    }
}
