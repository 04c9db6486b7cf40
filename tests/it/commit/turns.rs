//! Rule P4: a log that answers without its writer gives turns as well, and no operation is counted twice.

use async_write_complete::{Inline, commit::GroupCommit, poll_budget};
use futures_lite::future::block_on;

use super::{AtOnce, finish, log};
use crate::{
    common::{
        destination::{Outcome, Scripted},
        steps::{failed, ready, with_a_new_budget},
        waker::Task,
    },
    p4_turn::{ANSWERS, gives_turns, outlast_a_run, spend_the_budget},
};

#[test]
fn a_log_with_nothing_to_do_is_fair() {
    let log = GroupCommit::new(Inline::new(Scripted::new()));
    let end = block_on(log.append(b"all there is")).unwrap();
    gives_turns(async || assert_eq!(log.append(b"").await.unwrap(), end));
    gives_turns(async || assert_eq!(log.settle().await.unwrap(), end));
    assert_eq!(block_on(log.sync()).unwrap(), end);
    gives_turns(async || assert_eq!(log.sync().await.unwrap(), end));
}

#[test]
fn a_log_that_has_failed_is_fair() {
    let log = GroupCommit::new(Inline::new(Scripted::script([Outcome::Os(28)])));
    block_on(log.append(b"x")).unwrap_err();
    gives_turns(async || assert_eq!(log.append(b"x").await.unwrap_err().raw_os_error(), Some(28)));
    gives_turns(async || assert_eq!(log.append_durable(b"x").await.unwrap_err().raw_os_error(), Some(28)));
    gives_turns(async || assert_eq!(log.settle().await.unwrap_err().raw_os_error(), Some(28)));
}

/// The turn wakes the task, and the next poll has the answer.
#[test]
fn a_turn_of_a_log_is_followed_by_the_answer() {
    for outcome in [Outcome::All, Outcome::Os(28)] {
        with_a_new_budget(|| {
            let (log, pool, _) = log(Scripted::script([outcome.clone()]));
            let end = finish(&pool, vec![log.append(b"hello")]).remove(0);
            let task = Task::new();
            spend_the_budget(&task);
            let wakes = task.wakes();
            let mut settled = log.append(b"");
            assert!(task.poll_future(&mut settled).is_pending(), "a turn");
            assert_eq!((task.wakes() - wakes, task.held()), (1, 0));
            match (task.poll_future(&mut settled), end) {
                (answer, Ok(end)) => assert_eq!(ready(answer).unwrap().offset(), end),
                (answer, Err(end)) => assert_eq!(failed(answer).raw_os_error(), end.raw_os_error()),
            }
        });
    }
}

/// What is written or synced costs what its writer counts, which is nothing here.
#[test]
fn an_append_that_goes_to_the_writer_is_left_to_that_to_count() {
    with_a_new_budget(|| {
        let log = GroupCommit::new(AtOnce::new(|_| Ok(()), || Ok(())));
        let task = Task::new();
        for _ in 0..ANSWERS {
            assert!(ready(task.poll_future(&mut log.append(b"x"))).is_ok());
            assert!(ready(task.poll_future(&mut log.append_durable(b""))).is_ok());
        }
        outlast_a_run();
        assert!(task.poll(poll_budget).is_ready(), "nothing was counted");
    });
}
