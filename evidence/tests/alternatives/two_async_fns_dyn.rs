//! Two `async fn`s in a trait are no more a `dyn` trait than one is.

use std::io;

pub struct Ticket(pub u64);

pub trait TwoAsyncFns {
    #[allow(async_fn_in_trait)]
    async fn submit(&mut self, buf: &[u8]) -> io::Result<Ticket>;

    #[allow(async_fn_in_trait)]
    async fn complete(&mut self, ticket: Ticket) -> io::Result<usize>;
}

pub fn size_of_any<W: TwoAsyncFns>(writer: &W) -> usize {
    size_of_val(writer)
}

#[cfg(not(control))]
pub fn keep(_: Box<dyn TwoAsyncFns>) {} // refused: E0038
