//! Where records arrive: in a file, or at the other end of a pipe that nobody reads yet.

use std::{
    fs::File,
    io::{self, Read as _},
    thread::{self, JoinHandle},
};

use anyhow::anyhow;
use rustix::pipe::pipe;

use super::{log::Log, scene::Scene};

/// What arrives can be looked at when the writer is gone.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// In the file of the scene.
    File,
    /// At this end of a pipe, which nobody reads yet.
    Pipe(File),
    /// In the hands of a thread that reads the pipe to its end.
    Reader(JoinHandle<io::Result<Vec<u8>>>),
}

impl Arrival {
    /// The round's destination, and the other end of it. Every other round goes to a pipe, so that a write of more than
    /// a pipe holds is surely in flight until [`begin`](Self::begin).
    pub(crate) fn open(scene: &Scene, log: &mut Log) -> anyhow::Result<(File, Self)> {
        if scene.round % 2 == 1 {
            log.note("to a file");
            return Ok((scene.open()?, Arrival::File));
        }
        log.note("to a pipe");
        let (reader, writer) = pipe()?;
        Ok((writer.into(), Arrival::Pipe(reader.into())))
    }

    /// Lets a pipe be read from here on.
    pub(crate) fn begin(self) -> Self {
        match self {
            Arrival::Pipe(mut pipe) => Arrival::Reader(thread::spawn(move || {
                let mut content = Vec::new();
                pipe.read_to_end(&mut content)?;
                Ok(content)
            })),
            other => other,
        }
    }

    /// What has arrived when the writer is gone.
    pub(crate) fn finish(self, scene: &Scene) -> anyhow::Result<Vec<u8>> {
        match self.begin() {
            Arrival::Reader(thread) => Ok(thread.join().map_err(|_| anyhow!("the reader panicked"))??),
            _ => Ok(scene.content()?),
        }
    }
}
