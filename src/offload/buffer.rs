//! [`Buffer`]: bytes on their way between a caller and the pool.

use std::io::IoSlice;

/// Where a copy begins in memory, so that a file that was opened with `O_DIRECT` takes it: at a multiple of a page.
const ALIGNMENT: usize = 4096;

/// A file that was opened with `O_DIRECT` takes no length that is not a multiple of this, so others need no alignment.
const SECTOR: usize = 512;

/// A copy of a caller's bytes, or room for what a read fetches.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    /// Its first bytes are padding.
    bytes: Vec<u8>,
    padding: usize,
}

impl Buffer {
    pub(crate) const fn new() -> Self {
        Self { bytes: Vec::new(), padding: 0 }
    }

    /// Copies the first `len` bytes of the concatenation of `bufs`.
    pub(crate) fn fill(&mut self, bufs: &[IoSlice<'_>], len: usize) {
        self.clear_for(len);
        let end = self.padding + len;
        for buf in bufs {
            let room = end - self.bytes.len();
            self.bytes.extend_from_slice(&buf[..room.min(buf.len())]);
        }
    }

    /// Makes room for `len` bytes.
    pub(crate) fn make_room(&mut self, len: usize) {
        self.clear_for(len);
        self.bytes.resize(self.padding + len, 0);
    }

    fn clear_for(&mut self, len: usize) {
        self.bytes.clear();
        let aligned = len.is_multiple_of(SECTOR);
        self.bytes.reserve(len + if aligned { ALIGNMENT } else { 0 });
        // `align_offset` may decline, which nothing but `O_DIRECT` minds.
        let offset = self.bytes.as_ptr().align_offset(ALIGNMENT);
        self.padding = if aligned && offset < ALIGNMENT { offset } else { 0 };
        self.bytes.resize(self.padding, 0);
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.bytes.truncate(self.padding + len);
    }

    /// Gives back memory that the bytes have no need of, if that is much.
    pub(super) fn shrink(&mut self) {
        if !self.bytes().is_empty() && self.bytes.len() < self.bytes.capacity() / 2 {
            *self = Self { bytes: self.bytes().to_vec(), padding: 0 };
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[self.padding..]
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.padding..]
    }

    /// Whether there is memory in it that could serve again.
    pub(crate) fn is_allocated(&self) -> bool {
        self.bytes.capacity() > 0
    }
}

#[cfg(all(test, not(any(awc_loom, awc_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_whole_sectors_is_aligned_also_in_a_buffer_that_served_before() {
        let mut buffer = Buffer::new();
        for len in [1, SECTOR, 100, 8 * SECTOR, 3, 2 << 20, SECTOR] {
            let bytes: Vec<u8> = (0..len).map(|i| i as u8).collect();
            buffer.fill(&[IoSlice::new(&bytes[..len / 2]), IoSlice::new(&bytes[len / 2..])], len);
            assert_eq!(buffer.bytes(), bytes);
            assert!(len % SECTOR > 0 || buffer.bytes().as_ptr().addr().is_multiple_of(ALIGNMENT), "{len}");
        }
    }

    #[test]
    fn another_length_needs_no_padding() {
        let mut buffer = Buffer::new();
        buffer.fill(&[IoSlice::new(&[1; 100])], 100);
        assert_eq!(buffer.padding, 0);
    }

    #[test]
    fn memory_is_given_back_that_few_bytes_are_left_in() {
        let mut buffer = Buffer::new();
        assert!(!buffer.is_allocated());
        let filled = |kept: usize| {
            let mut buffer = Buffer::new();
            buffer.make_room(64 << 10);
            buffer.bytes_mut()[..kept].fill(7);
            buffer.truncate(kept);
            let capacity = buffer.bytes.capacity();
            buffer.shrink();
            assert_eq!(buffer.bytes(), vec![7; kept]);
            (buffer.bytes.capacity(), capacity)
        };
        let (after, before) = filled(100);
        assert!(after < 1000 && before >= 64 << 10, "{after} of {before}");
        // Another copy of much would cost more than it gives back.
        let (after, before) = filled(40 << 10);
        assert_eq!(after, before);
        // What is empty is let go of as a whole, by its owner.
        let (after, before) = filled(0);
        assert_eq!(after, before);
        buffer.make_room(1);
        assert!(buffer.is_allocated());
    }

    #[test]
    fn a_copy_ends_where_it_was_told_to() {
        let mut buffer = Buffer::new();
        buffer.fill(&[IoSlice::new(b"abc"), IoSlice::new(b"def"), IoSlice::new(b"ghi")], 5);
        assert_eq!(buffer.bytes(), b"abcde");
    }
}
