//! The operations after which the same bytes are a new write.

use super::*;

/// An operation of an `Offload`, as a caller makes it.
type Operation<T> = for<'a> fn(&'a mut Offload<T, Stepped>) -> Pin<Box<dyn Future<Output = io::Result<()>> + 'a>>;

/// They are refused while a write is outstanding. A seek of futures-io, which has no ticket either, asks by itself.
fn operations() -> Vec<(&'static str, Operation<Scripted>)> {
    vec![
        ("with_mut", |w| Box::pin(w.with_mut(|_| ()))),
        ("sync_data", |w| Box::pin(w.sync_data())),
        ("sync_all", |w| Box::pin(w.sync_all())),
    ]
}

const SEEK: (&str, Operation<Scripted>) =
    ("seek", |w| Box::pin(async { futures_lite::AsyncSeekExt::seek(w, SeekFrom::Current(0)).await.map(drop) }));

/// The ways to ask for a write that has no ticket.
type Cure = fn(&mut Offload<Scripted, Stepped>) -> Poll<io::Result<()>>;

const CURES: [(&str, Cure); 2] =
    [("flush", |writer| flush(writer)), ("settle", |writer| steps::settle(writer).map_ok(drop))];

#[test]
fn they_are_refused_until_somebody_asks() {
    for (name, operation) in operations() {
        for (cure, ask) in CURES {
            let case = format!("{name}, {cure}");
            let (mut writer, pool, observer) = offload(Scripted::new());
            assert!(write(&mut writer, b"abc").is_pending(), "{case}");
            let ticket = writer.outstanding().unwrap();
            for _ in 0..2 {
                refused(steps::poll_future(&mut operation(&mut writer)), ticket);
                pool.run_all();
            }
            ready(ask(&mut writer)).unwrap();
            drive(&pool, operation(&mut writer)).unwrap();
            assert_eq!((observer.bytes(), pool.executed()), (b"abc".to_vec(), 2), "{case}");
        }
    }
}

#[test]
fn the_same_bytes_after_it_are_a_new_write() {
    for (name, operation) in operations().into_iter().chain([SEEK]) {
        for (cure, ask) in CURES {
            let case = format!("{name}, {cure}");
            let (mut writer, pool, observer) = offload(Scripted::new());
            assert!(write(&mut writer, b"abc").is_pending(), "{case}");
            pool.run_all();
            ready(ask(&mut writer)).unwrap();
            drive(&pool, operation(&mut writer)).unwrap();
            assert!(write(&mut writer, b"abc").is_pending(), "{case}");
            pool.run_all();
            assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 3, "{case}");
            assert_eq!(observer.bytes(), b"abcabc", "{case}");
        }
    }
}

#[test]
fn a_seek_asks_by_itself() {
    let (mut writer, pool, observer) = offload(Scripted::new());
    assert!(write(&mut writer, b"abc").is_pending());
    drive(&pool, SEEK.1(&mut writer)).unwrap();
    assert!(write(&mut writer, b"abc").is_pending());
    pool.run_all();
    assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 3);
    assert_eq!((observer.bytes(), observer.seeks().len()), (b"abcabc".to_vec(), 1));
}

#[test]
fn setting_the_length_of_a_file_ends_it_too() {
    let mut file = tempfile::tempfile().unwrap();
    let pool = Stepped::new();
    let mut writer = steps::over(file.try_clone().unwrap(), &pool);
    assert!(write(&mut writer, b"abc").is_pending());
    pool.run_all();
    ready(flush(&mut writer)).unwrap();
    drive(&pool, writer.set_len(3)).unwrap();
    assert!(write(&mut writer, b"abc").is_pending());
    pool.run_all();
    assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 3);
    let mut there = Vec::new();
    io::Seek::rewind(&mut file).unwrap();
    file.read_to_end(&mut there).unwrap();
    assert_eq!(there, b"abcabc");
}

#[test]
fn a_credit_ends_with_it() {
    for (name, operation) in operations().into_iter().chain([SEEK]) {
        let (mut writer, pool, observer) = offload(Scripted::new());
        assert!(write(&mut writer, b"abcd").is_pending(), "{name}");
        assert!(pool.run_one());
        assert_eq!(ready(write(&mut writer, b"ab")).unwrap(), 2, "{name}");
        drive(&pool, operation(&mut writer)).unwrap();
        assert!(write(&mut writer, b"cd").is_pending(), "{name}");
        assert!(pool.run_one());
        assert_eq!(observer.bytes(), b"abcdcd", "{name}");
    }
}

