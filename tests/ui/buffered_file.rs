//! A `BufWriter` keeps what `write` has answered for until it is flushed.

use std::{fs::File, io::BufWriter};

use async_write_complete::Offload;

fn main() {
    let file = File::create("log").unwrap();
    let _ = Offload::new(BufWriter::new(file));
}
