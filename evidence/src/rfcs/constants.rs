//! What each constant of spinning is worth.

use super::{
    data::{Data, Source},
    markdown::Table,
};
use crate::bench::record::Constant;

pub(super) fn table(data: &Data) -> anyhow::Result<String> {
    let constants: Vec<Constant> = data.read(Source::Constants)?;
    let mut table = Table::new(["constant", "value", "bounds", "worse without it"], 4);
    for constant in constants {
        let worse = constant.text("without").unwrap_or_else(|| "–".to_owned());
        table.row([format!("`{}`", constant.name), format!("`{}`", constant.value), constant.bounds.clone(), worse]);
    }
    let legend =
        "\nThe figure that gets worst, in its own scenario or else in another one, by more than twice the noise.\n";
    Ok(table.finish() + legend)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rfcs::data::tests::repository;

    #[test]
    fn a_constant_has_its_row() {
        let json = r#"[{"name":"BOUND","value":"20","bounds":"one spin","scenario":"100 B","effects":[
            {"variant":"without","worse":[{"scenario":"100 B","measure":"p50","factor":5.25}]}]}]"#;
        let folder = repository(&[("rfcs/data/constants.json", json)]);
        let text = table(&Data::new(folder.path())).expect("a table");
        assert!(text.contains("| `BOUND` | `20` | one spin | 100 B, p50: 5.2× |\n"), "{text}");
    }
}
