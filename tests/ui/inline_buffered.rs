//! Where the write runs makes no difference to what it promises.

use std::io::BufWriter;

use async_write_complete::Inline;

fn main() {
    let _ = Inline::new(BufWriter::new(Vec::new()));
}
