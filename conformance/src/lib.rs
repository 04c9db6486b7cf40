//! Certifies that a writer keeps the [contract](async_write_complete::contract), rule by rule.
//!
//! For authors of an [`AsyncWriteComplete`](async_write_complete::AsyncWriteComplete) or a
//! [`WriteComplete`](async_write_complete::WriteComplete). Add the crate where tests are built:
//!
//! ```toml
//! [dev-dependencies]
//! async-write-complete-conformance = "0.2"
//! ```
//!
//! and write one line:
//!
//! ```
//! # #![allow(unused_imports)]
//! # mod tests {
//! use async_write_complete::Inline;
//! use async_write_complete_conformance::{Certify, certify};
//!
//! certify! { my_writer: Certify::over(Inline::new).closes() }
//! # }
//! ```
//!
//! It makes one test for each rule, and one that plays random sequences of operations. `examples/certify_your_type.rs`
//! in the repository is a whole program: a wrapper of a third party, `Metered`, with the tests
//! `metered_writer::w1_completion` and its siblings. If `Metered` counted a byte too many, `w2_count` would fail, with
//! a [violation](Violation) as [below](#3-what-is-found).
//!
//! # 1. How a writer is built
//!
//! A [`Certify`] builds a fresh writer for each case, together with an [`Observer`]: something that sees the
//! destination without asking the writer. The destination has to be empty at first. What the writer writes to decides
//! the constructor:
//!
//! | the writer | constructor | what the kit gives |
//! |---|---|---|
//! | is generic over a blocking destination, or over one of `futures_io` or `tokio` | [`Certify::over`] | a [`Destination`] that can be held and made to fail |
//! | wraps another `AsyncWriteComplete` | [`Certify::around`] | a [`Reference`], which keeps every rule |
//! | offloads a blocking destination to a pool | [`Certify::stepped`] (feature `offload`) | a `Destination`, and a pool that the kit steps |
//! | is blocking | [`Certify::blocking`], which declares `closes` | nothing: bring an observer |
//! | has the traits of futures-io or tokio | `Certify::futures_io`, `Certify::tokio`: the `lens` | nothing: bring an observer |
//! | is its own destination, as memory is | [`Certify::memory`] | nothing: say how to look at it |
//! | is anything else: a file, a socket | [`Certify::new`] | nothing: bring an observer |
//!
//! An observer can be as little as a closure that gives the bytes:
//!
//! ```
//! use async_write_complete::{Inline, contract::Rule};
//! use async_write_complete_conformance::{Certify, Specimen};
//!
//! let certify = Certify::new(|| {
//!     let file = tempfile::NamedTempFile::new().expect("a file");
//!     let writer = Inline::new(file.reopen().expect("the file again"));
//!     Specimen::new(writer, move || std::fs::read(file.path()).expect("the file's bytes"))
//! });
//! let certify = certify.closes().exempt(&[Rule::W6, Rule::P3], "the kit cannot make a file fail");
//! assert!(certify.run().is_conforming());
//! ```
//!
//! The more an observer can do ([count calls](Observer::calls), [inject faults](Observer::inject),
//! [hold](Observer::hold) the destination, see it [released](Observer::is_released)), the more cases are judged.
//!
//! # 2. What is declared
//!
//! | declaration | means |
//! |---|---|
//! | [`carried`](Certify::carried) | what carries on a write that was submitted: nothing has to, room in the destination, polls, steps of the kit, others |
//! | [`offloads`](Certify::offloads) | it carries a blocking destination: the O rules are judged |
//! | [`closes`](Certify::closes) | after a close, operations are refused and the destination is released |
//! | [`seeks`](Certify::seeks), [`reads`](Certify::reads), [`syncs`](Certify::syncs), [`submits_bytes`](Certify::submits_bytes) | how it seeks, reads, syncs, and takes `Bytes` |
//! | [`operation`](Certify::operation), [`into_inner`](Certify::into_inner) | what else is refused while a write is outstanding |
//! | [`decoded`](Certify::decoded), [`indirect`](Certify::indirect), [`unseen`](Certify::unseen) | the destination has other bytes, gets other calls, cannot be compared |
//! | [`fails_with`](Certify::fails_with), [`late_errors`](Certify::late_errors), [`room`](Certify::room) | what the destination can be made to answer, and how much it takes |
//! | [`exempt`](Certify::exempt) | a rule that cannot be judged is left to the author, for a reason |
//! | [`within`](Certify::within), [`patience`](Certify::patience), [`limit`](Certify::limit) | the runtime that the writer needs, and how long to wait |
//!
//! What carries the writes on decides what can be asked of them:
//!
//! | the writer | [`Carrier`] |
//! |---|---|
//! | blocks its caller, or is memory: every write is complete when it was submitted | [`Nobody`](Carrier::Nobody), the default of [`Certify::new`], [`over`](Certify::over), [`blocking`](Certify::blocking) and [`memory`](Certify::memory) |
//! | is complete at submission, but waits for room: a bounded ring, a socket on a reactor | [`Room`](Carrier::Room), with an observer that [holds](Observer::hold); or `Nobody`, with an observer whose [`bytes`](Observer::bytes) takes out what it gives |
//! | wraps an asynchronous writer, and its writes go on only while it is polled | [`Polls`](Carrier::Polls), the default of [`around`](Certify::around) |
//! | calls its destination on a pool that the kit steps, or the work behind it is a [step](Observer::step) of its observer | [`Steps`](Carrier::Steps), the default of `stepped` |
//! | calls it on threads, or leaves it to the kernel | [`Others`](Carrier::Others) |
//! | is seen through the lens: a socket, a buffer | [`Polls`](Carrier::Polls) |
//! | is seen through the lens: a file over a pool of threads | [`Others`](Carrier::Others) |
//!
//! # 3. What is found
//!
//! [`Certify::run`] gives a [`Report`], with a [`Verdict`] for each rule:
//!
//! * the rule *holds*, in N cases; the verdict says how many cases were left out, and for which reasons;
//! * it is *broken*;
//! * it *does not apply*: it is an O rule of a writer that does not offload, or D1 of one that does not sync; what was
//!   declared leaves no case of it; or its author [exempts](Certify::exempt) it;
//! * *no case could be judged*, because something was not declared or cannot be observed, or a submission waits for
//!   room that nothing makes: a failure, which says what to declare;
//! * it *could not be judged*, because something else went wrong first: the writer broke another rule, of which the
//!   report says more there; what was declared is not so; or the builder, the observer or [`within`](Certify::within)
//!   panicked. That is a failure too.
//!
//! A violation looks like this:
//!
//! ```
//! use async_write_complete::contract::Rule;
//! use async_write_complete_conformance::{Outcome, faulty::{Flaw, certify}};
//!
//! let outcome = certify(Some(Flaw::CountsOneMore)).check(Rule::W2);
//! let Outcome::Broken(violation) = outcome else { panic!("{outcome:?}") };
//! assert_eq!(violation.to_string(), format!(r#"W2 count: broken
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
//! does, or those of another [seed](Certify::seed), which the environment variable `AWC_SEED` overrides; a sequence
//! that fails is shrunk to a few operations.
//!
//! A writer that hangs is named as well: a poll that does not come back, and a task that is never woken, break P1; a
//! drop that does not come back breaks O3. Each is noticed within seconds, and makes later waits shorter, also in the
//! other tests of one [`certify!`], so that a whole run of a broken writer ends within a minute. So does one whose
//! polls are woken again and again and get nowhere: of a destination that answers `Ok(0)` W2 says more, of any other
//! P1.
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
//! `cargo run --release -p evidence -- matrix` in the repository does so for the real ones.
//!
//! # 5. Why it can be believed
//!
//! Each rule has a check in a file of its own, and [`faulty`] has at least two writers that break that rule alone. A
//! test asserts for each of them that the kit reports its rule and no other, so a check that notices nothing does not
//! last. Every writer of `async-write-complete` goes through the kit as well.
//!
//! What it cannot see: a waker that is *cloned* under a lock, since a clone calls nothing of the kit's; what a
//! destination does that its observer does not show; and rare interleavings of threads, which are a matter for models.
//!
//! Names of checks and cases, and what they find, may change in any release.

