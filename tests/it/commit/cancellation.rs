//! Futures are dropped at every poll, and at random.

use std::{collections::HashMap, future::Future, pin::Pin, task::Poll};

use async_write_complete::{
    Offload,
    commit::{Append, GroupCommit, Position},
};

use super::{finish, log, poll};
use crate::common::{
    destination::{Outcome, Scripted},
    executor::Executor,
    pool::Stepped,
    random::XorShift,
    steps,
    waker::Task,
};

/// Three appends; one of them is dropped after each number of steps, and the others have their answers.
#[test]
fn an_append_is_dropped_at_every_poll() {
    for victim in 0..3 {
        for polls in 0..8 {
            let (log, pool, seen) = log(Scripted::by_call(|i| Outcome::Short(1 + i % 3)));
            let records = ["one", "twotwo", "three"];
            let mut appends = [log.append(b"one"), log.append_durable(b"twotwo"), log.append(b"three")];
            let mut done = [false; 3];
            for step in 0..polls {
                let i = step % 3;
                done[i] = done[i] || poll(&mut appends[i]).is_ready();
                if step % 2 == 1 {
                    pool.run_one();
                }
            }
            let polled = polls > victim;
            let mut appends = Vec::from(appends);
            drop(appends.remove(victim));
            done.iter().enumerate().rev().filter(|(i, done)| **done && *i != victim).for_each(|(i, _)| {
                drop(appends.remove(i - usize::from(i > victim)));
            });
            assert!(finish(&pool, appends).iter().all(Result::is_ok));
            finish(&pool, vec![log.append(b"")]);
            let bytes = String::from_utf8(seen.bytes()).unwrap();
            for (i, record) in records.iter().enumerate() {
                let times = usize::from(i != victim || polled);
                assert_eq!(bytes.matches(record).count(), times, "{record} in {bytes}, {victim} dropped after {polls}");
            }
        }
    }
}

/// The leader is dropped: the writer has the waker of the log, so another one is woken all the same, and takes over.
#[test]
fn a_leader_that_is_dropped_hands_over() {
    let (log, pool, seen) = log(Scripted::new());
    let tasks = [Task::new(), Task::new()];
    let mut first = log.append(b"first");
    let mut second = log.append(b"second");
    assert!(tasks[1].poll(|cx| Pin::new(&mut first).poll(cx)).is_pending());
    assert!(tasks[0].poll(|cx| Pin::new(&mut second).poll(cx)).is_pending());
    drop(first);
    assert_eq!((tasks[0].wakes(), tasks[1].wakes(), tasks[1].held()), (0, 0, 0));
    pool.run_all();
    assert_eq!((tasks[0].wakes(), tasks[1].wakes()), (1, 0));
    assert!(tasks[0].poll(|cx| Pin::new(&mut second).poll(cx)).is_pending(), "its own after that");
    pool.run_all();
    assert!(tasks[0].poll(|cx| Pin::new(&mut second).poll(cx)).is_ready());
    assert_eq!((seen.bytes(), seen.writes()), (b"firstsecond".to_vec(), vec![5, 6]));
}

/// Those who were woken are dropped before they are polled: the last one is woken too.
#[test]
fn those_who_were_woken_and_go_leave_it_to_the_last_one() {
    let (log, pool, seen) = log(Scripted::new());
    let tasks: Vec<_> = (0..4).map(|_| Task::new()).collect();
    let mut appends: Vec<_> = (0..4).map(|_| Some(log.append(b"x"))).collect();
    for (task, append) in tasks.iter().zip(&mut appends) {
        assert!(task.poll(|cx| Pin::new(append.as_mut().unwrap()).poll(cx)).is_pending());
    }
    pool.run_all();
    assert_eq!(tasks.iter().map(Task::wakes).collect::<Vec<_>>(), [1; 4]);
    appends.iter_mut().take(3).for_each(|append| *append = None);
    assert!(finish(&pool, vec![appends[3].take().unwrap()]).remove(0).is_ok());
    finish(&pool, vec![log.append(b"")]);
    assert_eq!(seen.bytes(), b"xxxx");
}

#[test]
fn a_dropped_record_comes_at_any_later_time_or_never() {
    for is_followed in [false, true] {
        let (log, pool, seen) = log(Scripted::new());
        let mut appends = [log.append(b"first"), log.append(b"second")];
        assert!(appends.iter_mut().all(|append| poll(append).is_pending()));
        drop(appends);
        pool.run_all();
        assert_eq!(seen.bytes(), b"first", "nobody polls");
        if is_followed {
            assert_eq!(finish(&pool, vec![log.append(b"third")]).remove(0).unwrap(), 16);
        }
        drop(log);
        pool.run_all();
        assert_eq!(seen.bytes(), if is_followed { b"firstsecondthird".as_slice() } else { b"first" });
    }
}

/// The log is dropped with a write under way, which goes on.
#[test]
fn a_log_that_is_dropped_writes_no_more_than_its_batch() {
    let (log, pool, seen) = log(Scripted::new());
    let mut appends = [log.append_durable(b"first"), log.append_durable(b"second")];
    assert!(appends.iter_mut().all(|append| poll(append).is_pending()));
    drop(appends);
    drop(log);
    pool.run_all();
    assert_eq!((seen.bytes(), seen.syncs()), (b"first".to_vec(), 0));
}

