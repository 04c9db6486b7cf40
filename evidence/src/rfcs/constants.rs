//! What each constant of spinning is worth.

use super::{
    data::{Data, Source},
    markdown::Table,
};
use crate::bench::record::Constant;

/// The variants, in the order of the columns.
const VARIANTS: [&str; 3] = ["without", "halved", "doubled"];

pub(super) fn table(data: &Data) -> anyhow::Result<String> {
    let constants: Vec<Constant> = data.read(Source::Constants)?;
    let mut table = Table::new(["constant", "value", "bounds", "worse without it", "halved", "doubled"], 6);
    for constant in constants {
        let cell = |variant: &str| constant.text(variant).unwrap_or_else(|| "–".to_owned());
        let words = [format!("`{}`", constant.name), format!("`{}`", constant.value), constant.bounds.clone()];
        table.row(words.into_iter().chain(VARIANTS.map(cell)));
    }
    let legend = "\nOf the scenario that a constant is for, and of the others, the figure that gets worst, in that of the \
                  constants as they are, where it differs by more than twice of what these differ by among each \
                  other.\n";
    Ok(table.finish() + legend)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rfcs::data::tests::repository;

    #[test]
    fn a_constant_has_its_row() {
        let json = r#"[{"name":"BOUND","value":"20","bounds":"one spin","scenario":"100 B","effects":[
            {"variant":"without","worse":[{"scenario":"100 B","measure":"p50","factor":5.25}]},
            {"variant":"halved","worse":[]}]}]"#;
        let folder = repository(&[("rfcs/data/constants.json", json)]);
        let text = table(&Data::new(folder.path())).expect("a table");
        assert!(text.contains("| `BOUND` | `20` | one spin | 100 B, p50: 5.2× | 100 B: nothing | – |\n"), "{text}");
    }
}
