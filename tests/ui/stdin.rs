//! What is only read from has a constructor of its own.

use async_write_complete::Offload;

fn main() {
    let _ = Offload::new(std::io::stdin());
}
