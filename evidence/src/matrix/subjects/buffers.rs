//! Buffers and memory.

use std::path::Path;

use async_write_complete::contract::Rule;
use async_write_complete_conformance::{
    Carrier, Certify, Destination, Outcome,
    lens::{FuturesIo, Tokio},
};
use futures_lite::io::BufWriter;

use super::{Subject, Whose, judge, judge_patiently};
use crate::matrix::wording::Speaks;

pub(super) const ALL: &[Subject] = &[
    Subject {
        id: "bufwriter",
        name: "futures_lite BufWriter<Destination>",
        crates: &["futures-lite"],
        note: "As it stands, through the traits of futures-io, over the kit's own destination, which is pending while it is \
               held and does every wrong it is told to. Only polls empty its buffer.",
        speaks: Speaks::FuturesIo,
        whose: Whose::Peers,
        check: buffered,
    },
    Subject {
        id: "vec-futures-io",
        name: "Vec<u8> (futures-io)",
        crates: &["futures-lite"],
        note: "As it stands, through the traits of futures-io. The destination is the vector itself.",
        speaks: Speaks::FuturesIo,
        whose: Whose::Peers,
        check: vec_futures_io,
    },
    Subject {
        id: "vec-tokio",
        name: "Vec<u8> (tokio)",
        crates: &["tokio"],
        note: "As it stands, through tokio's traits. The destination is the vector itself. It is judged outside of a task, \
               and so without a budget; it has none inside either.",
        speaks: Speaks::Tokio,
        whose: Whose::Peers,
        check: vec_tokio,
    },
];

fn buffered(_: &Path, rule: Rule) -> anyhow::Result<Outcome> {
    let certify = Certify::futures_io(|| {
        let (destination, observer) = Destination::new();
        (BufWriter::new(destination), observer)
    });
    judge_patiently(certify.closes().carried(Carrier::Polls), rule)
}

fn vec_futures_io(_: &Path, rule: Rule) -> anyhow::Result<Outcome> {
    judge(Certify::futures_io(|| (Vec::new(), Vec::new)).peeks(|lens: &FuturesIo<Vec<u8>>| lens.inner().clone()), rule)
}

fn vec_tokio(_: &Path, rule: Rule) -> anyhow::Result<Outcome> {
    judge(Certify::tokio(|| (Vec::new(), Vec::new)).peeks(|lens: &Tokio<Vec<u8>>| lens.inner().clone()), rule)
}
