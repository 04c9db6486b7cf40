//! Of a `dyn Write` nobody knows whether it buffers.

use std::io::{self, Write};

use async_write_complete::Offload;

fn main() {
    let anything: Box<dyn Write + Send> = Box::new(io::sink());
    let _ = Offload::new(anything);
}
