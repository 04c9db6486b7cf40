//! Random sequences of operations over the crate's own writers; and the proof that they find what is wrong with others.
#![cfg(feature = "offload")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    fs::File,
    io::{self, Cursor},
    pin::Pin,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    task::{Context, Poll, ready},
    thread,
    time::Duration,
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteBytes, DriveWrite, Inline, Offload, Pool, Started, Submitted, Ticket,
    Tracked, adapter::FromFuturesIo,
};
use async_write_complete_conformance::{
    Carrier, Certify, Destination, Outcome, Reference, Specimen,
    faulty::{self, Flaw},
};
use futures_io::{AsyncRead, AsyncSeek};

/// How many sequences each writer here has to get through.
const CASES: u32 = 400;

/// Declares all that an `Offload` of the kit's destination can do.
fn able<P: Pool + 'static>(certify: Certify<Offload<Destination, P>>) -> Certify<Offload<Destination, P>> {
    certify
        .offloads()
        .closes()
        .late_errors()
        .reports_close()
        .seeks(AsyncSeek::poll_seek)
        .reads(AsyncRead::poll_read)
        .syncs(|offload| Box::pin(offload.get_mut().sync_data()))
        .submits_bytes(AsyncWriteCompleteBytes::poll_write_submit_bytes)
}

#[test]
fn over_an_offload_on_a_stepped_pool() {
    able(Certify::stepped(Offload::with_pool)).assert_random(2 * CASES);
}

#[test]
fn over_an_offload_on_threads() {
    able(Certify::over(Offload::new).carried(Carrier::Others)).assert_random(CASES);
}

#[test]
fn over_real_files() {
    let certify = Certify::new(|| {
        let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        Specimen::new(Offload::new(file), move || std::fs::read(&path).unwrap())
    });
    // A sync waits for whatever else is written to the disk.
    let long = Duration::from_secs(60);
    let certify = certify.carried(Carrier::Others).patience(long).limit(long).offloads().closes();
    let certify = certify.syncs(|file| Box::pin(file.get_mut().sync_data()));
    certify.seeks(AsyncSeek::poll_seek).reads(AsyncRead::poll_read).assert_random(CASES);
}

#[test]
fn over_a_destination_on_this_thread() {
    Certify::over(Inline::new).closes().assert_random(CASES);
}

#[test]
fn over_memory() {
    Certify::memory(Vec::new, Vec::clone).assert_random(CASES);
    Certify::memory(|| Cursor::new(Vec::new()), |cursor| cursor.get_ref().clone()).assert_random(CASES);
}

#[test]
fn over_a_writer_of_futures_io() {
    Certify::over(FromFuturesIo::new).carried(Carrier::Polls).closes().assert_random(CASES);
}

#[test]
fn over_the_writers_of_the_kit() {
    Certify::around(|reference| reference).carried(Carrier::Steps).closes().assert_random(CASES);
    faulty::certify(None).assert_random(CASES);
    faulty::certify_at_once().assert_random(CASES);
}

#[test]
fn over_a_wrapper() {
    Certify::around(|inner| Tracked::new(Plain { inner, ticket: None })).closes().assert_random(CASES);
}

#[test]
fn over_a_wrapper_that_transforms() {
    let certify = Certify::around(|inner| Tracked::new(Doubled { inner, rest: Vec::new(), len: 0, ticket: None }));
    certify
        .closes()
        .decoded(|bytes| bytes.iter().copied().step_by(2).take(bytes.len() / 2).collect())
        .assert_random(CASES);
}

/// What no sequence can reveal, and why.
const UNREVEALED: &[(Flaw, &str)] = &[
    (Flaw::KeepsTheFirstWaker, "one task makes every poll, and polls also where no wake came"),
    (Flaw::OneWakerForBothSides, "the same"),
    (Flaw::LosesAWakeToAPanic, "the same"),
    (Flaw::ForgetsTheReader, "the same"),
    (Flaw::NoWakeForASubmission, "the same: the read wakes it"),
    (Flaw::WakesUnderItsLock, "no waker comes back into the writer"),
    (Flaw::DropsWakersUnderItsLock, "the same"),
    (Flaw::WakesItselfWhileItWaits, "a poll that has to wait may be made again at once"),
    (Flaw::WakesBeforePublishing, "nothing looks between the wake and the answer"),
    (Flaw::NeverGivesATurn, "no sequence is as long as the time between two turns"),
    (Flaw::CountsTurnsForItself, "the same, and it has one writer"),
    (Flaw::CountsTurnsForATask, "no sequence is as long as the time between two turns"),
    (Flaw::VectoredGivesNoTurn, "the same"),
    (Flaw::TurnsWithoutAWake, "the same"),
    (Flaw::LosesARefusedJob, "no sequence has the pool refuse a job"),
    (Flaw::PoisonedByARefusal, "the same"),
    (Flaw::CountsARefusedJob, "the same"),
    (Flaw::ForgetsForAnotherTask, "one task makes every poll"),
    (Flaw::WaitsInDrop, "no sequence takes the time"),
    (Flaw::OperatesOverIt, "no sequence has operations that an author declares"),
    (Flaw::IsTakenApartOverIt, "no sequence takes a writer apart"),
    (Flaw::KeepsWhatItRefuses, "the same"),
    (Flaw::LeaksInterruptedFromASync, "no sync of a sequence is interrupted"),
];

