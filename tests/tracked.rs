//! `Tracked`: what the rules ask of a wrapper, supplied around a `DriveWrite`, whatever that one does.
#![cfg(all(feature = "offload", not(awc_loom)))]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::{
    cell::RefCell,
    collections::VecDeque,
    io::{self, IoSlice},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready as ready_or_pending},
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, DriveWrite, HeldWrite, Indeterminate, PriorWriteFailed, Started,
    Submitted, Superseded, Ticket, TicketSource, Tracked, error::raw_os_error,
};

use self::common::{
    destination::{Observer, Outcome, Scripted, interrupted},
    pool::Stepped,
    steps::{self, ask, barrier, close, failed, in_flight, poll_future, prior, ready, submit, submit_vectored},
    waker::{Task, panics_in_drop, panics_in_wake, poll_with},
};

/// ENOSPC, the same on every Unix.
const NO_SPACE: i32 = 28;

/// What a driver does when it is called.
#[derive(Clone, Debug)]
enum Act {
    Pending,
    /// `Pending`, with the task already woken, as a turn for the executor is.
    Turn,
    /// A count; `Taken` at a start.
    Take(usize),
    /// A count; `Complete` at a start.
    Complete(usize),
    Error(io::ErrorKind),
    Os(i32),
    /// An [`Indeterminate`] error with that code.
    Unknown(i32),
    Panic,
}

/// What a driver was asked to do.
#[derive(Clone, Debug, PartialEq)]
enum Call {
    Start(Vec<u8>),
    StartVectored(usize),
    Finish,
    Settle,
    Close,
}

use Call::{Close, Finish, Settle};

type Calls = Rc<RefCell<Vec<Call>>>;

/// A driver that does what a script says; at its end it takes, and completes, everything.
#[derive(Debug, Default)]
struct Driver {
    start: VecDeque<Act>,
    finish: VecDeque<Act>,
    settle: VecDeque<Act>,
    close: VecDeque<Act>,
    taken: usize,
    calls: Calls,
}

impl Driver {
    fn new() -> Self {
        Self::default()
    }

    fn on_start(mut self, acts: impl IntoIterator<Item = Act>) -> Self {
        self.start.extend(acts);
        self
    }

    fn on_finish(mut self, acts: impl IntoIterator<Item = Act>) -> Self {
        self.finish.extend(acts);
        self
    }

    fn on_settle(mut self, acts: impl IntoIterator<Item = Act>) -> Self {
        self.settle.extend(acts);
        self
    }

    fn on_close(mut self, acts: impl IntoIterator<Item = Act>) -> Self {
        self.close.extend(acts);
        self
    }

    fn tracked(self) -> (Tracked<Self>, Calls) {
        let calls = self.calls.clone();
        (Tracked::new(self), calls)
    }

    fn called(&self, call: Call) {
        self.calls.borrow_mut().push(call);
    }

    fn play(act: Act, cx: &mut Context<'_>) -> Poll<io::Result<Started>> {
        Poll::Ready(match act {
            Act::Pending => return Poll::Pending,
            Act::Turn => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Act::Take(n) => Ok(Started::Taken(n)),
            Act::Complete(n) => Ok(Started::Complete(n)),
            Act::Error(kind) => Err(io::Error::new(kind, "scripted")),
            Act::Os(code) => Err(io::Error::from_raw_os_error(code)),
            Act::Unknown(code) => Err(Indeterminate::new(io::Error::from_raw_os_error(code)).into()),
            Act::Panic => panic!("scripted"),
        })
    }

    fn start(&mut self, cx: &mut Context<'_>, len: usize) -> Poll<io::Result<Started>> {
        let started = Self::play(self.start.pop_front().unwrap_or(Act::Take(len)), cx);
        if let Poll::Ready(Ok(Started::Taken(n))) = started {
            self.taken = n;
        }
        started
    }
}

impl DriveWrite for Driver {
    fn poll_start(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        self.called(Call::Start(buf.to_vec()));
        self.start(cx, buf.len())
    }

    fn poll_start_vectored(&mut self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<Started>> {
        let len = bufs.iter().map(|buf| buf.len()).sum();
        self.called(Call::StartVectored(len));
        self.start(cx, len)
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.called(Finish);
        let act = self.finish.pop_front().unwrap_or(Act::Complete(self.taken));
        Self::play(act, cx).map_ok(|started| match started {
            Started::Taken(n) | Started::Complete(n) => n,
        })
    }

    fn poll_settle(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.called(Settle);
        Self::play(self.settle.pop_front().unwrap_or(Act::Complete(0)), cx).map_ok(drop)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.called(Close);
        Self::play(self.close.pop_front().unwrap_or(Act::Complete(0)), cx).map_ok(drop)
    }
}

/// Asserts that a barrier has been passed.
#[track_caller]
fn settled(barrier: Poll<io::Result<Submitted>>) {
    assert_eq!(ready(barrier).unwrap(), Submitted::Complete(0));
}

fn start(bytes: &[u8]) -> Call {
    Call::Start(bytes.to_vec())
}

/// The operations of the write side, each polled once.
type Operation = fn(&mut Tracked<Driver>) -> Poll<io::Result<()>>;

const OPERATIONS: [(&str, Operation); 4] = [
    ("submission", |w| submit(w, b"later").map_ok(drop)),
    ("vectored submission", |w| submit_vectored(w, &[b"la", b"ter"]).map_ok(drop)),
    ("barrier", |w| barrier(w).map_ok(drop)),
    ("vectored barrier", |w| submit_vectored(w, &[b"", b""]).map_ok(drop)),
];

mod submissions {
    use super::*;

