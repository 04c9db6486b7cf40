//! What a verdict says where a rule could not be judged, where a writer hangs, and where it waits for good reason.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    thread,
    time::{Duration, Instant},
};

use async_write_complete::{AsyncWriteComplete, Inline, Submitted, Ticket, TicketSource, contract::Rule};
use async_write_complete_conformance::{Carrier, Certify, Outcome, Specimen, faulty};

// What could not be judged.

#[test]
fn a_rule_of_which_no_case_could_be_judged_says_how_to_declare_it() {
    let certify = Certify::blocking(|| (Vec::new(), Vec::new)).unseen();
    let report = certify.run();
    let Some(Outcome::NotJudged(why)) = report.outcome(Rule::W6) else { panic!("{report}") };
    assert!(why.contains("`Observer::inject` answers `false`"), "{why}");
    assert!(report.to_string().contains("`.exempt(&[Rule::W6], \"the reason\")`"), "{report}");
    assert!(!report.is_conforming());

    let exempted = certify.exempt(&[Rule::W6, Rule::P3], "memory does not fail").run();
    let Some(Outcome::DoesNotApply(why)) = exempted.outcome(Rule::W6) else { panic!("{exempted}") };
    assert!(why.contains("memory does not fail"), "{why}");
    assert!(exempted.is_conforming(), "{exempted}");
}

#[test]
fn what_is_exempt_is_judged_all_the_same_if_it_can_be() {
    let certify = Certify::over(Inline::new).closes().exempt(&[Rule::W1], "nobody looks");
    assert!(matches!(certify.check(Rule::W1), Outcome::Holds { .. }));
}

#[test]
fn rules_that_speak_of_what_was_not_declared_do_not_apply() {
    let report = Certify::over(Inline::new).closes().run();
    for rule in [Rule::O1, Rule::O2, Rule::O3, Rule::O4, Rule::D1] {
        assert!(matches!(report.outcome(rule), Some(Outcome::DoesNotApply(why)) if why.contains("not declared")));
    }
    assert!(report.is_conforming(), "{report}");
}

#[test]
fn what_answers_in_flight_has_to_say_what_carries_it_on() {
    let certify = Certify::new(|| {
        let (writer, observer) = faulty::Faulty::new(None, false);
        Specimen::new(writer, observer)
    });
    for outcome in [certify.check(Rule::W1), certify.check(Rule::P4), certify.random(16)] {
        assert!(matches!(&outcome, Outcome::Unclear(why) if why.contains("`Certify::carried`")), "{outcome:?}");
    }
}

#[test]
fn a_builder_that_panics_is_quoted() {
    let build = || -> Specimen<Inline<Vec<u8>>> { panic!("there is no reactor running") };
    for outcome in [Certify::new(build).check(Rule::W1), Certify::new(build).random(16)] {
        let Outcome::Unclear(why) = &outcome else { panic!("{outcome:?}") };
        assert!(why.contains("there is no reactor running") && why.contains("`Certify::within`"), "{why}");
    }
}

#[test]
fn every_reason_for_a_case_that_was_left_out_is_listed() {
    let outcome = Certify::over(Inline::new).closes().check(Rule::W9);
    let Outcome::Holds { left_out: Some(left_out), .. } = outcome else { panic!("{outcome:?}") };
    let place = |part: &str| left_out.why.find(part).unwrap_or_else(|| panic!("{part}: {left_out}"));
    assert!(place("no sense here") < place("not declared: `Certify::reads`"), "{left_out}");
}

/// Panics in its drop.
struct Falls;

impl AsyncWriteComplete for Falls {
    fn poll_write_submit(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        Poll::Ready(Ok(Submitted::Complete(buf.len())))
    }

    fn poll_close_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Drop for Falls {
    fn drop(&mut self) {
        panic!("the writer panics in its drop");
    }
}

/// The drop of the writer would end the process, were it called while the other panic unwinds.
#[test]
fn an_observer_that_panics_over_a_writer_that_panics_in_its_drop_ends_no_process() {
    let build = || Specimen::new(Falls, || -> Vec<u8> { panic!("the observer panics") });
    let outcome = Certify::new(build).check(Rule::W1);
    assert!(matches!(&outcome, Outcome::Unclear(why) if why.contains("the observer panics")), "{outcome:?}");
    let outcome = Certify::new(build).random(16);
    assert!(matches!(&outcome, Outcome::Unclear(why) if why.contains("panics in its drop")), "{outcome:?}");
}

/// Takes everything at once, without a turn.
struct Greedy;

impl AsyncWriteComplete for Greedy {
    fn poll_write_submit(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        Poll::Ready(Ok(Submitted::Complete(buf.len())))
    }

