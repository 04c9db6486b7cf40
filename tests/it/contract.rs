//! Each numbered rule has its text in one place, and documentation that binds somebody to it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use async_write_complete::contract::{Group, Rule};

/// The duties of a pool, which stand on its own page.
const DUTIES: [&str; 4] = ["J1", "J2", "J3", "J4"];

#[test]
fn every_rule_has_a_text_an_id_and_a_name_of_its_own() {
    let (mut ids, mut names) = (Vec::new(), BTreeSet::new());
    for rule in Rule::ALL {
        assert!(rule.text().len() > 40 && rule.text().ends_with('.'), "{rule}: {:?} is not a sentence", rule.text());
        assert!(!rule.text().contains("  "), "{rule}: a line break left spaces behind");
        assert!(names.insert(rule.name()), "two rules are called {}", rule.name());
        assert_eq!(rule.to_string(), format!("{} {}", rule.id(), rule.name()));
        ids.push(rule.id());
    }
    let expected: Vec<String> = [("W", 9), ("P", 4), ("O", 4), ("D", 1)]
        .into_iter()
        .flat_map(|(letter, count)| (1..=count).map(move |n| format!("{letter}{n}")))
        .collect();
    assert_eq!(ids, expected, "in order, and none twice");
}

#[test]
fn the_letter_of_a_rule_is_that_of_its_group() {
    for rule in Rule::ALL {
        let letter = match rule.group() {
            Group::Trait => 'W',
            Group::Polls => 'P',
            Group::Offload => 'O',
            Group::Durability => 'D',
        };
        assert!(rule.id().starts_with(letter), "{rule}");
    }
}

#[test]
fn every_rule_is_linked_from_documentation() {
    let mut linked: BTreeMap<String, usize> = BTreeMap::new();
    for source in sources().iter().filter(|source| !source.path.ends_with("contract.rs")) {
        for (id, _) in source.comments().flat_map(|(_, comment)| links(comment)) {
            *linked.entry(id).or_default() += 1;
        }
    }
    let free: Vec<_> = Rule::ALL.iter().filter(|rule| !linked.contains_key(rule.id())).collect();
    assert!(free.is_empty(), "no documentation links {free:?}; linked are {linked:#?}");
}

#[test]
fn comments_name_only_rules_that_exist() {
    let ids: BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.id()).chain(DUTIES).collect();
    for source in sources() {
        for (number, comment) in source.comments() {
            for word in comment.split(|c: char| !c.is_alphanumeric()).filter(|word| looks_like_an_id(word)) {
                assert!(ids.contains(word), "{}:{number}: there is no rule {word}", source.path.display());
            }
        }
    }
}

/// Links are inline, so that nobody has to look for where one leads.
#[test]
fn a_link_to_a_rule_leads_to_that_rule() {
    for source in sources() {
        for (number, comment) in source.comments() {
            for (id, target) in links(comment) {
                let place = format!("{}:{number}", source.path.display());
                assert!(target.ends_with(&format!("Rule::{id}")), "{place}: [{id}] leads to {target:?}");
            }
        }
    }
}

/// The reader of these tests must itself be able to fail.
#[test]
fn the_reader_finds_links_and_comments() {
    let expected = [("W1", "Rule::W1"), ("D1", "crate::contract::Rule::D1"), ("P2", "")];
    let found = links(" see [W1](Rule::W1), ([D1](crate::contract::Rule::D1)) and [P2], not [W] or [Rule]");
    assert_eq!(found, expected.map(|(id, target)| (id.to_owned(), target.to_owned())));

    let source = Source { path: PathBuf::new(), text: "/// One.\nlet two = 2; // Two.\nlet three = 3;\n".to_owned() };
    assert_eq!(source.comments().collect::<Vec<_>>(), [(1, "/ One."), (2, " Two.")]);
    assert!(looks_like_an_id("W10") && !looks_like_an_id("Wide") && !looks_like_an_id("W") && !looks_like_an_id("A1"));
}

struct Source {
    path: PathBuf,
    text: String,
}

/// Every file below `src/`.
fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push(Source { path, text });
            }
        }
    }
    assert!(found.iter().any(|source| source.path.ends_with("src/write/mod.rs")), "the trait is not where it was");
    found
}

impl Source {
    fn comments(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = self.text.lines().enumerate();
        numbered.filter_map(|(index, line)| Some((index + 1, line.split_once("//")?.1)))
    }
}

/// The rules in brackets, and where each leads to: nowhere, if nothing in parentheses follows.
fn links(comment: &str) -> Vec<(String, String)> {
    let after_bracket = comment.match_indices('[').map(|(at, _)| &comment[at + 1..]);
    after_bracket
        .filter_map(|rest| {
            let (id, rest) = rest.split_once(']')?;
            let target = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or("", |(target, _)| target);
            looks_like_an_id(id).then(|| (id.to_owned(), target.to_owned()))
        })
        .collect()
}

fn looks_like_an_id(word: &str) -> bool {
    let digits = word.strip_prefix(['W', 'P', 'O', 'D', 'J']);
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}
