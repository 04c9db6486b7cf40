//! The logs that are compared, each as a user of it would write it.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
    sync::mpsc,
    thread,
};

use async_write_complete::{Offload, commit::GroupCommit};
use tokio::{
    io::AsyncWriteExt,
    sync::{Mutex, oneshot},
};

use super::Load;

/// Which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    GroupCommit,
    EachOnItsOwn,
    TokioTask,
    Thread,
    /// Not a log: what the device can do at best.
    AllAtOnce,
}

impl Subject {
    pub(crate) const ALL: [Self; 5] =
        [Self::GroupCommit, Self::Thread, Self::TokioTask, Self::EachOnItsOwn, Self::AllAtOnce];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::GroupCommit => "group commit",
            Self::EachOnItsOwn => "a write (and a sync) for each, tokio",
            Self::TokioTask => "a task with a channel, tokio",
            Self::Thread => "a thread with a channel",
            Self::AllAtOnce => "one write and sync for all, std",
        }
    }

    /// Whether it is measured under that load.
    pub(super) const fn takes(self, load: Load) -> bool {
        load.durable || !matches!(self, Self::AllAtOnce)
    }
}

/// A record on its way, and where its answer goes.
type Request = (Vec<u8>, oneshot::Sender<io::Result<()>>);

/// How many requests a channel holds, and how many bytes a batch has at most.
const CHANNEL: usize = 4096;
const MAX_BATCH: usize = 1 << 20;

/// An open log.
pub(crate) enum Subjects {
    GroupCommit { log: Box<GroupCommit<Offload<File>>>, durable: bool },
    EachOnItsOwn { file: Mutex<tokio::fs::File>, durable: bool },
    TokioTask(tokio::sync::mpsc::Sender<Request>),
    Thread(mpsc::SyncSender<Request>),
}

impl Subjects {
    pub(crate) async fn open(subject: Subject, path: &Path, durable: bool) -> io::Result<Self> {
        Ok(match subject {
            Subject::GroupCommit => {
                Self::GroupCommit { log: Box::new(GroupCommit::new(Offload::create(path).await?)), durable }
            }
            Subject::EachOnItsOwn => {
                Self::EachOnItsOwn { file: Mutex::new(tokio::fs::File::create(path).await?), durable }
            }
            Subject::TokioTask => {
                let (sender, receiver) = tokio::sync::mpsc::channel(CHANNEL);
                tokio::spawn(serve(tokio::fs::File::create(path).await?, receiver, durable));
                Self::TokioTask(sender)
            }
            Subject::Thread => {
                let (sender, receiver) = mpsc::sync_channel(CHANNEL);
                let file = File::create(path)?;
                thread::spawn(move || serve_on_thread(file, &receiver, durable));
                Self::Thread(sender)
            }
            Subject::AllAtOnce => return Err(io::ErrorKind::Unsupported.into()),
        })
    }

    pub(crate) async fn append(&self, record: &[u8]) -> io::Result<()> {
        match self {
            Self::GroupCommit { log, durable: true } => log.append_durable(record).await.map(drop),
            Self::GroupCommit { log, durable: false } => log.append(record).await.map(drop),
            Self::EachOnItsOwn { file, durable } => {
                let mut file = file.lock().await;
                file.write_all(record).await?;
                file.flush().await?;
                if *durable { file.sync_data().await } else { Ok(()) }
            }
            Self::TokioTask(sender) => {
                let (reply, answer) = oneshot::channel();
                sender.send((record.to_vec(), reply)).await.map_err(io::Error::other)?;
                answer.await.map_err(io::Error::other)?
            }
            Self::Thread(sender) => {
                let (reply, answer) = oneshot::channel();
                // The channel has room for every task, so this does not block.
                sender.send((record.to_vec(), reply)).map_err(io::Error::other)?;
                answer.await.map_err(io::Error::other)?
            }
        }
    }
}

/// Batches what has come meanwhile, as the page of `tokio::sync::mpsc` shows it.
async fn serve(mut file: tokio::fs::File, mut requests: tokio::sync::mpsc::Receiver<Request>, durable: bool) {
    let (mut bytes, mut replies) = (Vec::new(), Vec::new());
    while let Some((record, reply)) = requests.recv().await {
        bytes.extend_from_slice(&record);
        replies.push(reply);
        while bytes.len() < MAX_BATCH {
            let Ok((record, reply)) = requests.try_recv() else { break };
            bytes.extend_from_slice(&record);
            replies.push(reply);
        }
        let written = write(&mut file, &bytes, durable).await;
        answer(&mut replies, &written);
        bytes.clear();
    }
}

async fn write(file: &mut tokio::fs::File, bytes: &[u8], durable: bool) -> io::Result<()> {
    file.write_all(bytes).await?;
    file.flush().await?;
    if durable { file.sync_data().await } else { Ok(()) }
}

/// As [`GroupCommit`] does, it writes once more before a sync what has come during the write.
fn serve_on_thread(mut file: File, requests: &mpsc::Receiver<Request>, durable: bool) {
    let (mut bytes, mut replies) = (Vec::new(), Vec::new());
    while let Ok((record, reply)) = requests.recv() {
        bytes.extend_from_slice(&record);
        replies.push(reply);
        drain(requests, &mut bytes, &mut replies);
        let mut written = file.write_all(&bytes);
        bytes.clear();
        if durable && written.is_ok() {
            drain(requests, &mut bytes, &mut replies);
            written = file.write_all(&bytes).and_then(|()| file.sync_data());
            bytes.clear();
        }
        answer(&mut replies, &written);
    }
}

/// Takes what has come, as far as there is room.
fn drain(requests: &mpsc::Receiver<Request>, bytes: &mut Vec<u8>, replies: &mut Vec<oneshot::Sender<io::Result<()>>>) {
    while bytes.len() < MAX_BATCH {
        let Ok((record, reply)) = requests.try_recv() else { break };
        bytes.extend_from_slice(&record);
        replies.push(reply);
    }
}

fn answer(replies: &mut Vec<oneshot::Sender<io::Result<()>>>, written: &io::Result<()>) {
    for reply in replies.drain(..) {
        // Nobody may be waiting any more.
        let _ = reply.send(written.as_ref().map(drop).map_err(|error| error.kind().into()));
    }
}
