//! The operations after which the same bytes are a new write.

use super::*;

/// An operation of an `Offload`, as a caller makes it.
type Operation<T> = for<'a> fn(&'a mut Offload<T, Stepped>) -> Pin<Box<dyn Future<Output = io::Result<()>> + 'a>>;

/// Polls to the end, and steps the pool when there is nothing else to do.
fn run<T>(pool: &Stepped, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        match steps::poll(|cx| future.as_mut().poll(cx)) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => assert!(pool.run_one(), "it waits for nothing"),
        }
    }
}

fn operations() -> Vec<(&'static str, Operation<Scripted>)> {
    vec![
        ("seek", |w| Box::pin(async { futures_lite::AsyncSeekExt::seek(w, SeekFrom::Current(0)).await.map(drop) })),
        ("with_mut", |w| Box::pin(w.with_mut(|_| ()))),
    ]
}

fn operations_on_files() -> Vec<(&'static str, Operation<File>)> {
    vec![
        ("sync_data", |w| Box::pin(w.sync_data())),
        ("sync_all", |w| Box::pin(w.sync_all())),
        ("set_len", |w| Box::pin(w.set_len(3))),
    ]
}

#[test]
fn the_same_bytes_after_it_are_a_new_write() {
    for (name, operation) in operations() {
        let (mut writer, pool, observer) = offload(Scripted::new());
        assert!(write(&mut writer, b"abc").is_pending(), "{name}");
        run(&pool, operation(&mut writer)).unwrap();
        assert!(write(&mut writer, b"abc").is_pending(), "{name}");
        assert!(pool.run_one());
        assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 3, "{name}");
        assert_eq!(observer.bytes(), b"abcabc", "{name}");
    }
    for (name, operation) in operations_on_files() {
        let mut file = tempfile::tempfile().unwrap();
        let pool = Stepped::new();
        let mut writer = Offload::with_pool(file.try_clone().unwrap(), pool.clone());
        assert!(write(&mut writer, b"abc").is_pending(), "{name}");
        run(&pool, operation(&mut writer)).unwrap();
        assert!(write(&mut writer, b"abc").is_pending(), "{name}");
        assert!(pool.run_one());
        assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 3, "{name}");
        let mut there = Vec::new();
        io::Seek::rewind(&mut file).unwrap();
        file.read_to_end(&mut there).unwrap();
        assert_eq!(there, b"abcabc", "{name}");
    }
}

#[test]
fn a_credit_ends_with_it() {
    for (name, operation) in operations() {
        let (mut writer, pool, observer) = offload(Scripted::new());
        assert!(write(&mut writer, b"abcd").is_pending(), "{name}");
        assert!(pool.run_one());
        assert_eq!(ready(write(&mut writer, b"ab")).unwrap(), 2, "{name}");
        run(&pool, operation(&mut writer)).unwrap();
        assert!(write(&mut writer, b"cd").is_pending(), "{name}");
        assert!(pool.run_one());
        assert_eq!(observer.bytes(), b"abcdcd", "{name}");
    }
}

/// A barrier is no other operation, also not through the other trait.
#[test]
fn a_barrier_does_not() {
    let (mut writer, pool, observer) = offload(Scripted::new());
    assert!(write(&mut writer, b"abc").is_pending());
    run(&pool, writer.write_complete(b"")).unwrap();
    assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 3);
    assert_eq!(observer.bytes(), b"abc");
}

#[test]
fn a_submission_with_a_ticket_ends_it() {
    let (mut writer, pool, observer) = offload(Scripted::new());
    assert!(write(&mut writer, b"abc").is_pending());
    assert!(steps::submit(&mut writer, b"abc").is_pending(), "it waits, and is another write");
    assert!(pool.run_one());
    let ticket = steps::in_flight(&mut writer, b"abc");
    assert!(write(&mut writer, b"abc").is_pending(), "a third one");
    assert!(pool.run_one());
    assert_eq!(ready(steps::ask(&mut writer, ticket)).unwrap(), 3);
    assert!(write(&mut writer, b"abc").is_pending());
    assert!(pool.run_one());
    assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 3);
    assert_eq!(observer.bytes(), b"abcabcabc");
}

#[test]
fn a_short_count_of_which_a_part_was_answered_is_reported_to_it_once() {
    let (mut writer, pool, observer) = offload(Scripted::script(std::iter::repeat_n(Outcome::Short(4), 3)));
    for (name, operation) in operations() {
        assert!(write(&mut writer, b"abcdef").is_pending(), "{name}");
        assert!(pool.run_one());
        assert_eq!(ready(write(&mut writer, b"ab")).unwrap(), 2, "{name}");
        let (calls, jobs) = (observer.seeks().len(), pool.executed());
        prior(&run(&pool, operation(&mut writer)).unwrap_err(), 6, Some(4));
        assert_eq!((observer.seeks().len(), pool.executed()), (calls, jobs), "{name}: it is not executed");
        run(&pool, operation(&mut writer)).unwrap();
    }
}

#[test]
fn a_submission_is_told_of_such_a_short_count() {
    let (mut writer, pool, observer) = offload(Scripted::script([Outcome::Short(4)]));
    assert!(write(&mut writer, b"abcdef").is_pending());
    assert!(pool.run_one());
    assert_eq!(ready(write(&mut writer, b"ab")).unwrap(), 2);
    prior(&failed(steps::submit(&mut writer, b"XY")), 6, Some(4));
    steps::in_flight(&mut writer, b"XY");
    assert!(pool.run_one());
    assert_eq!(observer.bytes(), b"abcdXY");
}

#[test]
fn into_inner_is_told_of_such_a_short_count_and_the_writer_comes_back() {
    let (mut writer, pool, observer) = offload(Scripted::script([Outcome::Short(4)]));
    assert!(write(&mut writer, b"abcdef").is_pending());
    assert!(pool.run_one());
    assert_eq!(ready(write(&mut writer, b"ab")).unwrap(), 2);
    let (error, writer) = block_on(writer.into_inner()).unwrap_err().into_parts();
    prior(&error, 6, Some(4));
    assert!(block_on(writer.into_inner()).is_ok());
    assert_eq!(observer.bytes(), b"abcd");
}

#[test]
fn looking_at_the_metadata_does_not_end_it() {
    let file = tempfile::tempfile().unwrap();
    let pool = Stepped::new();
    let mut writer = Offload::with_pool(file, pool.clone());
    assert!(write(&mut writer, b"abc").is_pending());
    assert_eq!(run(&pool, writer.metadata()).unwrap().len(), 3);
    let jobs = pool.executed();
    assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 3);
    assert_eq!(pool.executed(), jobs);
}
