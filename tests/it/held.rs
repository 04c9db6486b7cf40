//! A held write loses no byte and writes none twice, wherever its future is dropped, and says what it knows.

use std::{
    future::{Future, poll_fn},
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, FlushEach, HeldWrite, Indeterminate, Inline, Offload, Submitted, Ticket,
    TicketSource, UnknownTicket,
};
use futures_lite::future::block_on;

use crate::common::{
    destination::{Observer, Outcome, Scripted, interrupted},
    pool::Threads,
    random::XorShift,
    steps::{self, failed, offload, ready},
    waker::Task,
};

/// ENOSPC, the same on every Unix.
const NO_SPACE: i32 = 28;

/// Makes a future that carries `held` on, polls it once, and drops it.
fn resume<W: AsyncWriteComplete + Unpin>(
    writer: &mut W,
    held: &mut HeldWrite<impl AsRef<[u8]>>,
) -> Poll<io::Result<()>> {
    steps::poll(|cx| Pin::new(&mut writer.resume_write_all(held)).poll(cx))
}

/// What is known of a held write: completed, at most completed, remaining.
fn known(held: &HeldWrite<impl AsRef<[u8]>>) -> (usize, usize, &[u8]) {
    (held.completed(), held.maybe_completed(), held.remaining())
}

#[test]
fn a_new_one_knows_that_nothing_is_submitted() {
    let held = HeldWrite::new(b"abc");
    assert_eq!(known(&held), (0, 0, &b"abc"[..]));
    assert!(!held.is_done());
    assert!(HeldWrite::new(b"").is_done());
}

#[test]
fn it_knows_what_is_outstanding() {
    let (mut writer, pool, observer) = offload(Scripted::script([Outcome::Short(2)]));
    let mut held = HeldWrite::new(b"abcde");
    assert!(resume(&mut writer, &mut held).is_pending());
    assert_eq!(known(&held), (0, 5, &b"abcde"[..]));
    assert!(pool.run_one());
    assert_eq!(observer.bytes(), b"ab");
    assert_eq!(known(&held), (0, 5, &b"abcde"[..]), "not answered");
    assert!(resume(&mut writer, &mut held).is_pending(), "the rest is submitted");
    assert_eq!(known(&held), (2, 5, &b"cde"[..]));
    assert!(pool.run_one());
    ready(resume(&mut writer, &mut held)).unwrap();
    assert_eq!(known(&held), (5, 5, &b""[..]));
    assert!(held.is_done());
    assert_eq!((observer.bytes(), observer.writes()), (b"abcde".to_vec(), vec![5, 3]));
}

/// A caller that gives up can tell its own write from that of another.
#[test]
fn it_knows_the_ticket_that_is_outstanding() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Short(1)]));
    let mut held = HeldWrite::new(b"abc");
    assert_eq!(held.ticket(), None);
    assert!(resume(&mut writer, &mut held).is_pending());
    let ticket = held.ticket().unwrap();
    assert_eq!((ticket.len(), writer.outstanding()), (3, Some(ticket)));
    assert!(pool.run_one());
    assert!(resume(&mut writer, &mut held).is_pending(), "the rest is submitted");
    assert_ne!(held.ticket(), Some(ticket));
    assert_eq!(held.ticket(), writer.outstanding());
    assert!(pool.run_one());
    ready(resume(&mut writer, &mut held)).unwrap();
    assert_eq!((held.ticket(), writer.outstanding()), (None, None));
}

