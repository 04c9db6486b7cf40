//! What passes every call on to another `AsyncWriteComplete`.

use std::pin::Pin;

use async_write_complete::AsyncWriteComplete;
use async_write_complete_conformance::{Carrier, Certify, Reference, Specimen, certify};

use super::observers::Borrowed;

/// A writer made of one whose writes the kit carries on.
fn forwarding<W: AsyncWriteComplete + 'static>(build: fn(Reference) -> W) -> Certify<W> {
    Certify::around(build).carried(Carrier::Steps).closes()
}

certify! { boxed: forwarding(Box::new) }
certify! { pinned: forwarding(Box::pin) }
certify! { pinned_twice: forwarding(|reference| Box::new(Box::pin(reference))) }
certify! { dynamic: forwarding(|reference| -> Box<dyn AsyncWriteComplete + Send + Unpin> { Box::new(reference) }) }
certify! { pinned_dynamic: forwarding(|reference| -> Pin<Box<dyn AsyncWriteComplete + Send>> { Box::pin(reference) }) }

certify! { borrowed: {
    let certify = Certify::new(|| {
        let (reference, observer) = Reference::new();
        Specimen::new(Box::leak(Box::new(reference)), Borrowed(observer))
    });
    certify.carried(Carrier::Steps).closes()
} }