#[test]
fn a_sync_whose_leader_is_dropped_is_taken_over() {
    let (log, pool, seen) = log(Scripted::new());
    let mut first = log.append_durable(b"first");
    assert!(poll(&mut first).is_pending());
    pool.run_all();
    assert!(poll(&mut first).is_pending());
    assert_eq!(pool.len(), 1, "the sync");
    drop(first);
    pool.run_all();
    assert_eq!(finish(&pool, vec![log.append_durable(b"")]).remove(0).unwrap(), 5);
    assert_eq!(seen.syncs(), 1, "its answer was taken");
}

#[test]
fn one_that_never_had_room_is_not_in() {
    let (log, pool, seen) = log(Scripted::new());
    let log = log.max_batch(1);
    let mut appends: Vec<_> = (0..3).map(|_| log.append(b"x")).collect();
    for append in &mut appends {
        assert!(poll(append).is_pending());
    }
    drop(appends.pop());
    finish(&pool, appends);
    finish(&pool, vec![log.append(b"")]);
    assert_eq!(seen.bytes(), b"xx");
}

/// Before its first poll, without room, in the log, answered; and what was dropped in each of them.
#[test]
fn it_tells_whether_its_record_goes_on_without_it() {
    let (log, pool, seen) = log(Scripted::new());
    let log = log.max_batch(1);
    let mut appends: Vec<_> = [b"a", b"b", b"c", b"d"].into_iter().map(|record| log.append(record)).collect();
    assert!(appends.iter_mut().take(3).all(|append| poll(append).is_pending()));
    let accepted: Vec<_> = appends.iter().map(Append::is_accepted).collect();
    assert_eq!(accepted, [true, true, false, false]);
    let [a, mut b, c, d] = <[_; 4]>::try_from(appends).expect("four");
    drop((a, c, d));
    pool.run_all();
    assert!(poll(&mut b).is_pending());
    pool.run_all();
    assert!(poll(&mut b).is_ready() && b.is_accepted());
    drop(b);
    finish(&pool, vec![log.append(b"")]);
    assert_eq!(seen.bytes(), b"ab");
}

#[test]
fn one_that_failed_before_it_was_accepted_says_so() {
    let (log, pool, _) = log(Scripted::script([Outcome::Os(28)]));
    let log = log.max_batch(1);
    let mut appends = [b"a", b"b", b"c"].map(|record| log.append(record));
    assert!(appends.iter_mut().all(|append| poll(append).is_pending()));
    pool.run_all();
    assert!(appends.iter_mut().all(|append| matches!(poll(append), Poll::Ready(Err(_)))));
    assert_eq!(appends.map(|append| append.is_accepted()), [true, true, false]);
    let mut late = log.append(b"");
    assert!(poll(&mut late).is_ready() && !late.is_accepted());
}

/// Polls one that waits, whenever it is woken, until it has its answer. The tasks of the others are not polled.
fn finish_alone(pool: &Stepped, task: &Task, mut append: Append<'_, Offload<Scripted, Stepped>>) -> u64 {
    let mut wakes = task.wakes();
    loop {
        if let Poll::Ready(answer) = task.poll(|cx| Pin::new(&mut append).poll(cx)) {
            return answer.unwrap().offset();
        }
        while task.wakes() == wakes {
            assert!(pool.run_one(), "nothing is left that could wake it");
        }
        wakes = task.wakes();
    }
}

/// One task polls its append once and then waits for a mutex, whose owner awaits an append ("futurelock"). The futures
/// of the first one are neither polled nor dropped.
#[test]
fn one_that_is_kept_and_not_polled_holds_nobody_up() {
    for durable in [false, true] {
        for kept in 1..4 {
            let (log, pool, seen) = log(Scripted::by_call(|_| Outcome::Short(2)));
            let append = |record| if durable { log.append_durable(record) } else { log.append(record) };
            let parked = Task::new();
            let mut others: Vec<_> = (0..kept).map(|_| append(b"kept.")).collect();
            for other in &mut others {
                assert!(parked.poll(|cx| Pin::new(other).poll(cx)).is_pending());
            }
            assert_eq!(finish_alone(&pool, &Task::new(), append(b"other")), 5 * (kept + 1));
            assert!(others.iter_mut().all(|other| parked.poll(|cx| Pin::new(other).poll(cx)).is_ready()));
            assert_eq!(seen.bytes(), [b"kept.".repeat(kept as usize), b"other".to_vec()].concat());
            assert!(!durable || seen.durable() == seen.bytes());
        }
    }
}