/// Every place where a future can be dropped: after each number of polls, with each number of jobs run before it goes
/// on.
#[test]
fn dropped_at_every_poll() {
    let bytes = b"0123456789";
    for polls in 0..12 {
        for jobs in 0..3 {
            let script = [Outcome::Short(3), Outcome::Error(io::ErrorKind::Interrupted), Outcome::Short(1)];
            let (mut writer, pool, observer) = offload(Scripted::script(script));
            let mut held = HeldWrite::new(bytes);
            {
                let mut future = writer.resume_write_all(&mut held);
                for _ in 0..polls {
                    if steps::poll_future(&mut future).is_ready() {
                        break;
                    }
                    pool.run_one();
                }
            }
            assert!(held.completed() <= observer.bytes().len());
            for _ in 0..jobs {
                pool.run_one();
            }
            while resume(&mut writer, &mut held).is_pending() {
                assert!(pool.run_one(), "it waits for nothing: {polls} polls, {jobs} jobs");
            }
            assert_eq!(observer.bytes(), bytes, "{polls} polls, {jobs} jobs");
            assert_eq!(observer.writes(), [10, 7, 7, 6], "{polls} polls, {jobs} jobs");
        }
    }
}

/// Thousands of bytes under random drops, short writes, interrupts, refused jobs and errors that pass.
#[test]
fn random_drops_lose_no_byte_and_repeat_none() {
    for seed in 0..300 {
        let mut random = XorShift::new(seed);
        let bytes: Vec<u8> = (0..4096).map(|_| random.next() as u8).collect();
        let mut fates = XorShift::new(seed + 1_000_000);
        let destination = Scripted::by_call(move |_| match fates.below(8) {
            0 => Outcome::Error(io::ErrorKind::Interrupted),
            1 => Outcome::Os(NO_SPACE),
            2 => Outcome::All,
            _ => Outcome::Short(1 + fates.below(100)),
        });
        let (mut writer, pool, observer) = offload(destination);
        let mut held = HeldWrite::new(&bytes);
        while !held.is_done() {
            match random.below(10) {
                0 => drop(writer.resume_write_all(&mut held)),
                1 => pool.refuse(random.below(2) == 0),
                2 if random.below(20) == 0 => drop(pool.drop_one()),
                3..=6 => drop(pool.run_one()),
                _ => match resume(&mut writer, &mut held) {
                    Poll::Ready(Ok(())) => assert!(held.is_done(), "seed {seed}"),
                    Poll::Ready(Err(error)) => {
                        assert_eq!(known(&held).0, known(&held).1, "seed {seed}: a definite error {error}");
                        assert_eq!(held.completed(), observer.bytes().len(), "seed {seed}: {error}");
                    }
                    Poll::Pending => {}
                },
            }
            let there = observer.bytes();
            assert_eq!(there, bytes[..there.len()], "seed {seed}");
            let bounds = held.completed()..=held.maybe_completed();
            assert!(bounds.contains(&there.len()), "seed {seed}: {} is not within {bounds:?}", there.len());
        }
        assert!(observer.bytes() == bytes, "seed {seed}: other bytes");
    }
}

/// The same with real threads, on which the jobs run when they please.
#[test]
fn random_drops_over_threads() {
    for seed in 0..50 {
        let mut random = XorShift::new(seed);
        let bytes: Vec<u8> = (0..2048).map(|_| random.next() as u8).collect();
        let mut fates = XorShift::new(seed + 1_000_000);
        let destination = Scripted::by_call(move |_| Outcome::Short(1 + fates.below(64)));
        let observer = destination.observer();
        let mut writer = Offload::with_pool(destination, Threads::new(2));
        let mut held = HeldWrite::new(&bytes);
        while !held.is_done() {
            if random.below(2) == 0 {
                let _ = resume(&mut writer, &mut held).map(Result::unwrap);
            } else {
                // Without a turn in between a single core would only ever poll.
                std::thread::yield_now();
            }
        }
        assert!(observer.bytes() == bytes, "seed {seed}: other bytes");
    }
}

