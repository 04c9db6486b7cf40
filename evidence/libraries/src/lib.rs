//! What the tests and examples share.

mod data;
mod limited;
pub mod objects;
#[cfg(target_os = "linux")]
pub mod rings;

pub use self::{
    data::{lines, noise},
    limited::{Failure, Limited},
};
