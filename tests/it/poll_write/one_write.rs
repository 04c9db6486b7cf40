//! One write.

use super::*;

#[test]
fn the_same_buffer_is_the_same_write() {
    of_both(&[], |writer, pool, observer| {
        for _ in 0..1000 {
            assert!(write(writer, b"abc").is_pending());
        }
        assert_eq!((pool.len(), pool.executed()), (1, 1));
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"abc")).unwrap(), 3);
        assert_eq!((observer.bytes(), observer.writes()), (b"abc".to_vec(), vec![3]));
    });
}

/// It is told by what it says, not by where it is.
#[test]
fn the_same_bytes_elsewhere_are_the_same_write() {
    of_both(&[], |writer, pool, observer| {
        let (first, second) = (b"abc".to_vec(), b"abc".to_vec());
        assert!(write(writer, &first).is_pending());
        drop(first);
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, &second)).unwrap(), 3);
        assert_eq!(observer.writes(), [3]);
    });
}

#[test]
fn a_longer_buffer_is_answered_for_what_was_submitted() {
    of_both(&[], |writer, pool, observer| {
        assert!(write(writer, b"abc").is_pending());
        assert!(write(writer, b"abcd").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"abcdef")).unwrap(), 3);
        assert!(write(writer, b"def").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"def")).unwrap(), 3);
        assert_eq!((observer.bytes(), observer.writes()), (b"abcdef".to_vec(), vec![3, 3]));
    });
}

#[test]
fn a_shorter_buffer_leaves_a_credit() {
    of_both(&[], |writer, pool, observer| {
        assert!(write(writer, b"abcdef").is_pending());
        assert!(write(writer, b"a").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"ab")).unwrap(), 2);
        assert_eq!(ready(write(writer, b"c")).unwrap(), 1);
        assert_eq!(ready(write(writer, b"defgh")).unwrap(), 3, "the credit ends");
        assert_eq!((observer.writes(), pool.executed()), (vec![6], 1));
        assert!(write(writer, b"gh").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"gh")).unwrap(), 2);
        assert_eq!((observer.bytes(), observer.writes()), (b"abcdefgh".to_vec(), vec![6, 2]));
    });
}

#[test]
fn the_credit_of_a_short_write_is_what_is_complete() {
    of_both(&[Outcome::Short(4)], |writer, pool, observer| {
        assert!(write(writer, b"abcdef").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"abc")).unwrap(), 3);
        assert_eq!(ready(write(writer, b"def")).unwrap(), 1);
        assert!(write(writer, b"ef").is_pending(), "no later byte of that submission is or will be complete");
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"ef")).unwrap(), 2);
        assert_eq!((observer.bytes(), observer.writes()), (b"abcdef".to_vec(), vec![6, 2]));
    });
}

/// What is not complete was taken back by the short count, so it is nothing to agree with.
#[test]
fn the_credit_of_a_short_write_is_compared_as_far_as_it_goes() {
    of_both(&[Outcome::Short(4)], |writer, pool, observer| {
        assert!(write(writer, b"abcdef").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"ab")).unwrap(), 2);
        assert_eq!(ready(write(writer, b"cdXY")).unwrap(), 2);
        assert!(write(writer, b"XY").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"XY")).unwrap(), 2);
        assert_eq!(observer.bytes(), b"abcdXY");
    });
}

#[test]
fn lists_and_flat_buffers_are_compared_by_their_bytes() {
    of_both(&[], |writer, pool, observer| {
        assert!(write(writer, b"abcdef").is_pending());
        assert!(write_list(writer, &[b"ab", b"", b"cd", b"efg"]).is_pending());
        assert!(write_list(writer, &[b"", b"abc"]).is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write_list(writer, &[b"a", b"bc"])).unwrap(), 3);
        assert_eq!(ready(write_list(writer, &[b"d", b"", b"efg"])).unwrap(), 3);
        assert_eq!(observer.writes(), [6]);

        assert!(write_list(writer, &[b"g", b"", b"hi"]).is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"ghijk")).unwrap(), 3, "one submission of the whole list");
        assert_eq!((observer.bytes(), observer.writes()), (b"abcdefghi".to_vec(), vec![6, 3]));
    });
}

