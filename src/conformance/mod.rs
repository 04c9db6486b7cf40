//! The conformance kit: certifies that a writer keeps the [contract](crate::contract), rule by rule.
//!
//! For authors of an [`AsyncWriteComplete`](crate::AsyncWriteComplete) or a [`WriteComplete`](crate::WriteComplete).
//! Turn the feature `conformance` on where tests are built:
//!
//! ```toml
//! [dev-dependencies]
//! async-write-complete = { version = "0.1", features = ["conformance"] }
//! ```
//!
//! and write one line:
//!
//! ```
//! # #![allow(unused_imports)]
//! # mod tests {
//! use async_write_complete::{Inline, certify, conformance::Certify};
//!
//! certify! { my_writer: Certify::over(Inline::new).closes() }
//! # }
//! ```
//!
//! It makes one test for each rule, and one that plays random sequences of operations.
//!
//! # A whole program
//!
//! `examples/certify_your_type.rs` is what a third party would write. Its type, `Metered`, counts the bytes that the writer
//! inside has completed. It wraps another [`AsyncWriteComplete`](crate::AsyncWriteComplete), so it is built by
//! [`Certify::around`], which gives it a writer that keeps every rule; and it passes a close on, so it declares
//! [`closes`](Certify::closes):
//!
//! ```text
//! async_write_complete::certify! { metered_writer: Certify::around(metered).closes() }
//! ```
//!
//! `cargo test --example certify_your_type --all-features` runs `metered_writer::w1_completion` and its sixteen siblings,
//! and `metered_writer::random_sequences`. The rules that speak of seeks and syncs leave cases out, or do not apply, and
//! say so, because `Metered` does not have them. If it counted a byte too many, `w2_exact_count` would fail, and its
//! message would be a [violation](Violation) as [below](#3-what-is-found).
//!
//! # 1. How a writer is built
//!
//! A [`Certify`] builds a fresh writer for each case, together with an [`Observer`]: something that sees the
//! destination without asking the writer. The destination has to be empty at first. Choose the constructor by what your writer writes to:
//!
//! | your writer | constructor | what the kit gives |
//! |---|---|---|
//! | is generic over a blocking destination, or over a `futures_io` or `tokio` one | [`Certify::over`] | a [`Destination`] that can be held and made to fail |
//! | wraps another `AsyncWriteComplete` | [`Certify::around`] | a [`Reference`], which keeps every rule |
//! | calls a blocking destination on a pool | [`Certify::stepped`] (feature `offload`) | a `Destination`, and a pool that the kit steps |
//! | is blocking | [`Certify::blocking`], which declares `closes` | nothing: bring an observer |
//! | has the traits of futures-io or tokio | `Certify::futures_io`, `Certify::tokio`: the `lens` | nothing: bring an observer |
//! | is its own destination, as memory is | [`Certify::memory`] | nothing: say how to look at it |
//! | is anything else: a file, a socket | [`Certify::new`] | nothing: bring an observer |
//!
//! An observer can be as little as a closure that gives the bytes:
//!
//! ```
//! use async_write_complete::{Inline, conformance::{Certify, Specimen}};
//!
//! let report = Certify::new(|| {
//!     let file = tempfile::NamedTempFile::new().expect("a file");
//!     let writer = Inline::new(file.reopen().expect("the file again"));
//!     Specimen::new(writer, move || std::fs::read(file.path()).expect("the file's bytes"))
//! });
//! assert!(report.closes().run().is_conforming());
//! ```
//!
//! The more an observer can do ([count calls](Observer::calls), [inject faults](Observer::inject),
//! [hold](Observer::hold) the destination, see it [released](Observer::is_released)), the more cases are judged.
//!
//! # 2. What is declared
//!
//! What is not declared is not judged, and a rule that only speaks of what is not declared *does not apply*:
//!
//! | declaration | means |
//! |---|---|
//! | [`carried`](Certify::carried) | who carries on what was submitted: nobody has to, polls, steps of the kit, others |
//! | [`closes`](Certify::closes) | after a close, operations are refused and the destination is released |
//! | [`seeks`](Certify::seeks), [`reads`](Certify::reads), [`syncs`](Certify::syncs) | how it seeks, reads and syncs |
//! | [`decoded`](Certify::decoded), [`indirect`](Certify::indirect), [`unseen`](Certify::unseen) | the destination has other bytes, gets other calls, cannot be compared |
//! | [`fails_with`](Certify::fails_with), [`room`](Certify::room) | what the destination can be made to answer, and how much it takes |
//! | [`within`](Certify::within), [`patience`](Certify::patience) | the runtime that the writer needs, and how long to wait for other threads |
//!
//! Who carries the writes on decides what can be asked of them:
//!
//! | your writer | [`Carrier`] |
//! |---|---|
//! | blocks its caller, or is memory: every write is complete when it was submitted | [`Nobody`](Carrier::Nobody), the default of [`Certify::new`], [`over`](Certify::over), [`blocking`](Certify::blocking) and [`memory`](Certify::memory) |
//! | wraps an asynchronous writer, and its writes go on only while it is polled | [`Polls`](Carrier::Polls), the default of [`around`](Certify::around) |
//! | calls its destination on a pool that the kit steps, or the work behind it is a [step](Observer::step) of its observer | [`Steps`](Carrier::Steps), the default of `stepped` |
//! | calls it on threads, or leaves it to the kernel | [`Others`](Carrier::Others) |
//! | is seen through the lens: a socket, a buffer | [`Polls`](Carrier::Polls) |
//! | is seen through the lens: a file over a pool of threads | [`Others`](Carrier::Others) |
//!
//! A writer that answers `InFlight` although nobody was declared to carry its writes on is not judged.
//!
//! # 3. What is found
//!
//! [`Certify::run`] gives a [`Report`], with a [`Verdict`] for each rule:
//!
//! * it *holds*, in N cases, and in how many it was not judged, and why;
//! * it is *broken*;
//! * it *does not apply*: what it speaks of was not declared, cannot be observed, or makes no sense here;
//! * it *could not be judged*, because something else went wrong first: the writer broke another rule, of which the report
//!   says more there; what was declared is not so; or the builder, the observer or [`within`](Certify::within) panicked.
//!   That is a failure too.
//!
//! What is broken is told like this:
//!
//! ```
//! use async_write_complete::{conformance::faulty::{Flaw, certify}, conformance::Outcome, contract::Rule};
//!
//! let outcome = certify(Some(Flaw::CountsOneMore)).check(Rule::W2);
//! let Outcome::Broken(violation) = outcome else { panic!("{outcome:?}") };
//! assert_eq!(violation.to_string(), format!(r#"W2 exact count: broken
//!   the rule:  {}
//!   case:      each of several writes
//!   expected:  at most the 7 bytes that there were
//!   seen:      a count of 8
//!   reproduce: `check(Rule::W2)`, case as above, after poll 3, with 7 bytes at the destination
//!   the story:
//!       1. poll 1: poll_write_submit("abcdefg") -> Ok(InFlight(a ticket for 7 bytes))
//!       2. poll 2: poll_write_complete(a ticket for 7 bytes) -> Pending
//!       3. the work behind the writer goes on -> 1 job ran
//!       4. poll 3: poll_write_complete(a ticket for 7 bytes) -> Ok(8 bytes)
//! "#, Rule::W2.text()));
//! ```
//!
//! [`Certify::check`] checks one rule, to look into it. [`Certify::random`] plays more random sequences than the test
//! does, or those of another [seed](Certify::seed), which the environment variable `AWC_SEED` overrides; what fails is shrunk to a few operations.
//!
//! # 4. Types of today's traits
//!
#![cfg_attr(
    any(feature = "futures-io", feature = "tokio"),
    doc = "A type of `futures_io::AsyncWrite` or `tokio::io::AsyncWrite` can be seen through the [`lens`], which says what each rule means there."
)]
#![cfg_attr(
    not(any(feature = "futures-io", feature = "tokio")),
    doc = "A type of `futures_io::AsyncWrite` or `tokio::io::AsyncWrite` can be seen through the `lens`, with the feature of its trait."
)]
//! `cargo run --release -p evidence -- matrix` does so for the real ones.
//!
//! # 5. Why it can be believed
//!
//! Each rule has a check in a file of its own, and [`faulty`] has at least two writers that break that rule alone. A test
//! asserts for each of them that the kit reports its rule and no other, so a check that notices nothing does not last.
//! Every writer of this crate goes through the kit as well.
//!
//! What it cannot see: a waker that is *cloned* under a lock, since a clone calls nothing of the kit's; what a destination
//! does that its observer does not show; and rare interleavings of threads, which are a matter for models.
//!
//! Names of checks and cases, and what they find, may change in any release.

mod certify;
mod checks;
mod destination;
pub mod faulty;
mod judge;
#[cfg(any(feature = "futures-io", feature = "tokio"))]
pub mod lens;
mod macros;
mod need;
mod observer;
mod operations;
#[cfg(feature = "offload")]
mod pool;
mod random;
mod reference;
mod report;
mod story;
mod task;
mod tell;
mod trial;

#[cfg(feature = "offload")]
pub use self::pool::{OverPool, Stepped};
pub use self::{
    certify::{Carrier, Certify, DecodeFn, PollReadFn, PollSeekFn, Specimen, SyncFn},
    destination::{Destination, DestinationObserver},
    observer::{Call, Effect, Fault, Observer},
    reference::{Reference, ReferenceObserver},
    report::{LeftOut, Outcome, Report, Verdict, Violation},
    story::{Step, Story},
};
#[doc(inline)]
pub use crate::certify;
