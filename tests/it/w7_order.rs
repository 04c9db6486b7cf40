//! Rule W7: the bytes of a submission follow those of every earlier one, whoever took its answer.

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, HeldWrite};
use futures_lite::future::block_on;

use crate::common::{
    destination::{Outcome, Scripted},
    operation::{NEXT, Operation},
    pool::Threads,
    random::XorShift,
    steps::{ask, drive, in_flight, offload, poll_future, ready, settle, write_now},
};

#[test]
fn a_write_follows_one_whose_future_was_dropped() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    assert!(poll_future(&mut writer.write_complete(b"first ")).is_pending());
    assert_eq!(drive(&pool, writer.settle()).unwrap().unwrap().completed(), 6);
    drive(&pool, writer.write_all_complete(b"second")).unwrap();
    assert_eq!((seen.bytes(), seen.writes()), (b"first second".to_vec(), vec![6, 6]));
}

#[test]
fn a_write_follows_what_is_complete_of_a_short_one() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Short(2), Outcome::Os(28)]));
    assert_eq!(write_now(&mut writer, &pool, b"first").unwrap(), 2);
    assert_eq!(write_now(&mut writer, &pool, b"lost").unwrap_err().raw_os_error(), Some(28));
    assert_eq!(write_now(&mut writer, &pool, b"next").unwrap(), 4);
    assert_eq!(seen.bytes(), b"finext");
}

#[test]
fn submissions_and_poll_writes_are_in_one_order() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    write_now(&mut writer, &pool, b"one ").unwrap();
    Operation::PollWrite.run(&mut writer, &pool).unwrap();
    write_now(&mut writer, &pool, b" two").unwrap();
    assert_eq!(seen.bytes(), [b"one ", NEXT, b" two"].concat());
}

#[test]
fn writers_do_not_share_their_order() {
    let (mut one, pool_of_one, seen_by_one) = offload(Scripted::new());
    let (mut two, pool_of_two, seen_by_two) = offload(Scripted::new());
    let first = in_flight(&mut one, b"one");
    let second = in_flight(&mut two, b"two");
    pool_of_two.run_all();
    assert!(ask(&mut one, first).is_pending());
    assert_eq!(ready(ask(&mut two, second)).unwrap(), 3);
    pool_of_one.run_all();
    assert_eq!(ready(ask(&mut one, first)).unwrap(), 3);
    assert_eq!((seen_by_one.bytes(), seen_by_two.bytes()), (b"one".to_vec(), b"two".to_vec()));
}

/// Numbered records on a pool of several threads, of which any runs the next job; a third of the futures is dropped.
#[test]
fn on_many_threads_records_stay_in_order() {
    let destination = Scripted::new();
    let seen = destination.observer();
    let mut writer = async_write_complete::Offload::with_pool(destination, Threads::new(3));
    let (mut random, mut expected) = (XorShift::new(1), Vec::new());
    for record in 0..2000_u32 {
        let bytes = record.to_le_bytes();
        expected.extend_from_slice(&bytes);
        if random.below(3) == 0 {
            let mut held = HeldWrite::new(&bytes);
            let polled = poll_future(&mut writer.resume_write_all(&mut held));
            drop(held);
            let settled = block_on(writer.settle()).unwrap();
            assert_eq!(settled.map(|settled| settled.completed()), polled.is_pending().then_some(4));
        } else {
            block_on(writer.write_all_complete(&bytes)).unwrap();
        }
    }
    assert!(ready(settle(&mut writer)).unwrap().is_none() && writer.outstanding().is_none());
    assert!(seen.bytes() == expected, "other bytes, or another order");
}