    #[test]
    fn what_the_driver_completes_at_once_is_complete() {
        let (mut writer, calls) = Driver::new().on_start([Act::Complete(3), Act::Complete(1), Act::Take(0)]).tracked();
        assert_eq!(ready(submit(&mut writer, b"abc")).unwrap(), Submitted::Complete(3));
        assert_eq!(ready(submit(&mut writer, b"abc")).unwrap(), Submitted::Complete(1));
        assert_eq!(ready(submit(&mut writer, b"abc")).unwrap(), Submitted::Complete(0), "nothing is taken: no ticket");
        assert_eq!(calls.take(), [start(b"abc"), start(b"abc"), start(b"abc")], "nothing to be finished");
    }

    #[test]
    fn what_the_driver_takes_is_in_flight_until_it_is_finished() {
        let (mut writer, calls) = Driver::new().on_start([Act::Take(2)]).on_finish([Act::Pending]).tracked();
        let Poll::Ready(Ok(Submitted::InFlight(ticket))) = submit(&mut writer, b"abc") else { panic!("not in flight") };
        assert_eq!(ticket.len(), 2);
        assert!(ask(&mut writer, ticket).is_pending());
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 2);
        assert_eq!(calls.take(), [start(b"abc"), Finish, Finish]);
    }

    #[test]
    fn a_pending_start_takes_nothing() {
        let (mut writer, calls) = Driver::new().on_start([Act::Pending]).tracked();
        assert!(submit(&mut writer, b"abc").is_pending());
        settled(barrier(&mut writer));
        in_flight(&mut writer, b"def");
        assert_eq!(calls.take(), [start(b"abc"), Settle, start(b"def")]);
    }

    #[test]
    fn a_failed_start_takes_nothing_and_is_whole() {
        let (mut writer, calls) = Driver::new().on_start([Act::Os(NO_SPACE)]).tracked();
        assert_eq!(failed(submit(&mut writer, b"abc")).raw_os_error(), Some(NO_SPACE));
        settled(barrier(&mut writer));
        in_flight(&mut writer, b"abc");
        assert_eq!(calls.take(), [start(b"abc"), Settle, start(b"abc")]);
    }

    #[test]
    fn lists_go_to_the_driver_as_lists() {
        let (mut writer, calls) = Driver::new().tracked();
        let Poll::Ready(Ok(Submitted::InFlight(ticket))) = submit_vectored(&mut writer, &[b"", b"ab", b"c"]) else {
            panic!("not in flight")
        };
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
        assert_eq!(calls.take(), [Call::StartVectored(3), Finish]);
    }

    /// By default a driver gets the first slice that is not empty.
    #[test]
    fn a_driver_without_lists_gets_the_first_bytes() {
        struct First(Vec<u8>);

        impl DriveWrite for First {
            fn poll_start(&mut self, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
                self.0.extend_from_slice(buf);
                Poll::Ready(Ok(Started::Complete(buf.len())))
            }

            fn poll_finish(&mut self, _: &mut Context<'_>) -> Poll<io::Result<usize>> {
                unreachable!("nothing was taken")
            }

            fn poll_settle(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }
        }

        let mut writer = Tracked::new(First(Vec::new()));
        assert_eq!(ready(submit_vectored(&mut writer, &[b"", b"ab", b"c"])).unwrap(), Submitted::Complete(2));
        assert_eq!(writer.get_ref().0, b"ab");
    }

    /// Whoever polls carries the outstanding write on: any operation does (the definition of *driven*).
    #[test]
    fn any_operation_carries_the_outstanding_write_on_and_waits_for_it() {
        for (name, operation) in OPERATIONS {
            let (mut writer, calls) = Driver::new().on_finish([Act::Pending]).tracked();
            in_flight(&mut writer, b"abc");
            assert!(operation(&mut writer).is_pending(), "{name}");
            assert_eq!(*calls.borrow(), [start(b"abc"), Finish], "{name}: nothing else begins meanwhile");
            ready(operation(&mut writer)).unwrap();
            assert_eq!(calls.borrow()[2], Finish, "{name}");
            assert_eq!(calls.borrow().len(), 4, "{name}: and then itself, once");
        }
    }
}

