//! What a destination is called with: bytes, position, memory.

use super::*;

#[test]
fn a_submission_is_one_call_with_a_copy_and_the_position() {
    let (opens, waits) = gate();
    let store = Store::new([waits]);
    let mut writer = store.writer().starting_at(10);
    let mut bytes = *b"hello";
    let ticket = in_flight(&mut writer, &bytes);
    bytes.fill(b'.');
    assert_eq!(ticket.len(), 5);
    assert!(ask(&mut writer, ticket).is_pending());
    assert_eq!(writer.position(), 10);
    opens.send(()).unwrap();
    assert!(matches!(ask(&mut writer, ticket), Poll::Ready(Ok(5))));
    assert_eq!(writer.position(), 15);
    let slices = [IoSlice::new(b"wor"), IoSlice::new(b""), IoSlice::new(b"ld")];
    assert_eq!(block_on(writer.write_vectored_complete(&slices)).unwrap(), 5);
    assert_eq!(store.calls(), [(b"hello".to_vec(), 10), (b"world".to_vec(), 15)]);
}

/// The first poll of a future starts its write, so a submission makes it.
#[test]
fn a_write_that_is_ready_at_its_first_poll_is_complete_at_once() {
    let store = Store::new([Act::Takes(2), Act::Takes(0)]);
    let mut writer = store.writer();
    assert!(matches!(submit(&mut writer, b"abc"), Poll::Ready(Ok(Submitted::Complete(2)))));
    assert!(matches!(submit(&mut writer, b"abc"), Poll::Ready(Ok(Submitted::Complete(0)))));
    assert!(matches!(submit(&mut writer, b""), Poll::Ready(Ok(Submitted::Complete(0)))));
    assert!(writer.outstanding().is_none());
    assert_eq!(store.calls().len(), 2, "no bytes make no call");
}

#[test]
fn the_position_follows_what_is_complete() {
    use Act::{Fails, Takes};
    let store = Store::new([Takes(2), Fails(io::ErrorKind::StorageFull), Takes(0), Takes(1)]);
    let mut writer = store.writer();
    block_on(async {
        assert_eq!(writer.write_complete(b"abc").await.unwrap(), 2);
        assert_eq!(writer.write_complete(b"c").await.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(writer.write_complete(b"c").await.unwrap(), 0);
        writer.write_all_complete(b"cd").await.unwrap();
    });
    let calls = store.calls();
    let expected: [(&[u8], u64); 5] = [(b"abc", 0), (b"c", 2), (b"c", 2), (b"cd", 2), (b"d", 3)];
    assert!(calls.iter().map(|(bytes, at)| (bytes.as_slice(), *at)).eq(expected), "{calls:?}");
    assert_eq!(writer.position(), 4);
}

#[test]
fn a_small_buffer_serves_again_and_a_large_one_is_given_back() {
    let store = Store::new([]);
    let mut writer = store.writer();
    block_on(async {
        for len in [1000, 10, 1000, 1 << 20, 10] {
            writer.write_all_complete(&vec![7; len]).await.unwrap();
        }
    });
    let memory = store.memory();
    assert_eq!((memory[1], memory[2]), (memory[0], memory[0]));
    assert!(memory[3].1 >= 1 << 20 && memory[4].1 < 1 << 10, "{memory:?}");
}

#[test]
fn a_buffer_that_does_not_come_back_or_another_one_is_only_memory() {
    let store = Store::new([Act::Gives(Ok(3), 0), Act::Gives(Ok(3), 500), Act::Takes(3)]);
    let mut writer = store.writer();
    block_on(async {
        for bytes in [b"abc", b"def", b"ghi"] {
            writer.write_all_complete(bytes).await.unwrap();
        }
    });
    assert_eq!(store.calls(), [(b"abc".to_vec(), 0), (b"def".to_vec(), 3), (b"ghi".to_vec(), 6)]);
}

#[test]
fn a_submission_has_a_limit() {
    let store = Store::new([]);
    let mut writer = store.writer().max_submission(4);
    assert_eq!(block_on(writer.write_complete(b"abcdef")).unwrap(), 4);
    let slices = [IoSlice::new(b"abc"), IoSlice::new(b"def"), IoSlice::new(b"ghi")];
    assert_eq!(block_on(writer.write_vectored_complete(&slices)).unwrap(), 4);
    assert_eq!(store.calls(), [(b"abcd".to_vec(), 0), (b"abcd".to_vec(), 4)]);
    let mut writer = store.writer().max_submission(0);
    block_on(writer.write_all_complete(b"ab")).unwrap();
    assert_eq!(store.calls(), [(b"a".to_vec(), 0), (b"b".to_vec(), 1)]);
    let mut writer = store.writer();
    assert_eq!(block_on(writer.write_complete(&vec![7; 5 << 20])).unwrap(), 2 << 20);
}

/// What the future owns, such as a handle on the file, is let go before anybody asks.
#[test]
fn a_future_is_dropped_when_it_has_ended() {
    let (opens, waits) = gate();
    let store = Store::new([waits]);
    let mut writer = store.writer();
    let ticket = in_flight(&mut writer, b"abc");
    opens.send(()).unwrap();
    assert_eq!(store.dropped(), [""; 0]);
    assert!(ask(&mut writer, ticket).is_ready());
    assert_eq!(store.dropped(), ["write"]);
    drop(writer);
    assert_eq!(store.dropped(), ["function"]);
}

#[test]
fn a_drop_of_the_writer_drops_the_write_before_the_function() {
    let (_opens, waits) = gate();
    let store = Store::new([waits]);
    let mut writer = store.writer();
    let _ = in_flight(&mut writer, b"abc");
    drop(writer);
    assert_eq!(store.dropped(), ["write", "function"]);
}

#[test]
fn a_dropped_question_leaves_the_write_where_it_is() {
    let (opens, waits) = gate();
    let store = Store::new([waits]);
    let mut writer = store.writer();
    block_on(async {
        let dropped = futures_lite::future::poll_once(writer.write_all_complete(b"abc")).await;
        assert!(dropped.is_none());
        opens.send(()).unwrap();
        let settled = writer.settle().await.unwrap().unwrap();
        assert_eq!((settled.submitted(), settled.completed()), (3, 3));
    });
    assert_eq!(store.calls(), [(b"abc".to_vec(), 0)]);
}
