//! Panics, lies, and errors that ask for another call.

use super::*;

/// Asserts that nothing is called any more, and that everything says why.
#[track_caller]
fn is_poisoned<W: OwnedWrite>(mut writer: FromOwned<W>, store: &Store) {
    store.calls();
    for _ in 0..2 {
        assert!(Indeterminate::find(&failed(submit(&mut writer, b"later"))).is_some());
    }
    let Err(refused) = writer.into_inner() else { panic!("it is taken apart") };
    assert!(Indeterminate::find(refused.error()).is_some());
    let mut writer = refused.into_inner();
    assert!(Indeterminate::find(&block_on(writer.close_complete()).unwrap_err()).is_some());
    assert!(store.calls().is_empty());
    let dropped = store.dropped();
    assert_eq!(dropped.last(), Some(&"function"), "a close releases also then");
}

#[test]
fn what_cannot_be_known_at_once() {
    let unknown = || Indeterminate::new(io::ErrorKind::Other.into()).into();
    for act in
        [Act::PanicsInCall, Act::PanicsInPoll, Act::Takes(4), Act::Takes(usize::MAX), Act::Gives(Err(unknown()), 3)]
    {
        let store = Store::new([act]);
        let mut writer = store.writer();
        let error = failed(submit(&mut writer, b"abc"));
        assert!(Indeterminate::find(&error).is_some(), "{error:?}");
        is_poisoned(writer, &store);
    }
}

#[test]
fn what_cannot_be_known_later() {
    let unknown = || Indeterminate::new(io::ErrorKind::Other.into()).into();
    for act in [Act::PanicsInPoll, Act::Takes(4), Act::Takes(usize::MAX), Act::Gives(Err(unknown()), 3)] {
        let (opens, waits) = gate();
        let store = Store::new([waits, act]);
        let mut writer = store.writer();
        let ticket = in_flight(&mut writer, b"abc");
        opens.send(()).unwrap();
        for _ in 0..2 {
            let error = failed(ask(&mut writer, ticket));
            assert!(Indeterminate::find(&error).is_some(), "{error:?}");
        }
        is_poisoned(writer, &store);
    }
}

/// The bound is what was taken, not what was offered.
#[test]
fn a_count_between_what_was_taken_and_what_was_offered() {
    let store = Store::new([Act::Takes(3)]);
    let mut writer = store.writer().max_submission(2);
    let error = failed(submit(&mut writer, b"abcd"));
    assert_eq!(Indeterminate::find(&error).unwrap().reason().kind(), io::ErrorKind::InvalidData);
    assert_eq!(writer.position(), 0);
}

#[test]
fn an_answer_stands_when_the_drop_of_its_future_panics() {
    struct Future(Option<Vec<u8>>);

    impl std::future::Future for Future {
        type Output = (io::Result<usize>, Vec<u8>);

        fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
            let bytes = self.0.take().unwrap();
            Poll::Ready((Ok(bytes.len()), bytes))
        }
    }

    impl Drop for Future {
        fn drop(&mut self) {
            assert!(std::thread::panicking(), "scripted");
        }
    }

    let mut writer = FromOwned::new(|bytes, _| Future(Some(bytes)));
    for _ in 0..2 {
        assert_eq!(block_on(writer.write_complete(b"abc")).unwrap(), 3);
    }
    assert_eq!(writer.position(), 6);
}

#[test]
fn an_interrupted_write_is_made_again_with_the_bytes_that_came_back() {
    let interrupted = || Act::Fails(io::ErrorKind::Interrupted);
    let (opens, waits) = gate();
    let store = Store::new([interrupted(), waits, interrupted(), interrupted(), Act::Takes(2)]);
    let mut writer = store.writer();
    let ticket = in_flight(&mut writer, b"abc");
    opens.send(()).unwrap();
    assert!(matches!(ask(&mut writer, ticket), Poll::Ready(Ok(2))));
    assert_eq!(store.calls(), vec![(b"abc".to_vec(), 0); 4]);
}

#[test]
fn an_interrupted_write_whose_bytes_did_not_come_back_is_an_error_of_another_kind() {
    for len in [0, 2, 4] {
        let store = Store::new([Act::Gives(Err(io::ErrorKind::Interrupted.into()), len)]);
        let mut writer = store.writer();
        assert_eq!(failed(submit(&mut writer, b"abc")).kind(), io::ErrorKind::Other, "{len}");
        assert_eq!(store.calls().len(), 1);
        block_on(writer.write_all_complete(b"abc")).unwrap();
    }
}

#[test]
fn a_destination_that_would_block_is_unsupported() {
    let store = Store::new([Act::Fails(io::ErrorKind::WouldBlock)]);
    let mut writer = store.writer();
    assert_eq!(failed(submit(&mut writer, b"abc")).kind(), io::ErrorKind::Unsupported);
    block_on(writer.write_all_complete(b"abc")).unwrap();
}

#[test]
fn an_error_says_that_nothing_is_complete_and_the_writer_goes_on() {
    let (opens, waits) = gate();
    let store = Store::new([waits, Act::Gives(Err(io::Error::from_raw_os_error(28)), 0)]);
    let mut writer = store.writer();
    let ticket = in_flight(&mut writer, b"abc");
    opens.send(()).unwrap();
    for _ in 0..2 {
        assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(28));
    }
    block_on(writer.write_all_complete(b"abc")).unwrap();
    assert_eq!(store.calls(), vec![(b"abc".to_vec(), 0); 2]);
}
