//! The rules of the contract, and the flaws that prove their checks. Both are in the code, so there are no data.

use async_write_complete::contract::Rule;
use async_write_complete_conformance::faulty::Flaw;

use super::markdown::Table;

/// Each rule with its text. Its id is a reference, which each page defines for its readers.
pub(super) fn rules() -> String {
    let mut table = Table::new(["rule", "", "text"], 3);
    for rule in Rule::ALL {
        table.row([&format!("[{}]", rule.id()), rule.name(), rule.text()]);
    }
    table.finish()
}

/// How many faulty writers break each rule alone.
pub(super) fn flaws() -> String {
    let mut table = Table::new(["rule", "", "writers that break it alone"], 2);
    for rule in Rule::ALL {
        let count = Flaw::ALL.iter().filter(|flaw| flaw.rule() == *rule).count();
        table.row([&format!("[{}]", rule.id()), rule.name(), &count.to_string()]);
    }
    table.row(["", "all", &Flaw::ALL.len().to_string()]);
    table.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_its_row_and_its_reference() {
        let (rules, flaws) = (rules(), flaws());
        for rule in Rule::ALL {
            assert!(rules.contains(&format!("| [{}] | {} | ", rule.id(), rule.name())), "{rules}");
            assert!(flaws.contains(&format!("| [{}] | {} | ", rule.id(), rule.name())), "{flaws}");
            assert!(rules.contains(rule.text()), "{rule}");
        }
        assert!(flaws.contains(&format!("| | all | {} |", Flaw::ALL.len())), "{flaws}");
    }
}
