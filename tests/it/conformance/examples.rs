//! The writers of the examples.

#[allow(dead_code, reason = "its `main`")]
#[path = "../../../examples/framed_writer.rs"]
mod framed_writer;
#[allow(dead_code, reason = "its `main`")]
#[path = "../../../examples/implement_a_writer.rs"]
mod implement_a_writer;

use async_write_complete::Tracked;
use async_write_complete_conformance::{Certify, certify};

certify! { checksum: Certify::around(|inner| Tracked::new(implement_a_writer::Checksum::new(inner))).closes() }

certify! { frames: Certify::around(framed_writer::frames).closes().decoded(framed_writer::payloads) }
