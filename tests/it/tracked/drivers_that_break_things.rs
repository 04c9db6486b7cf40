//! Rules P2 and P3, and what else a driver can do.

use super::*;

/// Asserts that nothing reaches the driver any more but one close.
#[track_caller]
fn is_poisoned(mut writer: Tracked<Driver>, calls: &Calls) {
    calls.take();
    for (name, operation) in OPERATIONS.iter().chain(&OPERATIONS) {
        assert!(Indeterminate::find(&failed(operation(&mut writer))).is_some(), "{name}: for good");
    }
    let error = writer.into_inner().unwrap_err();
    assert!(Indeterminate::find(error.error()).is_some());
    let mut writer = error.into_inner();
    assert!(calls.take().is_empty(), "it is not called");
    assert!(Indeterminate::find(&failed(close(&mut writer))).is_some());
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
        .on_close([interrupt])
        .tracked();
    let ticket = in_flight(&mut writer, b"abc");
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
    ready(close(&mut writer)).unwrap();
    let expected = [start(b"abc"), start(b"abc"), Finish, Finish, Finish, Close, Close];
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
