//! Random choices that are the same each time.

/// A small deterministic generator; any seed but 0.
pub struct XorShift(pub u64);

impl XorShift {
    /// Any seed; near ones give unlike sequences.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Below `n`, which is not 0.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// One to `max` bytes.
    pub fn bytes(&mut self, max: usize) -> Vec<u8> {
        (0..=self.below(max)).map(|_| self.below(256) as u8).collect()
    }
}
