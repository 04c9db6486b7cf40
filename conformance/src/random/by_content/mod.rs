//! Random sequences of `poll_write` and what stands beside it in the traits of today, for writers that tell by its
//! content which write a buffer belongs to.
//!
//! A caller may come back with the same buffer, a longer one, a shorter one, or another one, and may flush, read or
//! seek in between. The rules of [the adapters](async_write_complete::adapter#which-write-a-buffer-belongs-to) say what
//! each of them is answered; the bytes are the same as those of the model of the trait.

mod model;
mod play;
mod possible;
mod sequence;

pub(super) use self::{play::play, sequence::operations};