/// Rule W5.
mod identity {
    use super::*;

    #[test]
    fn a_count_is_answered_any_number_of_times() {
        let (mut writer, calls) = Driver::new().on_finish([Act::Complete(2)]).tracked();
        let ticket = in_flight(&mut writer, b"abc");
        for _ in 0..3 {
            assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 2);
        }
        settled(barrier(&mut writer));
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 2, "a barrier does not supersede it");
        assert_eq!(calls.take(), [start(b"abc"), Finish, Settle], "the driver is asked once");
    }

    #[test]
    fn an_error_is_answered_again_with_kind_code_and_text() {
        for act in [Act::Os(NO_SPACE), Act::Error(io::ErrorKind::QuotaExceeded), Act::Unknown(NO_SPACE), Act::Panic] {
            let (mut writer, _) = Driver::new().on_finish([act]).tracked();
            let ticket = in_flight(&mut writer, b"abc");
            let first = failed(ask(&mut writer, ticket));
            for _ in 0..3 {
                let again = failed(ask(&mut writer, ticket));
                assert_eq!((again.kind(), raw_os_error(&again)), (first.kind(), raw_os_error(&first)));
                assert_eq!(again.to_string(), first.to_string());
                assert_eq!(Indeterminate::find(&again).is_some(), Indeterminate::find(&first).is_some());
            }
        }
    }

    #[test]
    fn a_submission_that_took_nothing_does_not_supersede() {
        let starts = [Act::Take(3), Act::Pending, Act::Os(NO_SPACE)];
        let (mut writer, _) = Driver::new().on_start(starts).tracked();
        let ticket = in_flight(&mut writer, b"abc");
        assert!(submit(&mut writer, b"def").is_pending());
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
        failed(submit(&mut writer, b"def"));
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
    }

    #[test]
    fn a_later_submission_supersedes() {
        for later in [Act::Take(3), Act::Complete(3)] {
            let (mut writer, _) = Driver::new().on_start([Act::Take(3), later]).tracked();
            let ticket = in_flight(&mut writer, b"abc");
            assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
            let _ = ready(submit(&mut writer, b"def")).unwrap();
            for _ in 0..2 {
                let error = failed(ask(&mut writer, ticket));
                assert_eq!(Superseded::find(&error).unwrap().ticket(), ticket);
                assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
            }
        }
    }

    #[test]
    fn a_foreign_ticket_is_superseded_and_drives_nothing() {
        let (mut writer, calls) = Driver::new().tracked();
        let foreign = TicketSource::new().mint(3);
        assert!(Superseded::find(&failed(ask(&mut writer, foreign))).is_some());
        let ticket = in_flight(&mut writer, b"abc");
        assert!(Superseded::find(&failed(ask(&mut writer, foreign))).is_some());
        assert_eq!(calls.take(), [start(b"abc")]);
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
    }
}

/// Rule W9.
mod orphans {
    use super::*;

    /// How an orphan of three bytes may end, and what is reported of it.
    fn ends() -> [(Act, Option<usize>, io::ErrorKind); 4] {
        [
            (Act::Os(NO_SPACE), Some(0), io::ErrorKind::StorageFull),
            (Act::Error(io::ErrorKind::BrokenPipe), Some(0), io::ErrorKind::BrokenPipe),
            (Act::Complete(1), Some(1), io::ErrorKind::WriteZero),
            (Act::Complete(0), Some(0), io::ErrorKind::WriteZero),
        ]
    }

    #[test]
    fn a_failure_is_reported_once_to_the_next_operation_which_is_not_executed() {
        for (name, operation) in OPERATIONS {
            for (end, complete, kind) in ends() {
                let (mut writer, calls) = Driver::new().on_finish([Act::Pending, end]).tracked();
                let ticket = in_flight(&mut writer, b"abc");
                assert!(operation(&mut writer).is_pending(), "{name}");
                assert_eq!(prior(operation(&mut writer), ticket, complete).kind(), kind, "{name}");
                assert_eq!(calls.take(), [start(b"abc"), Finish, Finish], "{name}: it is not executed");
                ready(operation(&mut writer)).unwrap();
                assert_eq!(calls.borrow().len(), 1, "{name}: now it is");
            }
        }
    }