#[test]
fn a_list_that_differs_in_a_later_slice_is_another_write() {
    of_both(&[], |writer, pool, observer| {
        assert!(write(writer, b"abcdef").is_pending());
        assert!(write_list(writer, &[b"abc", b"dX"]).is_pending());
        assert_eq!(pool.run_all(), 1);
        assert!(write_list(writer, &[b"abc", b"dX"]).is_pending(), "its own submission");
        assert_eq!(pool.run_all(), 1);
        assert_eq!(ready(write_list(writer, &[b"abc", b"dX"])).unwrap(), 5);
        assert_eq!(observer.bytes(), b"abcdefabcdX");
    });
}

#[test]
fn no_bytes_leave_it_alone() {
    of_both(&[], |writer, pool, observer| {
        assert!(write(writer, b"abc").is_pending());
        assert_eq!(ready(write(writer, b"")).unwrap(), 0);
        assert_eq!(ready(write_list(writer, &[])).unwrap(), 0);
        assert_eq!(ready(write_list(writer, &[b"", b""])).unwrap(), 0);
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"")).unwrap(), 0);
        assert_eq!(ready(write(writer, b"ab")).unwrap(), 2);
        assert_eq!(ready(write(writer, b"")).unwrap(), 0);
        assert_eq!(ready(write(writer, b"c")).unwrap(), 1);
        assert_eq!((observer.writes(), pool.executed()), (vec![3], 1));
    });
}

#[test]
fn a_flush_leaves_it_alone() {
    for offered in [&b"abc"[..], b"abcd"] {
        of_both(&[], |writer, pool, observer| {
            assert!(write(writer, b"abc").is_pending());
            assert!(flush(writer).is_pending());
            assert!(pool.run_one());
            for _ in 0..3 {
                ready(flush(writer)).unwrap();
            }
            assert_eq!(ready(write(writer, offered)).unwrap(), 3, "the same buffer, or a longer one");
            ready(flush(writer)).unwrap();
            assert_eq!((observer.writes(), pool.executed()), (vec![3], 1));
            assert_eq!(observer.flushes(), 0, "nothing is held back, so nothing is flushed");
        });
    }
}

#[test]
fn what_a_shorter_buffer_has_left_survives_a_flush() {
    of_both(&[], |writer, pool, observer| {
        assert!(write(writer, b"abcdef").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"ab")).unwrap(), 2);
        ready(flush(writer)).unwrap();
        assert_eq!(ready(write(writer, b"cdef")).unwrap(), 4);
        assert_eq!((observer.writes(), pool.executed()), (vec![6], 1));
    });
}

/// Documented: a flush lets the bytes go, and what it keeps in their place fits no beginning of them.
#[test]
fn after_a_flush_a_shorter_buffer_is_another_write() {
    of_both(&[], |writer, pool, observer| {
        assert!(write(writer, b"abc").is_pending());
        assert!(pool.run_one());
        ready(flush(writer)).unwrap();
        assert!(write(writer, b"ab").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"ab")).unwrap(), 2);
        assert_eq!((observer.bytes(), observer.writes()), (b"abcab".to_vec(), vec![3, 2]));
    });
}

#[test]
fn other_bytes_of_the_same_length_are_another_write_after_a_flush() {
    of_both(&[], |writer, pool, observer| {
        assert!(write(writer, b"abc").is_pending());
        assert!(pool.run_one());
        ready(flush(writer)).unwrap();
        assert!(write(writer, b"abX").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"abX")).unwrap(), 3);
        assert_eq!(observer.bytes(), b"abcabX");
    });
}

