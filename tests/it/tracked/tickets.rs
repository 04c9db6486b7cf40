//! Rule W4.

use super::*;

#[test]
fn a_count_is_answered_any_number_of_times() {
    let (mut writer, calls) = Driver::new().on_finish([Act::Complete(2)]).tracked();
    let ticket = in_flight(&mut writer, b"abc");
    for _ in 0..3 {
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 2);
    }
    assert_eq!(ready(submit_nothing(&mut writer)).unwrap(), Submitted::Complete(0));
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 2, "no bytes do not supersede it");
    assert_eq!(calls.take(), [start(b"abc"), Finish], "the driver is asked once");
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
    refused(submit(&mut writer, b"def"), ticket);
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
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
            unknown(ask(&mut writer, ticket), ticket);
        }
    }
}

#[test]
fn a_foreign_ticket_is_unknown_and_drives_nothing() {
    let (mut writer, calls) = Driver::new().tracked();
    let foreign = TicketSource::new().mint(3);
    unknown(ask(&mut writer, foreign), foreign);
    let ticket = in_flight(&mut writer, b"abc");
    unknown(ask(&mut writer, foreign), foreign);
    assert_eq!(calls.take(), [start(b"abc")]);
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
}
