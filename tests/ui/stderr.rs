//! `Stderr` is not buffered, but answers `Ok` when its descriptor is closed.

use async_write_complete::Offload;

fn main() {
    let _ = Offload::new(std::io::stderr());
}