    fn poll_close_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn a_should_can_be_waived_and_no_other_rule() {
    let certify = || Certify::new(|| Specimen::new(Greedy, Vec::new)).unseen();
    let outcome = certify().check(Rule::P4);
    let Outcome::Broken(violation) = outcome else { panic!("{outcome:?}") };
    assert!(violation.seen.contains("`poll_budget`"), "{violation}");
    let waived = certify().exempt(&[Rule::P4], "one writer a program").check(Rule::P4);
    assert!(matches!(&waived, Outcome::DoesNotApply(why) if why.contains("one writer a program")), "{waived:?}");
    let must = certify().carried(Carrier::Others).exempt(&[Rule::P4], "one writer a program").check(Rule::P4);
    assert!(matches!(must, Outcome::Broken(_)), "{must:?}");
}

// What hangs.

/// A writer on a thread that may lose its wake, or the write itself.
struct Hangs {
    tickets: TicketSource,
    last: Option<Ticket>,
    how: How,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// The poll does not come back.
    Submission,
    /// The ticket is never answered.
    Answer,
    /// The drop does not come back.
    Drop,
}

fn hang() -> ! {
    loop {
        thread::park();
    }
}

impl AsyncWriteComplete for Hangs {
    fn poll_write_submit(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        if self.how == How::Submission {
            hang();
        }
        let ticket = self.tickets.mint(buf.len());
        self.last = Some(ticket);
        Poll::Ready(Ok(Submitted::InFlight(ticket)))
    }

    fn poll_write_complete(self: Pin<&mut Self>, _: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        if self.how == How::Answer { Poll::Pending } else { Poll::Ready(Ok(ticket.len())) }
    }

    fn outstanding(&self) -> Option<Ticket> {
        self.last
    }

    fn poll_close_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

impl Drop for Hangs {
    fn drop(&mut self) {
        if self.how == How::Drop {
            hang();
        }
    }
}

fn is_named_soon_and_does_not_stop_the_rest(how: How, named: Rule) {
    let certify = || {
        let build = move || Specimen::new(Hangs { tickets: TicketSource::new(), last: None, how }, Vec::new);
        Certify::new(build).carried(Carrier::Others).offloads().closes()
    };
    let began = Instant::now();
    let outcome = certify().check(named);
    assert!(matches!(outcome, Outcome::Broken(_)), "{outcome:?}");
    assert!(began.elapsed() < Duration::from_secs(600), "it took {:?} to name {named}", began.elapsed());
    let began = Instant::now();
    let report = certify().run();
    assert!(report.broken().contains(&named), "{report}");
    assert!(began.elapsed() < Duration::from_secs(600), "the whole run took {:?}", began.elapsed());
}

#[test]
fn a_poll_that_does_not_come_back() {
    is_named_soon_and_does_not_stop_the_rest(How::Submission, Rule::P1);
}

#[test]
fn a_ticket_that_is_never_answered() {
    is_named_soon_and_does_not_stop_the_rest(How::Answer, Rule::P1);
}

#[test]
fn a_drop_that_does_not_come_back() {
    is_named_soon_and_does_not_stop_the_rest(How::Drop, Rule::O3);
}

// What waits.

/// Takes so many bytes and then waits for room, which comes when its reader reads: here never.
struct Bounded {
    room: usize,
}

impl AsyncWriteComplete for Bounded {
    fn poll_write_submit(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        let n = buf.len().min(self.room);
        if n == 0 && !buf.is_empty() {
            return Poll::Pending;
        }
        self.room -= n;
        Poll::Ready(Ok(Submitted::Complete(n)))
    }

    fn poll_close_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn a_wait_for_room_is_no_missing_turn() {
    for carrier in [Carrier::Nobody, Carrier::Others] {
        let certify = Certify::new(|| Specimen::new(Bounded { room: 4 }, Vec::new)).unseen().carried(carrier);
        certify.assert(Rule::P4);
    }
}

/// Takes a while to write, and gives no turn.
struct Slow;

impl AsyncWriteComplete for Slow {
    fn poll_write_submit(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        thread::park_timeout(Duration::from_millis(50));
        Poll::Ready(Ok(Submitted::Complete(buf.len())))
    }

    fn poll_close_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn a_slow_destination_is_not_blamed_for_the_turns() {
    let outcome = Certify::new(|| Specimen::new(Slow, Vec::new)).unseen().check(Rule::P4);
    assert!(matches!(&outcome, Outcome::DoesNotApply(why) if why.contains("writes take")), "{outcome:?}");
}
