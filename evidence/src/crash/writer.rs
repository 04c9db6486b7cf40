//! The process that writes records until it is ended.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use async_write_complete::{
    AsyncWriteCompleteBytesExt as _, AsyncWriteCompleteExt as _, Offload, error::raw_os_error,
    tokio::fs::File as TokioFile,
};
use clap::Args;
use futures_lite::future::poll_once;
use tokio::io::AsyncWriteExt as _;

use super::{many, record::Id, report::Reporter, way::Way, whole};
use crate::audit::AnyFile;

/// What the process is told.
#[derive(Debug, Args)]
pub(super) struct WriterArgs {
    #[arg(long)]
    way: Way,
    #[arg(long)]
    path: PathBuf,
    #[arg(long)]
    exit_after: Option<u32>,
    #[arg(long)]
    until_shut_down: bool,
}

/// What every call on a file system answers that was shut down.
const EIO: i32 = 5;

/// Writes for ever. It returns an error only, but for the one that it was to wait for.
pub(super) fn write_for_ever(args: WriterArgs) -> anyhow::Result<ExitCode> {
    let WriterArgs { way, path, exit_after, until_shut_down } = args;
    match write(way, path, Reporter { exit_after }) {
        Err(error) if until_shut_down && error.downcast_ref().and_then(raw_os_error) == Some(EIO) => {
            Ok(ExitCode::SUCCESS)
        }
        written => written.map(|()| ExitCode::SUCCESS),
    }
}

fn write(way: Way, path: PathBuf, reporter: Reporter) -> anyhow::Result<()> {
    match way {
        Way::Positioned { durable } => many::positioned(&path, reporter, durable)?,
        Way::Commit { durable } => many::commit(&path, reporter, durable)?,
        Way::Whole(kind) => way.executor().run(async move { whole::write(kind, &path, reporter).await })??,
        _ => way.executor().run(async move {
            let mut writer = Writer::open(way, &path).await?;
            if way.is_durable() { synced(&mut writer, reporter).await } else { in_order(&mut writer, reporter).await }
        })??,
    }
    Ok(())
}

/// One record after the other, each reported when it is answered.
async fn in_order(writer: &mut Writer, reporter: Reporter) -> io::Result<()> {
    let mut end = 0;
    for number in 0.. {
        let id = Id { task: 0, number };
        let record = id.record();
        end += record.len() as u64;
        writer.write(number, record).await?;
        reporter.answered(id, end);
    }
    Ok(())
}

/// From one to four records, then a sync, after which they are reported.
async fn synced(writer: &mut Writer, reporter: Reporter) -> io::Result<()> {
    let (mut end, mut waiting) = (0, Vec::new());
    for number in 0.. {
        let id = Id { task: 0, number };
        let record = id.record();
        end += record.len() as u64;
        writer.write(number, record).await?;
        waiting.push((id, end));
        if waiting.len() > number as usize % 4 {
            writer.sync_data().await?;
            waiting.drain(..).for_each(|(id, end)| reporter.answered(id, end));
        }
    }
    Ok(())
}

/// A file of which one record after the other is written.
enum Writer {
    Any(AnyFile),
    Settled(Offload<File>),
    Vectored(Offload<File>),
    Bytes(Offload<File>),
    Tokio(TokioFile),
}

impl Writer {
    async fn open(way: Way, path: &Path) -> io::Result<Self> {
        Ok(match way {
            Way::Settled => Writer::Settled(Offload::create(path).await?),
            Way::Vectored => Writer::Vectored(Offload::create(path).await?),
            Way::Bytes => Writer::Bytes(Offload::create(path).await?),
            Way::Tokio { .. } => Writer::Tokio(TokioFile::create(path).await?),
            Way::WriteAll(subject) | Way::Synced(subject) => Writer::Any(subject.create(path).await?),
            Way::Positioned { .. } | Way::Commit { .. } => unreachable!("their tasks share a file"),
            Way::Whole(_) => unreachable!("each record has a file"),
        })
    }

    async fn sync_data(&mut self) -> io::Result<()> {
        match self {
            Writer::Any(file) => file.sync_data().await,
            Writer::Tokio(file) => file.sync_data().await,
            Writer::Settled(file) | Writer::Vectored(file) | Writer::Bytes(file) => file.sync_data().await,
        }
    }

    async fn write(&mut self, number: u32, record: Vec<u8>) -> io::Result<()> {
        match self {
            Writer::Any(file) => file.write_all(&record).await,
            Writer::Settled(file) if number.is_multiple_of(3) => write_dropped(file, &record).await,
            Writer::Settled(file) => file.write_all_complete(&record).await,
            Writer::Vectored(file) => {
                let (header, body) = record.split_at(record.len().min(18));
                file.write_all_vectored_complete(&mut [io::IoSlice::new(header), io::IoSlice::new(body)]).await
            }
            Writer::Bytes(file) => file.write_all_bytes_complete(record.into()).await,
            Writer::Tokio(file) => file.write_all(&record).await,
        }
    }
}

/// Drops the future of the write after its first poll, and asks then what is complete.
async fn write_dropped(file: &mut Offload<File>, record: &[u8]) -> io::Result<()> {
    if poll_once(file.write_all_complete(record)).await.transpose()?.is_some() {
        return Ok(());
    }
    let completed = file.settle().await?.map_or(0, |settled| settled.completed());
    file.write_all_complete(&record[completed..]).await
}
