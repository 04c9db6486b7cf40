//! Every way to make an `Offload` asks for the promise.

use std::io::BufWriter;

use async_write_complete::{BlockingPool, Offload};

fn main() {
    let _ = Offload::with_pool(BufWriter::new(Vec::new()), BlockingPool::default());
}
