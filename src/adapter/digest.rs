//! [`Digest`]: what is left of a pending write whose bytes were let go.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    io::IoSlice,
};

use crate::write::total_len;

/// Stands for bytes that are no longer here.
pub(super) struct Digest {
    len: usize,
    hash: u64,
    keys: RandomState,
}

impl Digest {
    pub(super) fn new(bytes: &[u8]) -> Self {
        let keys = RandomState::new();
        let hash = Self::hash(&keys, bytes);
        Self { len: bytes.len(), hash, keys }
    }

    pub(super) fn is_of_first_bytes(&self, bufs: &[IoSlice<'_>]) -> bool {
        total_len(bufs) >= self.len && Self::hash(&self.keys, &concat(bufs, self.len)) == self.hash
    }

    fn hash(keys: &RandomState, bytes: &[u8]) -> u64 {
        let mut hasher = keys.build_hasher();
        hasher.write(bytes);
        hasher.finish()
    }
}

/// The first `len` bytes of the concatenation.
pub(super) fn concat(bufs: &[IoSlice<'_>], len: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(len);
    for buf in bufs {
        let room = len - bytes.len();
        bytes.extend_from_slice(&buf[..room.min(buf.len())]);
    }
    bytes
}
