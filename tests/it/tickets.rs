//! A ticket is answered with its own result only, any number of times: rule W5.

use std::{collections::HashSet, io, thread};

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, Offload, Submitted, Superseded, Ticket};

use crate::common::{
    destination::{Gate, Outcome, Scripted},
    operation::Operation,
    pool::Threads,
    steps::{ask, barrier, drive, failed, in_flight, offload, prior, ready, submit},
};

#[track_caller]
fn assert_superseded(writer: &mut (impl AsyncWriteComplete + Unpin), ticket: Ticket) {
    for _ in 0..2 {
        let error = failed(ask(writer, ticket));
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert_eq!(Superseded::find(&error).unwrap().ticket(), ticket);
    }
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
    assert_superseded(&mut writer, first);
    let job = pool.take().unwrap();
    let worker = thread::spawn(|| job.run());
    gate.wait_for_arrival();
    assert_superseded(&mut writer, first);
    gate.open();
    worker.join().unwrap();
    assert_superseded(&mut writer, first);
    assert_eq!(ready(ask(&mut writer, second)).unwrap(), 2, "its own count, whatever was asked before");
    assert_superseded(&mut writer, first);
}

#[test]
fn one_that_waits_or_fails_to_submit_does_not() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Os(28)]));
    let ticket = in_flight(&mut writer, b"hello");
    assert!(submit(&mut writer, b"waits").is_pending());
    assert!(ask(&mut writer, ticket).is_pending());
    pool.run_all();
    prior(submit(&mut writer, b"fails"), ticket, Some(0));
    for _ in 0..3 {
        assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(28));
    }
    assert_eq!(pool.executed(), 1);
}

#[test]
fn nothing_else_supersedes_it() {
    use Operation::{Barrier, Flush, Read, Seek, WithMut};

    for operation in [Barrier, Flush, Read, Seek, WithMut] {
        let (mut writer, pool, _) = offload(Scripted::script([Outcome::Short(3)]));
        let ticket = in_flight(&mut writer, b"hello");
        pool.run_all();
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
        assert!(operation.poll_once(&mut writer).is_pending() || matches!(operation, Barrier | Flush));
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
    assert_superseded(&mut writer, foreign);
    let ticket = in_flight(&mut writer, b"hello!");
    assert_superseded(&mut writer, foreign);
    assert!(ask(&mut writer, ticket).is_pending());
    pool.run_all();
    assert_superseded(&mut writer, foreign);
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
    assert_superseded(&mut writer, foreign);
    let ticket = in_flight(&mut writer, b"hello!");
    pool.run_all();
    assert_superseded(&mut writer, foreign);
    assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(28));

    assert_eq!(ready(ask(&mut other, foreign)).unwrap(), 6, "its own writer answers it");
    assert_superseded(&mut other, ticket);
}

#[test]
fn a_foreign_one_consumes_nothing() {
    let (mut other, _other_pool, _) = offload(Scripted::new());
    let foreign = in_flight(&mut other, b"theirs");
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Os(28)]));
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    assert_superseded(&mut writer, foreign);
    prior(barrier(&mut writer), ticket, Some(0));
    assert_superseded(&mut writer, foreign);
    assert_eq!(failed(ask(&mut writer, ticket)).raw_os_error(), Some(28));
}

#[test]
fn an_old_one_is_no_second_chance_for_a_failure() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Os(28), Outcome::Os(5)]));
    let first = in_flight(&mut writer, b"one");
    pool.run_all();
    prior(submit(&mut writer, b"two"), first, Some(0));
    let second = in_flight(&mut writer, b"two");
    pool.run_all();
    assert_superseded(&mut writer, first);
    prior(barrier(&mut writer), second, Some(0));
}

#[test]
fn one_whose_job_was_refused_supersedes_the_one_before() {
    let (mut writer, pool, _) = offload(Scripted::new());
    let first = in_flight(&mut writer, b"one");
    pool.run_all();
    pool.refuse(true);
    let second = in_flight(&mut writer, b"three");
    assert_superseded(&mut writer, first);
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
                    tickets.push(in_flight(&mut writer, b"equal"));
                    pool.run_all();
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
    let pool = Threads::new(1);
    let mut writer = Offload::with_pool(Scripted::new(), pool.clone());
    let ticket = in_flight(&mut writer, b"hello");
    futures_lite::future::block_on(writer.with_mut(|_| ())).unwrap();
    let mut boxed: Box<dyn AsyncWriteComplete + Send + Unpin> = Box::new(writer);
    assert_eq!(ready(ask(&mut boxed, ticket)).unwrap(), 5);
}

#[test]
fn write_complete_gets_its_own_answer() {
    let (mut writer, pool, _) = offload(Scripted::by_call(|call| Outcome::Short(call % 4 + 1)));
    for call in 0..100 {
        assert_eq!(drive(&pool, writer.write_complete(b"hello")).unwrap(), call % 4 + 1);
    }
}
