//! `GroupCommit`: a log that many tasks append to.

mod batches;
mod cancellation;
mod failures;

use std::task::Poll;

use async_write_complete::{
    Offload,
    commit::{Append, GroupCommit, Position},
};

use crate::common::{
    destination::{Observer, Scripted},
    pool::Stepped,
    steps::{self, poll_future},
};

type Log = GroupCommit<Offload<Scripted, Stepped>>;

fn log(destination: Scripted) -> (Log, Stepped, Observer) {
    let (writer, pool, seen) = steps::offload(destination);
    (GroupCommit::new(writer), pool, seen)
}

fn poll(append: &mut Append<'_, Offload<Scripted, Stepped>>) -> Poll<std::io::Result<Position>> {
    poll_future(append)
}

/// Polls all in turn, and steps the pool, until each has its answer.
fn finish(pool: &Stepped, appends: Vec<Append<'_, Offload<Scripted, Stepped>>>) -> Vec<std::io::Result<u64>> {
    let mut answers: Vec<_> = appends.iter().map(|_| None).collect();
    let mut appends: Vec<_> = appends.into_iter().map(Some).collect();
    for _ in 0..1000 {
        for (append, answer) in appends.iter_mut().zip(&mut answers) {
            let Some(waits) = append else { continue };
            if let Poll::Ready(ready) = poll(waits) {
                (*answer, *append) = (Some(ready.map(Position::offset)), None);
            }
        }
        if answers.iter().all(Option::is_some) {
            return answers.into_iter().flatten().collect();
        }
        pool.run_all();
    }
    panic!("they wait for nothing")
}
