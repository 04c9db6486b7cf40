//! Rule W12.

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