    #[test]
    fn the_ticket_still_answers_after_the_report() {
        let (mut writer, _) = Driver::new().on_finish([Act::Complete(1)]).tracked();
        let ticket = in_flight(&mut writer, b"abc");
        prior(barrier(&mut writer), ticket, Some(1));
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 1);
        settled(barrier(&mut writer));
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 1);
    }

    #[test]
    fn asking_first_is_the_report() {
        for (end, ..) in ends() {
            let (mut writer, _) = Driver::new().on_finish([end]).tracked();
            let ticket = in_flight(&mut writer, b"abc");
            let _ = ready(ask(&mut writer, ticket));
            settled(barrier(&mut writer));
        }
    }

    #[test]
    fn a_complete_orphan_is_no_news() {
        let (mut writer, _) = Driver::new().tracked();
        in_flight(&mut writer, b"abc");
        settled(barrier(&mut writer));
    }

    #[test]
    fn a_foreign_ticket_does_not_count_as_the_report() {
        let (mut writer, _) = Driver::new().on_finish([Act::Os(NO_SPACE)]).tracked();
        let ticket = in_flight(&mut writer, b"abc");
        failed(ask(&mut writer, TicketSource::new().mint(3)));
        prior(barrier(&mut writer), ticket, Some(0));
    }

    #[test]
    fn an_indeterminate_orphan_is_reported_without_a_count_and_then_as_poison() {
        for end in [Act::Unknown(NO_SPACE), Act::Panic, Act::Complete(4)] {
            let (mut writer, _) = Driver::new().on_finish([end]).tracked();
            let ticket = in_flight(&mut writer, b"abc");
            prior(barrier(&mut writer), ticket, None);
            assert!(PriorWriteFailed::find(&failed(barrier(&mut writer))).is_none(), "once");
            assert!(Indeterminate::find(&failed(ask(&mut writer, ticket))).is_some(), "and still its own answer");
        }
    }

    #[test]
    fn into_inner_reports_it_and_gives_the_writer_back() {
        let (mut writer, _) = Driver::new().on_finish([Act::Complete(1)]).tracked();
        let ticket = in_flight(&mut writer, b"abc");

        let busy = writer.into_inner().unwrap_err();
        assert_eq!(busy.error().kind(), io::ErrorKind::ResourceBusy, "somebody has to drive it first");
        let mut writer = busy.into_inner();
        assert!(Superseded::find(&failed(ask(&mut writer, TicketSource::new().mint(3)))).is_some());

        prior(barrier(&mut writer), ticket, Some(1));
        assert_eq!(writer.into_inner().unwrap().taken, 3);
    }

    /// A close that waits for what is behind has carried the write to its end and told nobody yet.
    #[test]
    fn into_inner_reports_what_an_unfinished_close_has_not() {
        let (mut writer, _) = Driver::new().on_finish([Act::Complete(1)]).on_close([Act::Pending]).tracked();
        let ticket = in_flight(&mut writer, b"abc");
        assert!(close(&mut writer).is_pending());
        let (error, writer) = writer.into_inner().unwrap_err().into_parts();
        assert_eq!(PriorWriteFailed::find(&error).unwrap().ticket(), ticket);
        let (error, mut writer) = writer.into_inner().unwrap_err().into_parts();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        ready(close(&mut writer)).unwrap();
    }
}

/// Rule W10.
mod barriers {
    use super::*;

    #[test]
    fn a_barrier_settles_and_starts_nothing() {
        let (mut writer, calls) = Driver::new().on_settle([Act::Pending]).tracked();
        assert!(barrier(&mut writer).is_pending());
        settled(barrier(&mut writer));
        settled(submit_vectored(&mut writer, &[]));
        assert_eq!(calls.take(), [Settle, Settle, Settle]);
    }

    #[test]
    fn what_is_behind_may_fail_it() {
        let (mut writer, _) = Driver::new().on_settle([Act::Os(NO_SPACE)]).tracked();
        assert_eq!(failed(barrier(&mut writer)).raw_os_error(), Some(NO_SPACE));
        settled(barrier(&mut writer));
    }
}

/// Rule W12.
mod closing {
    use super::*;

    #[test]
    fn a_close_carries_the_write_on_then_closes_and_keeps_the_outcome() {
        let (mut writer, calls) =
            Driver::new().on_finish([Act::Pending]).on_close([Act::Pending, Act::Os(NO_SPACE)]).tracked();
        let ticket = in_flight(&mut writer, b"abc");
        assert!(close(&mut writer).is_pending());
        assert!(close(&mut writer).is_pending());
        for _ in 0..3 {
            assert_eq!(failed(close(&mut writer)).raw_os_error(), Some(NO_SPACE));
        }
        assert_eq!(calls.take(), [start(b"abc"), Finish, Finish, Close, Close], "never called after it was ready");
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
    }

    #[test]
    fn everything_else_is_an_error_from_the_first_poll_on() {
        let (mut writer, calls) = Driver::new().on_close([Act::Pending]).tracked();
        assert!(close(&mut writer).is_pending());
        for _ in 0..2 {
            for (name, operation) in OPERATIONS {
                assert_eq!(failed(operation(&mut writer)).kind(), io::ErrorKind::BrokenPipe, "{name}");
            }
            ready(close(&mut writer)).unwrap();
        }
        assert_eq!(calls.take(), [Close, Close]);
    }

