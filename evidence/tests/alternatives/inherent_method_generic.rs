//! Generic code cannot call a method that only one type has.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

pub trait AsyncWrite {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>>;
}

pub struct File;

impl File {
    pub async fn write_complete(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }
}

pub async fn send_to_file(file: &mut File) -> io::Result<usize> {
    file.write_complete(b"hello").await
}

#[cfg(not(control))]
pub async fn send<W: AsyncWrite>(writer: &mut W) -> io::Result<usize> {
    writer.write_complete(b"hello").await // refused: E0599
}
