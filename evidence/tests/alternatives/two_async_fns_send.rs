//! Generic code cannot ask that the future of either moment may go to another thread.

use std::io;

pub struct Ticket(pub u64);

pub trait TwoAsyncFns {
    #[allow(async_fn_in_trait)]
    async fn submit(&mut self, buf: &[u8]) -> io::Result<Ticket>;

    #[allow(async_fn_in_trait)]
    async fn complete(&mut self, ticket: Ticket) -> io::Result<usize>;
}

pub fn spawn(task: impl Future<Output = ()> + Send) {
    drop(task);
}

pub fn wait_in_background<W: TwoAsyncFns + Send>(mut writer: W, ticket: Ticket) {
    spawn(async move { // refused: future cannot be sent between threads safely
        #[cfg(not(control))]
        let _ = writer.complete(ticket).await;
        #[cfg(control)]
        let _ = (&mut writer, ticket);
    });
}
