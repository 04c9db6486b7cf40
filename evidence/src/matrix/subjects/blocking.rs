//! Everything over the pool of `blocking`, by the traits of futures-io.

use std::{fs::File, io, path::Path, pin::Pin};

use async_write_complete::{SyncComplete, contract::Rule};
use async_write_complete_conformance::{Carrier, Certify, Destination, Outcome, lens::FuturesIo};
use blocking::Unblock;
use futures_lite::{AsyncRead, AsyncSeek, AsyncWrite};

use super::{Subject, Whose, judge_patiently};
use crate::matrix::{
    file::{Files, TOO_LARGE},
    hold::Hold,
    wording::Speaks,
};

pub(super) const ALL: &[Subject] = &[
    Subject {
        id: "async-fs",
        name: "async_fs::File",
        crates: &["async-fs", "blocking"],
        note: "As it stands, through the traits of futures-io. Held by a job that occupies the only thread of the pool of \
               `blocking`; fails by RLIMIT_FSIZE (EFBIG).",
        speaks: Speaks::FuturesIo,
        whose: Whose::Peers,
        check: async_fs,
    },
    Subject {
        id: "async-std",
        name: "async_std::fs::File",
        crates: &["async-std", "blocking"],
        note: "As it stands, through the traits of futures-io. Only polls and its drop empty its cache. Held by a job that \
               occupies the only thread of the pool of `blocking`; fails by RLIMIT_FSIZE (EFBIG).",
        speaks: Speaks::FuturesIo,
        whose: Whose::Peers,
        check: async_std,
    },
    Subject {
        id: "unblock-file",
        name: "blocking::Unblock<std::fs::File>",
        crates: &["blocking"],
        note: "As it stands, through the traits of futures-io; its sync is `with_mut(sync_all)`. Held by a job that occupies \
               the only thread of the pool; fails by RLIMIT_FSIZE (EFBIG).",
        speaks: Speaks::FuturesIo,
        whose: Whose::Peers,
        check: unblock_file,
    },
    Subject {
        id: "unblock",
        name: "blocking::Unblock<Destination>",
        crates: &["blocking"],
        note: "As it stands, through the traits of futures-io, over the kit's own destination, which blocks while it is held \
               and does every wrong it is told to; its sync is `with_mut(sync_all)`.",
        speaks: Speaks::FuturesIo,
        whose: Whose::Peers,
        check: unblock,
    },
];

fn async_fs(folder: &Path, rule: Rule) -> anyhow::Result<Outcome> {
    let certify = files(folder, async_fs::File::from)?.syncs(|file| Box::pin(sync_async_fs(file)));
    judge_patiently(certify.carried(Carrier::Others), rule)
}

async fn sync_async_fs(file: Pin<&mut FuturesIo<async_fs::File>>) -> io::Result<()> {
    file.inner_pin().sync_all().await
}

fn async_std(folder: &Path, rule: Rule) -> anyhow::Result<Outcome> {
    let certify = files(folder, async_std::fs::File::from)?.syncs(|file| Box::pin(sync_async_std(file)));
    judge_patiently(certify.carried(Carrier::Polls), rule)
}

async fn sync_async_std(file: Pin<&mut FuturesIo<async_std::fs::File>>) -> io::Result<()> {
    file.inner_pin().sync_all().await
}

fn unblock_file(folder: &Path, rule: Rule) -> anyhow::Result<Outcome> {
    let certify = files(folder, Unblock::new)?.syncs(|file| Box::pin(sync_unblock(file)));
    judge_patiently(certify.carried(Carrier::Others), rule)
}

async fn sync_unblock<T: SyncComplete + Send + 'static>(lens: Pin<&mut FuturesIo<Unblock<T>>>) -> io::Result<()> {
    lens.inner_pin().get_mut().with_mut(|destination| destination.sync_all()).await
}

fn unblock(_: &Path, rule: Rule) -> anyhow::Result<Outcome> {
    let certify = Certify::futures_io(|| {
        let (destination, observer) = Destination::new();
        (Unblock::new(destination), observer)
    });
    let certify = certify.closes().seeks(FuturesIo::poll_seek).reads(FuturesIo::poll_read).offloads();
    judge_patiently(certify.syncs(|lens| Box::pin(sync_unblock(lens))).carried(Carrier::Others), rule)
}

/// A type that is made of a file of std, and can do what a file can.
fn files<W>(folder: &Path, make: fn(File) -> W) -> anyhow::Result<Certify<FuturesIo<W>>>
where
    W: AsyncWrite + AsyncSeek + AsyncRead + 'static,
{
    let files = Files::within(folder)?;
    let certify = Certify::futures_io(move || {
        let (file, observer) = files.fresh(Some(Hold::blocking()));
        (make(file), observer)
    });
    Ok(certify.closes().seeks(FuturesIo::poll_seek).reads(FuturesIo::poll_read).fails_with(TOO_LARGE).offloads())
}
