//! What the table of states does not show: what a result comes to, and what is beside the last write.

use std::io;

use super::*;
use crate::{
    Indeterminate, TicketSource,
    offload::{
        buffer::Buffer,
        events::Submission,
        operation::{Operation, Payload, Report},
        sync::SyncKind,
    },
};

type Bytes = Vec<u8>;

/// What `Shared` does when the pool has dropped the worker.
fn refuse(machine: &mut Machine<Bytes>) -> Next<Bytes> {
    let Next::Run(destination, operation) = machine.take() else { panic!("it was posted") };
    machine.finish(destination, operation.not_run())
}

fn just_drop(_: Bytes) -> io::Result<()> {
    Ok(())
}

fn error(kind: io::ErrorKind) -> RepeatableError {
    RepeatableError::new(kind.into())
}

fn unknown() -> RepeatableError {
    RepeatableError::new(Indeterminate::new(io::Error::other("unknown")).into())
}

fn a_write() -> Operation<Bytes> {
    let submission = Submission::new(TicketSource::new().mint(1));
    Operation::Write(|_, bytes| Ok(bytes.len()), Payload::Copied(Buffer::new()), submission)
}

fn a_call() -> Operation<Bytes> {
    Operation::Call(Box::new(|_| Ok(Report::Other)))
}

/// A machine whose worker has a write of five bytes.
fn writing() -> (Machine<Bytes>, Ticket) {
    let mut machine = Machine::new(Bytes::new());
    let ticket = TicketSource::new().mint(5);
    machine.post(a_write(), Some(ticket));
    assert!(matches!(machine.take(), Next::Run(..)));
    (machine, ticket)
}

/// `Ok`, or the kind of the error.
fn kind<R>(result: io::Result<R>) -> Result<(), io::ErrorKind> {
    result.map(drop).map_err(|error| error.kind())
}

fn outcome(machine: &mut Machine<Bytes>) -> Result<(), io::ErrorKind> {
    match machine.close(just_drop) {
        Close::Answer(outcome) => kind(outcome),
        other => panic!("it is closed: {other:?}"),
    }
}

/// A result that was not answered comes before the outcome of the release; one that was answered is not reported again.
#[test]
fn what_a_close_reports() {
    use io::ErrorKind::{Other, StorageFull, TimedOut, WriteZero};

    type Written = fn() -> Result<usize, RepeatableError>;
    type Outcome = Result<(), io::ErrorKind>;
    let rows: [(Written, bool, Outcome, Outcome); 8] = [
        (|| Ok(5), false, Ok(()), Err(TimedOut)),
        (|| Ok(5), true, Ok(()), Err(TimedOut)),
        (|| Ok(3), false, Err(WriteZero), Err(WriteZero)),
        (|| Ok(3), true, Ok(()), Err(TimedOut)),
        (|| Ok(0), false, Err(WriteZero), Err(WriteZero)),
        (|| Err(error(StorageFull)), false, Err(StorageFull), Err(StorageFull)),
        (|| Err(error(StorageFull)), true, Ok(()), Err(TimedOut)),
        (|| Err(error(Other)), false, Err(Other), Err(Other)),
    ];
    for (written, answered, after_good, after_bad) in rows {
        for (released, expected) in [(Ok(()), after_good), (Err(TimedOut), after_bad)] {
            let (mut machine, ticket) = writing();
            let Next::Pending = machine.finish(Bytes::new(), Report::Write(written())) else { panic!("no close yet") };
            if answered {
                assert!(machine.poll_answer(ticket).is_ready());
            }
            assert!(matches!(machine.close(just_drop), Close::Posted));
            assert!(matches!(machine.take(), Next::Release(..)));
            machine.released(released.map_err(error));
            assert_eq!(outcome(&mut machine), expected);
            assert_eq!(outcome(&mut machine), expected, "the first outcome again");
            assert_eq!(machine.outstanding(), None);
            let Poll::Ready(answer) = machine.poll_answer(ticket) else { panic!("it has ended") };
            assert_eq!(kind(answer), kind(written().map_err(|mut error| error.give())), "its ticket still answers");
        }
    }
}