#[tokio::test]
async fn in_a_select_that_always_takes_the_other_branch() {
    let mut fates = XorShift::new(7);
    let (mut writer, pool, observer) = offload(Scripted::by_call(move |_| Outcome::Short(1 + fates.below(50))));
    let bytes: Vec<u8> = (0..5000_u32).map(|n| (n % 241) as u8).collect();
    let (mut held, mut rounds) = (HeldWrite::new(&bytes), 0);
    while !held.is_done() {
        tokio::select! {
            biased;
            resumed = writer.resume_write_all(&mut held) => resumed.unwrap(),
            () = std::future::ready(()) => {}
        }
        // None waits when the writer left the executor a turn.
        rounds += usize::from(pool.run_one());
    }
    assert!(observer.bytes() == bytes, "other bytes");
    assert_eq!(rounds, observer.writes().len(), "each write was dropped once");
}

#[tokio::test]
async fn under_a_timeout_that_always_strikes() {
    let (mut writer, pool, observer) = offload(Scripted::script([Outcome::Short(2), Outcome::Short(2)]));
    let (mut held, mut timeouts) = (HeldWrite::new(b"abcde"), 0);
    loop {
        // The pool does nothing by itself, so this waits for the deadline alone, which is now.
        match tokio::time::timeout(Duration::ZERO, writer.resume_write_all(&mut held)).await {
            Ok(resumed) => break resumed.unwrap(),
            // None waits when the writer left the executor a turn.
            Err(_) => timeouts += usize::from(pool.run_one()),
        }
    }
    assert_eq!((observer.bytes(), observer.writes(), timeouts), (b"abcde".to_vec(), vec![5, 3, 1], 3));
}

/// The branch that wins may use the writer for a read, or settle it; neither ends the write.
#[test]
fn a_settle_in_between_takes_nothing_away() {
    let (mut writer, pool, observer) = offload(Scripted::script([Outcome::Short(2)]));
    let mut held = HeldWrite::new(b"abc");
    assert!(resume(&mut writer, &mut held).is_pending());
    assert!(steps::settle(&mut writer).is_pending());
    assert!(pool.run_one());
    let settled = ready(steps::settle(&mut writer)).unwrap().unwrap();
    assert_eq!((Some(settled.ticket()), settled.completed(), settled.is_short()), (held.ticket(), 2, true));
    assert!(ready(steps::settle(&mut writer)).unwrap().is_none());
    assert!(resume(&mut writer, &mut held).is_pending(), "two bytes are known, the third is submitted");
    assert_eq!(known(&held), (2, 3, &b"c"[..]));
    assert!(pool.run_one());
    ready(resume(&mut writer, &mut held)).unwrap();
    assert_eq!((observer.bytes(), observer.writes()), (b"abc".to_vec(), vec![3, 1]));
}

/// Somebody else's write has to be answered first; of this one nothing is submitted meanwhile.
#[test]
fn over_an_outstanding_write_it_is_refused_and_takes_no_harm() {
    let (mut writer, pool, observer) = offload(Scripted::script([Outcome::Os(NO_SPACE)]));
    let ticket = steps::in_flight(&mut writer, b"XY");
    let mut held = HeldWrite::new(b"abc");
    for _ in 0..2 {
        steps::refused(resume(&mut writer, &mut held), ticket);
        assert_eq!((known(&held), held.ticket()), ((0, 0, &b"abc"[..]), None));
        pool.run_all();
    }
    assert_eq!(failed(steps::settle(&mut writer)).raw_os_error(), Some(NO_SPACE));
    assert!(resume(&mut writer, &mut held).is_pending());
    assert!(pool.run_one());
    ready(resume(&mut writer, &mut held)).unwrap();
    assert_eq!((observer.bytes(), observer.writes()), (b"abc".to_vec(), vec![2, 3]));
}