/// How many sequences it takes at most to reveal a flaw, and how many operations the reported one has.
const ENOUGH: u32 = 8_000;
const SHORT: usize = 7;

#[test]
fn each_flaw_is_revealed_by_a_short_sequence() {
    // Some flaws take their time.
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut wrong = String::new();
        while let Some(flaw) = Flaw::ALL.get(next.fetch_add(1, Relaxed)) {
            wrong += &revealed(*flaw);
        }
        wrong
    };
    let wrong: String = thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().map(|worker| worker.join().expect("the kit does not panic")).collect()
    });
    assert!(wrong.is_empty(), "{wrong}");
}

/// What is wrong with how `flaw` is revealed.
fn revealed(flaw: Flaw) -> String {
    let because = UNREVEALED.iter().find(|(unrevealed, _)| *unrevealed == flaw);
    let cases = match flaw {
        // Each drop is a wait.
        Flaw::WaitsInDrop => 5,
        _ if because.is_some() => CASES / 4,
        _ => ENOUGH,
    };
    match (faulty::certify(Some(flaw)).random(cases), because) {
        (Outcome::Broken(violation), None) if violation.case.matches("; ").count() <= SHORT => String::new(),
        (Outcome::Holds { .. }, Some(_)) => String::new(),
        (Outcome::Broken(violation), None) => {
            format!(
                "{flaw:?} is revealed by more than {SHORT} operations; can the sequence shrink better?\n{violation}\n"
            )
        }
        (Outcome::Holds { .. }, None) => {
            format!("no sequence noticed {flaw:?}: teach the model its rule, or add it to UNREVEALED with the reason\n")
        }
        (Outcome::Broken(violation), Some(_)) => {
            format!("{flaw:?} is noticed after all: take it out of UNREVEALED\n{violation}\n")
        }
        (outcome, _) => format!("{flaw:?} could not be judged: {outcome:?}\n"),
    }
}

#[test]
fn the_same_seed_finds_the_same_story() {
    let story = |seed| match faulty::certify(Some(Flaw::RepeatsTheError)).seed(seed).random(ENOUGH) {
        Outcome::Broken(violation) => violation.to_string(),
        outcome => panic!("{outcome:?}"),
    };
    let first = story(7);
    assert_eq!(first, story(7));
    assert!(first.contains("AWC_SEED=7"), "{first}");
}

/// Counts of what was planned would say nothing: many of these operations cannot be done where their turn comes.
#[test]
fn a_campaign_counts_what_was_done() {
    let counts = able(Certify::stepped(Offload::with_pool)).campaign(2_000).counts;
    assert!((2_000..30_000).contains(&counts.operations), "{counts:?}");
    for count in [counts.faults, counts.drops, counts.comparisons, counts.syncs] {
        assert!(count >= 10, "{counts:?}");
    }
    let counts = Certify::memory(Vec::new, Vec::clone).campaign(2_000).counts;
    assert_eq!((counts.faults, counts.drops, counts.syncs), (0, 0, 0), "memory has none of them: {counts:?}");
    assert!(counts.comparisons > 2_000, "{counts:?}");
}

/// Passes its bytes on.
struct Plain {
    inner: Reference,
    ticket: Option<Ticket>,
}

impl DriveWrite for Plain {
    fn poll_start(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        let submitted = ready!(Pin::new(&mut self.inner).poll_write_submit(cx, buf))?;
        self.ticket = submitted.ticket();
        Poll::Ready(Ok(submitted.into()))
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_complete(cx, self.ticket.unwrap())
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close_complete(cx)
    }
}

/// Writes each byte twice, by as many inner writes as that takes.
struct Doubled {
    inner: Reference,
    /// What is not complete.
    rest: Vec<u8>,
    /// How many bytes it was.
    len: usize,
    ticket: Option<Ticket>,
}

impl Doubled {
    /// The error says that nothing is complete if that is so; otherwise a part is there, of a byte perhaps.
    fn ended_early(&self, error: io::Error) -> io::Error {
        let none = self.rest.len() == 2 * self.len;
        if none { error } else { async_write_complete::Indeterminate::new(error).into() }
    }
}

impl DriveWrite for Doubled {
    fn poll_start(&mut self, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        self.len = buf.len();
        self.rest = buf.iter().flat_map(|byte| [*byte; 2]).collect();
        Poll::Ready(Ok(Started::Taken(self.len)))
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        while !self.rest.is_empty() {
            let answer = match self.ticket {
                Some(ticket) => ready!(Pin::new(&mut self.inner).poll_write_complete(cx, ticket)),
                None => match ready!(Pin::new(&mut self.inner).poll_write_submit(cx, &self.rest)) {
                    Ok(Submitted::InFlight(ticket)) => {
                        self.ticket = Some(ticket);
                        continue;
                    }
                    submitted => submitted.map(|submitted| submitted.len()),
                },
            };
            self.ticket = None;
            match answer {
                Ok(0) => return Poll::Ready(Err(self.ended_early(io::ErrorKind::WriteZero.into()))),
                Ok(n) => drop(self.rest.drain(..n)),
                Err(error) => return Poll::Ready(Err(self.ended_early(error))),
            }
        }
        Poll::Ready(Ok(self.len))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close_complete(cx)
    }
}