/// The worker that has made the write also makes the release.
#[test]
fn what_a_close_over_a_write_reports() {
    let (mut machine, _) = writing();
    assert!(matches!(machine.close(just_drop), Close::Wait));
    assert!(matches!(machine.finish(Bytes::new(), Report::Write(Ok(3))), Next::Release(..)));
    machine.released(Ok(()));
    assert_eq!(outcome(&mut machine), Err(io::ErrorKind::WriteZero));

    let (mut machine, ticket) = writing();
    assert!(matches!(machine.close(just_drop), Close::Wait));
    machine.poison(unknown());
    for reported in [machine.poll_answer(ticket).map_ok(drop), Poll::Ready(machine.close(just_drop).outcome())] {
        let Poll::Ready(Err(reported)) = reported else { panic!("{reported:?}") };
        assert!(Indeterminate::find(&reported).is_some());
    }
}

impl Close {
    fn outcome(self) -> io::Result<()> {
        match self {
            Self::Answer(outcome) => outcome,
            Self::Posted | Self::Wait => panic!("it is closed"),
        }
    }
}

/// The first close or drop decides how the destination is released.
#[test]
fn one_release() {
    fn by_the_first(_: Bytes) -> io::Result<()> {
        Err(io::ErrorKind::TimedOut.into())
    }
    let (mut machine, _) = writing();
    assert!(matches!(machine.close(by_the_first), Close::Wait));
    assert!(matches!(machine.close(just_drop), Close::Wait));
    assert!(machine.abandon(just_drop).is_none());
    let Next::Release(destination, release) = machine.finish(Bytes::new(), Report::Write(Ok(5))) else {
        panic!("a release was requested")
    };
    assert_eq!(kind(release(destination)), Err(io::ErrorKind::TimedOut));
}

/// An operation of any kind is answered, and the destination is kept.
#[test]
fn an_operation_that_never_ran() {
    let not_run = |error: io::Error| assert_eq!(error.kind(), io::ErrorKind::Other);
    let refused = |operation, ticket| {
        let mut machine = Machine::new(Bytes::new());
        machine.post(operation, ticket);
        assert!(matches!(refuse(&mut machine), Next::Pending));
        assert!(machine.has_ended());
        assert!(matches!(machine.place, Place::Idle(_)));
        machine
    };

    let ticket = TicketSource::new().mint(5);
    let Poll::Ready(Err(error)) = refused(a_write(), Some(ticket)).poll_answer(ticket) else { panic!("not run") };
    not_run(error);

    let mut machine = refused(Operation::Read(|_, _| Ok(0), Buffer::new()), None);
    not_run(machine.cursor.answer_read(&mut [0]).expect("it has ended").unwrap_err());

    let mut machine = Machine::new(Bytes::new());
    let to = machine.cursor.begin_seek(io::SeekFrom::Start(0));
    machine.post(Operation::Seek(|_, _| Ok(0), to), None);
    assert!(matches!(refuse(&mut machine), Next::Pending));
    not_run(machine.cursor.take_seek_result(to).expect("it has ended").unwrap_err());

    let mut machine = Machine::new(Bytes::new());
    let mut fetched = Buffer::new();
    fetched.make_room(1);
    machine.cursor.fetched(fetched, Ok(1));
    machine.post(Operation::SeekBack(|_, _| Ok(true), 1), None);
    assert!(matches!(refuse(&mut machine), Next::Pending));
    assert!(matches!(machine.poll_begin(Side::Read), Poll::Ready(Ok(()))), "a read has nothing to do with it");
    let Poll::Ready(Err(error)) = machine.poll_begin(Side::Write) else { panic!("it is reported to the write") };
    not_run(error);
    assert!(matches!(machine.poll_begin(Side::Write), Poll::Ready(Ok(()))), "once");

    let mut machine = Machine::new(Bytes::new());
    machine.syncs.begin(SyncKind::All);
    machine.post(Operation::Sync(|_| Ok(())), None);
    assert!(matches!(refuse(&mut machine), Next::Pending));
    not_run(machine.syncs.take(SyncKind::All).expect("it has ended").unwrap_err());
    assert!(machine.syncs.take(SyncKind::All).is_none(), "the next one is made");

    not_run(refused(a_call(), None).why_no_reply());
}

/// The failure is reported to every sync, and writes go on.
#[test]
fn a_failed_sync_is_never_forgotten() {
    let mut machine = Machine::new(Bytes::new());
    assert!(machine.syncs.take(SyncKind::Data).is_none());
    machine.post(a_call(), None);
    assert!(matches!(machine.take(), Next::Run(..)));
    let failed = Report::Sync(Err(RepeatableError::new(io::Error::from_raw_os_error(5))));
    assert!(matches!(machine.finish(Bytes::new(), failed), Next::Pending));
    for _ in 0..3 {
        assert_eq!(machine.syncs.take(SyncKind::Data).unwrap().unwrap_err().raw_os_error(), Some(5));
    }
    assert!(matches!(machine.poll_begin(Side::Write), Poll::Ready(Ok(()))));
}

