//! Rule W9.

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
