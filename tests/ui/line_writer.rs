//! A `LineWriter` keeps the last line until it ends.

use std::{fs::File, io::LineWriter};

use async_write_complete::Offload;

fn main() {
    let file = File::create("log").unwrap();
    let _ = Offload::new(LineWriter::new(file));
}