    #[test]
    fn an_orphan_is_reported_and_the_release_happens_all_the_same() {
        for (end, complete) in [(Act::Complete(1), Some(1)), (Act::Os(NO_SPACE), Some(0)), (Act::Panic, None)] {
            // What is owed comes before what the close itself says.
            for closing in [Act::Complete(0), Act::Error(io::ErrorKind::TimedOut)] {
                let (mut writer, calls) = Driver::new().on_finish([end.clone()]).on_close([closing]).tracked();
                let ticket = in_flight(&mut writer, b"abc");
                prior(close(&mut writer), ticket, complete);
                prior(close(&mut writer), ticket, complete);
                assert_eq!(calls.take(), [start(b"abc"), Finish, Close]);
            }
        }
    }

    #[test]
    fn a_ticket_answers_while_the_close_is_under_way() {
        let (mut writer, _) = Driver::new().on_finish([Act::Pending, Act::Complete(1)]).tracked();
        let ticket = in_flight(&mut writer, b"abc");
        assert!(close(&mut writer).is_pending());
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 1, "which is the report");
        ready(close(&mut writer)).unwrap();
    }

    #[test]
    fn a_poisoned_writer_is_closed_and_says_why() {
        let (mut writer, calls) = Driver::new().on_start([Act::Panic]).tracked();
        failed(submit(&mut writer, b"abc"));
        for _ in 0..2 {
            assert!(failed(close(&mut writer)).to_string().contains("panicked: scripted"));
        }
        assert_eq!(calls.take(), [start(b"abc"), Close]);
    }
}

/// Rule W13, and what else a driver can do.
mod drivers_that_break_things {
    use super::*;

    /// Asserts that nothing reaches the driver any more but one close.
    #[track_caller]
    fn is_poisoned(mut writer: Tracked<Driver>, calls: &Calls) {
        calls.take();
        for (name, operation) in OPERATIONS.iter().chain(&OPERATIONS) {
            assert!(Indeterminate::find(&failed(operation(&mut writer))).is_none(), "{name}: of itself it is known");
        }
        let error = writer.into_inner().unwrap_err();
        let mut writer = error.into_inner();
        assert_eq!(calls.take(), [], "it is not called");
        failed(close(&mut writer));
        failed(close(&mut writer));
        assert_eq!(calls.take(), [Close]);
    }

    #[test]
    fn a_start_of_which_nobody_knows_what_it_did() {
        for act in [Act::Panic, Act::Unknown(NO_SPACE), Act::Complete(4), Act::Take(4), Act::Take(usize::MAX)] {
            for list in [false, true] {
                let (mut writer, calls) = Driver::new().on_start([act.clone()]).tracked();
                let submitted =
                    if list { submit_vectored(&mut writer, &[b"a", b"bc"]) } else { submit(&mut writer, b"abc") };
                assert!(Indeterminate::find(&failed(submitted)).is_some(), "{act:?}");
                is_poisoned(writer, &calls);
            }
        }
    }

    #[test]
    fn a_finish_of_which_nobody_knows_what_it_did() {
        for act in [Act::Panic, Act::Unknown(NO_SPACE), Act::Complete(4), Act::Complete(usize::MAX)] {
            let (mut writer, calls) = Driver::new().on_finish([act.clone()]).tracked();
            let ticket = in_flight(&mut writer, b"abc");
            assert!(Indeterminate::find(&failed(ask(&mut writer, ticket))).is_some(), "{act:?}");
            is_poisoned(writer, &calls);
        }
    }

