//! A transform.

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
fn a_settle_or_a_close_carries_it_to_its_end() {
    for by_close in [false, true] {
        let (mut writer, pool, observer) = hex([Outcome::Short(1), Outcome::Short(1)]);
        in_flight(&mut writer, b"\x01\xab");
        if by_close {
            run(&pool, || close(&mut writer)).unwrap();
            assert_eq!(observer.drops(), 1);
        } else {
            assert_eq!(run(&pool, || settle(&mut writer)).unwrap().unwrap().completed(), 2);
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
    assert!(Indeterminate::find(&failed(submit(&mut writer, b"\xff"))).is_some());
    assert_eq!((observer.bytes(), observer.writes()), (b"01a".to_vec(), vec![6, 3]));
}

#[test]
fn a_settle_speaks_of_the_callers_bytes() {
    let (mut writer, pool, _) = hex([Outcome::Short(2), Outcome::Zero]);
    let ticket = in_flight(&mut writer, b"\x01\xab\xff");
    refused(submit(&mut writer, b"later"), ticket);
    let settled = run(&pool, || settle(&mut writer)).unwrap().unwrap();
    assert_eq!((settled.ticket(), settled.submitted(), settled.completed()), (ticket, 3, 1));
}

/// The inner ticket is the driver's own; nobody else's is answered by way of the wrapper.
#[test]
fn tickets_of_the_two_levels_are_not_confused() {
    let (mut writer, pool, _) = hex([]);
    let ticket = in_flight(&mut writer, b"\x01");
    assert!(ask(&mut writer, ticket).is_pending());
    let inner = writer.get_ref().ticket.unwrap();
    assert_ne!(inner, ticket);
    unknown(ask(&mut writer, inner), inner);
    assert_eq!(run(&pool, || ask(&mut writer, ticket)).unwrap(), 1);
}

#[test]
fn a_panicking_destination_is_indeterminate_outside_too() {
    let (mut writer, pool, _) = hex([Outcome::Panic]);
    let ticket = in_flight(&mut writer, b"\x01");
    assert!(Indeterminate::find(&run(&pool, || ask(&mut writer, ticket)).unwrap_err()).is_some());
    assert!(Indeterminate::find(&failed(submit(&mut writer, b"\x01"))).is_some());
    assert!(Indeterminate::find(&failed(close(&mut writer))).is_some());
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

/// The writer inside is the wrapper's: whoever uses it beside the wrapper leaves nobody who can know.
#[test]
fn a_stranger_on_the_writer_inside_makes_it_indeterminate() {
    let (mut writer, pool, _) = hex([]);
    let ticket = in_flight(&mut writer, b"\x01");
    assert!(ask(&mut writer, ticket).is_pending());
    pool.run_all();
    let inner = &mut writer.get_mut().inner;
    assert!(ready(settle(inner)).unwrap().is_some());
    steps::write_now(inner, &pool, b"stranger").unwrap();
    assert!(Indeterminate::find(&failed(ask(&mut writer, ticket))).is_some());
    assert!(Indeterminate::find(&failed(submit(&mut writer, b"\x02"))).is_some());
}
