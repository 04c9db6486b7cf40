//! What the compiler says to a person who hands over a writer that holds bytes back.
#![cfg(all(feature = "offload", not(awc_loom)))]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{env, fs, path::Path, process::Command};

/// The compiler whose words are in `ui/*.stderr`. Others say the same in other lines, and may be too old for trybuild.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn the_compiler_says_it_in_our_words() {
    let version = version();
    if !version.starts_with(COMPILER) {
        println!("skipped: the texts in tests/ui are those of {COMPILER}x, and this is {version}");
        return;
    }
    if cfg!(not(all(feature = "tokio", feature = "bytes"))) {
        println!("skipped: the texts in tests/ui list what implements the trait with every feature");
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

/// Of the texts themselves, on any compiler: the first advice is never to assert.
#[test]
fn the_promise_is_the_last_advice() {
    let mut seen = 0;
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "stderr") || path.ends_with("not_send.stderr") {
            continue;
        }
        seen += 1;
        let text = fs::read_to_string(&path).unwrap();
        let at = |words: &str| {
            text.find(words).unwrap_or_else(|| panic!("{} does not say {words:?}:\n{text}", path.display()))
        };
        let ours = [
            "does not promise that its writes are complete when they return",
            "may hold bytes back",
            "put the buffer on the asynchronous side",
            "`FlushEach::new(..)` flushes after each write",
            "implement `WriteComplete` for it",
            "`AssertComplete::new(..)`",
        ];
        assert!(ours.map(at).is_sorted(), "{}: another order\n{text}", path.display());
        assert_eq!(text.find("AssertComplete"), Some(at(ours[5]) + 1), "{}: suggested too early", path.display());
    }
    assert!(seen >= 5, "only {seen} texts were there to be read");
}

fn version() -> String {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(compiler).arg("--version").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}
