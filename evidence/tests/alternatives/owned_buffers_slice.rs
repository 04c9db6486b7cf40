//! A slice of unknown lifetime cannot be given away without a copy.

use std::io;

pub trait OwnedWrite {
    #[allow(async_fn_in_trait)]
    async fn write<B: AsRef<[u8]> + Send + 'static>(&mut self, buf: B) -> (io::Result<usize>, B);
}

pub async fn write_slice<W: OwnedWrite>(writer: &mut W, slice: &[u8]) -> io::Result<usize> {
    #[cfg(not(control))]
    let (result, _) = writer.write(slice).await; // refused: E0521
    #[cfg(control)]
    let (result, _) = writer.write(slice.to_vec()).await;
    result
}
