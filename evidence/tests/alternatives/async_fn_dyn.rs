//! A trait with an `async fn` is no `dyn` trait.

use std::io;

pub trait AsyncFnWrite {
    #[allow(async_fn_in_trait)]
    async fn write(&mut self, buf: &[u8]) -> io::Result<usize>;
}

pub fn size_of_any<W: AsyncFnWrite>(writer: &W) -> usize {
    size_of_val(writer)
}

#[cfg(not(control))]
pub fn keep(_: Box<dyn AsyncFnWrite>) {} // refused: E0038