// Every promise can be kept without it.
#![forbid(unsafe_code)]
// Shows on docs.rs which feature an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
// An example that warns teaches the warning.
#![doc(test(attr(deny(warnings), allow(dead_code))))]

mod certify;
mod checks;
mod clock;
mod describe;
mod destination;
mod disk;
pub mod faulty;
mod guard;
mod judge;
mod kit;
#[cfg(any(feature = "futures-io", feature = "tokio"))]
pub mod lens;
mod macros;
mod need;
mod observer;
mod operations;
#[cfg(feature = "offload")]
mod pool;
mod random;
mod reasons;
mod reference;
mod report;
mod story;
mod subject;
mod tally;
mod task;
mod trial;

/// Whose contract is certified.
pub use async_write_complete;

#[cfg(feature = "bytes")]
pub use self::certify::PollBytesFn;
#[cfg(feature = "offload")]
pub use self::pool::{OverPool, Stepped};
pub use self::{
    certify::{Carrier, Certify, DecodeFn, IntoInnerFn, PollReadFn, PollSeekFn, Refused, Specimen, SyncFn},
    destination::{Destination, DestinationObserver},
    disk::{Disk, check_syncs},
    observer::{Call, Effect, Fault, Observer},
    reference::{Reference, ReferenceObserver},
    report::{Campaign, LeftOut, Outcome, Report, Verdict, Violation},
    story::{Step, Story},
    tally::Counts,
};
