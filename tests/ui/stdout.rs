//! `Stdout` is buffered by line, and answers `Ok` when its descriptor is closed.

use async_write_complete::Offload;

fn main() {
    let _ = Offload::new(std::io::stdout());
}
