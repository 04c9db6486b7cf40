//! Bytes to write: the same ones in each run.

/// Numbered lines, `len` bytes at least: they compress, and a missing one is seen.
pub fn lines(len: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(len + 64);
    let mut number = 0_u64;
    while bytes.len() < len {
        bytes.extend_from_slice(format!("line {number}: {}\n", number * number).as_bytes());
        number += 1;
    }
    bytes
}

/// Bytes that do not compress.
pub fn noise(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    fastrand::Rng::with_seed(7).fill(&mut bytes);
    bytes
}
