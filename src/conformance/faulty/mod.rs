//! Writers that break one rule each: the proof that every check catches what it is for.
//!
//! [`Flaw::ALL`] has at least two for each rule. Each is the plain writer behind [`Reference`](super::Reference) with one
//! thing wrong, and the kit must report the rule of that flaw, and no other.
//!
//! ```
//! use async_write_complete::{conformance::faulty::{Flaw, certify}, contract::Rule};
//!
//! let report = certify(Some(Flaw::AnswersBeforeTheCall)).run();
//! assert_eq!(report.broken(), [Rule::W1]);
//! ```

mod observer;
mod sync;
mod turn;
mod wakers;
mod worker;
mod writer;

pub use self::writer::{Faulty, FaultyObserver};
use super::certify::{Carrier, Certify, Specimen};
use crate::contract::Rule;

macro_rules! flaws {
    ($($rule:ident { $($name:ident $text:literal)* })*) => {
        /// One thing that a writer does wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Flaw {
            $($(#[doc = concat!("Breaks ", stringify!($rule), ": ", $text, ".")] $name,)*)*
        }

        impl Flaw {
            /// Every flaw, in the order of the rules that they break.
            pub const ALL: &'static [Self] = &[$($(Self::$name),*),*];

            /// The one rule that it breaks.
            pub const fn rule(self) -> Rule {
                match self { $($(Self::$name => Rule::$rule,)*)* }
            }

            /// What it does.
            pub const fn text(self) -> &'static str {
                match self { $($(Self::$name => $text,)*)* }
            }
        }
    };
}