/// They were woken, and were polled once more, before they were left.
#[test]
fn one_that_is_kept_after_it_was_woken_holds_nobody_up() {
    let (log, pool, seen) = log(Scripted::new());
    let (parked, task) = (Task::new(), Task::new());
    let (mut leader, mut kept, mut other) = (log.append(b"1"), log.append(b"2"), log.append_durable(b"3"));
    assert!(parked.poll(|cx| Pin::new(&mut leader).poll(cx)).is_pending());
    assert!(parked.poll(|cx| Pin::new(&mut kept).poll(cx)).is_pending());
    assert!(task.poll(|cx| Pin::new(&mut other).poll(cx)).is_pending());
    pool.run_all();
    assert!(parked.poll(|cx| Pin::new(&mut kept).poll(cx)).is_pending(), "it leads the next batch");
    assert_eq!(finish_alone(&pool, &task, other), 3);
    assert_eq!(seen.durable(), b"123");
}

/// Those who wait for room before it were called, and do not come.
#[test]
fn one_that_is_kept_and_waits_for_room_holds_nobody_up() {
    for kept in 1..5 {
        let (log, pool, seen) = log(Scripted::new());
        let log = log.max_batch(5);
        let parked = Task::new();
        let mut others: Vec<_> = (0..kept + 2).map(|_| log.append(b"kept.")).collect();
        for other in &mut others {
            assert!(parked.poll(|cx| Pin::new(other).poll(cx)).is_pending());
        }
        assert_eq!(finish_alone(&pool, &Task::new(), log.append(b"other")), 15, "it passes those who wait for room");
        assert_eq!(seen.bytes(), b"kept.kept.other");
        assert_eq!(finish(&pool, others).len(), kept + 2);
    }
}

/// What one seed does.
struct Game {
    log: GroupCommit<Offload<Scripted, Stepped>>,
    pool: Stepped,
    seen: crate::common::destination::Observer,
    random: XorShift,
}

/// How a record of this number looks.
fn record(number: usize) -> Vec<u8> {
    format!("<{number}:{}>", "x".repeat(number * 7 % 23)).into_bytes()
}

impl Game {
    fn new(seed: u64) -> Self {
        let mut random = XorShift::new(seed);
        let mut counts = XorShift::new(seed ^ 0xC0FFEE);
        let (writer, pool, seen) = steps::offload(Scripted::by_call(move |_| match counts.below(4) {
            0 => Outcome::Short(1 + counts.below(30)),
            _ => Outcome::All,
        }));
        let log = GroupCommit::new(writer).max_batch(16 + random.below(100));
        Self { log, pool, seen, random }
    }

    /// Gives how many were cancelled.
    fn play(mut self, cancellations: usize) -> usize {
        let records: Vec<_> = (0..cancellations * 4).map(record).collect();
        let mut executor = Executor::new();
        let (mut next, mut cancelled) = (0, 0);
        let mut answered = HashMap::new();
        let mut kept = Vec::new();
        loop {
            match self.random.below(9) {
                0 | 1 if next < records.len() => {
                    let durable = self.random.below(3) == 0;
                    let (log, record) = (&self.log, &records[next]);
                    executor.spawn(next, if durable { log.append_durable(record) } else { log.append(record) });
                    next += 1;
                }
                2 if cancelled < cancellations => cancelled += usize::from(executor.cancel(&mut self.random).is_some()),
                3 => drop(self.pool.run_one()),
                // Polled once, and then neither polled nor dropped.
                4 if next < records.len() && kept.len() < 10 => {
                    let mut append = self.log.append_durable(&records[next]);
                    if poll(&mut append).is_pending() {
                        kept.push(append);
                    }
                    next += 1;
                }
                _ => match executor.step(&mut self.random) {
                    Some(Some((number, position))) => drop(answered.insert(number, position.unwrap())),
                    Some(None) => {}
                    None if self.pool.run_one() || next < records.len() => {}
                    None => break,
                },
            }
        }
        assert!(executor.is_empty(), "{} wait for nothing", executor.len());
        drop(kept);
        assert!(finish(&self.pool, vec![self.log.append(b"")])[0].is_ok());
        self.check(&answered);
        cancelled
    }

    /// Every answered record stands where its position says, every other one at most once, whole and with nothing
    /// between.
    fn check(&self, answered: &HashMap<usize, Position>) {
        let bytes = self.seen.bytes();
        let mut found = HashMap::new();
        let mut at = 0;
        while at < bytes.len() {
            let len = 1 + bytes[at..].iter().position(|byte| *byte == b'>').expect("a torn record");
            let text = std::str::from_utf8(&bytes[at..at + len]).expect("text");
            let number = text[1..].split(':').next().and_then(|n| n.parse().ok()).expect("a number");
            assert_eq!(text.as_bytes(), record(number), "torn");
            at += len;
            assert_eq!(found.insert(number, at as u64), None, "{number} stands twice");
        }
        assert_eq!(self.log.complete().offset(), at as u64);
        for (number, position) in answered {
            assert_eq!(found.get(number), Some(&position.offset()), "{number} was answered");
        }
    }
}

/// 10,000 in all.
#[test]
fn random_cancellations() {
    let seeds = if cfg!(miri) { 2 } else { 200 };
    let cancelled: usize = (1..=seeds).map(|seed| Game::new(seed).play(50)).sum();
    assert_eq!(cancelled as u64, 50 * seeds);
}
