//! A vectored submission is one write of the concatenation: rules W2 and O1.

use std::io::{ErrorKind, IoSlice};

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, Submitted, Ticket};

use crate::common::{
    destination::{Outcome, Scripted},
    steps::{ask, drive, failed, offload, poll_future, ready, refused, submit_vectored},
};

/// What one submission takes at most.
const MOST: usize = 2 << 20;

#[track_caller]
fn in_flight_vectored(writer: &mut (impl AsyncWriteComplete + Unpin), bufs: &[&[u8]]) -> Ticket {
    match ready(submit_vectored(writer, bufs)).unwrap() {
        Submitted::InFlight(ticket) => ticket,
        other => panic!("not in flight: {other:?}"),
    }
}

#[test]
fn the_bytes_are_the_concatenation() {
    let lists: [&[&[u8]]; 6] = [
        &[b"hello"],
        &[b"hel", b"lo"],
        &[b"", b"hello"],
        &[b"", b"", b"h", b"", b"ello", b""],
        &[b"h", b"e", b"l", b"l", b"o"],
        &[b"hello", b"", b""],
    ];
    for bufs in lists {
        let (mut writer, pool, seen) = offload(Scripted::new());
        let ticket = in_flight_vectored(&mut writer, bufs);
        assert_eq!(ticket.len(), 5, "{bufs:?}");
        pool.run_all();
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
        assert_eq!((seen.bytes(), seen.writes()), (b"hello".to_vec(), vec![5]), "one call");
    }
}

#[test]
fn more_slices_than_the_system_takes() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let bytes: Vec<u8> = (0..5000).map(|i| (i % 251) as u8).collect();
    let slices: Vec<IoSlice<'_>> = bytes.chunks(1).map(IoSlice::new).collect();
    assert_eq!(drive(&pool, writer.write_vectored_complete(&slices)).unwrap(), 5000);
    assert_eq!((seen.bytes(), seen.writes()), (bytes, vec![5000]));
}

#[test]
fn a_large_list_is_taken_in_part() {
    let large: Vec<u8> = (0..MOST - 3).map(|i| (i % 251) as u8).collect();
    let (mut writer, pool, seen) = offload(Scripted::new());
    let ticket = in_flight_vectored(&mut writer, &[b"", &large, b"hello", &large]);
    assert_eq!(ticket.len(), MOST, "within a slice");
    pool.run_all();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), MOST);
    assert_eq!(seen.writes(), [MOST]);
    assert!(seen.bytes() == [&large[..], b"hel"].concat());

    // Far more than fits: the memory of a submission is bounded.
    let many = [&large[..]; 1000];
    let ticket = in_flight_vectored(&mut writer, &many);
    assert_eq!(ticket.len(), MOST);
    pool.run_all();
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), MOST);
}

#[test]
fn a_short_count_ends_anywhere() {
    for n in 0..=5 {
        let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Short(n)]));
        let bufs = [IoSlice::new(b"he"), IoSlice::new(b""), IoSlice::new(b"llo")];
        assert_eq!(drive(&pool, writer.write_vectored_complete(&bufs)).unwrap(), n);
        assert_eq!((seen.bytes(), seen.writes()), (b"hello"[..n].to_vec(), vec![5]));
    }
}

#[test]
fn an_error_is_of_all_of_it() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Os(28)]));
    let ticket = in_flight_vectored(&mut writer, &[b"he", b"llo"]);
    pool.run_all();
    assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(28));
    assert_eq!(seen.bytes(), b"");
}

#[test]
fn one_that_was_not_answered_is_outstanding_in_whole() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Short(3)]));
    let bufs = [IoSlice::new(b"he"), IoSlice::new(b"llo")];
    assert!(poll_future(&mut writer.write_vectored_complete(&bufs)).is_pending());
    let ticket = writer.outstanding().unwrap();
    refused(poll_future(&mut writer.write_vectored_complete(&bufs)), ticket);
    pool.run_all();
    refused(submit_vectored(&mut writer, &[b"he", b"llo"]), ticket);
    let settled = drive(&pool, writer.settle()).unwrap().unwrap();
    assert_eq!((settled.submitted(), settled.completed(), settled.is_short()), (5, 3, true));
    assert_eq!((seen.bytes(), seen.writes()), (b"hel".to_vec(), vec![5]));
}

#[test]
fn the_bytes_are_taken_as_they_were() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let mut bytes = *b"before";
    {
        let (a, b) = bytes.split_at(3);
        in_flight_vectored(&mut writer, &[a, b]);
    }
    bytes.copy_from_slice(b"after!");
    pool.run_all();
    assert_eq!((seen.bytes(), bytes), (b"before".to_vec(), *b"after!"));
}

/// The list itself says how far it got: what is complete is taken out of it.
#[test]
fn write_all_takes_what_is_complete_out_of_the_list() {
    let (mut writer, pool, seen) =
        offload(Scripted::script([Outcome::Short(1), Outcome::Short(3), Outcome::Os(28), Outcome::All]));
    let mut slices = [IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"cde"), IoSlice::new(b"f")];
    let mut bufs = &mut slices[..];
    let error = drive(&pool, writer.write_all_vectored_complete(bufs)).unwrap_err();
    assert_eq!((error.raw_os_error(), seen.bytes()), (Some(28), b"abcd".to_vec()));
    let rest: Vec<u8> = bufs.iter().flat_map(|buf| buf.iter().copied()).collect();
    assert_eq!(rest, b"ef", "what is not known to be complete");
    IoSlice::advance_slices(&mut bufs, 0);
    drive(&pool, writer.write_all_vectored_complete(bufs)).unwrap();
    assert_eq!((seen.bytes(), seen.writes()), (b"abcdef".to_vec(), vec![6, 5, 2, 2]));
}

#[test]
fn write_all_ends_where_no_more_is_taken() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Short(2), Outcome::Zero]));
    let error = drive(&pool, writer.write_all_vectored_complete(&mut [IoSlice::new(b"he"), IoSlice::new(b"llo")]));
    assert_eq!(error.unwrap_err().kind(), ErrorKind::WriteZero);
    assert_eq!((seen.bytes(), seen.writes()), (b"he".to_vec(), vec![5, 3]));
    assert_eq!(writer.outstanding(), None);
}

/// A dropped one loses nothing but its place, which a settle gives back.
#[test]
fn write_all_goes_on_after_a_drop_and_a_settle() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Short(1), Outcome::Short(2)]));
    let mut slices = [IoSlice::new(b"ab"), IoSlice::new(b"cde")];
    let mut bufs = &mut slices[..];
    {
        let mut write = writer.write_all_vectored_complete(bufs);
        assert!(poll_future(&mut write).is_pending());
        pool.run_all();
        assert!(poll_future(&mut write).is_pending(), "the rest is submitted");
    }
    let settled = drive(&pool, writer.settle()).unwrap().unwrap();
    assert_eq!((settled.submitted(), settled.completed()), (4, 2));
    IoSlice::advance_slices(&mut bufs, settled.completed());
    drive(&pool, writer.write_all_vectored_complete(bufs)).unwrap();
    assert_eq!((seen.bytes(), seen.writes()), (b"abcde".to_vec(), vec![5, 4, 2]));
}
