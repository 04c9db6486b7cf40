//! A vectored submission is one write of the concatenation: rules W2, W4 and W10.

use std::io::IoSlice;

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, PriorWriteFailed, Submitted, Ticket};

use crate::common::{
    destination::{Outcome, Scripted},
    steps::{ask, drive, failed, in_flight, offload, poll_future, ready, submit_vectored},
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
fn no_bytes_are_a_barrier() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    let lists: [&[&[u8]]; 3] = [&[], &[b""], &[b"", b"", b""]];
    for bufs in lists {
        assert_eq!(ready(submit_vectored(&mut writer, bufs)).unwrap(), Submitted::Complete(0));
    }
    assert_eq!(drive(&pool, writer.write_vectored_complete(&[])).unwrap(), 0);
    assert_eq!((pool.executed(), seen.writes(), seen.tries()), (0, vec![], vec![]));

    let ticket = in_flight(&mut writer, b"hello");
    for bufs in lists {
        assert!(submit_vectored(&mut writer, bufs).is_pending());
    }
    pool.run_all();
    for bufs in lists {
        assert_eq!(ready(submit_vectored(&mut writer, bufs)).unwrap(), Submitted::Complete(0));
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
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
fn an_orphan_is_reported_in_whole() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Short(3)]));
    let bufs = [IoSlice::new(b"he"), IoSlice::new(b"llo")];
    assert!(poll_future(&mut writer.write_vectored_complete(&bufs)).is_pending());
    pool.run_all();
    let error = drive(&pool, writer.write_vectored_complete(&bufs)).unwrap_err();
    let report = PriorWriteFailed::find(&error).unwrap();
    assert_eq!((report.ticket().len(), report.complete()), (5, Some(3)));
    assert_eq!(seen.bytes(), b"hel");
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

#[test]
fn what_can_be_tried_is_the_first_slice_with_bytes() {
    let (mut writer, pool, seen) = offload(Scripted::new().on_try([Outcome::All, Outcome::Short(1)]));
    let bufs: &[&[u8]] = &[b"", b"he", b"llo"];
    assert_eq!(ready(submit_vectored(&mut writer, bufs)).unwrap(), Submitted::Complete(2));
    assert_eq!(ready(submit_vectored(&mut writer, bufs)).unwrap(), Submitted::Complete(1));
    assert_eq!((pool.executed(), seen.tries(), seen.bytes()), (0, vec![2, 2], b"heh".to_vec()));
    let ticket = in_flight_vectored(&mut writer, bufs);
    assert_eq!(ticket.len(), 5, "what cannot be tried is taken whole");
    pool.run_all();
    assert_eq!((seen.bytes(), seen.writes()), (b"hehhello".to_vec(), vec![5]));
}
