//! The soak as a user runs it, for a moment and with few writers. It waits for every abandoned operation of its
//! process, so it cannot share one with other tests.
#![cfg(target_os = "linux")]

use std::process::Command;

#[test]
fn a_round_of_each_runtime_has_everything_happen_and_leaves_nothing() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evidence"));
    let output = command.args(["soak", "--minutes", "0.02", "--writers", "400"]).output().expect("the program runs");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("rounds of 400 writers"), "{text}");
}

/// With fewer writers than were asked for it would be another soak.
#[test]
fn it_does_not_shrink_where_descriptors_are_few() {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 1024 && exec \"$0\" soak --minutes 0.01", env!("CARGO_BIN_EXE_evidence")]);
    let output = command.output().expect("the program runs");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains("descriptors for 896 writers, and not for 2000"), "{output:?}");
}
