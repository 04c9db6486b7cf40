//! A trait whose method is generic over the buffer is no `dyn` trait.

use std::{
    io,
    task::{Context, Poll},
};

pub trait OwnedWrite {
    fn poll_write<B: AsRef<[u8]> + Send + 'static>(
        &mut self,
        cx: &mut Context<'_>,
        buf: B,
    ) -> Poll<(io::Result<usize>, B)>;
}

pub fn size_of_any<W: OwnedWrite>(writer: &W) -> usize {
    size_of_val(writer)
}

#[cfg(not(control))]
pub fn keep(_: Box<dyn OwnedWrite>) {} // refused: E0038
