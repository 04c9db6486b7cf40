//! Generic code cannot hand the future of an `async fn` in a trait to another thread.

use std::io;

pub trait AsyncFnWrite {
    #[allow(async_fn_in_trait)]
    async fn write(&mut self, buf: &[u8]) -> io::Result<usize>;
}

pub fn spawn(task: impl Future<Output = ()> + Send) {
    drop(task);
}

pub fn write_in_background<W: AsyncFnWrite + Send>(mut writer: W) {
    spawn(async move { // refused: future cannot be sent between threads safely
        #[cfg(not(control))]
        let _ = writer.write(b"hello").await;
        #[cfg(control)]
        let _ = &mut writer;
    });
}
