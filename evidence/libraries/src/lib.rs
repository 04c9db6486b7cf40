//! What the tests and examples share.

mod data;
mod limited;

pub use self::{
    data::{lines, noise},
    limited::{Failure, Limited},
};
