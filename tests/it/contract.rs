//! Each numbered rule has its text in one place, and the documentation of some method is bound by it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use async_write_complete::contract::Rule;

#[test]
fn every_rule_has_a_text_an_id_and_a_name_of_its_own() {
    let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
    for rule in Rule::ALL {
        assert!(rule.text().len() > 40 && rule.text().ends_with('.'), "{rule}: {:?} is not a sentence", rule.text());
        assert!(!rule.text().contains("  "), "{rule}: a line break left spaces behind");
        assert!(ids.insert(rule.id()), "two rules are {}", rule.id());
        assert!(names.insert(rule.name()), "two rules are called {}", rule.name());
        assert_eq!(rule.to_string(), format!("{} {}", rule.id(), rule.name()));
    }
    let expected: BTreeSet<_> = (1..=16).map(|n| format!("W{n}")).chain(["D1".to_owned()]).collect();
    assert_eq!(ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>(), expected);
}

#[test]
fn every_rule_binds_a_public_method() {
    let mut bound: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for function in sources().iter().flat_map(|source| source.public_functions()) {
        for rule in citations(&function.doc) {
            bound.entry(rule).or_default().push(function.name.clone());
        }
    }
    let free: Vec<_> = Rule::ALL.iter().filter(|rule| !bound.contains_key(rule.id())).collect();
    assert!(free.is_empty(), "no method's documentation links {free:?}; linked are {bound:#?}");
}

#[test]
fn documentation_names_only_rules_that_exist() {
    let ids: BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.id()).collect();
    for source in sources() {
        for (number, comment) in source.comments() {
            for word in comment.split(|c: char| !c.is_alphanumeric()).filter(|word| looks_like_an_id(word)) {
                assert!(ids.contains(word), "{}:{number}: there is no rule {word}", source.path.display());
            }
        }
    }
}

#[test]
fn a_link_to_a_rule_leads_to_that_rule_and_is_used() {
    for source in sources() {
        for doc in source.doc_blocks() {
            let cited = citations(&doc);
            for (id, target) in definitions(&doc) {
                assert!(
                    target.ends_with(&format!("Rule::{id}")),
                    "{}: [{id}] leads to {target}",
                    source.path.display()
                );
                // A page of the RFCs is included below its definitions, and its links are checked there.
                let is_cited = cited.contains(&id) || source.path.components().any(|part| part.as_os_str() == "rfcs");
                assert!(is_cited, "{}: [{id}] is defined and not used in\n{doc}", source.path.display());
            }
        }
    }
}

/// The reader of these tests must itself be able to fail.
#[test]
fn the_reader_tells_public_methods_from_private_ones() {
    let source = Source {
        path: PathBuf::from("made up"),
        text: "\
/// Bound by ([W1]).
///
/// [W1]: crate::contract::Rule::W1
/// [W9]: crate::contract::Rule::W9
pub trait Trait {
    /// See [W2].
    #[must_use]
    fn required(&self);
}

impl Type {
    /// Not public, [W3].
    fn private(&self) {}

    /// Not public either, [W4].
    pub(crate) fn half(&self) {}

    /// [D1](crate::contract::Rule::D1), which a [`Rule`] is.
    pub async fn open(&self) {}

    pub fn undocumented(&self) {}
}
"
        .to_owned(),
    };
    let found: Vec<_> =
        source.public_functions().into_iter().map(|f| (f.name, Vec::from_iter(citations(&f.doc)))).collect();
    let expected = [("required", vec!["W2"]), ("open", vec!["D1"]), ("undocumented", vec![])];
    assert_eq!(found, expected.map(|(name, rules)| (name.to_owned(), rules.into_iter().map(String::from).collect())));
    assert_eq!(citations(&source.doc_blocks()[0]), BTreeSet::from(["W1".to_owned()]), "a definition is no citation");
    assert_eq!(definitions(&source.doc_blocks()[0]).len(), 2);
}

struct Source {
    path: PathBuf,
    text: String,
}

struct Function {
    name: String,
    doc: String,
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
    /// Functions that a user can call: `pub` ones, and those of a `pub trait`.
    fn public_functions(&self) -> Vec<Function> {
        let (mut functions, mut doc, mut in_trait) = (Vec::new(), String::new(), false);
        for line in self.text.lines() {
            in_trait = (in_trait || line.starts_with("pub trait ")) && line != "}";
            let code = line.trim();
            if let Some(text) = code.strip_prefix("///") {
                doc.push_str(text);
                doc.push('\n');
                continue;
            }
            if code.starts_with("#[") {
                continue;
            }
            let declaration = if in_trait { Some(code) } else { code.strip_prefix("pub ") };
            if let Some(name) = declaration.and_then(function_name) {
                functions.push(Function { name: name.to_owned(), doc: doc.clone() });
            }
            doc.clear();
        }
        functions
    }

    /// Runs of documentation lines: links are defined for the run that they stand in.
    fn doc_blocks(&self) -> Vec<String> {
        let mut blocks = vec![String::new()];
        for line in self.text.lines() {
            let code = line.trim();
            if let Some(text) = code.strip_prefix("///").or_else(|| code.strip_prefix("//!")) {
                let block = blocks.last_mut().unwrap();
                block.push_str(text);
                block.push('\n');
            } else if !code.starts_with("#[") {
                // An attribute may stand in the middle, such as a line that depends on a feature.
                blocks.push(String::new());
            }
        }
        blocks.retain(|block| !block.is_empty());
        blocks
    }

    fn comments(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = self.text.lines().enumerate();
        numbered.filter_map(|(index, line)| Some((index + 1, line.split_once("//")?.1)))
    }
}

fn function_name(declaration: &str) -> Option<&str> {
    let mut words = declaration.split_whitespace();
    let after_fn = loop {
        match words.next()? {
            "async" | "const" => {}
            "fn" => break words.next()?,
            _ => return None,
        }
    };
    after_fn.split(['(', '<']).next()
}

/// The rules that `doc` links, as `[W1]` or `Rule::W1`. Where a link leads to is no citation.
fn citations(doc: &str) -> BTreeSet<String> {
    let lines = doc.lines().filter(|line| definition(line).is_none());
    let words = lines.flat_map(|line| line.match_indices(['[', ':']).map(|(at, _)| &line[at + 1..]));
    words.filter_map(leading_id).map(str::to_owned).collect()
}

/// The rules that `doc` defines links for, and where those lead.
fn definitions(doc: &str) -> Vec<(String, String)> {
    doc.lines().filter_map(definition).map(|(id, target)| (id.to_owned(), target.to_owned())).collect()
}

fn definition(line: &str) -> Option<(&str, &str)> {
    let (id, target) = line.trim().strip_prefix('[')?.split_once("]: ")?;
    looks_like_an_id(id).then_some((id, target))
}

fn leading_id(text: &str) -> Option<&str> {
    let end = text.find([']', ')'])?;
    looks_like_an_id(&text[..end]).then_some(&text[..end])
}

fn looks_like_an_id(word: &str) -> bool {
    let digits = word.strip_prefix(['W', 'D']);
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}
