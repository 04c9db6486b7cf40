//! Rule W4: a ticket is answered with its own result only, any number of times.

use std::{
    collections::HashSet,
    io,
    task::{Context, Poll},
    thread,
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, DriveWrite, Started, Submitted, Ticket, Tracked, UnknownTicket,
};

use crate::common::{
    destination::{Gate, Outcome, Scripted},
    operation::{CLOSES, NO_WRITES, Operation},
    steps::{ask, drive, failed, in_flight, offload, poll_future, ready, refused, submit, unknown, write_now},
};

/// Asserts that the writer knows nothing of `ticket`, twice.
#[track_caller]
fn assert_unknown(writer: &mut (impl AsyncWriteComplete + Unpin), ticket: Ticket) {
    unknown(ask(writer, ticket), ticket);
    unknown(ask(writer, ticket), ticket);
}

#[test]
fn it_answers_any_number_of_times() {
    for outcome in [Outcome::All, Outcome::Short(2), Outcome::Zero, Outcome::Os(28)] {
        let (mut writer, pool, seen) = offload(Scripted::script([outcome.clone()]));
        let ticket = in_flight(&mut writer, b"hello");
        pool.run_all();
        for _ in 0..1000 {
            let answer = ready(ask(&mut writer, ticket));
            match outcome {
                Outcome::All => assert_eq!(answer.unwrap(), 5),
                Outcome::Short(n) => assert_eq!(answer.unwrap(), n),
                Outcome::Zero => assert_eq!(answer.unwrap(), 0),
                _ => assert_eq!(answer.unwrap_err().raw_os_error(), Some(28)),
            }
        }
        assert_eq!((pool.executed(), seen.writes()), (1, vec![5]));
    }
}

#[test]
fn the_next_submission_supersedes_it() {
    let gate = Gate::new();
    let outcomes = [Outcome::Short(3), Outcome::Gate(gate.clone()), Outcome::Short(2)];
    let (mut writer, pool, _) = offload(Scripted::script(outcomes));
    let first = in_flight(&mut writer, b"hello");
    pool.run_all();
    assert_eq!(ready(ask(&mut writer, first)).unwrap(), 3);
    let second = in_flight(&mut writer, b"hello");
    assert_unknown(&mut writer, first);
    let job = pool.take().unwrap();
    let worker = thread::spawn(|| job.run());
    gate.wait_for_arrival();
    assert_unknown(&mut writer, first);
    gate.open();
    worker.join().unwrap();
    assert_unknown(&mut writer, first);
    assert_eq!(ready(ask(&mut writer, second)).unwrap(), 2, "its own count, whatever was asked before");
    assert_unknown(&mut writer, first);
}

#[test]
fn one_that_waits_or_is_refused_does_not() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Os(28)]));
    let ticket = in_flight(&mut writer, b"hello");
    refused(submit(&mut writer, b"refused"), ticket);
    assert!(ask(&mut writer, ticket).is_pending());
    pool.run_all();
    refused(submit(&mut writer, b"refused"), ticket);
    for _ in 0..3 {
        assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(28));
    }
    assert!(Operation::Read.poll_once(&mut writer).is_pending());
    assert!(submit(&mut writer, b"waits").is_pending());
    assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(28));
    assert_eq!((pool.run_all(), pool.executed()), (1, 2));
}

/// A writer whose second write is complete at once.
#[derive(Default)]
struct SecondAtOnce {
    writes: usize,
}

impl DriveWrite for SecondAtOnce {
    fn poll_start(&mut self, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        self.writes += 1;
        Poll::Ready(Ok(if self.writes == 2 { Started::Complete(buf.len()) } else { Started::Taken(buf.len()) }))
    }

    fn poll_finish(&mut self, _: &mut Context<'_>) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(1))
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn one_that_is_complete_at_once_supersedes_it() {
    let mut writer = Tracked::new(SecondAtOnce::default());
    let ticket = in_flight(&mut writer, b"hello");
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 1);
    assert_eq!(ready(submit(&mut writer, b"at once")).unwrap(), Submitted::Complete(7));
    assert_eq!(writer.outstanding(), None);
    assert_unknown(&mut writer, ticket);
}

#[test]
fn nothing_else_supersedes_it() {
    for operation in NO_WRITES.into_iter().chain([Operation::Flush]).chain(CLOSES) {
        let (mut writer, pool, _) = offload(Scripted::script([Outcome::Short(3)]));
        let ticket = in_flight(&mut writer, b"hello");
        pool.run_all();
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
        assert_eq!(operation.poll_once(&mut writer).is_ready(), operation == Operation::Flush);
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3, "{operation:?}, under way");
        pool.run_all();
        operation.run(&mut writer, &pool).unwrap();
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3, "{operation:?}, ended");
    }
}

