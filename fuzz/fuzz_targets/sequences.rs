//! The first byte chooses a subject, the others a sequence of operations on it. Only subjects whose pool is stepped, so
//! that the same bytes cover the same code each time.
#![no_main]

#[path = "../../evidence/src/fuzz/disturbed.rs"]
mod disturbed;
#[allow(dead_code, reason = "the command of evidence uses the others")]
#[path = "../../evidence/src/fuzz/subjects.rs"]
mod subjects;

use async_write_complete_conformance::Outcome;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [which, choices @ ..] = data else { return };
    let subjects = subjects::stepped();
    let subject = &subjects[usize::from(*which) % subjects.len()];
    if let Outcome::Broken(violation) = subject.play(choices) {
        panic!("{}: {violation}", subject.name);
    }
});
