//! Beside writes.

use super::*;

#[test]
fn a_read_waits_for_the_outstanding_write() {
    let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdef"));
    let ticket = steps::in_flight(&mut file, b"XY");
    let reader = Task::new();
    let mut buf = [0; 4];
    assert!(reader.poll(|cx| Pin::new(&mut file).poll_read(cx, &mut buf)).is_pending());
    assert_eq!((pool.len(), observer.reads()), (1, vec![]));
    assert!(pool.run_one());
    assert_eq!(reader.wakes(), 1);
    assert_eq!(read_now(&mut file, &pool, 4), b"cdef", "behind the write");
    assert_eq!(ready(steps::ask(&mut file, ticket)).unwrap(), 2, "and the answer is still there");
}

/// Rule W5: reads neither ask nor answer for a write.
#[test]
fn a_read_does_not_ask_for_a_write() {
    for (outcome, complete) in [(Outcome::Os(NO_SPACE), 0), (Outcome::Short(1), 1)] {
        let (mut file, pool, observer) = offload(Scripted::script([outcome]).holding(b"abcdef"));
        let ticket = steps::in_flight(&mut file, b"XY");
        assert!(read(&mut file, 3).is_pending());
        assert!(pool.run_one());
        assert_eq!(read_now(&mut file, &pool, 2), b"abcdef"[complete..complete + 2]);
        abandon(&mut file, &pool, 2);
        assert_eq!(ready(read(&mut file, 1)).unwrap().len(), 1);
        steps::refused(steps::submit(&mut file, b"Z"), ticket);
        assert_eq!((observer.writes(), observer.seek_backs()), (vec![2], vec![]), "it does nothing");
        assert_eq!(ready(read(&mut file, 1)).unwrap().len(), 1, "and the fetched bytes are where they were");
        assert_eq!(file.outstanding(), Some(ticket));
        assert!(ready(steps::ask(&mut file, ticket)).map_or(true, |n| n == complete));
    }
}

/// It makes no call on the destination, not even to move the cursor back.
#[test]
fn a_flush_leaves_fetched_bytes_alone() {
    let (mut file, pool, observer) = offload(Scripted::new().holding(b"abcdef"));
    abandon(&mut file, &pool, 4);
    let jobs = pool.executed();
    ready(steps::poll(|cx| Pin::new(&mut file).poll_flush(cx))).unwrap();
    assert_eq!((pool.executed(), observer.seek_backs()), (jobs, vec![]));
    assert_eq!(ready(read(&mut file, 4)).unwrap(), b"abcd");
}

#[test]
fn a_read_does_not_supersede_a_ticket() {
    let (mut file, pool, _) = offload(Scripted::new().holding(b"abcdef"));
    let ticket = steps::in_flight(&mut file, b"XY");
    assert!(pool.run_one());
    assert_eq!(read_now(&mut file, &pool, 1), b"c");
    assert_eq!(ready(steps::ask(&mut file, ticket)).unwrap(), 2);
    assert_eq!(ready(steps::ask(&mut file, ticket)).unwrap(), 2);
}
