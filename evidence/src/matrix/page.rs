//! The matrix as one page that needs nothing else: a template, and the rows in it as JSON.

use async_write_complete::contract::Rule;
use serde::Serialize;

use super::{report::COMMAND, row::Row};
use crate::VERSIONS;

/// The page; its script makes the table from the data.
const TEMPLATE: &str = include_str!("page.html");

/// What the script of the page reads.
#[derive(Serialize)]
struct Data<'a> {
    command: &'a str,
    /// The command with the options that were used.
    made: &'a str,
    versions: &'a str,
    rules: Vec<Text>,
    rows: &'a [Row],
}

#[derive(Serialize)]
struct Text {
    id: &'static str,
    name: &'static str,
    text: &'static str,
}

/// The page of `rows`, which were made by the command `made`.
pub(super) fn page(rows: &[Row], rules: &[Rule], made: &str) -> anyhow::Result<String> {
    let rules = rules.iter().map(|rule| Text { id: rule.id(), name: rule.name(), text: rule.text() });
    let data = Data { command: COMMAND, made, versions: VERSIONS, rules: rules.collect(), rows };
    Ok(TEMPLATE.replace("{{matrix}}", &embedded(&serde_json::to_string(&data)?)))
}

/// JSON that cannot end the element that it stands in, whatever a peer's errors say.
fn embedded(json: &str) -> String {
    json.replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::{cell::Cell, find_subject};

    #[test]
    fn what_a_peer_says_stays_text() {
        let evil = "</script><script>alert(1)</script> & \u{2028}";
        let cell = Cell::trouble(Rule::W1, evil.to_owned());
        let page = page(&[Row::new(find_subject("tokio-file").expect("a type"), vec![cell])], &[Rule::W1], COMMAND);
        let page = page.expect("a page");
        assert!(!page.contains("alert(1)</script>"), "{page}");
        let (_, data) = page.split_once("id=\"matrix\">").expect("the data");
        let (data, _) = data.split_once("</script>").expect("its end");
        let data: serde_json::Value = serde_json::from_str(data).expect("JSON");
        assert_eq!(data["rows"][0]["cells"][0]["why"], evil);
    }
}
