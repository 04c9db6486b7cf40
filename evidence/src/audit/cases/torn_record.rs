//! Writes a first record, polls the write of a big one once and drops that future, then writes a small record whole,
//! and flushes. (With ours the small record is refused until somebody has asked for the big one; so `settle` goes
//! before it.) Every other round goes to a pipe that nobody reads until the future is dropped, so that a big record
//! which was taken is surely in flight then; the rounds between go to a file.
//!
//! Holds when what arrived is whole records only, in this order: the first, the big one if it was taken, the small one.
//! A peer whose poll was pending may have taken the big record or not; one whose poll was ready has taken the count
//! that it answered. Ours takes the record before it waits, so all three must be there. (A poll that does nothing but
//! give the executor its turn is followed by a second one.)

use async_write_complete::{AsyncWriteCompleteExt as _, Offload, Submitted};

use super::Case;
use crate::audit::{
    arrival::Arrival,
    executors::Executor,
    log::Log,
    scene::{Scene, runs},
    single_poll::poll_once,
    subjects::{By, Subject},
    tally::Observation,
};

/// The case.
pub(super) const CASE: Case = Case {
    name: "torn-record",
    source: include_str!("torn_record.rs"),
    share: 10,
    subjects,
    applies: |_| Ok(()),
    round: |scene| Box::pin(round(scene)),
};

const SUBMITTED: Subject = Subject::Ours(By::Submit, Executor::Smol);

static FIRST: [u8; 200] = [b'1'; 200];
/// More than a pipe holds.
static BIG: [u8; 512 * 1024] = [b'B'; 512 * 1024];
static SMALL: [u8; 100] = [b's'; 100];

fn subjects() -> Vec<Subject> {
    [Subject::peers_and_ours().as_slice(), &[SUBMITTED]].concat()
}

async fn round(scene: Scene) -> anyhow::Result<Observation> {
    if scene.subject == SUBMITTED {
        return submitted_round(scene).await;
    }
    let mut log = Log::default();
    let (destination, arrival) = Arrival::open(&scene, &mut log)?;
    let mut writer = scene.subject.adopt(destination);
    writer.write_all(&FIRST).await?;
    let taken = match poll_once(writer.write(&BIG)) {
        Some(answer) => vec![log.count("one poll", answer).unwrap_or(0)],
        None => {
            log.note("dropped while pending");
            if matches!(scene.subject, Subject::Ours(..)) { vec![BIG.len()] } else { vec![0, BIG.len()] }
        }
    };
    let arrival = arrival.begin();
    let _ = log.done("settle", writer.settle().await.map(drop));
    let _ = log.done("small write_all", writer.write_all(&SMALL).await);
    let _ = log.done("flush", writer.flush().await);
    drop(writer);
    conclude(log, &arrival.finish(&scene)?, &taken)
}

/// The lower half alone: the big record is submitted, and its ticket is never asked for.
async fn submitted_round(scene: Scene) -> anyhow::Result<Observation> {
    let mut log = Log::default();
    let (destination, arrival) = Arrival::open(&scene, &mut log)?;
    let mut writer = Offload::new(destination);
    writer.write_all_complete(&FIRST).await?;
    let taken = match writer.submit(&BIG).await {
        Ok(Submitted::InFlight(ticket)) => {
            log.note("ticket dropped in flight");
            ticket.len()
        }
        Ok(Submitted::Complete(count)) => log.count("submit", Ok(count))?,
        Err(error) => log.count("submit", Err(error)).unwrap_or(0),
    };
    let arrival = arrival.begin();
    let _ = log.done("settle", writer.settle().await.map(drop));
    let _ = log.done("small write_all", writer.write_all_complete(&SMALL).await);
    drop(writer);
    conclude(log, &arrival.finish(&scene)?, &[taken])
}

/// Compares with what may have arrived, for each count of bytes that may have been taken of the big record.
fn conclude(mut log: Log, content: &[u8], taken: &[usize]) -> anyhow::Result<Observation> {
    log.note(format!("arrived: {}", runs(content)));
    let holds = taken.iter().any(|&count| content == [&FIRST, &BIG[..count], &SMALL].concat());
    Ok(log.conclude(holds))
}