#[test]
fn reads_leave_it_alone() {
    let (mut writer, pool, observer) = offload(Scripted::new().stream(b"input"));
    let mut buf = [0; 5];
    assert!(write(&mut writer, b"abc").is_pending());
    assert!(steps::poll(|cx| Pin::new(&mut writer).poll_read(cx, &mut buf)).is_pending());
    assert!(pool.run_one());
    assert!(steps::poll(|cx| Pin::new(&mut writer).poll_read(cx, &mut buf)).is_pending());
    assert!(pool.run_one());
    assert_eq!(ready(steps::poll(|cx| Pin::new(&mut writer).poll_read(cx, &mut buf))).unwrap(), 5);
    assert_eq!(ready(write(&mut writer, b"abc")).unwrap(), 3);
    assert_eq!((observer.writes(), &buf), (vec![3], b"input"));
}

/// What was answered for is over: the same bytes come again because they are to be written again.
#[test]
fn the_same_bytes_after_the_answer_are_a_new_write() {
    of_both(&[], |writer, pool, observer| {
        for _ in 0..3 {
            assert!(write(writer, b"ab").is_pending());
            assert!(pool.run_one());
            assert_eq!(ready(write(writer, b"ab")).unwrap(), 2);
        }
        assert_eq!((observer.bytes(), observer.writes()), (b"ababab".to_vec(), vec![2, 2, 2]));
    });
}

/// Documented: the destination is then as if the dropped one had never been.
#[test]
fn two_equal_writes_of_which_the_first_was_dropped_become_one() {
    of_both(&[], |writer, pool, observer| {
        assert!(write(writer, b"ab").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"ab")).unwrap(), 2, "of the second");
        assert_eq!(observer.bytes(), b"ab");
    });
}

#[test]
fn its_error_is_answered_once_and_then_it_is_over() {
    of_both(&[Outcome::Os(NO_SPACE)], |writer, pool, observer| {
        assert!(write(writer, b"abc").is_pending());
        assert!(pool.run_one());
        let error = failed(write(writer, b"abcd"));
        assert_eq!(error.raw_os_error(), Some(NO_SPACE), "its own error, and no report of another one");
        assert!(write(writer, b"abc").is_pending(), "a new write");
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"abc")).unwrap(), 3);
        assert_eq!((observer.bytes(), observer.writes()), (b"abc".to_vec(), vec![3, 3]));
    });
}

#[test]
fn a_destination_that_takes_no_more_answers_zero_and_then_it_is_over() {
    of_both(&[Outcome::Zero], |writer, pool, observer| {
        assert!(write(writer, b"abc").is_pending());
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"abc")).unwrap(), 0);
        assert!(write(writer, b"abc").is_pending(), "a new write");
        assert!(pool.run_one());
        assert_eq!(ready(write(writer, b"abc")).unwrap(), 3);
        assert_eq!(observer.bytes(), b"abc");
    });
}

/// A submission is bounded; a buffer beyond the bound is a lengthened one.
#[test]
fn a_huge_buffer_is_written_in_parts() {
    let huge: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    of_both(&[], |writer, pool, observer| {
        let mut rest = &huge[..];
        while !rest.is_empty() {
            match write(writer, rest) {
                Poll::Ready(n) => rest = &rest[n.unwrap()..],
                Poll::Pending => assert!(pool.run_one()),
            }
        }
        assert!(observer.bytes() == huge && observer.writes().len() > 1);
    });
}

#[test]
fn the_task_that_polled_last_is_woken() {
    let (mut writer, pool, _) = offload(Scripted::new());
    let (first, second) = (Task::new(), Task::new());
    assert!(write(&mut writer, b"abc").is_pending());
    assert!(first.poll(|cx| Pin::new(&mut writer).poll_write(cx, b"abc")).is_pending());
    assert!(second.poll(|cx| Pin::new(&mut writer).poll_write(cx, b"ab")).is_pending());
    assert!(pool.run_one());
    assert_eq!((first.wakes(), second.wakes()), (0, 1));
}
