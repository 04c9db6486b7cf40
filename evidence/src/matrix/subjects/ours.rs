//! The types of this crate, by their own trait, and through the lens as the traits of today show them.

use std::{
    io::{self, Read, Seek},
    path::Path,
    pin::Pin,
};

use async_write_complete::{
    AsyncWriteCompleteBytes, Offload, Pool, SyncComplete, WriteComplete,
    adapter::{FromFuturesIo, FromTokio, ToTokio},
    contract::Rule,
};
use async_write_complete_conformance::{
    Carrier, Certify, Destination, DestinationObserver, Outcome, OverPool, Refused, Specimen, Stepped, lens::FuturesIo,
};
use blocking::Unblock;
use futures_lite::{AsyncRead, AsyncSeek};

use super::{Subject, Whose, judge, judge_ours, tokio::within};
use crate::matrix::{
    file::{Files, TOO_LARGE},
    hold::Hold,
    wording::Speaks,
};

pub(super) const ALL: &[Subject] = &[
    Subject {
        id: "offload-file",
        name: "Offload<std::fs::File>",
        crates: &["async-write-complete", "blocking"],
        note: "By its own trait. Held by a job that occupies the only thread of the pool of `blocking`; fails by \
               RLIMIT_FSIZE (EFBIG).",
        speaks: Speaks::OfItself,
        whose: Whose::Ours(&[]),
        check: offload_file,
    },
    Subject {
        id: "offload",
        name: "Offload<Destination>",
        crates: &["async-write-complete"],
        note: "By its own trait, over the kit's own destination, which does every wrong it is told to, and a pool that the \
               kit steps.",
        speaks: Speaks::OfItself,
        whose: Whose::Ours(&[]),
        check: offload,
    },
    Subject {
        id: "from-futures-io",
        name: "FromFuturesIo<Unblock<Destination>>",
        crates: &["async-write-complete", "blocking"],
        note: "By its own trait: each write of an `Unblock` and the flush after it, as one. It is as honest as that flush, \
               and the flush of an `Unblock` is a success over a destination that took no more: so W2, as its \
               documentation says.",
        speaks: Speaks::OfItself,
        whose: Whose::Ours(&[Rule::W2]),
        check: from_futures_io,
    },
    Subject {
        id: "from-tokio",
        name: "FromTokio<tokio::fs::File>",
        crates: &["async-write-complete", "tokio"],
        note: "By its own trait: each write of a `tokio::fs::File` and the flush after it, as one. Held by a job that \
               occupies the only blocking thread of the runtime; fails by RLIMIT_FSIZE (EFBIG).",
        speaks: Speaks::OfItself,
        whose: Whose::Ours(&[]),
        check: from_tokio,
    },
    Subject {
        id: "offload-lens",
        name: "Offload<Destination> (futures-io)",
        crates: &["async-write-complete"],
        note: "Through the lens, as callers of futures-io's traits see it. `Pending` may mean submitted there, which \
               futures-io's text allows and W3 does not: its documentation says so.",
        speaks: Speaks::FuturesIo,
        whose: Whose::Ours(&[Rule::W3]),
        check: offload_lens,
    },
    Subject {
        id: "to-tokio",
        name: "ToTokio<Offload<Destination>>",
        crates: &["async-write-complete", "tokio"],
        note: "Through the lens, as callers of tokio's traits see it. `Pending` may mean submitted there, which neither \
               tokio's text nor W3 allows: its documentation says so.",
        speaks: Speaks::Tokio,
        whose: Whose::Ours(&[Rule::W3]),
        check: to_tokio,
    },
];

fn offload_file(folder: &Path, rule: Rule) -> anyhow::Result<Outcome> {
    let files = Files::within(folder)?;
    let certify = Certify::new(move || {
        let (file, observer) = files.fresh(Some(Hold::blocking()));
        Specimen::new(Offload::new(file), observer)
    });
    let certify = able(certify).syncs(|file| Box::pin(sync(file))).fails_with(TOO_LARGE).offloads();
    judge_ours(certify.carried(Carrier::Others), rule)
}

async fn sync<T, P>(writer: Pin<&mut Offload<T, P>>) -> io::Result<()>
where
    T: SyncComplete + Send + 'static,
    P: Pool,
{
    writer.get_mut().sync_all().await
}

fn offload(_: &Path, rule: Rule) -> anyhow::Result<Outcome> {
    let certify = able(Certify::stepped(Offload::with_pool)).late_errors();
    judge(certify.syncs(|writer| Box::pin(sync(writer))), rule)
}

/// With all that an `Offload` of what can be read and sought can do.
fn able<T, P>(certify: Certify<Offload<T, P>>) -> Certify<Offload<T, P>>
where
    T: WriteComplete + Read + Seek + Send + 'static,
    P: Pool + 'static,
{
    certify
        .closes()
        .seeks(Offload::poll_seek)
        .reads(Offload::poll_read)
        .submits_bytes(AsyncWriteCompleteBytes::poll_write_submit_bytes)
        .operation("with_mut", |writer| Box::pin(with_mut(writer)))
        .into_inner(|writer| Box::pin(into_inner(writer)))
}

async fn with_mut<T: Send + 'static, P: Pool>(writer: Pin<&mut Offload<T, P>>) -> io::Result<()> {
    writer.get_mut().with_mut(|_| ()).await
}

/// A refusal gives the writer back.
async fn into_inner<T, P>(writer: Pin<Box<Offload<T, P>>>) -> Result<(), Refused<Offload<T, P>>>
where
    T: Send + 'static,
    P: Pool,
{
    let taken = Pin::into_inner(writer).into_inner().await;
    taken.map(drop).map_err(|refused| {
        let (error, writer) = refused.into_parts();
        (error, Some(Box::pin(writer)))
    })
}

fn from_futures_io(_: &Path, rule: Rule) -> anyhow::Result<Outcome> {
    let certify = Certify::over(|destination| FromFuturesIo::new(Unblock::new(destination)));
    judge_ours(certify.closes().carried(Carrier::Polls).indirect(), rule)
}

fn from_tokio(folder: &Path, rule: Rule) -> anyhow::Result<Outcome> {
    let files = Files::within(folder)?;
    let certify = Certify::new(move || {
        let (file, observer) = files.fresh(Some(Hold::tokio()));
        Specimen::new(FromTokio::new(::tokio::fs::File::from_std(file)), observer)
    });
    let certify = certify.closes().fails_with(TOO_LARGE).carried(Carrier::Polls);
    judge_ours(certify.within(within(rule)), rule)
}

fn offload_lens(_: &Path, rule: Rule) -> anyhow::Result<Outcome> {
    let certify = Certify::futures_io(stepped);
    let certify = certify.closes().seeks(FuturesIo::poll_seek).reads(FuturesIo::poll_read);
    judge(certify.carried(Carrier::Steps).offloads(), rule)
}

fn to_tokio(_: &Path, rule: Rule) -> anyhow::Result<Outcome> {
    let certify = Certify::tokio(|| {
        let (offload, observer) = stepped();
        (ToTokio::new(offload), observer)
    });
    judge(certify.closes().carried(Carrier::Steps).offloads(), rule)
}

/// One over a pool that the kit steps.
fn stepped() -> (Offload<Destination, Stepped>, OverPool<DestinationObserver>) {
    let (destination, observer) = Destination::new();
    let pool = Stepped::new();
    let observer = pool.over(observer);
    (Offload::with_pool(destination, pool), observer)
}
