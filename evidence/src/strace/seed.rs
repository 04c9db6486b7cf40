//! The seed program: creates a file, writes 1,024 bytes, and looks at the file as soon as the write is answered.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    str::FromStr,
};

use anyhow::anyhow;
use async_write_complete::{AsyncWriteCompleteExt as _, Offload};
use clap::Args;
use tokio::io::AsyncWriteExt as _;

use crate::audit::Executor;

/// Bytes of the write.
pub(super) const LENGTH: usize = 1024;

/// Whose write it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer {
    Tokio,
    Ours,
}

impl Writer {
    pub(super) const ALL: [Writer; 2] = [Writer::Tokio, Writer::Ours];

    pub(super) fn name(self) -> &'static str {
        match self {
            Writer::Tokio => "tokio::fs::File",
            Writer::Ours => "Offload",
        }
    }
}

impl FromStr for Writer {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Writer::ALL.into_iter().find(|writer| writer.name() == name).ok_or_else(|| anyhow!("nobody is called {name}"))
    }
}

/// What the process is told.
#[derive(Debug, Args)]
pub(super) struct SeedArgs {
    #[arg(long)]
    writer: Writer,
    #[arg(long)]
    path: PathBuf,
}

/// The program.
pub(super) fn run(args: SeedArgs) -> anyhow::Result<ExitCode> {
    Executor::TokioCurrentThread.run(async move {
        match args.writer {
            Writer::Tokio => {
                let mut file = tokio::fs::File::create(&args.path).await?;
                file.write_all(&[b'x'; LENGTH]).await?;
                look(&args.path)?;
                file.flush().await?;
            }
            Writer::Ours => {
                let mut file = Offload::create(&args.path).await?;
                file.write_all_complete(&[b'x'; LENGTH]).await?;
                look(&args.path)?;
                file.close_complete().await?;
            }
        }
        Ok(ExitCode::SUCCESS)
    })?
}

/// The observer, who knows nothing of the writer.
fn look(path: &Path) -> anyhow::Result<()> {
    fs::metadata(path)?;
    Ok(())
}