#[test]
fn a_submission_of_no_bytes_does_not() {
    let (mut writer, pool, observer) = offload(Scripted::new());
    assert!(write(&mut writer, b"abc").is_pending());
    assert_eq!(ready(steps::submit_nothing(&mut writer)).unwrap().len(), 0);
    pool.run_all();
    assert_eq!(ready(steps::submit_nothing(&mut writer)).unwrap().len(), 0);
    assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 3);
    assert_eq!(observer.bytes(), b"abc");
}

#[test]
fn a_settle_ends_it() {
    let (mut writer, pool, observer) = offload(Scripted::script([Outcome::Short(2)]));
    assert!(write(&mut writer, b"abc").is_pending());
    pool.run_all();
    assert_eq!(ready(steps::settle(&mut writer)).unwrap().unwrap().completed(), 2);
    assert!(write(&mut writer, b"abc").is_pending(), "a new one: the count was told");
    pool.run_all();
    assert_eq!(observer.writes(), [3, 3]);
}

#[test]
fn a_submission_with_a_ticket_ends_it() {
    let (mut writer, pool, observer) = offload(Scripted::new());
    assert!(write(&mut writer, b"abc").is_pending());
    let first = writer.outstanding().unwrap();
    refused(steps::submit(&mut writer, b"abc"), first);
    assert!(pool.run_one());
    assert_eq!(ready(steps::ask(&mut writer, first)).unwrap(), 3);
    let ticket = steps::in_flight(&mut writer, b"abc");
    refused(write(&mut writer, b"abc"), ticket);
    assert!(pool.run_one());
    refused(write(&mut writer, b"abc"), ticket);
    assert_eq!(ready(steps::ask(&mut writer, ticket)).unwrap(), 3);
    assert!(write(&mut writer, b"abc").is_pending(), "a third one");
    assert!(pool.run_one());
    assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 3);
    assert_eq!(observer.bytes(), b"abcabcabc");
}

#[test]
fn a_short_count_of_which_a_part_was_answered_is_told_to_it_once() {
    let (mut writer, pool, observer) = offload(Scripted::script(std::iter::repeat_n(Outcome::Short(4), 4)));
    for (name, operation) in operations().into_iter().chain([SEEK]) {
        assert!(write(&mut writer, b"abcdef").is_pending(), "{name}");
        assert!(pool.run_one());
        assert_eq!(ready(write(&mut writer, b"ab")).unwrap(), 2, "{name}");
        let (calls, jobs) = (observer.seeks().len(), pool.executed());
        prior(Poll::Ready(drive(&pool, operation(&mut writer))), 6, Some(4));
        assert_eq!((observer.seeks().len(), pool.executed()), (calls, jobs), "{name}: it is not executed");
        drive(&pool, operation(&mut writer)).unwrap();
    }
}

/// A flush lets the bytes go, and keeps how many of them are complete.
#[test]
fn after_a_flush_too_it_is_told_all_that_is_complete() {
    of_both(&[Outcome::Short(4)], |writer, pool, observer| {
        assert!(write(writer, b"abcdef").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"ab")).unwrap(), 2);
        ready(flush(writer)).unwrap();
        prior(write(writer, b"XY"), 6, Some(4));
        assert_eq!(observer.bytes(), b"abcd");
    });
}

#[test]
fn a_submission_is_told_of_such_a_short_count() {
    let (mut writer, pool, observer) = offload(Scripted::script([Outcome::Short(4)]));
    assert!(write(&mut writer, b"abcdef").is_pending());
    assert!(pool.run_one());
    assert_eq!(ready(write(&mut writer, b"ab")).unwrap(), 2);
    prior(steps::submit(&mut writer, b"XY"), 6, Some(4));
    assert_eq!(steps::write_now(&mut writer, &pool, b"XY").unwrap(), 2);
    assert_eq!(observer.bytes(), b"abcdXY");
}

#[test]
fn into_inner_is_told_of_such_a_short_count_and_the_writer_comes_back() {
    let (mut writer, pool, observer) = offload(Scripted::script([Outcome::Short(4)]));
    assert!(write(&mut writer, b"abcdef").is_pending());
    assert!(pool.run_one());
    assert_eq!(ready(write(&mut writer, b"ab")).unwrap(), 2);
    let (error, writer) = block_on(writer.into_inner()).unwrap_err().into_parts();
    prior::<()>(Poll::Ready(Err(error)), 6, Some(4));
    assert!(block_on(writer.into_inner()).is_ok());
    assert_eq!(observer.bytes(), b"abcd");
}

#[test]
fn looking_at_the_metadata_does_not_end_it() {
    let file = tempfile::tempfile().unwrap();
    let pool = Stepped::new();
    let mut writer = steps::over(file, &pool);
    assert!(write(&mut writer, b"abc").is_pending());
    assert_eq!(drive(&pool, writer.metadata()).unwrap().len(), 3);
    let jobs = pool.executed();
    assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 3);
    assert_eq!(pool.executed(), jobs);
}
