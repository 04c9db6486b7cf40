//! Rule W9.

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
fn what_was_not_answered_is_told_and_the_release_happens_all_the_same() {
    let ends = [
        (Act::Complete(1), io::ErrorKind::WriteZero),
        (Act::Os(NO_SPACE), io::ErrorKind::StorageFull),
        (Act::Panic, io::ErrorKind::Other),
    ];
    for (end, kind) in ends {
        // It comes before what the close itself says.
        for closing in [Act::Complete(0), Act::Error(io::ErrorKind::TimedOut)] {
            let (mut writer, calls) = Driver::new().on_finish([end.clone()]).on_close([closing]).tracked();
            let ticket = in_flight(&mut writer, b"abc");
            let text = failed(close(&mut writer)).to_string();
            assert_eq!(writer.outstanding(), None, "it counts as told");
            for _ in 0..3 {
                let again = failed(close(&mut writer));
                assert_eq!((again.kind(), again.to_string()), (kind, text.clone()));
            }
            assert!(ask(&mut writer, ticket).is_ready());
            assert_eq!(calls.take(), [start(b"abc"), Finish, Close]);
        }
    }
}

#[test]
fn a_ticket_answers_while_the_close_is_under_way() {
    let (mut writer, _) = Driver::new().on_finish([Act::Pending, Act::Complete(1)]).tracked();
    let ticket = in_flight(&mut writer, b"abc");
    assert!(close(&mut writer).is_pending());
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 1, "so the close has nothing to tell");
    ready(close(&mut writer)).unwrap();
}

#[test]
fn a_poisoned_writer_is_closed_and_says_why() {
    let (mut writer, calls) = Driver::new().on_start([Act::Panic]).tracked();
    failed(submit(&mut writer, b"abc"));
    for _ in 0..2 {
        let error = failed(close(&mut writer));
        assert!(Indeterminate::find(&error).is_some() && error.to_string().contains("panicked: scripted"), "{error}");
    }
    assert_eq!(calls.take(), [start(b"abc"), Close]);
}

#[test]
fn that_of_a_poisoned_writer_says_so_also_if_its_release_fails() {
    let (mut writer, _) = Driver::new().on_start([Act::Panic]).on_close([Act::Pending, Act::Os(NO_SPACE)]).tracked();
    failed(submit(&mut writer, b"abc"));
    assert!(close(&mut writer).is_pending());
    for _ in 0..2 {
        assert!(Indeterminate::find(&failed(close(&mut writer))).is_some());
    }
}

/// Rule P2: of an error that is not answered the drop is caught.
#[test]
fn a_release_whose_error_panics_in_its_drop_is_over_all_the_same() {
    for start in [Act::Panic, Act::Take(3)] {
        let (mut writer, calls) =
            Driver::new().on_start([start]).on_finish([Act::Os(NO_SPACE)]).on_close([Act::Bomb]).tracked();
        let _ = submit(&mut writer, b"abc");
        calls.take();
        let first = failed(close(&mut writer)).to_string();
        assert_eq!(failed(close(&mut writer)).to_string(), first);
        assert_eq!(calls.take().into_iter().filter(|call| *call == Close).count(), 1);
    }
}
