//! A `select!` loop that writes and does something else meanwhile: the wrong one, and two right ones.
//!
//! Each round of the wrong loop makes the write anew, although the first one is submitted. Where a dropped write is
//! neither refused nor remembered, such a loop appends the record twice. Here the second round gets `WriteOutstanding`,
//! and the file has the record once.

use std::{
    fs::File,
    io::{self, Write},
    sync::mpsc,
    time::Duration,
};

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, HeldWrite, Offload};
use async_write_complete::{WriteComplete, WriteOutstanding};
use tokio::time::sleep;

const PATIENCE: Duration = Duration::from_millis(1);

/// The loop that forgets: the other branch drops the write, and the next round makes it anew.
async fn forgets<W: AsyncWriteComplete + Unpin>(writer: &mut W, record: &[u8], event: impl Fn()) -> io::Result<()> {
    loop {
        tokio::select! {
            biased;
            result = writer.write_all_complete(record) => return result,
            () = sleep(PATIENCE) => event(),
        }
    }
}

/// The same loop, cured by `settle`: the branch that dropped the write asks how many of its bytes are complete.
async fn settles<W: AsyncWriteComplete + Unpin>(writer: &mut W, record: &[u8], event: impl Fn()) -> io::Result<()> {
    let mut complete = 0;
    while complete < record.len() {
        let n = tokio::select! {
            biased;
            result = writer.write_complete(&record[complete..]) => result?,
            () = sleep(PATIENCE) => {
                event();
                let Some(settled) = writer.settle().await? else { continue }; // the line that cures it
                settled.completed()
            }
        };
        if n == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        complete += n;
    }
    Ok(())
}

/// The same loop, cured by a `HeldWrite`: each round goes on with the same write, and the other branch never waits.
async fn holds<W: AsyncWriteComplete + Unpin>(writer: &mut W, record: &[u8], event: impl Fn()) -> io::Result<()> {
    let mut held = HeldWrite::new(record); // the line that cures it
    loop {
        tokio::select! {
            biased;
            result = writer.resume_write_all(&mut held) => return result,
            () = sleep(PATIENCE) => event(),
        }
    }
}

/// A file on a disk that is busy until it is told to go on, so that the timer always wins the first round.
struct BusyDisk {
    file: File,
    go_on: mpsc::Receiver<()>,
}

impl Write for BusyDisk {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.go_on.recv().map_err(io::Error::other)?;
        self.file.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteComplete for BusyDisk {}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let log = tempfile::NamedTempFile::new()?;
    let (disk, go_on) = mpsc::channel();
    let mut writer = Offload::new(BusyDisk { file: log.reopen()?, go_on });
    let event = || disk.send(()).expect("the disk is there");

    let error = forgets(&mut writer, b"first\n", event).await.expect_err("the write was made anew");
    println!("the loop that forgets: {error}");
    assert!(WriteOutstanding::find(&error).is_some());
    let settled = writer.settle().await?.expect("a write was outstanding");
    println!("the first write: {} of {} bytes are complete", settled.completed(), settled.submitted());
    assert!(!settled.is_short());

    settles(&mut writer, b"second\n", event).await?;
    holds(&mut writer, b"third\n", event).await?;

    let records = std::fs::read_to_string(log.path())?;
    println!("the file has each record once: {records:?}");
    assert_eq!(records, "first\nsecond\nthird\n");
    Ok(())
}
