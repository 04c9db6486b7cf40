//! The types of tokio.

use std::{io, net::TcpStream as StdTcpStream, path::Path, pin::Pin};

use async_write_complete::contract::Rule;
use async_write_complete_conformance::{Carrier, Certify, Outcome, lens::Tokio};
use tokio::{fs::File, io::BufWriter, net::TcpStream};

use super::{Subject, Whose, judge_patiently};
use crate::matrix::{
    file::{Files, TOO_LARGE},
    hold::{Hold, RUNTIME},
    peer::{BROKEN_PIPE, socket},
    wording::Speaks,
};

pub(super) const ALL: &[Subject] = &[
    Subject {
        id: "tokio-file",
        name: "tokio::fs::File",
        crates: &["tokio"],
        note: "As it stands, through tokio's traits. Held by a job that occupies the only blocking thread of the runtime; \
               fails by RLIMIT_FSIZE (EFBIG).",
        speaks: Speaks::Tokio,
        whose: Whose::Peers,
        check: file,
    },
    Subject {
        id: "tokio-bufwriter",
        name: "tokio BufWriter<fs::File>",
        crates: &["tokio"],
        note: "As it stands, through tokio's traits. Only polls empty its buffer. Held and failing as tokio::fs::File.",
        speaks: Speaks::Tokio,
        whose: Whose::Peers,
        check: buffered,
    },
    Subject {
        id: "tokio-tcp",
        name: "tokio::net::TcpStream",
        crates: &["tokio"],
        note: "As it stands, through tokio's traits, over the loopback device. Complete is what the peer can receive. It \
               cannot be held, for the two ends make room among themselves; fails for good by a shutdown (EPIPE). Turns \
               are judged within a task's budget.",
        speaks: Speaks::Tokio,
        whose: Whose::Peers,
        check: tcp,
    },
];

/// On this thread the runtime is there.
pub(super) fn in_runtime(body: &mut dyn FnMut()) {
    let _runtime = RUNTIME.enter();
    body();
}

/// The whole check is one poll of one task, and so within one budget.
fn in_task(body: &mut dyn FnMut()) {
    RUNTIME.block_on(async { body() });
}

/// Enters the runtime; where turns are counted, also a task, for outside of one tokio gives none.
pub(super) fn within(rule: Rule) -> fn(&mut dyn FnMut()) {
    if rule == Rule::P4 { in_task } else { in_runtime }
}

fn file(folder: &Path, rule: Rule) -> anyhow::Result<Outcome> {
    let files = Files::within(folder)?;
    let certify = Certify::tokio(move || {
        let (file, observer) = files.fresh(Some(Hold::tokio()));
        (File::from_std(file), observer)
    });
    let certify = certify.closes().seeks(Tokio::poll_seek).reads(Tokio::poll_read);
    let certify = certify.syncs(|file| Box::pin(sync(file))).fails_with(TOO_LARGE).offloads();
    judge_patiently(certify.carried(Carrier::Others).within(within(rule)), rule)
}

async fn sync(file: Pin<&mut Tokio<File>>) -> io::Result<()> {
    file.inner_pin().sync_all().await
}

fn buffered(folder: &Path, rule: Rule) -> anyhow::Result<Outcome> {
    let files = Files::within(folder)?;
    let certify = Certify::tokio(move || {
        let (file, observer) = files.fresh(Some(Hold::tokio()));
        (BufWriter::new(File::from_std(file)), observer)
    });
    let certify = certify.closes().seeks(Tokio::poll_seek).reads(Tokio::poll_read).fails_with(TOO_LARGE);
    judge_patiently(certify.carried(Carrier::Polls).within(within(rule)), rule)
}

fn tcp(_: &Path, rule: Rule) -> anyhow::Result<Outcome> {
    let certify = Certify::tokio(|| {
        let (socket, observer) = socket::<StdTcpStream>();
        let socket = TcpStream::from_std(socket).unwrap_or_else(|error| panic!("no socket: {error}"));
        (socket, observer)
    });
    let certify = certify.closes().fails_with(BROKEN_PIPE).carried(Carrier::Others);
    judge_patiently(certify.within(within(rule)), rule)
}
