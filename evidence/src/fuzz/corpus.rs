//! Plays the corpus again: choices of a fuzzer that led to code which others do not reach, or to a bug that is cured.

use std::{fs, path::Path};

use async_write_complete_conformance::Outcome;

use super::subjects;

#[test]
fn the_corpus_holds_on_every_subject() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/sequences");
    let files: Vec<_> = fs::read_dir(&folder).expect("the corpus").map(|entry| entry.expect("a file").path()).collect();
    assert!(files.len() >= 50, "only {} files in {}", files.len(), folder.display());
    let mut wrong = String::new();
    for subject in subjects::all() {
        for path in &files {
            // The first byte chooses a subject of cargo-fuzz; here each of them plays it.
            let choices = fs::read(path).expect("a file");
            match subject.play(choices.get(1..).unwrap_or_default()) {
                Outcome::Holds { .. } => {}
                outcome => wrong += &format!("{} on {}: {outcome:?}\n", path.display(), subject.name),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
