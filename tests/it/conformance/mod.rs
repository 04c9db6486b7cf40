//! Every implementation of the traits in this repository, certified by the kit: one test for each rule and each type.

mod adapters;
mod blocking;
mod examples;
mod forwarders;
mod lenses;
mod memory;
mod observers;
mod offload;
mod owned;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use async_write_complete::contract::Rule;

/// What the kit cannot make a destination of the operating system do.
const NO_FAULTS: &[Rule] = &[Rule::W6, Rule::P3];

/// Why that is so; `w6_error`, `p3_kinds` and `real_files` have what can be had without it.
const NO_FAULTS_BECAUSE: &str = "a destination of the operating system cannot be made to fail at will";

/// The files that implement `AsyncWriteComplete`, by hand or by a macro, and the module here that certifies the types.
const IMPLEMENTORS: [(&str, &str); 9] = [
    ("adapter/owned.rs", "owned"),
    ("adapter/tokio/complete.rs", "offload"), // `to_tokio`
    ("adapter/types.rs", "adapters"),         // `FromFuturesIo`, `FromTokio`
    ("offload/complete.rs", "offload"),
    ("sync_write/inline.rs", "blocking"),
    ("tokio/fs/complete.rs", "offload"), // `tokio_file`
    ("write/forward.rs", "forwarders"),
    ("write/memory.rs", "memory"),
    ("write/tracked.rs", "examples"),
];

/// A type that is new belongs into the list, and into a module that certifies it.
#[test]
fn every_implementor_is_certified() {
    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }

    fn implements(line: &str) -> bool {
        let line = line.trim_start();
        let is_by_macro =
            ["forward!(", "crate::write::forward!(", "forward_to_field!(", "$crate::write::forward_to_field!("];
        line.starts_with("impl") && line.contains("AsyncWriteComplete for")
            || is_by_macro.iter().any(|name| line.starts_with(name))
    }

    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (src, mut files) = (here.join("src"), Vec::new());
    sources(&src, &mut files);
    let found: BTreeSet<String> = files
        .iter()
        .filter(|path| fs::read_to_string(path).unwrap().lines().any(implements))
        .map(|path| path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/"))
        // A model's own writer; and the forwarders of the blocking trait.
        .filter(|path| !["commit/models.rs", "sync_write/impls.rs"].contains(&path.as_str()))
        .collect();
    assert_eq!(found, IMPLEMENTORS.iter().map(|(file, _)| (*file).to_owned()).collect());
    for (_, module) in IMPLEMENTORS {
        let text = fs::read_to_string(here.join(format!("tests/it/conformance/{module}.rs"))).unwrap();
        assert!(text.contains("certify! {"), "{module}");
    }
}
