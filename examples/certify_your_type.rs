//! A writer of a third party, certified by the kit.
//!
//! `cargo run --example certify_your_type` prints the report. `cargo test --example certify_your_type` runs one test
//! for each rule.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use async_write_complete::{AsyncWriteComplete, DriveWrite, Started, Ticket, Tracked};
use async_write_complete_conformance::Certify;

/// Counts the bytes that the writer inside has completed.
struct Metered<W> {
    inner: W,
    ticket: Option<Ticket>,
    complete: u64,
}

impl<W: AsyncWriteComplete + Unpin> DriveWrite for Metered<W> {
    fn poll_start(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        let submitted = ready!(Pin::new(&mut self.inner).poll_write_submit(cx, buf))?;
        self.ticket = submitted.ticket();
        let at_once = if self.ticket.is_none() { submitted.len() } else { 0 };
        self.complete += at_once as u64;
        Poll::Ready(Ok(submitted.into()))
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Some(ticket) = self.ticket else { unreachable!("nothing was taken") };
        let n = ready!(Pin::new(&mut self.inner).poll_write_complete(cx, ticket))?;
        self.complete += n as u64;
        Poll::Ready(Ok(n))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close_complete(cx)
    }
}

fn metered<W>(inner: W) -> Tracked<Metered<W>> {
    Tracked::new(Metered { inner, ticket: None, complete: 0 })
}

#[cfg(test)]
async_write_complete_conformance::certify! { metered_writer: Certify::around(metered).closes() }

fn main() {
    let report = Certify::around(metered).closes().run();
    print!("{report}");
    assert!(report.is_conforming());
}
