//! The Markdown files that may have generated parts.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::{
    COMMAND, Found, blocks,
    data::Data,
    markdown::{self, Stretch},
};

/// Where they lie; and one that stands at the top.
const FOLDERS: [&str; 2] = ["rfcs", "src/book"];
const README: &str = "README.md";

/// A file, rendered anew.
#[derive(Debug)]
pub(super) struct Page {
    /// In the repository.
    pub(super) path: String,
    pub(super) text: String,
}

/// Renders all of them.
pub(super) fn render(data: &Data, found: &mut Found) -> anyhow::Result<Vec<Page>> {
    let mut pages = Vec::new();
    for path in paths(data.root())? {
        let old = fs::read_to_string(data.root().join(&path)).with_context(|| format!("{path} cannot be read"))?;
        let text = one(&path, &old, data, found);
        if text != old {
            found.changes.push((data.root().join(&path), Some(text.clone())));
        }
        pages.push(Page { path, text });
    }
    Ok(pages)
}

/// A file whose markers are wrong, and a part that cannot be rendered, stay as they are.
fn one(path: &str, old: &str, data: &Data, found: &mut Found) -> String {
    let stretches = match markdown::stretches(old) {
        Ok(stretches) => stretches,
        Err(problems) => {
            found.problems.extend(problems.into_iter().map(|(line, problem)| format!("{path}:{line}: {problem}")));
            return old.to_owned();
        }
    };
    let mut text = String::new();
    for stretch in stretches {
        match stretch {
            Stretch::Own(own) => text += own,
            Stretch::Generated { name, line, content } => {
                found.parts += 1;
                let rendered = match blocks::render(name, data) {
                    Ok(body) => markdown::between(&body),
                    Err(error) => {
                        found.problems.push(format!("{path}:{line}: `{name}`: {error:#}"));
                        content.to_owned()
                    }
                };
                if rendered != content {
                    found
                        .stale
                        .push(format!("{path}:{line}: `{name}` is not what the data render to; `{COMMAND}` does it"));
                }
                text += &markdown::part(name, &rendered);
            }
        }
    }
    if !old.ends_with('\n') {
        // A marker may be the last line, and that need not have an end.
        text.truncate(text.trim_end_matches('\n').len());
    }
    text
}

fn paths(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut paths: Vec<String> = root.join(README).is_file().then(|| README.to_owned()).into_iter().collect();
    for folder in FOLDERS {
        let there: PathBuf = root.join(folder);
        if !there.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&there).with_context(|| format!("{folder} cannot be read"))? {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            if name.ends_with(".md") {
                paths.push(format!("{folder}/{name}"));
            }
        }
    }
    paths.sort();
    Ok(paths)
}
