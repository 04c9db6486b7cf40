//! The `poll_write` of futures-io and tokio has no ticket: which write a buffer belongs to is told by its content.

mod another_write;
mod one_write;
mod real_callers;
mod what_ends_it;

use std::{
    cmp::min,
    fs::File,
    future::Future,
    io::{self, IoSlice, Read, SeekFrom},
    pin::Pin,
    task::{Context, Poll, ready},
};

use async_write_complete::{
    AsyncWriteComplete, Indeterminate, Offload, PriorWriteFailed, Submitted, Ticket, adapter::ToFuturesIo,
};
use futures_io::{AsyncRead, AsyncSeek, AsyncWrite};
use futures_lite::{AsyncWriteExt, future::block_on};

use crate::common::{
    destination::{Observer, Outcome, Scripted, interrupted},
    pool::{Stepped, Threads},
    random::XorShift,
    steps::{self, drive, failed, offload, prior, ready, refused},
    waker::Task,
};

/// ENOSPC, the same on every Unix.
const NO_SPACE: i32 = 28;

type Writer<'a> = dyn AsyncWrite + Unpin + 'a;

fn write(writer: &mut (impl AsyncWrite + Unpin + ?Sized), buf: &[u8]) -> Poll<io::Result<usize>> {
    steps::poll(|cx| Pin::new(&mut *writer).poll_write(cx, buf))
}

fn write_list(writer: &mut (impl AsyncWrite + Unpin + ?Sized), bufs: &[&[u8]]) -> Poll<io::Result<usize>> {
    let bufs: Vec<_> = bufs.iter().map(|buf| IoSlice::new(buf)).collect();
    steps::poll(|cx| Pin::new(&mut *writer).poll_write_vectored(cx, &bufs))
}

fn flush(writer: &mut (impl AsyncWrite + Unpin + ?Sized)) -> Poll<io::Result<()>> {
    steps::poll(|cx| Pin::new(&mut *writer).poll_flush(cx))
}

fn close(writer: &mut (impl AsyncWrite + Unpin + ?Sized)) -> Poll<io::Result<()>> {
    steps::poll(|cx| Pin::new(&mut *writer).poll_close(cx))
}

/// Runs `test` with an `Offload`, and with one behind the adapter, which must behave alike.
fn of_both(script: &[Outcome], test: impl Fn(&mut Writer<'_>, &Stepped, &Observer)) {
    let (mut writer, pool, observer) = offload(Scripted::script(script.to_vec()));
    test(&mut writer, &pool, &observer);
    let (writer, pool, observer) = offload(Scripted::script(script.to_vec()));
    test(&mut ToFuturesIo::new(writer), &pool, &observer);
}

/// The traits that `Offload` has, so that it can take the place of others.
#[test]
fn it_has_the_traits_of_today() {
    fn is<T: AsyncRead + AsyncWrite + AsyncSeek + AsyncWriteComplete + Unpin + Send + Sync>() {}
    is::<Offload<File>>();
}
