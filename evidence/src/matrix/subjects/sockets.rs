//! Sockets by readiness, through the traits of futures-io.

use std::{net::TcpStream, os::unix::net::UnixStream, path::Path};

use async_io::Async;
use async_write_complete::contract::Rule;
use async_write_complete_conformance::{Carrier, Certify, Outcome, lens::FuturesIo};
use futures_lite::AsyncWrite;

use super::{Subject, Whose, judge_patiently};
use crate::matrix::{
    peer::{BROKEN_PIPE, Duplex, socket},
    wording::Speaks,
};

pub(super) const ALL: &[Subject] = &[
    Subject {
        id: "async-std-tcp",
        name: "async_std::net::TcpStream",
        crates: &["async-std", "async-io"],
        note: "As it stands, through the traits of futures-io, over the loopback device. Complete is what the peer can \
               receive. It cannot be held, for the two ends make room among themselves; fails for good by a shutdown \
               (EPIPE).",
        speaks: Speaks::FuturesIo,
        whose: Whose::Peers,
        check: async_std,
    },
    Subject {
        id: "async-io-tcp",
        name: "async_io::Async<TcpStream>",
        crates: &["async-io"],
        note: "As it stands, through the traits of futures-io, over the loopback device. Not held, and failing as the one \
               of async-std.",
        speaks: Speaks::FuturesIo,
        whose: Whose::Peers,
        check: tcp,
    },
    Subject {
        id: "async-io-unix",
        name: "async_io::Async<UnixStream>",
        crates: &["async-io"],
        note: "As it stands, through the traits of futures-io. Held by a peer that does not receive and a full buffer; fails \
               for good by a shutdown (EPIPE).",
        speaks: Speaks::FuturesIo,
        whose: Whose::Peers,
        check: unix,
    },
];

fn async_std(_: &Path, rule: Rule) -> anyhow::Result<Outcome> {
    judge_patiently(certify::<TcpStream, _>(async_std::net::TcpStream::from), rule)
}

fn tcp(_: &Path, rule: Rule) -> anyhow::Result<Outcome> {
    judge_patiently(certify(evented::<TcpStream>), rule)
}

fn unix(_: &Path, rule: Rule) -> anyhow::Result<Outcome> {
    judge_patiently(certify(evented::<UnixStream>), rule)
}

fn evented<S: Duplex>(socket: S) -> Async<S> {
    Async::new(socket).unwrap_or_else(|error| panic!("no socket: {error}"))
}

fn certify<S: Duplex, W: AsyncWrite + 'static>(make: fn(S) -> W) -> Certify<FuturesIo<W>> {
    let certify = Certify::futures_io(move || {
        let (socket, observer) = socket::<S>();
        (make(socket), observer)
    });
    certify.closes().fails_with(BROKEN_PIPE).carried(Carrier::Others)
}
