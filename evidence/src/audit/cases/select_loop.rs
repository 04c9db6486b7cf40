//! Writes three records of 96 KiB as a loop around a `select!` does that makes its write anew in each round: the future
//! of `write_all` is polled once, and dropped if it is pending; in the next rounds it is made anew, and in the third it
//! is waited for. Then the writer is flushed and dropped. Every other round of the audit goes to a pipe that nobody
//! reads until the first future is dropped, so that a record which was taken is surely in flight then; the others go to
//! a file.
//!
//! Holds when every record has arrived exactly once, in order. tokio's documentation calls neither `write_all` nor a
//! write with a flush cancel safe: shown is what a loop leaves behind that overlooks it. A peer that answers before it
//! writes has nothing to drop. Of ours, `write_all_complete` has to answer `WriteOutstanding` where a record was
//! dropped that nobody asked for; the loop then calls `settle`, and goes on after the bytes that are complete.

use async_write_complete::WriteOutstanding;

use super::Case;
use crate::audit::{
    arrival::Arrival,
    log::Log,
    scene::{Scene, runs},
    single_poll::poll_once,
    subjects::{AnyFile, By, Subject},
    tally::Observation,
};

/// The case.
pub(super) const CASE: Case = Case {
    name: "select-loop",
    source: include_str!("select_loop.rs"),
    share: 20,
    subjects,
    applies: |_| Ok(()),
    round: |scene| Box::pin(round(scene)),
};

/// More than a pipe holds, and less than any subject takes at once.
const LENGTH: usize = 96 * 1024;
const RECORDS: [&[u8]; 3] = [&[b'1'; LENGTH], &[b'2'; LENGTH], &[b'3'; LENGTH]];

/// How often a future is dropped at most, for each record.
const DROPS: usize = 2;

fn subjects() -> Vec<Subject> {
    [Subject::peers_and_ours().as_slice(), &[Subject::TokioFlush]].concat()
}

async fn round(scene: Scene) -> anyhow::Result<Observation> {
    let mut log = Log::default();
    let (destination, arrival) = Arrival::open(&scene, &mut log)?;
    let mut writer = Loop { writer: scene.subject.adopt(destination), arrival, log };
    let mut keeps_to_it = true;
    for record in RECORDS {
        keeps_to_it &= writer.write(record, scene.subject).await;
    }
    let Loop { mut writer, arrival, mut log } = writer;
    let arrival = arrival.begin();
    let _ = log.done("flush", writer.flush().await);
    drop(writer);
    let content = arrival.finish(&scene)?;
    log.note(format!("arrived: {}", runs(&content)));
    Ok(log.conclude(keeps_to_it && content == RECORDS.concat()))
}

/// The program, and what it has seen.
struct Loop {
    writer: AnyFile,
    arrival: Arrival,
    log: Log,
}

impl Loop {
    /// One record. False if ours took a record again whose first write nobody had asked for.
    async fn write(&mut self, record: &[u8], subject: Subject) -> bool {
        let mut rest = record;
        let mut dropped = 0;
        let mut keeps_to_it = true;
        while !rest.is_empty() {
            let answer = if dropped < DROPS {
                poll_once(self.writer.write_all(rest))
            } else {
                Some(self.writer.write_all(rest).await)
            };
            match answer {
                None => {
                    dropped += 1;
                    self.log.note("dropped while pending");
                    self.arrival = std::mem::replace(&mut self.arrival, Arrival::File).begin();
                    continue;
                }
                Some(Ok(())) => return keeps_to_it && !(dropped > 0 && must_be_asked(subject)),
                Some(Err(error)) if WriteOutstanding::find(&error).is_some() => {
                    self.log.note("WriteOutstanding");
                    match self.writer.settle().await {
                        Ok(completed) => {
                            let completed = completed.unwrap_or(0);
                            self.log.note(format!("settle: {completed} bytes complete"));
                            rest = &rest[completed.min(rest.len())..];
                            dropped = 0;
                        }
                        Err(error) => keeps_to_it = self.log.done("settle", Err(error)).is_ok(),
                    }
                }
                Some(Err(error)) => {
                    let _ = self.log.done("write_all", Err(error));
                    return false;
                }
            }
        }
        keeps_to_it
    }
}

/// Whether a dropped write has to be asked for before the next one is taken. The `write` of futures-io cannot say so:
/// it knows the same bytes for the same write.
fn must_be_asked(subject: Subject) -> bool {
    matches!(subject, Subject::Ours(By::WriteComplete, _))
}