#[test]
fn another_writer_is_refused_and_gets_nothing() {
    let (mut right, pool, observer) = offload(Scripted::script([Outcome::Short(1)]));
    let (mut wrong, other_pool, other) = offload(Scripted::new());
    let mut held = HeldWrite::new(b"abc");
    assert!(resume(&mut right, &mut held).is_pending());

    for _ in 0..2 {
        let error = failed(resume(&mut wrong, &mut held));
        assert_eq!(UnknownTicket::find(&error).unwrap().ticket().len(), 3);
        assert_eq!(known(&held), (0, 3, &b"abc"[..]));
    }
    let mut memory = Vec::new();
    assert!(UnknownTicket::find(&failed(resume(&mut memory, &mut held))).is_some());
    assert_eq!((memory, other.writes(), other_pool.executed()), (vec![], vec![], 0));

    assert!(pool.run_one());
    assert!(resume(&mut right, &mut held).is_pending());
    assert_eq!(known(&held), (1, 3, &b"bc"[..]));
    assert!(pool.run_one());
    ready(resume(&mut right, &mut held)).unwrap();
    assert_eq!((observer.bytes(), observer.writes()), (b"abc".to_vec(), vec![3, 2]));
}

/// With nothing outstanding there is nothing to be confused about: the rest may go anywhere.
#[test]
fn another_writer_may_have_the_rest_when_nothing_is_outstanding() {
    let mut first = Inline::new(Scripted::script([Outcome::Short(1), Outcome::Os(NO_SPACE)]));
    let mut held = HeldWrite::new(b"abc");
    assert_eq!(failed(resume(&mut first, &mut held)).raw_os_error(), Some(NO_SPACE));
    let mut second = Vec::new();
    ready(resume(&mut second, &mut held)).unwrap();
    assert_eq!(second, b"bc");
}

/// The answer was for somebody else, and a later write has taken its place: nobody can tell any more what became of the
/// part that was outstanding.
#[test]
fn superseded_by_another_submission() {
    let (mut writer, pool, observer) = offload(Scripted::new());
    let mut held = HeldWrite::new(b"abc");
    assert!(resume(&mut writer, &mut held).is_pending());
    assert!(pool.run_one());
    assert_eq!(ready(steps::settle(&mut writer)).unwrap().unwrap().completed(), 3);
    assert_eq!(steps::write_now(&mut writer, &pool, b"de").unwrap(), 2);
    assert_eq!(observer.bytes(), b"abcde");

    let jobs = pool.executed();
    for _ in 0..2 {
        assert!(UnknownTicket::find(&failed(resume(&mut writer, &mut held))).is_some());
        assert_eq!(known(&held), (0, 3, &b"abc"[..]), "between none and all of it");
        assert!(!held.is_done());
    }
    assert_eq!((observer.bytes(), pool.executed()), (b"abcde".to_vec(), jobs), "nothing is submitted any more");
}

#[test]
fn superseded_in_the_middle() {
    let (mut writer, pool, observer) = offload(Scripted::script([Outcome::Short(2), Outcome::All, Outcome::All]));
    let mut held = HeldWrite::new(b"abcde");
    assert!(resume(&mut writer, &mut held).is_pending());
    assert!(pool.run_one());
    assert!(resume(&mut writer, &mut held).is_pending());
    assert!(pool.run_one());
    assert!(ready(steps::settle(&mut writer)).unwrap().is_some());
    assert_eq!(steps::write_now(&mut writer, &pool, b"XY").unwrap(), 2);
    assert!(UnknownTicket::find(&failed(resume(&mut writer, &mut held))).is_some());
    assert_eq!(known(&held), (2, 5, &b"cde"[..]));
    assert_eq!(observer.bytes(), b"abcdeXY");
}

/// Asserts that `held` submits nothing any more, to `writer` or to memory, and keeps its bounds.
#[track_caller]
fn stays_in_doubt<W: AsyncWriteComplete + Unpin>(
    writer: &mut W,
    held: &mut HeldWrite<impl AsRef<[u8]>>,
    observer: &Observer,
    bounds: (usize, usize),
) {
    let writes = observer.writes();
    assert_eq!((held.completed(), held.maybe_completed()), bounds);
    assert!(!held.is_done());
    for _ in 0..2 {
        let error = failed(resume(writer, held));
        assert!(Indeterminate::find(&error).is_some(), "for good: {error:?}");
        let mut memory = Vec::new();
        failed(resume(&mut memory, held));
        assert_eq!(memory, b"", "submitted after an indeterminate outcome");
        assert_eq!((held.completed(), held.maybe_completed()), bounds);
    }
    assert_eq!(observer.writes(), writes);
}

