//! The traits of futures-io and tokio as they are implemented here, through the lenses of the kit: the polls that a
//! caller of those traits makes, with reads and seeks beside them.

use async_write_complete::{
    AsyncWriteComplete, Offload,
    adapter::{ToFuturesIo, ToTokio},
    contract::Rule,
};
use async_write_complete_conformance::{
    Carrier, Certify, Destination, Observer, Outcome, OverPool, Stepped,
    lens::{FuturesIo, Tokio},
};

/// Over a pool that the kit steps.
fn stepped<W>(adapt: impl Fn(Offload<Destination, Stepped>) -> W) -> (W, OverPool<impl Observer + 'static>) {
    let (destination, observer) = Destination::new();
    let pool = Stepped::new();
    let observer = pool.over(observer);
    (adapt(Offload::with_pool(destination, pool)), observer)
}

/// Every rule but W3: in those traits `Pending` may mean *submitted*, as the page of each type says.
fn holds<W: AsyncWriteComplete + 'static>(certify: &Certify<W>) {
    for rule in Rule::ALL.iter().filter(|rule| **rule != Rule::W3) {
        certify.assert(*rule);
    }
    certify.assert_random(256);
    assert!(matches!(certify.check(Rule::W3), Outcome::Broken(_)), "if it holds now, the pages can promise more");
}

#[test]
fn an_offload_by_futures_io() {
    let certify = Certify::futures_io(|| stepped(|offload| offload)).carried(Carrier::Steps).offloads().closes();
    holds(&certify.late_errors().reads(FuturesIo::poll_read).seeks(FuturesIo::poll_seek));
}

#[test]
fn the_adapter_to_futures_io() {
    let certify = Certify::futures_io(|| stepped(ToFuturesIo::new)).carried(Carrier::Steps).offloads().closes();
    holds(&certify.late_errors());
}

#[test]
fn the_adapter_to_tokio() {
    let certify = Certify::tokio(|| stepped(ToTokio::new)).carried(Carrier::Steps).offloads().closes();
    holds(&certify.late_errors().reads(Tokio::poll_read).seeks(Tokio::poll_seek));
}