    /// The bound is what was taken, not what was offered.
    #[test]
    fn a_finish_of_more_than_was_taken() {
        let (mut writer, _) = Driver::new().on_start([Act::Take(2)]).on_finish([Act::Complete(3)]).tracked();
        let Poll::Ready(Ok(Submitted::InFlight(ticket))) = submit(&mut writer, b"abc") else { panic!("not in flight") };
        let error = failed(ask(&mut writer, ticket));
        assert_eq!(Indeterminate::find(&error).unwrap().reason().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_settle_that_panics() {
        let (mut writer, calls) = Driver::new().on_settle([Act::Panic]).tracked();
        assert!(Indeterminate::find(&failed(barrier(&mut writer))).is_some());
        is_poisoned(writer, &calls);
    }

    #[test]
    fn a_close_that_panics() {
        let (mut writer, calls) = Driver::new().on_close([Act::Panic]).tracked();
        for _ in 0..2 {
            assert!(Indeterminate::find(&failed(close(&mut writer))).is_some());
        }
        for (name, operation) in OPERATIONS {
            assert_eq!(failed(operation(&mut writer)).kind(), io::ErrorKind::BrokenPipe, "{name}");
        }
        assert_eq!(calls.take(), [Close]);
    }

    #[test]
    fn interrupts_are_tried_again() {
        let interrupt = Act::Error(io::ErrorKind::Interrupted);
        let (mut writer, calls) = Driver::new()
            .on_start([interrupt.clone()])
            .on_finish([interrupt.clone(), interrupt.clone()])
            .on_settle([interrupt.clone()])
            .on_close([interrupt])
            .tracked();
        let ticket = in_flight(&mut writer, b"abc");
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
        settled(barrier(&mut writer));
        ready(close(&mut writer)).unwrap();
        let expected = [start(b"abc"), start(b"abc"), Finish, Finish, Finish, Settle, Settle, Close, Close];
        assert_eq!(calls.take(), expected);
    }

    #[test]
    fn blocking_is_told_as_something_else() {
        let would_block = Act::Error(io::ErrorKind::WouldBlock);
        let (mut writer, _) = Driver::new()
            .on_start([would_block.clone()])
            .on_finish([would_block.clone()])
            .on_close([would_block])
            .tracked();
        assert_eq!(failed(submit(&mut writer, b"abc")).kind(), io::ErrorKind::Unsupported);
        let ticket = in_flight(&mut writer, b"abc");
        assert_eq!(failed(ask(&mut writer, ticket)).kind(), io::ErrorKind::Unsupported);
        assert_eq!(failed(close(&mut writer)).kind(), io::ErrorKind::Unsupported);
    }

    /// EINTR and EAGAIN as the cause of an unknown effect: it stays unknown, and is not tried again.
    #[cfg(unix)]
    #[test]
    fn what_is_indeterminate_stays_so_whatever_its_cause() {
        for code in [4, 11] {
            let (mut writer, calls) = Driver::new().on_finish([Act::Unknown(code)]).tracked();
            let ticket = in_flight(&mut writer, b"abc");
            let answer = ask(&mut writer, ticket);
            assert_eq!(*calls.borrow(), [start(b"abc"), Finish], "tried again after code {code}");
            let error = failed(answer);
            assert!(Indeterminate::find(&error).is_some(), "code {code}: {error:?}");
            assert!(!matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock), "{error:?}");
            is_poisoned(writer, &calls);
        }
    }
}

/// Rule W11.
mod wakers {
    use super::*;

    #[test]
    fn the_driver_wakes_the_task_that_polled() {
        let (mut writer, _) = Driver::new().on_finish([Act::Turn, Act::Turn]).tracked();
        let ticket = in_flight(&mut writer, b"abc");
        let (first, second) = (Task::new(), Task::new());
        assert!(first.poll(|cx| Pin::new(&mut writer).poll_write_complete(cx, ticket)).is_pending());
        assert!(second.poll(|cx| Pin::new(&mut writer).poll_write_complete(cx, ticket)).is_pending());
        assert_eq!((first.wakes(), second.wakes()), (1, 1));
        assert_eq!(first.held(), 0, "let go of when another task came");
    }

    /// A driver that keeps the waker for later.
    #[test]
    fn a_waker_that_the_driver_keeps_wakes_the_last_task() {
        struct Keeps(Rc<RefCell<Option<std::task::Waker>>>);

        impl DriveWrite for Keeps {
            fn poll_start(&mut self, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
                Poll::Ready(Ok(Started::Taken(buf.len())))
            }

            fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
                *self.0.borrow_mut() = Some(cx.waker().clone());
                Poll::Pending
            }

            fn poll_settle(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }
        }

        let kept = Rc::new(RefCell::new(None));
        let mut writer = Tracked::new(Keeps(kept.clone()));
        let ticket = in_flight(&mut writer, b"abc");
        let (first, second) = (Task::new(), Task::new());
        for task in [&first, &second, &second] {
            assert!(task.poll(|cx| Pin::new(&mut writer).poll_write_complete(cx, ticket)).is_pending());
        }
        kept.take().unwrap().wake();
        assert_eq!((first.wakes(), second.wakes()), (0, 1));
    }

    /// A panicking waker harms only its own task: the poll may panic, the writer may not take it for its driver's.
    #[test]
    fn a_waker_that_panics_does_not_poison() {
        let (mut writer, _) = Driver::new().on_finish([Act::Turn]).tracked();
        let ticket = in_flight(&mut writer, b"abc");
        let waker = panics_in_wake();
        let _ = catch_unwind(AssertUnwindSafe(|| {
            poll_with(&waker, |cx| Pin::new(&mut writer).poll_write_complete(cx, ticket))
        }));
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
        settled(barrier(&mut writer));
    }

    #[test]
    fn a_waker_that_panics_does_not_poison_at_a_start_or_a_close() {
        let (mut writer, _) =
            Driver::new().on_start([Act::Turn]).on_settle([Act::Turn]).on_close([Act::Turn]).tracked();
        let waker = panics_in_wake();
        let _ = catch_unwind(AssertUnwindSafe(|| {
            poll_with(&waker, |cx| Pin::new(&mut writer).poll_write_submit(cx, b"abc"))
        }));
        let _ =
            catch_unwind(AssertUnwindSafe(|| poll_with(&waker, |cx| Pin::new(&mut writer).poll_write_submit(cx, b""))));
        let ticket = in_flight(&mut writer, b"abc");
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
        let _ =
            catch_unwind(AssertUnwindSafe(|| poll_with(&waker, |cx| Pin::new(&mut writer).poll_close_complete(cx))));
        ready(close(&mut writer)).unwrap();
    }