#[test]
fn an_indeterminate_answer_leaves_bounds_and_ends_it() {
    for outcome in [Outcome::Panic, Outcome::Lie(1), Outcome::Unknown(NO_SPACE)] {
        let (mut writer, pool, observer) = offload(Scripted::script([Outcome::Short(2), outcome]));
        let mut held = HeldWrite::new(b"abcde");
        assert!(resume(&mut writer, &mut held).is_pending());
        assert!(pool.run_one());
        assert!(resume(&mut writer, &mut held).is_pending());
        assert!(pool.run_one());
        let error = failed(resume(&mut writer, &mut held));
        assert!(Indeterminate::find(&error).is_some(), "{error:?}");
        stays_in_doubt(&mut writer, &mut held, &observer, (2, 5));
    }
}

/// A writer that completes at submission has no other place to say that it does not know.
#[test]
fn an_indeterminate_submission_leaves_bounds_and_ends_it() {
    let destination = Scripted::script([Outcome::Short(2)]).on_flush([Outcome::All, Outcome::Os(NO_SPACE)]);
    let observer = destination.observer();
    let mut writer = Inline::new(FlushEach::new(destination));
    let mut held = HeldWrite::new(b"abcde");
    let error = failed(resume(&mut writer, &mut held));
    assert!(Indeterminate::find(&error).is_some(), "{error:?}");
    assert_eq!(observer.bytes(), b"abcde", "what the bounds have to include");
    stays_in_doubt(&mut writer, &mut held, &observer, (2, 5));
}

#[test]
fn a_panic_at_submission_leaves_bounds_and_ends_it() {
    let destination = Scripted::script([Outcome::Short(2), Outcome::Panic]);
    let observer = destination.observer();
    let mut writer = Inline::new(destination);
    let mut held = HeldWrite::new(b"abcde");
    assert!(Indeterminate::find(&failed(resume(&mut writer, &mut held))).is_some());
    stays_in_doubt(&mut writer, &mut held, &observer, (2, 5));
}

/// A writer that breaks its contract: it says that it took, or completed, more than it was given.
struct Liar {
    tickets: TicketSource,
    submitted: usize,
    in_flight: bool,
}

impl AsyncWriteComplete for Liar {
    fn poll_write_submit(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        self.submitted += 1;
        let too_many = buf.len() + 1;
        let ticket = self.tickets.mint(too_many);
        Poll::Ready(Ok(if self.in_flight { Submitted::InFlight(ticket) } else { Submitted::Complete(too_many) }))
    }

    fn poll_write_complete(self: Pin<&mut Self>, _: &mut Context<'_>, ticket: Ticket) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(ticket.len()))
    }

    fn poll_close_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn a_lying_writer_is_not_believed_and_gets_no_more() {
    for in_flight in [false, true] {
        let mut writer = Liar { tickets: TicketSource::new(), submitted: 0, in_flight };
        let mut held = HeldWrite::new(b"abc");
        let error = failed(resume(&mut writer, &mut held));
        assert!(Indeterminate::find(&error).is_some(), "in flight: {in_flight}: {error:?}");
        assert_eq!(known(&held), (0, 3, &b"abc"[..]), "in flight: {in_flight}");
        failed(resume(&mut writer, &mut held));
        assert_eq!(writer.submitted, 1, "in flight: {in_flight}: submitted after an indeterminate outcome");
        let once = failed(steps::poll_future(&mut writer.write_complete(b"abc")));
        assert!(Indeterminate::find(&once).is_some(), "in flight: {in_flight}: {once:?}");
    }
}

/// The write before it is in doubt, but of the held write it is known that nothing was submitted.
#[test]
fn an_indeterminate_write_before_it_leaves_no_doubt() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Panic]));
    let ticket = steps::in_flight(&mut writer, b"before");
    assert!(pool.run_one());
    let mut held = HeldWrite::new(b"abc");
    steps::refused(resume(&mut writer, &mut held), ticket);
    failed(steps::ask(&mut writer, ticket));
    assert!(Indeterminate::find(&failed(resume(&mut writer, &mut held))).is_some());
    assert_eq!(known(&held), (0, 0, &b"abc"[..]));
    let mut memory = Vec::new();
    ready(resume(&mut memory, &mut held)).unwrap();
    assert_eq!(memory, b"abc");
}

