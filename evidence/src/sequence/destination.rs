//! A file that tells of each write.

use std::{
    fs::File,
    io::{self, Write},
    sync::mpsc::{self, Receiver, Sender},
};

use async_write_complete::WriteComplete;

use super::log::{Kind, Lifeline, Log};

/// A file. The bytes of each write are those of one payload.
#[derive(Debug)]
pub(super) struct Told {
    file: File,
    log: Log,
    /// How many bytes there are when the write under way is complete.
    complete: u64,
    answered: Sender<()>,
}

impl Told {
    /// The receiver hears of each write that is answered.
    pub(super) fn new(file: File, log: Log) -> (Self, Receiver<()>) {
        let (answered, hears) = mpsc::channel();
        (Self { file, log, complete: 0, answered }, hears)
    }
}

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            // `Unblock` makes such calls beside those that it is asked for. They are no part of a write.
            return self.file.write(bytes);
        }
        let text = String::from_utf8_lossy(bytes);
        self.log.arrow(Lifeline::Pool, Lifeline::File, Kind::Call, format!("write({text:?})"));
        let answer = self.file.write(bytes);
        self.complete += bytes.len() as u64;
        self.log.look(self.complete);
        self.log.arrow(Lifeline::File, Lifeline::Pool, Kind::Answer, format!("{answer:?}"));
        // Not everybody listens.
        let _ = self.answered.send(());
        answer
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteComplete for Told {}