    #[test]
    fn a_waker_that_panics_in_its_drop_does_not_poison() {
        let (mut writer, _) = Driver::new().on_finish([Act::Pending]).tracked();
        let ticket = in_flight(&mut writer, b"abc");
        {
            let waker = panics_in_drop();
            assert!(poll_with(&waker, |cx| Pin::new(&mut writer).poll_write_complete(cx, ticket)).is_pending());
            // The writer has the last clone from here on.
        }
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
        settled(barrier(&mut writer));
    }
}

/// A transform of the bytes, so that counts differ inside and outside: two digits for a byte, by as many inner writes as it
/// takes.
#[derive(Debug)]
struct Hex<W> {
    inner: W,
    digits: Vec<u8>,
    /// How many of the digits are complete.
    complete: usize,
    ticket: Option<Ticket>,
}

impl<W> Hex<W> {
    /// How many bytes one submission takes at most.
    const MAX: usize = 8;

    fn over(inner: W) -> Tracked<Self> {
        Tracked::new(Self { inner, digits: Vec::new(), complete: 0, ticket: None })
    }

    /// What an inner write that ended early means for the caller's bytes.
    fn ended_early(&self, error: Option<io::Error>) -> io::Result<usize> {
        let error = error.unwrap_or_else(|| io::ErrorKind::WriteZero.into());
        match (self.complete, Indeterminate::find(&error)) {
            (_, Some(_)) => Err(error),
            (0, _) => Err(error),
            (digits, _) if digits % 2 == 0 => Ok(digits / 2),
            _ => Err(Indeterminate::new(error).into()),
        }
    }
}

impl<W: AsyncWriteComplete + Unpin> DriveWrite for Hex<W> {
    fn poll_start(&mut self, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        let taken = &buf[..buf.len().min(Self::MAX)];
        self.digits = taken.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect();
        self.complete = 0;
        Poll::Ready(Ok(Started::Taken(taken.len())))
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        while self.complete < self.digits.len() {
            let answer = match self.ticket {
                Some(ticket) => {
                    let answer = ready_or_pending!(Pin::new(&mut self.inner).poll_write_complete(cx, ticket));
                    self.ticket = None;
                    answer
                }
                None => {
                    let rest = &self.digits[self.complete..];
                    let submitted = ready_or_pending!(Pin::new(&mut self.inner).poll_write_submit(cx, rest));
                    self.ticket = submitted.as_ref().ok().and_then(Submitted::ticket);
                    if self.ticket.is_some() {
                        continue;
                    }
                    submitted.map(|submitted| submitted.len())
                }
            };
            match answer {
                Ok(0) => return Poll::Ready(self.ended_early(None)),
                Ok(n) => self.complete += n,
                Err(error) => return Poll::Ready(self.ended_early(Some(error))),
            }
        }
        Poll::Ready(Ok(self.digits.len() / 2))
    }

    fn poll_settle(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_write_submit(cx, &[]).map_ok(drop)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close_complete(cx)
    }
}

mod a_transform {
    use async_write_complete::Offload;

    use super::*;

    type HexOffload = Tracked<Hex<Offload<Scripted, Stepped>>>;

    fn hex(outcomes: impl IntoIterator<Item = Outcome>) -> (HexOffload, Stepped, Observer) {
        let (inner, pool, observer) = steps::offload(Scripted::script(outcomes));
        (Hex::over(inner), pool, observer)
    }

    /// Polls `operation` until it is ready; the pool runs a job each time it is not.
    #[track_caller]
    fn run<R>(pool: &Stepped, mut operation: impl FnMut() -> Poll<R>) -> R {
        loop {
            match operation() {
                Poll::Ready(answer) => return answer,
                Poll::Pending => assert!(pool.run_one(), "it waits for nothing"),
            }
        }
    }

    #[test]
    fn counts_speak_of_the_callers_bytes() {
        let (mut writer, pool, observer) = hex([Outcome::Short(3), Outcome::Error(io::ErrorKind::Interrupted)]);
        let ticket = in_flight(&mut writer, b"\x01\xab\xff");
        assert_eq!(run(&pool, || ask(&mut writer, ticket)).unwrap(), 3);
        assert_eq!((observer.bytes(), observer.writes()), (b"01abff".to_vec(), vec![6, 3, 3]));
    }

    #[test]
    fn an_orphan_is_carried_to_its_end_by_whatever_comes() {
        for by_close in [false, true] {
            let (mut writer, pool, observer) = hex([Outcome::Short(1), Outcome::Short(1)]);
            in_flight(&mut writer, b"\x01\xab");
            if by_close {
                run(&pool, || close(&mut writer)).unwrap();
                assert_eq!(observer.drops(), 1);
            } else {
                assert_eq!(run(&pool, || barrier(&mut writer)).unwrap(), Submitted::Complete(0));
            }
            assert_eq!((observer.bytes(), observer.writes()), (b"01ab".to_vec(), vec![4, 3, 2]));
        }
    }

