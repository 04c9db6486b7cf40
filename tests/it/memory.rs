//! Memory is complete at submission: never in flight, never closed, and with an end where it has one.

use std::{
    collections::VecDeque,
    io::{self, Cursor, IoSlice},
    pin::Pin,
    task::{Context, Poll, Waker},
};

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, Submitted, TicketSource, UnknownTicket};
use futures_lite::future::block_on;

/// What every memory does with room for all of it: 12 bytes in four writes, `abc`, `defg`, `hij`, `kl`.
fn takes_twelve_bytes<W: AsyncWriteComplete + Unpin>(mut memory: W) -> W {
    block_on(async {
        assert_eq!(memory.write_complete(b"abc").await.unwrap(), 3);
        let slices = [IoSlice::new(b""), IoSlice::new(b"de"), IoSlice::new(b""), IoSlice::new(b"fg")];
        assert_eq!(memory.write_vectored_complete(&slices).await.unwrap(), 4, "the whole list in one call");
        assert_eq!(memory.write_complete(b"").await.unwrap(), 0, "no bytes");
        assert_eq!(memory.write_vectored_complete(&[]).await.unwrap(), 0, "no bytes");
        memory.write_all_complete(b"hij").await.unwrap();

        let foreign = TicketSource::new().mint(3);
        let answer = Pin::new(&mut memory).poll_write_complete(&mut Context::from_waker(Waker::noop()), foreign);
        let Poll::Ready(Err(error)) = answer else { panic!("somebody else's ticket got {answer:?}") };
        assert_eq!(UnknownTicket::find(&error).unwrap().ticket(), foreign);
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);

        assert!(memory.outstanding().is_none() && memory.settle().await.unwrap().is_none());

        memory.close_complete().await.unwrap();
        memory.close_complete().await.unwrap();
        memory.write_all_complete(b"kl").await.unwrap();
    });
    memory
}

/// And with none left: the last `n` of them.
fn is_full<W: AsyncWriteComplete + Unpin>(memory: &mut W) {
    block_on(async {
        assert_eq!(memory.write_complete(b"x").await.unwrap(), 0);
        assert_eq!(memory.write_all_complete(b"x").await.unwrap_err().kind(), io::ErrorKind::WriteZero);
        assert_eq!(memory.write_complete(b"").await.unwrap(), 0);
        memory.close_complete().await.unwrap();
    });
}

#[test]
fn vec() {
    assert_eq!(takes_twelve_bytes(Vec::new()), b"abcdefghijkl");
    assert_eq!(takes_twelve_bytes(b"before".to_vec()), b"beforeabcdefghijkl");
}

#[test]
fn vec_deque() {
    let mut ring = VecDeque::with_capacity(8);
    ring.extend(b"0123456");
    ring.drain(..5);
    assert_eq!(takes_twelve_bytes(ring), b"56abcdefghijkl");
}

#[test]
fn slice() {
    let mut array = [b'.'; 13];
    let rest = takes_twelve_bytes(&mut array[..]);
    assert_eq!(rest, b".");
    assert_eq!(&array, b"abcdefghijkl.");
}

#[test]
fn a_slice_takes_what_fits_and_no_more() {
    let mut array = [b'.'; 5];
    let mut slice = &mut array[..];
    assert_eq!(block_on(slice.write_complete(b"abc")).unwrap(), 3);
    assert_eq!(block_on(slice.write_complete(b"defg")).unwrap(), 2, "a short count");
    is_full(&mut slice);
    assert_eq!(&array, b"abcde");
}

#[test]
fn cursors() {
    let over_vec = takes_twelve_bytes(Cursor::new(b"0123".to_vec()));
    assert_eq!((over_vec.position(), over_vec.get_ref().as_slice()), (12, &b"abcdefghijkl"[..]), "overwritten");

    let mut lent = b"0123".to_vec();
    let mut at_the_end = Cursor::new(&mut lent);
    at_the_end.set_position(4);
    takes_twelve_bytes(at_the_end);
    assert_eq!(lent, b"0123abcdefghijkl");

    let mut array = [b'.'; 12];
    takes_twelve_bytes(Cursor::new(&mut array[..]));
    assert_eq!(&array, b"abcdefghijkl");

    let over_array = takes_twelve_bytes(Cursor::new([b'.'; 14]));
    assert_eq!(over_array.get_ref(), b"abcdefghijkl..");

    let boxed: Box<[u8]> = Box::new([b'.'; 13]);
    assert_eq!(takes_twelve_bytes(Cursor::new(boxed)).into_inner().as_ref(), b"abcdefghijkl.");
}

#[test]
fn a_cursor_over_a_slice_is_full_at_its_end() {
    let mut cursor = Cursor::new([b'.'; 5]);
    cursor.set_position(3);
    assert_eq!(block_on(cursor.write_complete(b"abc")).unwrap(), 2, "a short count");
    is_full(&mut cursor);
    assert_eq!((cursor.position(), cursor.get_ref()), (5, b"...ab"));
}

#[test]
fn sink() {
    takes_twelve_bytes(io::sink());
}

/// A submission of no bytes makes no call on the destination. On a cursor beyond the end such a call would pad.
#[test]
fn no_bytes_leave_memory_as_it_is() {
    let mut beyond = Cursor::new(b"ab".to_vec());
    beyond.set_position(5);
    assert_eq!(block_on(beyond.write_complete(b"")).unwrap(), 0);
    assert_eq!(block_on(beyond.write_vectored_complete(&[IoSlice::new(b"")])).unwrap(), 0);
    assert_eq!(beyond.get_ref(), b"ab");
    assert_eq!(block_on(beyond.write_complete(b"f")).unwrap(), 1);
    assert_eq!(beyond.get_ref(), b"ab\0\0\0f");
}

#[test]
fn a_submission_says_complete_at_once() {
    let mut memory = Vec::new();
    let mut cx = Context::from_waker(Waker::noop());
    let submitted = Pin::new(&mut memory).poll_write_submit(&mut cx, b"abc");
    assert!(matches!(submitted, Poll::Ready(Ok(Submitted::Complete(3)))), "{submitted:?}");
}

/// In memory a write of many bytes is done in one go, whatever they are.
#[test]
fn a_large_write() {
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let mut memory = Vec::new();
    assert_eq!(block_on(memory.write_complete(&bytes)).unwrap(), bytes.len());
    assert!(memory == bytes, "other bytes");
}
