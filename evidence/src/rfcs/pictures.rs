//! The pictures: one is made if a Markdown file shows it, and kept only as long.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use anyhow::Context as _;

use super::{
    COMMAND, Found,
    bench::Bench,
    data::{Data, Source},
    pages::Page,
};
use crate::sequence::{draw, log::Sequence};

const FOLDER: &str = "rfcs/figures";

/// Renders the pictures that the pages show.
pub(super) fn render(data: &Data, pages: &[Page], found: &mut Found) -> anyhow::Result<()> {
    let shown = shown(pages);
    found.pictures = shown.len();
    let made = make(data, &shown, found)?;
    for (name, page) in &shown {
        let path = format!("{FOLDER}/{name}");
        let Some(picture) = made.get(name) else { continue };
        match picture {
            None => found.problems.push(format!("{page}: no picture is called {name}")),
            Some(picture) => {
                let there = fs::read_to_string(data.root().join(&path)).ok();
                if there.as_ref() != Some(picture) {
                    found.stale.push(format!("{path} is not what the data render to; `{COMMAND}` does it"));
                    found.changes.push((data.root().join(path), Some(picture.clone())));
                }
            }
        }
    }
    for name in present(data)? {
        if !shown.contains_key(&name) {
            found.stale.push(format!("{FOLDER}/{name} is shown nowhere; `{COMMAND}` removes it"));
            found.changes.push((data.root().join(FOLDER).join(name), None));
        }
    }
    Ok(())
}

/// The names of the pictures that are shown, each with the first page that does.
fn shown(pages: &[Page]) -> BTreeMap<String, String> {
    let mut shown = BTreeMap::new();
    for page in pages {
        for rest in page.text.split("figures/").skip(1) {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(rest.len());
            if rest[..end].ends_with(".svg") {
                shown.entry(rest[..end].to_owned()).or_insert_with(|| page.path.clone());
            }
        }
    }
    shown
}

/// Draws pictures, by their names.
type Draw = fn(&Data) -> anyhow::Result<BTreeMap<String, String>>;

/// Those of them that can be made; `None` where the name is unknown. What has no data is reported, and left out.
fn make(
    data: &Data,
    shown: &BTreeMap<String, String>,
    found: &mut Found,
) -> anyhow::Result<BTreeMap<String, Option<String>>> {
    let (of_bench, others): (Vec<&String>, Vec<&String>) = shown.keys().partition(|name| name.starts_with("bench-"));
    let mut made = BTreeMap::new();
    let parts: [(Vec<&String>, Draw); 2] = [(of_bench, of_the_bench), (others, of_the_sequences)];
    for (names, make) in parts {
        if names.is_empty() {
            continue;
        }
        match make(data) {
            Ok(all) => made.extend(names.into_iter().map(|name| (name.clone(), all.get(name).cloned()))),
            Err(error) => {
                let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
                found.problems.push(format!("{}: {error:#}", names.join(", ")));
            }
        }
    }
    Ok(made)
}

/// All that the bench can draw.
fn of_the_bench(data: &Data) -> anyhow::Result<BTreeMap<String, String>> {
    Bench::read(data)?.run().draw()
}

/// All sequences.
fn of_the_sequences(data: &Data) -> anyhow::Result<BTreeMap<String, String>> {
    let sequences: Vec<Sequence> = data.read(Source::Sequences)?;
    Ok(sequences.iter().map(|sequence| (format!("sequence-{}.svg", sequence.name), draw(sequence))).collect())
}

/// The pictures that there are.
fn present(data: &Data) -> anyhow::Result<BTreeSet<String>> {
    let folder = data.root().join(FOLDER);
    if !folder.is_dir() {
        return Ok(BTreeSet::new());
    }
    let entries = fs::read_dir(folder).with_context(|| format!("{FOLDER} cannot be read"))?;
    let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
    let names: Result<BTreeSet<String>, _> = names.collect();
    Ok(names?.into_iter().filter(|name| name.ends_with(".svg")).collect())
}