#[test]
fn after_a_definite_error_the_rest_is_resumed() {
    let script = [Outcome::Short(2), Outcome::Os(NO_SPACE), Outcome::Short(1), Outcome::Os(NO_SPACE)];
    let (mut writer, pool, observer) = offload(Scripted::script(script));
    let mut held = HeldWrite::new(b"abcde");
    let mut errors = Vec::new();
    while !held.is_done() {
        match resume(&mut writer, &mut held) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => errors.push((error.raw_os_error(), held.completed(), held.maybe_completed())),
            Poll::Pending => assert!(pool.run_one()),
        }
    }
    assert_eq!(errors, [(Some(NO_SPACE), 2, 2), (Some(NO_SPACE), 3, 3)]);
    assert_eq!((observer.bytes(), observer.writes()), (b"abcde".to_vec(), vec![5, 3, 3, 2, 2]));
}

#[test]
fn a_job_that_never_ran_is_a_definite_error() {
    let (mut writer, pool, observer) = offload(Scripted::new());
    let mut held = HeldWrite::new(b"abc");
    assert!(resume(&mut writer, &mut held).is_pending());
    assert!(pool.drop_one());
    assert_eq!(failed(resume(&mut writer, &mut held)).kind(), io::ErrorKind::Other);
    assert_eq!(known(&held), (0, 0, &b"abc"[..]));
    assert!(resume(&mut writer, &mut held).is_pending());
    assert!(pool.run_one());
    ready(resume(&mut writer, &mut held)).unwrap();
    assert_eq!((observer.bytes(), observer.writes()), (b"abc".to_vec(), vec![3]));
}

#[test]
fn a_destination_that_takes_no_more_is_write_zero() {
    let (mut writer, pool, observer) = offload(Scripted::script([Outcome::Short(2), Outcome::Zero]));
    let mut held = HeldWrite::new(b"abc");
    let error = loop {
        match resume(&mut writer, &mut held) {
            Poll::Ready(answer) => break answer.unwrap_err(),
            Poll::Pending => assert!(pool.run_one()),
        }
    };
    assert_eq!(error.kind(), io::ErrorKind::WriteZero);
    assert_eq!(known(&held), (2, 2, &b"c"[..]));
    assert!(resume(&mut writer, &mut held).is_pending(), "it may take more later");
    assert!(pool.run_one());
    ready(resume(&mut writer, &mut held)).unwrap();
    assert_eq!((observer.bytes(), observer.writes()), (b"abc".to_vec(), vec![3, 1, 1]));

    let mut full: &mut [u8] = &mut [0; 2];
    let mut held = HeldWrite::new(b"abc");
    assert_eq!(failed(resume(&mut full, &mut held)).kind(), io::ErrorKind::WriteZero);
    assert_eq!(known(&held), (2, 2, &b"c"[..]));
}

#[test]
fn done_it_makes_no_call() {
    let (mut writer, pool, observer) = offload(Scripted::new());
    let mut held = HeldWrite::new(b"abc");
    assert!(resume(&mut writer, &mut held).is_pending());
    assert!(pool.run_one());
    for _ in 0..3 {
        ready(resume(&mut writer, &mut held)).unwrap();
    }
    let ticket = steps::in_flight(&mut writer, b"de");
    ready(resume(&mut writer, &mut held)).unwrap();
    ready(resume(&mut writer, &mut HeldWrite::new(b""))).unwrap();
    assert_eq!(writer.outstanding(), Some(ticket), "somebody's write is outstanding, and stays so");
    assert_eq!(pool.run_all(), 1);
    ready(resume(&mut writer, &mut held)).unwrap();
    assert_eq!(known(&held), (3, 3, &b""[..]));
    assert_eq!((observer.bytes(), observer.writes()), (b"abcde".to_vec(), vec![3, 2]));
    drop(writer);
    ready(resume(&mut Inline::new(Scripted::script([Outcome::Panic])), &mut held)).unwrap();
}

