//! The machine that the figures are from.

use super::{
    data::{Data, Source},
    markdown::Table,
};
use crate::machine::Machine;

pub(super) fn table(data: &Data) -> anyhow::Result<String> {
    let machine: Machine = data.read(Source::Machine)?;
    let mut table = Table::new(["", ""], 2);
    let of = if machine.is_virtual { " of a virtual machine" } else { "" };
    table.row(["processor", &format!("{}, {} cores{of}", machine.processor, machine.cores)]);
    table.row(["memory", &format!("{:.1} GiB", machine.memory as f64 / f64::from(1 << 30))]);
    table.row(["kernel", &machine.kernel]);
    table.row(["temporary files", &format!("on {}", machine.file_system)]);
    table.row(["compiler", &machine.rustc]);
    table.row(["crates", &machine.versions.join(", ")]);
    table.row(["date", &machine.date]);
    Ok(table.finish())
}

/// The names of the crates whose versions are given.
pub(super) fn crates(versions: &[String]) -> Vec<String> {
    versions.iter().map(|version| format!("the crate {}", version.split(' ').next().unwrap_or_default())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rfcs::data::tests::repository;

    #[test]
    fn a_machine_has_its_table() {
        let json = r#"{"processor":"A Processor","cores":2,"is_virtual":true,"memory":25769803776,"kernel":"Linux 6.1",
            "file_system":"ext4","rustc":"rustc 1.90.0","versions":["tokio 1.40.0","blocking 1.6.0"],"date":"2025-11-25"}"#;
        let folder = repository(&[("rfcs/data/machine.json", json)]);
        let text = table(&Data::new(folder.path())).expect("a table");
        assert!(text.contains("| processor | A Processor, 2 cores of a virtual machine |\n"), "{text}");
        assert!(text.contains("| memory | 24.0 GiB |\n"), "{text}");
        assert!(text.contains("| crates | tokio 1.40.0, blocking 1.6.0 |\n"), "{text}");
    }

    #[test]
    fn a_field_that_nobody_knows_is_refused() {
        let folder = repository(&[("rfcs/data/machine.json", r#"{"host":"a name"}"#)]);
        let error = table(&Data::new(folder.path())).expect_err("another field");
        assert!(format!("{error:#}").contains("unknown field `host`"), "{error:#}");
    }
}
