//! `Offload`. No thread spins for another in these runs: what is recorded is the hand-over itself.

use std::{
    io,
    path::Path,
    pin::{Pin, pin},
    task::Poll,
};

use anyhow::{Context as _, bail, ensure};
use async_write_complete::{
    AsyncWriteComplete as _, AsyncWriteCompleteExt as _, Offload, Settled, Submitted, Ticket, offload::Policy,
};

use super::{
    destination,
    log::{Kind, Lifeline, Sequence},
    pool::{self, on_blocking},
    stage::Stage,
};

type Writer = Offload<destination::Told, pool::Told>;

/// What the writer is called in the pictures.
const NAME: &str = "Offload";

/// A write by the two methods of the trait.
pub(super) fn record_complete(name: &str, folder: &Path) -> anyhow::Result<Sequence> {
    let (stage, mut writer) = stage_and_writer(name, folder)?;
    let first = stage.occupy()?;
    let submitted =
        stage.caller.poll("poll_write_submit(\"hello\")", |cx| Pin::new(&mut writer).poll_write_submit(cx, b"hello"));
    let ticket = ticket(submitted)?;
    let complete = |writer: &mut Writer| {
        stage.caller.poll("poll_write_complete(ticket)", |cx| Pin::new(&mut *writer).poll_write_complete(cx, ticket))
    };
    if complete(&mut writer).is_ready() {
        bail!("a write was answered while the thread was occupied");
    }
    stage.log.look(5);
    first.end(&stage.log);
    stage.caller.wait()?;
    let Poll::Ready(answer) = complete(&mut writer) else { bail!("a task was woken in vain") };
    stage.caller.succeeds(answer)?;
    Ok(stage.sequence(name, "a write of Offload, by both methods of the trait", NAME))
}

/// A write whose future is dropped when its bytes are on their way, and the write that comes next: it is refused until
/// somebody has asked for the first one.
pub(super) fn record_dropped(name: &str, folder: &Path) -> anyhow::Result<Sequence> {
    let (stage, mut writer) = stage_and_writer(name, folder)?;
    let first = stage.occupy()?;
    let dropped = {
        let mut write = pin!(writer.write_all_complete(b"first"));
        stage.caller.poll("write_all_complete(\"first\")", |cx| write.as_mut().poll(cx))
    };
    if dropped.is_ready() {
        bail!("a write was answered while the thread was occupied");
    }
    stage.log.note(Lifeline::Caller, Kind::Drop, "the future");
    stage.log.look(5);
    let again = {
        let mut write = pin!(writer.write_all_complete(b"second"));
        stage.caller.poll("write_all_complete(\"second\")", |cx| write.as_mut().poll(cx))
    };
    if !matches!(again, Poll::Ready(Err(_))) {
        bail!("a write was taken over an outstanding one");
    }
    let settle = |writer: &mut Writer, call| {
        let mut settle = pin!(writer.settle());
        let completed = |settled: Option<Settled>| settled.map(|settled| settled.completed());
        stage.caller.poll(call, |cx| settle.as_mut().poll(cx).map_ok(completed))
    };
    if settle(&mut writer, "settle()").is_ready() {
        bail!("a write was answered while the thread was occupied");
    }
    let second = stage.queue();
    first.end(&stage.log);
    stage.caller.wait()?;
    second.begin(&stage.log)?;
    let Poll::Ready(settled) = settle(&mut writer, "poll again") else { bail!("a task was woken in vain") };
    ensure!(settled? == Some(5), "not all of the first write is complete");
    let mut write = pin!(writer.write_all_complete(b"second"));
    if stage.caller.poll("write_all_complete(\"second\")", |cx| write.as_mut().poll(cx)).is_ready() {
        bail!("a write was answered while the thread was occupied");
    }
    second.end(&stage.log);
    stage.caller.wait()?;
    let Poll::Ready(answer) = stage.caller.poll("poll again", |cx| write.as_mut().poll(cx)) else {
        bail!("a task was woken in vain")
    };
    stage.caller.succeeds(answer)?;
    Ok(stage.sequence(name, "a write of Offload whose future is dropped, and the next write", NAME))
}

fn stage_and_writer(name: &str, folder: &Path) -> anyhow::Result<(Stage, Writer)> {
    let (stage, file) = Stage::new(name, folder, on_blocking)?;
    let (destination, _) = destination::Told::new(file, stage.log.clone());
    let writer = Offload::with_pool(destination, pool::Told(stage.log.clone())).policy(Policy::never_spin());
    Ok((stage, writer))
}

fn ticket(submitted: Poll<io::Result<Submitted>>) -> anyhow::Result<Ticket> {
    match submitted {
        Poll::Ready(submitted) => submitted?.ticket().context("a write was complete while the thread was occupied"),
        Poll::Pending => bail!("a quiet writer did not take a write"),
    }
}