#[test]
fn interrupts_are_not_seen() {
    let (mut writer, pool, observer) = offload(Scripted::script(interrupted(5)));
    let mut held = HeldWrite::new(b"abc");
    assert!(resume(&mut writer, &mut held).is_pending());
    assert!(pool.run_one());
    ready(resume(&mut writer, &mut held)).unwrap();
    assert_eq!((observer.bytes(), observer.writes()), (b"abc".to_vec(), vec![3; 6]));
}

#[test]
fn a_closed_writer_ends_it_with_the_count_known() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Short(2)]));
    let mut held = HeldWrite::new(b"abc");
    assert!(resume(&mut writer, &mut held).is_pending());
    assert!(steps::close(&mut writer).is_pending());
    assert_eq!(pool.run_all(), 1);
    assert_eq!(failed(resume(&mut writer, &mut held)).kind(), io::ErrorKind::BrokenPipe);
    assert_eq!(known(&held), (2, 2, &b"c"[..]), "the ticket has answered, also after the close");
}

/// Larger than what one submission takes.
#[test]
fn a_write_of_many_submissions() {
    let bytes: Vec<u8> = (0..(5_u32 << 19)).map(|n| (n % 253) as u8).collect();
    let (mut writer, pool, observer) = offload(Scripted::new());
    let mut held = HeldWrite::new(&bytes);
    let mut outstanding = Vec::new();
    while resume(&mut writer, &mut held).is_pending() {
        outstanding.push(held.maybe_completed() - held.completed());
        assert!(pool.run_one());
    }
    assert_eq!(outstanding, observer.writes());
    assert_eq!(outstanding.iter().sum::<usize>(), bytes.len());
    assert!(outstanding.len() > 1 && observer.bytes() == bytes);
}

/// The future of `write_all_complete` has a held write inside, and tells how far it got.
#[test]
fn write_all_complete_tells_how_far_it_got() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Short(2), Outcome::Os(NO_SPACE)]));
    let mut future = writer.write_all_complete(b"abc");
    assert_eq!(known(future.held()), (0, 0, &b"abc"[..]));
    let error = loop {
        match steps::poll_future(&mut future) {
            Poll::Ready(answer) => break answer.unwrap_err(),
            Poll::Pending => assert!(pool.run_one()),
        }
    };
    assert_eq!(error.raw_os_error(), Some(NO_SPACE));
    assert_eq!(known(future.held()), (2, 2, &b"c"[..]));
}

/// The same held write by way of two futures in turn, on two tasks: the waker of the last poll is the one that is
/// woken.
#[test]
fn the_last_task_to_ask_is_woken() {
    let (mut writer, pool, _) = offload(Scripted::new());
    let mut held = HeldWrite::new(b"abc");
    let (first, second) = (Task::new(), Task::new());
    assert!(resume(&mut writer, &mut held).is_pending());
    assert!(first.poll_future(&mut writer.resume_write_all(&mut held)).is_pending());
    assert!(second.poll_future(&mut writer.resume_write_all(&mut held)).is_pending());
    assert!(pool.run_one());
    assert_eq!((first.wakes(), second.wakes()), (0, 1));
    assert!(second.poll_future(&mut writer.resume_write_all(&mut held)).is_ready());
}

