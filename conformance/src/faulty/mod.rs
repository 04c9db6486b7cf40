//! Writers that break one rule each: the proof that every check catches what it is for.
//!
//! [`Flaw::ALL`] has at least two for each rule. Each is the plain writer behind [`Reference`](crate::Reference) with
//! one thing wrong, and the kit must report the rule of that flaw, and no other.
//!
//! ```
//! use async_write_complete::contract::Rule;
//! use async_write_complete_conformance::faulty::{Flaw, certify};
//!
//! let report = certify(Some(Flaw::AnswersBeforeTheCall)).run();
//! assert_eq!(report.broken(), [Rule::W1]);
//! ```

mod answers;
mod close;
mod durable;
mod last_write;
mod observer;
mod reads;
mod repeatable;
mod state;
mod submissions;
mod sync;
mod turn;
mod wakers;
mod worker;
mod writer;

use async_write_complete::contract::Rule;

pub use self::durable::{OverDisk, SyncFlaw};
pub(crate) use self::writer::Habit;
pub use self::writer::{Faulty, FaultyObserver};
use crate::certify::{Carrier, Certify, Specimen};

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
        AnswersAtSubmission "answers `Complete` when it has posted the write"
        AnswersBeforeTheCall "answers a ticket before it has called the destination"
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
        RetriesAFailedWrite "attempts a failed write again after it answered the error"
        WritesNoBytes "makes a call of the destination for a submission of no bytes"
        WritesEmptySlices "makes a call of the destination for a list of empty slices"
        CountsNoBytes "answers a submission of no bytes with one byte"
        RefusesNoBytes "refuses a submission of no bytes while a write is outstanding"
        WaitsWithNoBytes "answers a submission of no bytes with `Pending` while a write is in flight"
    }
    W4 {
        AnswersAnyTicket "answers an earlier or foreign ticket with the last result"
        AnswersOnce "does not answer a ticket a second time"
        RepeatsTheKindAlone "answers a ticket a second time with the kind of its error alone"
        NoBytesEndATicket "does not answer a ticket after a submission of no bytes"
        ReusesTickets "gives the ticket of one submission to the next one of the same length"
    }
    W5 {
        SaysItOnce "refuses one submission over an outstanding write, and takes the next one"
        SaysItToASyncOnly "refuses a sync over an outstanding write, and takes submissions"
        TakesBytesAndRefuses "takes the bytes of a submission that it refuses"
        ForgetsItAfterAForeignTicket "takes submissions over an outstanding write once a foreign ticket was polled"
        WaitsInstead "answers a submission with `Pending` while a write is in flight"
        ClaimsToBeSettled "says that nothing is outstanding while a write is"
        SettlesByItself "takes a submission when the last write has ended, though it was not answered"
        NeverSettles "refuses submissions after the ticket was answered"
        NamesAnotherTicket "refuses submissions by a ticket that is not outstanding"
        VectoredOverIt "takes a vectored submission over an outstanding write"
        BytesOverIt "takes `Bytes` over an outstanding write"
        SeeksOverIt "does not refuse a seek over an outstanding write"
        SyncsOverIt "does not refuse a sync over an outstanding write"
        OperatesOverIt "does not refuse another operation over an outstanding write"
        IsTakenApartOverIt "can be taken apart while a write is outstanding"
        KeepsWhatItRefuses "is lost when it refuses to be taken apart"
        ReadAsksForIt "takes a read for the question what became of the last write"
    }
    W6 {
        FlattensErrors "answers every error of the destination with the kind `Other`"
        LosesTheCode "answers an error of the destination by its kind alone"
        TurnsShortIntoError "answers a short write with an error"
        RepeatsTheError "answers the next submission with an error that was answered already"
        GoesOnAfterAPanic "takes submissions after an indeterminate outcome"
        ForgetsWhy "refuses submissions after an indeterminate outcome, and does not say why"
        BelievesALateError "answers that none of the bytes is complete, though the destination says that they may be"
    }
    W7 {
        PutsTheThirdBeforeTheSecond "puts the bytes of the third write before those of the second one"
        PutsItBeforeAShortOne "puts the bytes of a write before those of a short one"
        PutsVectoredOnesFirst "puts the bytes of a vectored write before those of the last one"
    }
    W8 {
        CancelsWhenRefusing "drops the write in flight when it refuses a submission"
        RepeatsWhenRefusing "writes again what is outstanding when it has refused a submission"
        ForgetsForAnotherTask "answers a ticket with `UnknownTicket` when another task polls it than before"
        NeedsPolls "carries a write on only as long as something polls"
    }
    W9 {
        ForgetsTheOutcome "answers a second close with success, whatever the first one said"
        CloseDoesNotWait "answers a close while a write is in flight"
        ClosesOverAFailure "closes with success over a failure that was not answered"
        ClosesOverAShortCount "closes with success over a short count that was not answered"
        ClosesWithAnotherError "closes with an error that does not say what the last write's was"
        SaysAgainWhatWasAsked "closes with the failure of a write that was answered"
        CloseForgetsTheTicket "does not answer the last ticket after a close"
        StaysOutstandingAfterAClose "says after a close that a write is outstanding"
        TakesAfterAClose "takes submissions after a close"
        PanicsAfterClose "panics at a submission after a close"
        ReadsAfterAClose "answers a read after a close with success"
        KeepsTheDestination "does not release the destination when it is closed"
        KeepsTheDestinationAfterAFailure "does not release the destination when its close says that a write failed"
        CloseNeedsPolls "does not carry out a close whose caller has gone"
    }
    P1 {
        KeepsTheFirstWaker "wakes the task that polled first, and not the one that polled last"
        OneWakerForBothSides "forgets the writing side's waker when the reading side polls"
        WakesBeforePublishing "wakes a task before its answer is there"
        LosesAWakeToAPanic "does not wake the reading side when the writing side's waker panics"
        ForgetsTheReader "forgets the reading side's waker when the writing side polls"
        NoWakeForASubmission "does not wake a submission that waits for a read"
        NoWakeForAClose "does not wake a close that waits for the write in flight"
        NoWakeForAFailure "does not wake a task when its write failed"
        WakesUnderItsLock "holds its lock while it wakes"
        DropsWakersUnderItsLock "holds its lock while it drops a waker"
        WakesItselfWhileItWaits "wakes its own task in each poll that has to wait"
    }
    P2 {
        LetsAPanicOut "lets a panic of the destination out of a poll"
        AnswersAPanicPlainly "answers a panic of the destination as if no byte were complete"
        TrustsAnExcess "takes a count above the length for a whole write"
        PanicsAtAForeignTicket "panics at the ticket of another writer"
    }
    P3 {
        LeaksWouldBlock "passes `WouldBlock` on"
        LeaksInterrupted "passes `Interrupted` on"
        LeaksInterruptedFromASync "passes `Interrupted` on from a sync"
        WouldBlockDuringARead "answers a submission with `WouldBlock` while a read is under way"
        RefusesAsWouldBlock "refuses a submission over an outstanding write with the kind `WouldBlock`"
    }
    P4 {
        NeverGivesATurn "answers at once, for ever"
        CountsTurnsForItself "counts the answers of each writer by itself"
        CountsTurnsForATask "counts the answers anew when another task polls"
        VectoredGivesNoTurn "answers vectored submissions at once, for ever"
        TurnsWithoutAWake "gives a turn, and does not wake the task for what comes after it"
    }
    O1 {
        SplitsASubmission "makes two calls of the destination for one submission"
        CallsForEachSlice "makes a call of the destination for each slice of a submission"
        GoesOnAfterAShortCall "calls again for the rest of a short call, as `write_all` does"
    }
    O2 {
        ReadOvertakes "reads while a write is in flight"
        LosesTheRestOfARead "loses the bytes of a read of which the next one takes a part"
        WritesBehindAnAbandonedRead "writes behind the bytes of a read that was given up"
        SeeksFromAnAbandonedRead "seeks from behind the bytes of a read that was given up"
    }
    O3 {
        WritesInDrop "performs a write in flight inside its drop"
        CancelsInDrop "cancels a write in flight when it is dropped"
        ReleasesAfterDrop "leaves a destination to be dropped later, though nothing is under way"
        WaitsInDrop "waits a while for the write in flight inside its drop"
        LeaksInDrop "never releases a destination whose write was in flight when it was dropped"
    }
    O4 {
        LosesARefusedJob "never answers for a job that its pool refused"
        PoisonedByARefusal "takes nothing more after its pool refused a job"
        CountsARefusedJob "answers for a job that its pool refused as if it had run"
    }
    D1 {
        RetriesAFailedSync "answers a sync with success after one that failed"
        SyncsNothing "answers a sync with success without one"
        SyncsOnlyOnce "answers every sync but the first with success without one"
        ForgetsADroppedSync "forgets a failed sync that nobody waited for"
    }
}

/// The writer with `flaw`, declared with all that it can do; without one it keeps every rule.
pub fn certify(flaw: Option<Flaw>) -> Certify<Faulty> {
    // Only a writer whose answers are ready at once has a turn to give.
    if matches!(flaw, Some(flaw) if flaw.rule() == Rule::P4) {
        return at_once_with(flaw);
    }
    declared(move || Faulty::new(flaw, false)).carried(Carrier::Steps).offloads()
}

/// The writer without a flaw whose writes are complete when they were submitted.
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
    let certify = certify.closes().late_errors().seeks(Faulty::poll_seek).reads(Faulty::poll_read);
    let certify = certify
        .syncs(|writer| Box::pin(writer.sync()))
        .operation("with_mut", |writer| Box::pin(writer.with_mut()))
        .into_inner(|writer| Box::pin(writer.into_inner()));
    #[cfg(feature = "bytes")]
    let certify = certify.submits_bytes(async_write_complete::AsyncWriteCompleteBytes::poll_write_submit_bytes);
    certify
}
