//! Rule O1: a submission is one successful call of the destination's `write`, so that appends and pipes stay atomic by
//! the call.

use std::io::{self, IoSlice};

use async_write_complete::{AsyncWriteCompleteBytesExt, AsyncWriteCompleteExt, HeldWrite};
use bytes::Bytes;
use futures_lite::AsyncWriteExt;

use crate::common::{
    destination::{Outcome, Scripted, interrupted},
    steps::{drive, in_flight, offload, write_now},
};

#[test]
fn neither_merged_nor_split() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let mut expected = Vec::new();
    for i in 0..1000_usize {
        let bytes = vec![i as u8; i % 7 + 1];
        assert_eq!(write_now(&mut writer, &pool, &bytes).unwrap(), bytes.len());
        expected.extend_from_slice(&bytes);
    }
    assert_eq!(seen.writes(), (0..1000).map(|i| i % 7 + 1).collect::<Vec<_>>());
    assert_eq!((seen.bytes(), seen.flushes()), (expected, 0));
}

/// However it is submitted.
#[test]
fn each_way_to_submit_makes_one_call() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    drive(&pool, writer.write_complete(b"1")).unwrap();
    drive(&pool, writer.write_all_complete(b"22")).unwrap();
    drive(&pool, writer.write_vectored_complete(&[IoSlice::new(b"3"), IoSlice::new(b""), IoSlice::new(b"33")]))
        .unwrap();
    drive(&pool, writer.write_all_vectored_complete(&mut [IoSlice::new(b"44"), IoSlice::new(b"44")])).unwrap();
    drive(&pool, writer.resume_write_all(&mut HeldWrite::new(b"55555"))).unwrap();
    drive(&pool, writer.write_bytes_complete(&Bytes::from_static(b"666666"))).unwrap();
    drive(&pool, writer.write(b"7777777")).unwrap();
    drive(&pool, writer.write_vectored(&[IoSlice::new(b"8888"), IoSlice::new(b"8888")])).unwrap();
    assert_eq!(seen.writes(), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(seen.bytes(), b"122333444455555666666777777788888888");
    assert_eq!(pool.executed(), 8);
}

/// The rest is the caller's to submit: as a part of the same submission it could be torn off by somebody else's append.
#[test]
fn a_short_count_is_not_followed_by_a_second_call() {
    for outcome in [Outcome::Short(2), Outcome::Zero] {
        let (mut writer, pool, seen) = offload(Scripted::script([outcome]));
        write_now(&mut writer, &pool, b"hello").unwrap();
        drive(&pool, writer.close_complete()).unwrap();
        assert_eq!(seen.writes(), [5]);
    }
}

/// Whether it is tried again is for the caller to decide, who may have something else to write.
#[test]
fn an_error_is_not_followed_by_a_second_call() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Os(28), Outcome::All]));
    assert_eq!(write_now(&mut writer, &pool, b"hello").unwrap_err().raw_os_error(), Some(28));
    drive(&pool, writer.close_complete()).unwrap();
    assert_eq!((seen.writes(), seen.bytes()), (vec![5], vec![]));
}

#[test]
fn only_a_call_that_did_nothing_is_made_again() {
    let would_block = Outcome::Error(io::ErrorKind::WouldBlock);
    let script = interrupted(2).chain([would_block]).chain(interrupted(1)).chain([Outcome::Short(4)]);
    let (mut writer, pool, seen) = offload(Scripted::script(script).on_wait([Outcome::All]));
    assert_eq!(write_now(&mut writer, &pool, b"hello").unwrap(), 4);
    assert_eq!((seen.writes(), seen.bytes(), seen.waits()), (vec![5; 5], b"hell".to_vec(), 1));
}

#[test]
fn a_dropped_writer_makes_it_too() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    in_flight(&mut writer, b"hello");
    drop(writer);
    pool.run_all();
    assert_eq!((seen.writes(), seen.bytes()), (vec![5], b"hello".to_vec()));
}
