//! The process that writes records until it is ended.

use std::{fs::File, io, path::Path, process::ExitCode};

use async_write_complete::{
    AsyncWriteCompleteBytesExt as _, AsyncWriteCompleteExt as _, Offload, tokio::fs::File as TokioFile,
};
use clap::Args;
use futures_lite::future::poll_once;
use tokio::io::AsyncWriteExt as _;

use super::{many, record::Id, report::Reporter, way::Way};
use crate::audit::{AnyFile, Subject};

/// What the process is told.
#[derive(Debug, Args)]
pub(super) struct WriterArgs {
    #[arg(long)]
    way: Way,
    #[arg(long)]
    path: std::path::PathBuf,
    #[arg(long)]
    exit_after: Option<u32>,
}

/// Writes for ever. It returns an error only.
pub(super) fn write_for_ever(args: WriterArgs) -> anyhow::Result<ExitCode> {
    let WriterArgs { way, path, exit_after } = args;
    let reporter = Reporter { exit_after };
    match way {
        Way::Positioned => many::positioned(&path, reporter)?,
        Way::Commit { durable } => many::commit(&path, reporter, durable)?,
        Way::Synced(subject) => way.executor().run(async move { synced(subject, &path, reporter).await })??,
        _ => way.executor().run(async move {
            let mut writer = Writer::open(way, &path).await?;
            in_order(&mut writer, reporter).await
        })??,
    }
    Ok(ExitCode::SUCCESS)
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
async fn synced(subject: Subject, path: &Path, reporter: Reporter) -> io::Result<()> {
    let mut file = subject.create(path).await?;
    let (mut end, mut waiting) = (0, Vec::new());
    for number in 0.. {
        let id = Id { task: 0, number };
        let record = id.record();
        end += record.len() as u64;
        file.write_all(&record).await?;
        waiting.push((id, end));
        if waiting.len() > number as usize % 4 {
            file.sync_data().await?;
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
            Way::Tokio => Writer::Tokio(TokioFile::create(path).await?),
            Way::WriteAll(subject) | Way::Synced(subject) => Writer::Any(subject.create(path).await?),
            Way::Positioned | Way::Commit { .. } => unreachable!("their tasks share a file"),
        })
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