#[test]
fn a_foreign_one_is_never_answered() {
    let (mut other, other_pool, _) = offload(Scripted::new());
    let foreign = in_flight(&mut other, b"theirs");
    other_pool.run_all();

    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Short(3), Outcome::Os(28)]));
    assert_unknown(&mut writer, foreign);
    let ticket = in_flight(&mut writer, b"hello!");
    assert_unknown(&mut writer, foreign);
    assert!(ask(&mut writer, ticket).is_pending());
    pool.run_all();
    assert_unknown(&mut writer, foreign);
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
    assert_unknown(&mut writer, foreign);
    let ticket = in_flight(&mut writer, b"hello!");
    pool.run_all();
    assert_unknown(&mut writer, foreign);
    assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(28));

    assert_eq!(ready(ask(&mut other, foreign)).unwrap(), 6, "its own writer answers it");
    assert_unknown(&mut other, ticket);
}

#[test]
fn a_foreign_one_consumes_nothing() {
    let (mut other, _other_pool, _) = offload(Scripted::new());
    let foreign = in_flight(&mut other, b"theirs");
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Os(28)]));
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    assert_unknown(&mut writer, foreign);
    assert_eq!(writer.outstanding(), Some(ticket));
    assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(28));
}

#[test]
fn an_old_one_says_nothing_of_the_next() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Os(28), Outcome::Os(5)]));
    let first = in_flight(&mut writer, b"one");
    pool.run_all();
    assert_eq!(failed(ask(&mut writer, first)).raw_os_error(), Some(28));
    let second = in_flight(&mut writer, b"two");
    pool.run_all();
    assert_unknown(&mut writer, first);
    assert_eq!(writer.outstanding(), Some(second));
    assert_eq!(failed(ask(&mut writer, second)).raw_os_error(), Some(5));
}

#[test]
fn one_whose_job_was_refused_supersedes_the_one_before() {
    let (mut writer, pool, _) = offload(Scripted::new());
    let first = in_flight(&mut writer, b"one");
    pool.run_all();
    assert_eq!(ready(ask(&mut writer, first)).unwrap(), 3);
    pool.refuse(true);
    let second = in_flight(&mut writer, b"three");
    assert_unknown(&mut writer, first);
    for _ in 0..3 {
        assert_eq!(failed(ask(&mut writer, second)).kind(), io::ErrorKind::Other);
    }
}

#[test]
fn it_knows_how_much_was_taken() {
    let (mut writer, pool, _) = offload(Scripted::by_call(|_| Outcome::Zero));
    for len in [1, 2, 4096, 1 << 20] {
        let Submitted::InFlight(ticket) = ready(submit(&mut writer, &vec![7; len])).unwrap() else {
            panic!("complete at once")
        };
        assert_eq!(ticket.len(), len, "whatever the destination takes");
        pool.run_all();
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 0);
    }
}

#[test]
fn it_is_unique_among_writers() {
    let writers = || {
        thread::spawn(|| {
            let mut tickets = Vec::new();
            for _ in 0..10 {
                let (mut writer, pool, _) = offload(Scripted::new());
                for _ in 0..10 {
                    let ticket = in_flight(&mut writer, b"equal");
                    pool.run_all();
                    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
                    tickets.push(ticket);
                }
            }
            tickets
        })
    };
    let threads: Vec<_> = (0..4).map(|_| writers()).collect();
    let tickets: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    assert_eq!(tickets.len(), 400);
    assert_eq!(tickets.iter().collect::<HashSet<_>>().len(), 400);
}

#[test]
fn it_survives_a_move_of_its_writer() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Short(2)]));
    let ticket = in_flight(&mut writer, b"hello");
    let mut boxed: Box<dyn AsyncWriteComplete + Send + Unpin> = Box::new(writer);
    assert!(ask(&mut boxed, ticket).is_pending());
    pool.run_one_elsewhere();
    let moved = thread::spawn(move || ready(ask(&mut boxed, ticket)).unwrap());
    assert_eq!(moved.join().unwrap(), 2);
}

#[test]
fn write_complete_gets_its_own_answer() {
    let (mut writer, pool, _) = offload(Scripted::by_call(|call| Outcome::Short(call % 4 + 1)));
    for call in 0..100 {
        assert_eq!(drive(&pool, writer.write_complete(b"hello")).unwrap(), call % 4 + 1);
    }
}

#[test]
fn the_future_that_asks_may_be_made_again() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Short(3)]));
    let Submitted::InFlight(ticket) = drive(&pool, writer.submit(b"hello")).unwrap() else { panic!("complete") };
    for _ in 0..3 {
        assert!(poll_future(&mut writer.complete(ticket)).is_pending());
    }
    pool.run_all();
    for _ in 0..3 {
        assert_eq!(ready(poll_future(&mut writer.complete(ticket))).unwrap(), 3);
    }
    assert_eq!(write_now(&mut writer, &pool, b"lo").unwrap(), 2);
    let error = ready(poll_future(&mut writer.complete(ticket))).unwrap_err();
    assert_eq!(UnknownTicket::find(&error).unwrap().ticket(), ticket);
}