/// Without a runtime, over the pool that callers get by default.
#[test]
fn over_a_real_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 247) as u8).collect();
    block_on(async {
        let mut writer = Offload::<std::fs::File, _>::create(file.path()).await.unwrap();
        let mut held = HeldWrite::new(&bytes);
        while !held.is_done() {
            // One poll, and the future is dropped; somebody settles the writer, and this goes on.
            let _ = poll_fn(|cx| Poll::Ready(Pin::new(&mut writer.resume_write_all(&mut held)).poll(cx))).await;
            let _ = writer.settle().await.unwrap();
        }
        assert!(std::fs::read(file.path()).unwrap() == bytes, "other bytes");
        writer.close_complete().await.unwrap();
    });
}

/// It may own its bytes, and so outlive the function that made it, also on another thread.
#[test]
fn it_may_own_its_bytes() {
    fn begin<B: AsRef<[u8]>>(bytes: B, writer: &mut (impl AsyncWriteComplete + Unpin)) -> HeldWrite<B> {
        let mut held = HeldWrite::new(bytes);
        assert!(resume(writer, &mut held).is_pending());
        held
    }

    let (mut writer, pool, observer) = offload(Scripted::script([Outcome::Short(2), Outcome::Short(3)]));
    let mut held = begin(b"hello, there".to_vec(), &mut writer);
    assert_eq!(known(&held), (0, 12, &b"hello, there"[..]));
    let (mut writer, stepped) = (writer, pool.clone());
    let there = std::thread::spawn(move || {
        steps::drive(&stepped, writer.resume_write_all(&mut held)).unwrap();
        (writer, held)
    });
    let (mut writer, held) = there.join().unwrap();
    assert!(held.is_done());
    assert_eq!(held.into_inner(), b"hello, there", "all of them come back");
    assert_eq!((observer.bytes(), observer.writes()), (b"hello, there".to_vec(), vec![12, 10, 7]));

    for _ in 0..2 {
        let mut boxed: HeldWrite<Box<[u8]>> = HeldWrite::new(Box::from(&b"box"[..]));
        steps::drive(&pool, writer.resume_write_all(&mut boxed)).unwrap();
        let mut text = HeldWrite::new(String::from("text"));
        steps::drive(&pool, writer.resume_write_all(&mut text)).unwrap();
        let mut array = HeldWrite::new(*b"array");
        steps::drive(&pool, writer.resume_write_all(&mut array)).unwrap();
    }
    assert_eq!(observer.bytes(), b"hello, thereboxtextarrayboxtextarray");
}

#[test]
fn its_bytes_come_back_at_any_time() {
    let (mut writer, pool, observer) = offload(Scripted::new());
    let mut held = HeldWrite::new(b"abc".to_vec());
    assert!(resume(&mut writer, &mut held).is_pending());
    let mut bytes = held.into_inner();
    bytes.fill(b'?');
    assert!(pool.run_one());
    assert_eq!(observer.bytes(), b"abc", "what is outstanding goes on, as it was taken");
    assert_eq!(ready(steps::settle(&mut writer)).unwrap().unwrap().completed(), 3);
}

/// Its bytes are not for every log.
#[test]
fn debug_does_not_tell_its_bytes() {
    let shown = format!("{:?}", HeldWrite::new(b"secret".to_vec()));
    assert!(shown.contains("completed: 0") && shown.contains("len: 6"), "{shown}");
    assert!(!shown.contains("secret") && !shown.contains("115"), "{shown}");
}

/// Bytes that are more at each look.
struct Growing(std::cell::Cell<usize>);

impl AsRef<[u8]> for Growing {
    fn as_ref(&self) -> &[u8] {
        self.0.set(self.0.get() + 1);
        &b"abcdefghi"[..self.0.get()]
    }
}

#[test]
fn bytes_that_grow_meanwhile_are_not_submitted() {
    let mut memory = Vec::new();
    let mut held = HeldWrite::new(Growing(2.into()));
    block_on(memory.resume_write_all(&mut held)).unwrap();
    assert_eq!((held.completed(), memory), (3, b"abc".to_vec()));
}