/// What [`abandoned`](crate::offload::abandoned()) counts: the failure of an operation whose `Offload` was dropped over
/// it, so that it could not be reported.
#[test]
fn what_counts_as_failed() {
    fn finish(machine: &mut Machine<Bytes>, report: Report) -> Next<Bytes> {
        assert!(matches!(machine.take(), Next::Run(..)));
        machine.finish(Bytes::new(), report)
    }

    fn poison(machine: &mut Machine<Bytes>) -> Next<Bytes> {
        assert!(matches!(machine.take(), Next::Run(..)));
        machine.poison(unknown());
        Next::Done
    }

    type Operate = fn(&mut Machine<Bytes>) -> Next<Bytes>;
    let rows: [(&str, Operate, bool); 9] = [
        ("a write", |m| finish(m, Report::Write(Ok(5))), false),
        ("a short write", |m| finish(m, Report::Write(Ok(3))), true),
        ("a failed write", |m| finish(m, Report::Write(Err(error(io::ErrorKind::StorageFull)))), true),
        ("a write of unknown effect", poison, true),
        ("a write that never ran", refuse, true),
        ("a call", |m| finish(m, Report::Other), false),
        ("a sync that failed", |m| finish(m, Report::Sync(Err(error(io::ErrorKind::StorageFull)))), true),
        ("a call of unknown effect", poison, true),
        ("a call that never ran", refuse, false),
    ];
    for (what, operate, has_failed) in rows {
        let mut machine = Machine::new(Bytes::new());
        if what.contains("write") {
            machine.post(a_write(), Some(TicketSource::new().mint(5)));
        } else {
            machine.post(a_call(), None);
        }
        assert!(machine.abandon(just_drop).is_none());
        if let Next::Release(..) = operate(&mut machine) {
            machine.released(Ok(()));
        }
        assert_eq!(machine.take_unreported_failures(), u64::from(has_failed), "{what}");
        assert_eq!(machine.take_unreported_failures(), 0, "{what}: once");
    }
}

/// A sync that failed before the drop counts unless that was reported.
#[test]
fn a_sync_that_failed_before() {
    for is_reported in [true, false] {
        let mut machine = Machine::new(Bytes::new());
        machine.post(a_call(), None);
        assert!(matches!(machine.take(), Next::Run(..)));
        let failed = Report::Sync(Err(error(io::ErrorKind::StorageFull)));
        assert!(matches!(machine.finish(Bytes::new(), failed), Next::Pending));
        if is_reported {
            assert!(machine.syncs.take(SyncKind::Data).is_some_and(|answer| answer.is_err()));
        }
        machine.post(a_call(), None);
        assert!(machine.abandon(just_drop).is_none());
        assert!(matches!(machine.take(), Next::Run(..)));
        assert!(matches!(machine.finish(Bytes::new(), Report::Other), Next::Release(..)));
        machine.released(Ok(()));
        assert_eq!(machine.take_unreported_failures(), u64::from(!is_reported));
    }
}

/// A close or an operation that poisoned counts unless that was reported.
#[test]
fn a_release_or_an_operation_that_failed_before() {
    for is_reported in [true, false] {
        let mut machine = Machine::new(Bytes::new());
        assert!(matches!(machine.close(just_drop), Close::Posted));
        assert!(matches!(machine.take(), Next::Release(..)));
        machine.released(Err(error(io::ErrorKind::StorageFull)));
        if is_reported {
            assert!(outcome(&mut machine).is_err());
        }
        assert!(machine.abandon(just_drop).is_none());
        assert_eq!(machine.take_unreported_failures(), u64::from(!is_reported), "a close");

        let mut machine = Machine::new(Bytes::new());
        machine.post(a_call(), None);
        assert!(matches!(machine.take(), Next::Run(..)));
        machine.poison(unknown());
        if is_reported {
            machine.why_no_reply();
        }
        assert!(machine.abandon(just_drop).is_none());
        assert_eq!(machine.take_unreported_failures(), u64::from(!is_reported), "a call");

        let (mut machine, ticket) = writing();
        machine.poison(unknown());
        if is_reported {
            assert!(machine.poll_answer(ticket).is_ready());
        }
        assert!(machine.abandon(just_drop).is_none());
        assert_eq!(machine.take_unreported_failures(), u64::from(!is_reported), "a write");
    }
}
