//! Rule W5: nothing more is started until the last write is answered.

use super::*;

/// How a write of three bytes may end, how many are complete, and what a close tells of it.
fn ends() -> [(Act, Result<usize, io::ErrorKind>); 5] {
    [
        (Act::Complete(3), Ok(3)),
        (Act::Complete(1), Ok(1)),
        (Act::Complete(0), Ok(0)),
        (Act::Os(NO_SPACE), Err(io::ErrorKind::StorageFull)),
        (Act::Error(io::ErrorKind::BrokenPipe), Err(io::ErrorKind::BrokenPipe)),
    ]
}

#[test]
fn submissions_are_refused_and_carry_nothing_on() {
    for (name, operation) in OPERATIONS {
        for (end, answer) in ends() {
            let (mut writer, calls) = Driver::new().on_finish([Act::Pending, end]).tracked();
            let ticket = in_flight(&mut writer, b"abc");
            for _ in 0..3 {
                refused(operation(&mut writer), ticket);
            }
            assert!(ask(&mut writer, ticket).is_pending());
            refused(operation(&mut writer), ticket);
            assert_eq!(calls.take(), [start(b"abc"), Finish], "{name}: only who asks carries it on");
            assert_eq!(ready(ask(&mut writer, ticket)).map_err(|error| error.kind()), answer, "{name}");
            assert_eq!(writer.outstanding(), None);
            ready(operation(&mut writer)).unwrap();
            assert_eq!(calls.borrow().len(), 2, "{name}: now it is executed");
        }
    }
}

#[test]
fn a_settle_carries_it_on() {
    for (end, answer) in ends() {
        let (mut writer, calls) = Driver::new().on_finish([Act::Pending, end]).tracked();
        let ticket = in_flight(&mut writer, b"abc");
        assert!(settle(&mut writer).is_pending());
        match (ready(settle(&mut writer)), answer) {
            (Ok(Some(settled)), Ok(n)) => {
                assert_eq!((settled.ticket(), settled.submitted(), settled.completed()), (ticket, 3, n));
            }
            (Err(error), Err(kind)) => assert_eq!(error.kind(), kind),
            other => panic!("{other:?}"),
        }
        assert!(ready(settle(&mut writer)).unwrap().is_none());
        assert_eq!(calls.take(), [start(b"abc"), Finish, Finish]);
    }
}

#[test]
fn a_foreign_ticket_is_no_answer() {
    let (mut writer, calls) = Driver::new().on_finish([Act::Os(NO_SPACE)]).tracked();
    let ticket = in_flight(&mut writer, b"abc");
    let foreign = TicketSource::new().mint(3);
    unknown(ask(&mut writer, foreign), foreign);
    refused(submit(&mut writer, b"later"), ticket);
    assert_eq!(calls.take(), [start(b"abc")]);
    failed(ask(&mut writer, ticket));
}

#[test]
fn an_indeterminate_one_is_outstanding_and_then_the_reason_of_all_that_follows() {
    for end in [Act::Unknown(NO_SPACE), Act::Panic, Act::Complete(4)] {
        let (mut writer, calls) = Driver::new().on_finish([end]).tracked();
        let ticket = in_flight(&mut writer, b"abc");
        refused(submit(&mut writer, b"later"), ticket);
        assert!(Indeterminate::find(&failed(ask(&mut writer, ticket))).is_some());
        for (name, operation) in OPERATIONS {
            assert!(Indeterminate::find(&failed(operation(&mut writer))).is_some(), "{name}");
        }
        assert_eq!(calls.take(), [start(b"abc"), Finish]);
        assert!(Indeterminate::find(&failed(ask(&mut writer, ticket))).is_some(), "and still its own answer");
    }
}

#[test]
fn into_inner_is_refused_and_gives_the_writer_back() {
    let (mut writer, _) = Driver::new().on_finish([Act::Complete(1)]).tracked();
    let ticket = in_flight(&mut writer, b"abc");
    let refusal = writer.into_inner().unwrap_err();
    assert_eq!(WriteOutstanding::find(refusal.error()).unwrap().ticket(), ticket);
    let mut writer = refusal.into_inner();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 1);
    assert_eq!(writer.into_inner().unwrap().taken, 3);
}

/// A close that waits for what is behind has carried the write to its end and told nobody yet.
#[test]
fn a_close_that_is_not_over_has_told_nobody() {
    let (mut writer, _) = Driver::new().on_finish([Act::Complete(1)]).on_close([Act::Pending]).tracked();
    let ticket = in_flight(&mut writer, b"abc");
    assert!(close(&mut writer).is_pending());
    assert_eq!(writer.outstanding(), Some(ticket));
    let (error, mut writer) = writer.into_inner().unwrap_err().into_parts();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    assert_eq!(failed(close(&mut writer)).kind(), io::ErrorKind::WriteZero);
    assert_eq!(writer.outstanding(), None);
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 1);
}
