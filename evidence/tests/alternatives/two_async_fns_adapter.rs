//! An adapter cannot keep the future of a writer that it also keeps, in a box or not.

use std::{io, pin::Pin};

pub struct Ticket(pub u64);

pub trait TwoAsyncFns {
    #[allow(async_fn_in_trait)]
    async fn submit(&mut self, buf: &[u8]) -> io::Result<Ticket>;

    #[allow(async_fn_in_trait)]
    async fn complete(&mut self, ticket: Ticket) -> io::Result<usize>;
}

pub struct Adapter<'a, W> {
    pub writer: W,
    pub future: Option<Pin<Box<dyn Future<Output = io::Result<usize>> + 'a>>>,
}

impl<'a, W: TwoAsyncFns + 'a> Adapter<'a, W> {
    pub fn wait(&mut self, ticket: Ticket, _other: &'a mut W) {
        #[cfg(not(control))]
        let writer: &'a mut W = &mut self.writer; // refused: lifetime may not live long enough
        #[cfg(control)]
        let writer: &'a mut W = _other;
        self.future = Some(Box::pin(writer.complete(ticket)));
    }
}