flaws! {
    W1 {
        AnswersAtSubmission "answers `Complete` when the write is handed over"
        AnswersBeforeTheCall "answers a ticket before the destination was called"
        AnswersFailuresAsComplete "answers a ticket whose write failed with its full length"
    }
    W2 {
        CountsWhatItTook "answers a short write with all that it took"
        CountsOneLess "answers a short write with one byte less than is complete"
        CountsOneMore "answers a whole write with one byte more than it took"
        WritesTheRestLater "writes the rest of a short write after it answered the short count"
    }
    W3 {
        TakesOnPending "takes the bytes of a submission that it answers with `Pending`"
        SharesItsBuffer "copies a submission that has to wait over the bytes of the outstanding one"
        RetriesAFailedWrite "attempts a failed write again after it answered the error"
    }
    W4 {
        SplitsASubmission "makes two calls of the destination for one submission"
        GoesOnAfterAShortCall "calls again for the rest of a short call, as `write_all` does"
        MergesTwoSubmissions "makes one call of the destination for two submissions"
    }
    W5 {
        AnswersAnyTicket "answers a superseded or foreign ticket with the last result"
        AnswersOnce "does not answer a ticket a second time"
        BarrierSupersedes "does not answer a ticket after a barrier"
        ReusesTickets "gives the ticket of one submission to the next one of the same length"
    }
    W6 {
        FlattensErrors "answers every error of the destination with the kind `Other`"
        LosesTheCode "answers an error of the destination by its kind alone"
        TurnsShortIntoError "answers a short write with an error"
        RepeatsTheError "answers the next submission with an error that was already told"
    }
    W7 {
        SeekOvertakes "seeks while a write is outstanding"
        ReadOvertakes "reads while a write is outstanding"
        NewWriteOvertakes "performs a new submission before the outstanding one"
    }
    W8 {
        CancelsAnOrphan "drops a write that has not begun when a new submission comes"
        RepeatsAnOrphan "writes again what nobody asks for any more"
        ForgetsForAnotherTask "answers a ticket with `Superseded` when another task asks for it than before"
        NeedsPolls "carries a write on only as long as somebody polls"
    }
    W9 {
        SwallowsAnOrphansFailure "tells nobody that an orphan failed"
        LetsAShortOrphanPass "tells nobody that an orphan came out short"
        TellsItAsTheNewWrites "answers the next operation with the orphan's error as if it were its own"
        TellsItToARead "reports an orphan's failure to a read"
        TellsItTwice "reports an orphan's failure to two operations"
        ExecutesTheRefused "executes the submission that it answers with an orphan's failure"
        ForgetsItWhileOneWaits "tells nobody that an orphan failed if an operation waited for it"
        VectoredSkipsIt "executes a vectored submission over an orphan's failure"
        ClosesOverAFailure "closes with success over an orphan's failure"
        SeeksTheRefused "executes the seek that it answers with an orphan's failure"
        ReportSupersedes "does not answer a ticket after its failure was reported"
        ReportsAToldShortCount "reports a short count that its ticket has answered"
        ReportsNothingComplete "reports of a short orphan that none of it is complete"
    }
    W10 {
        BarrierCallsTheDestination "makes a call of the destination for a submission of no bytes"
        BarrierDoesNotWait "answers a barrier while a write is outstanding"
        WritesEmptySlices "makes a call of the destination for a list of empty slices"
        CountsABarrier "answers a barrier with a byte"
    }
    W11 {
        KeepsTheFirstWaker "wakes the task that polled first, and not the one that polled last"
        OneWakerForBothSides "forgets the writing side's waker when the reading side polls"
        WakesBeforePublishing "wakes a task before its answer is there"
        LosesAWakeToAPanic "does not wake the reading side when the writing side's waker panics"
        ForgetsTheReader "forgets the reading side's waker when the writing side polls"
        NoWakeForASubmission "does not wake a submission that waits for the outstanding write"
        NoWakeForAClose "does not wake a close that waits for the outstanding write"
        NoWakeForAFailure "does not wake a task when its write failed"
        WakesUnderItsLock "holds its lock while it wakes"
        DropsWakersUnderItsLock "holds its lock while it drops a waker"
    }
    W12 {
        ForgetsTheOutcome "answers a second close with success, whatever the first one said"
        AnswersAfterClose "answers a barrier after a close with success"
        PanicsAfterClose "panics at a submission after a close"
        KeepsTheDestination "does not release the destination when it is closed"
        KeepsItAfterAFailure "does not release the destination when its close tells of a failure"
        CloseNeedsPolls "does not carry out a close that nobody asks for any more"
        ReadsAfterClose "answers a read after a close with success"
    }
    W13 {
        LetsAPanicOut "lets a panic of the destination out of a poll"
        TrustsAnExcess "takes a count above the length for a whole write"
        GoesOnAfterAPanic "takes submissions after the destination panicked"
        PanicsAtAForeignTicket "panics at the ticket of another writer"
        LosesARefusedJob "never answers for a job that its pool refused"
        PoisonedByARefusal "takes nothing more after its pool refused a job"
    }
    W14 {
        WritesInDrop "performs an outstanding write inside its drop"
        CancelsInDrop "cancels an outstanding write when it is dropped"
        ReleasesAfterDrop "leaves a settled destination to be dropped later"
        WaitsInDrop "waits a while for the outstanding write inside its drop"
        LeaksInDrop "never releases a destination whose write was outstanding when it was dropped"
    }
    W15 {
        LeaksWouldBlock "passes `WouldBlock` on"
        LeaksInterrupted "passes `Interrupted` on"
        WouldBlockWhileBusy "answers a submission with `WouldBlock` while a write is outstanding"
        ReportsUnderWouldBlock "reports an orphan's failure with the kind `WouldBlock`"
    }
    W16 {
        NeverGivesATurn "answers at once, for ever"
        CountsTurnsForItself "counts the answers of each writer by itself"
        CountsTurnsForATask "counts the answers anew when another task polls"
        VectoredGivesNoTurn "answers vectored submissions at once, for ever"
        TurnsWithoutAWake "gives a turn, and does not wake the task for what comes after it"
    }
    D1 {
        SyncsOverAFailure "answers a sync with success although an orphan's failure is unreported"
        RetriesAFailedSync "answers a sync with success after one that failed"
        SyncsNothing "answers a sync with success without one"
        SyncsOnlyOnce "answers every sync but the first with success without one"
        ForgetsADroppedSync "forgets a failed sync that nobody waited for"
    }
}

/// The writer with `flaw`, declared with all that it can do; without one it keeps every rule.
pub fn certify(flaw: Option<Flaw>) -> Certify<Faulty> {
    // Where answers are ready at once there is a turn to be given.
    let at_once = matches!(flaw, Some(flaw) if flaw.rule() == Rule::W16);
    if at_once { at_once_with(flaw) } else { declared(move || Faulty::new(flaw, false)).carried(Carrier::Steps) }
}

/// The same without a flaw, where every write is complete when it was submitted.
pub fn certify_at_once() -> Certify<Faulty> {
    at_once_with(None)
}

fn at_once_with(flaw: Option<Flaw>) -> Certify<Faulty> {
    declared(move || Faulty::new(flaw, true))
}

fn declared(build: impl Fn() -> (Faulty, FaultyObserver) + Send + Sync + 'static) -> Certify<Faulty> {
    let certify = Certify::new(move || {
        let (writer, observer) = build();
        Specimen::new(writer, observer)
    });
    certify.closes().seeks(Faulty::poll_seek).reads(Faulty::poll_read).syncs(|writer| Box::pin(Faulty::sync(writer)))
}
