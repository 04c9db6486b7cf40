//! [`Images`]: every content and cursor that the destination may have, as far as its caller can know.

use std::io::SeekFrom;

/// A destination as it may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Image {
    /// The bytes once the last write has ended.
    pub(super) bytes: Vec<u8>,
    /// The bytes before it.
    pub(super) before: Vec<u8>,
    /// The cursor as its caller sees it: after the bytes that reads handed out.
    cursor: u64,
    /// A seek that moved the cursor, and was dropped before its answer.
    unanswered: Option<SeekFrom>,
}

impl Image {
    fn write(&mut self, bytes: &[u8]) {
        self.before.clone_from(&self.bytes);
        if bytes.is_empty() {
            return;
        }
        let (from, to) = (self.cursor as usize, self.cursor as usize + bytes.len());
        self.bytes.resize(self.bytes.len().max(to), 0);
        self.bytes[from..to].copy_from_slice(bytes);
        self.cursor = to as u64;
    }

    /// The cursor after a seek; `None` if it would be before the start.
    pub(super) fn target(&self, position: SeekFrom) -> Option<u64> {
        match position {
            SeekFrom::Start(n) => Some(n),
            SeekFrom::Current(n) => self.cursor.checked_add_signed(n),
            SeekFrom::End(n) => (self.bytes.len() as u64).checked_add_signed(n),
        }
    }

    /// What a read of `len` bytes may give, at most.
    pub(super) fn ahead(&self, len: usize) -> &[u8] {
        let rest = self.bytes.get(self.cursor as usize..).unwrap_or(&[]);
        &rest[..len.min(rest.len())]
    }

    /// The answer that a seek to `position` left here.
    fn left_by(&self, position: SeekFrom) -> Option<u64> {
        (self.unanswered == Some(position)).then_some(self.cursor)
    }
}

/// All that are possible, the likeliest first. An operation that was abandoned half-way makes them more, and what is
/// seen afterwards makes them fewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Images(Vec<Image>);

impl Images {
    /// An empty destination.
    pub(super) fn new() -> Self {
        Self(vec![Image { bytes: Vec::new(), before: Vec::new(), cursor: 0, unanswered: None }])
    }

    /// The likeliest one.
    pub(super) fn first(&self) -> &Image {
        &self.0[0]
    }

    /// `bytes` are written at the cursor.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.0.iter_mut().for_each(|image| image.write(bytes));
    }

    /// A read of at most `len` bytes gave `got`; false if that is not possible.
    pub(super) fn read(&mut self, len: usize, got: &[u8]) -> bool {
        let fits = |image: &Image| {
            let ahead = image.ahead(len);
            ahead.starts_with(got) && got.is_empty() == ahead.is_empty()
        };
        self.retain(fits) && {
            self.0.iter_mut().for_each(|image| image.cursor += got.len() as u64);
            true
        }
    }

    /// A seek was answered; false if that is not possible.
    pub(super) fn seek_ended(&mut self, position: SeekFrom, answer: Option<u64>) -> bool {
        // An equal seek may take the answer of one that was dropped.
        let fits =
            |image: &Image| image.target(position) == answer || answer == image.left_by(position) && answer.is_some();
        self.retain(fits) && {
            for image in &mut self.0 {
                image.cursor = answer.unwrap_or(image.cursor);
                image.unanswered = None;
            }
            true
        }
    }

    /// A seek failed, and moved nothing.
    pub(super) fn seek_failed(&mut self) {
        self.0.iter_mut().for_each(|image| image.unanswered = None);
    }

    /// A seek was dropped before it was answered: it happens or not.
    pub(super) fn may_seek(&mut self, position: SeekFrom) {
        for at in 0..self.0.len() {
            let mut image = self.0[at].clone();
            let Some(cursor) = image.target(position) else { continue };
            (image.cursor, image.unanswered) = (cursor, Some(position));
            if !self.0.contains(&image) {
                self.0.push(image);
            }
        }
    }

    /// Leaves those out that are not `possible`; false, and nothing is left out, if none is.
    pub(super) fn retain(&mut self, possible: impl Fn(&Image) -> bool) -> bool {
        if !self.any(&possible) {
            return false;
        }
        self.0.retain(possible);
        true
    }

    /// Whether one of them is `possible`.
    pub(super) fn any(&self, possible: impl Fn(&Image) -> bool) -> bool {
        self.0.iter().any(possible)
    }

    /// Whether all of them show the last write's bytes, and it has some.
    pub(super) fn have_changed(&self) -> bool {
        self.0.iter().all(|image| image.bytes != image.before)
    }

    /// The last write has been seen in the destination.
    pub(super) fn settle(&mut self) {
        self.0.iter_mut().for_each(|image| image.before.clone_from(&image.bytes));
    }
}