    #[test]
    fn a_definite_end_inside_is_a_definite_one_outside() {
        let (mut writer, pool, observer) = hex([Outcome::Short(4), Outcome::Os(NO_SPACE), Outcome::Os(NO_SPACE)]);
        let ticket = in_flight(&mut writer, b"\x01\xab\xff");
        assert_eq!(run(&pool, || ask(&mut writer, ticket)).unwrap(), 2, "a short count now");
        let ticket = in_flight(&mut writer, b"\xff");
        let error = run(&pool, || ask(&mut writer, ticket)).unwrap_err();
        assert_eq!(raw_os_error(&error), Some(NO_SPACE), "the error, as it stays, meets the next one");
        let ticket = in_flight(&mut writer, b"\xff");
        assert_eq!(run(&pool, || ask(&mut writer, ticket)).unwrap(), 1);
        assert_eq!(observer.bytes(), b"01abff");
    }

    #[test]
    fn half_a_byte_is_indeterminate() {
        let (mut writer, pool, observer) = hex([Outcome::Short(3), Outcome::Os(NO_SPACE)]);
        let ticket = in_flight(&mut writer, b"\x01\xab\xff");
        let error = run(&pool, || ask(&mut writer, ticket)).unwrap_err();
        assert!(Indeterminate::find(&error).is_some());
        assert_eq!((error.kind(), raw_os_error(&error)), (io::ErrorKind::StorageFull, Some(NO_SPACE)));
        failed(submit(&mut writer, b"\xff"));
        assert_eq!((observer.bytes(), observer.writes()), (b"01a".to_vec(), vec![6, 3]));
    }

    #[test]
    fn an_orphan_of_the_transform_is_reported_in_its_own_count() {
        let (mut writer, pool, _) = hex([Outcome::Short(2), Outcome::Zero]);
        let ticket = in_flight(&mut writer, b"\x01\xab\xff");
        let error = run(&pool, || submit(&mut writer, b"later")).unwrap_err();
        let prior = PriorWriteFailed::find(&error).unwrap();
        assert_eq!((prior.ticket(), prior.complete()), (ticket, Some(1)));
        assert_eq!(run(&pool, || barrier(&mut writer)).unwrap(), Submitted::Complete(0));
    }

    /// The inner ticket is the driver's own; nobody else's is answered by way of the wrapper.
    #[test]
    fn tickets_of_the_two_levels_are_not_confused() {
        let (mut writer, pool, _) = hex([]);
        let ticket = in_flight(&mut writer, b"\x01");
        assert!(ask(&mut writer, ticket).is_pending());
        let inner = writer.get_ref().ticket.unwrap();
        assert_ne!(inner, ticket);
        assert!(Superseded::find(&failed(ask(&mut writer, inner))).is_some());
        assert_eq!(run(&pool, || ask(&mut writer, ticket)).unwrap(), 1);
    }

    #[test]
    fn a_panicking_destination_is_indeterminate_outside_too() {
        let (mut writer, pool, _) = hex([Outcome::Panic]);
        let ticket = in_flight(&mut writer, b"\x01");
        assert!(Indeterminate::find(&run(&pool, || ask(&mut writer, ticket)).unwrap_err()).is_some());
        failed(barrier(&mut writer));
        failed(close(&mut writer));
    }

    #[test]
    fn a_held_write_survives_drops_through_it() {
        let (mut writer, pool, observer) = hex(interrupted(1).chain([Outcome::Short(1), Outcome::Short(5)]));
        let bytes: Vec<u8> = (0..50).collect();
        let mut held = HeldWrite::new(&bytes);
        let mut drops = 0;
        while poll_future(&mut writer.resume_write_all(&mut held)).map(Result::unwrap).is_pending() {
            assert!(pool.run_one());
            drops += 1;
        }
        let expected: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(observer.bytes(), expected.as_bytes());
        assert_eq!(drops, 9, "seven submissions, one of them in three parts");
    }

    /// Two transforms, one on the other.
    #[test]
    fn it_stacks() {
        let mut writer = Hex::over(Hex::over(Vec::new()));
        let ticket = in_flight(&mut writer, b"\x01\xab");
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 2);
        assert_eq!(writer.get_ref().inner.get_ref().inner, b"30316162");
    }

    /// Dropped before its write is complete, the tail is torn: nobody drives it any more (rule W3).
    #[test]
    fn dropped_it_drives_no_more() {
        let (mut writer, pool, observer) = hex([Outcome::Short(1)]);
        let ticket = in_flight(&mut writer, b"\x01\xab");
        assert!(ask(&mut writer, ticket).is_pending());
        drop(writer);
        assert_eq!(pool.run_all(), 1);
        assert_eq!((observer.bytes(), observer.drops()), (b"0".to_vec(), 1));
    }
}
