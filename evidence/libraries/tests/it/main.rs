//! Each module puts a library on top of a file of ours, or a runtime below our traits, and checks the bytes by other
//! means.

mod buffered;
mod compression;
mod copies;
mod csv_records;
mod download;
#[cfg(target_os = "linux")]
mod examples;
mod framed;
mod objects;
mod parquet_file;
#[cfg(target_os = "linux")]
mod rings;
#[cfg(target_os = "linux")]
mod sockets;
mod tar_archive;
mod tls;

use async_write_complete::AsyncWriteComplete;
use async_write_complete_conformance::{Certify, Outcome};

/// Asserts that a type conforms: each rule, and random sequences.
#[track_caller]
fn conforms<W: AsyncWriteComplete + 'static>(certify: &Certify<W>) {
    let report = certify.run();
    println!("{report}");
    assert!(report.is_conforming(), "{report}");
    let random = certify.random(32);
    assert!(matches!(random, Outcome::Holds { .. }), "{random:?}");
}
