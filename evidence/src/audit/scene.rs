//! The place of one round: a subject, a path of its own, and bytes that can be told apart.

use std::{
    fs::{self, File},
    io,
    path::PathBuf,
};

use super::subjects::{AnyFile, Subject};

/// What a round is given. No two rounds share a path, so that a late write of one round cannot help another.
#[derive(Debug)]
pub(crate) struct Scene {
    /// Who writes.
    pub(crate) subject: Subject,
    /// The number of the round in its row, from 0.
    pub(crate) round: u32,
    /// Where to: nothing stands there yet.
    pub(crate) path: PathBuf,
}

impl Scene {
    /// A new file, open for reading and writing.
    pub(crate) fn open(&self) -> io::Result<File> {
        File::options().read(true).write(true).create_new(true).open(&self.path)
    }

    /// The subject over a new file, open for reading and writing.
    pub(crate) fn adopt(&self) -> io::Result<AnyFile> {
        Ok(self.subject.adopt(self.open()?))
    }

    /// What others see in the file now.
    pub(crate) fn content(&self) -> io::Result<Vec<u8>> {
        fs::read(&self.path)
    }
}

/// Bytes in which no stretch of eight occurs twice: a copy, a hole or a shift shows.
pub(crate) fn payload(length: usize) -> Vec<u8> {
    (0_u32..).flat_map(u32::to_be_bytes).take(length).collect()
}

/// What a file has of a payload, in words.
pub(crate) fn share(content: &[u8], payload: &[u8]) -> String {
    if content == payload {
        return format!("file has all {} bytes", payload.len());
    }
    if payload.starts_with(content) {
        return format!("file has {} of {} bytes", content.len(), payload.len());
    }
    if let Some(twice) = content.strip_suffix(payload).filter(|prefix| payload.starts_with(prefix)) {
        return format!("file has {} bytes: the first {} of {} twice", content.len(), twice.len(), payload.len());
    }
    let same = content.iter().zip(payload).take_while(|(one, other)| one == other).count();
    format!("file has {} bytes, which differ from the {} of the payload at {same}", content.len(), payload.len())
}

/// Runs of equal letters: `4096×A 10×C`.
pub(crate) fn runs(content: &[u8]) -> String {
    let runs: Vec<String> = content
        .chunk_by(|one, next| one == next)
        .map(|run| format!("{}×{}", run.len(), char::from(run[0]).escape_default()))
        .collect();
    if runs.is_empty() { "nothing".to_owned() } else { runs.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_payload_has_the_length_asked_for_and_does_not_repeat() {
        let bytes = payload(10_000);
        assert_eq!(bytes.len(), 10_000);
        let mut stretches: Vec<&[u8]> = bytes.windows(8).collect();
        stretches.sort();
        stretches.dedup();
        assert_eq!(stretches.len(), bytes.len() - 7);
    }

    #[test]
    fn a_share_is_named_for_what_it_is() {
        let payload = payload(100);
        assert_eq!(share(&payload, &payload), "file has all 100 bytes");
        assert_eq!(share(&payload[..40], &payload), "file has 40 of 100 bytes");
        assert_eq!(share(&[], &payload), "file has 0 of 100 bytes");
        let twice = [&payload[..40], &payload].concat();
        assert_eq!(share(&twice, &payload), "file has 140 bytes: the first 40 of 100 twice");
        let hole = [&payload[..40], &payload[60..]].concat();
        assert_eq!(share(&hole, &payload), "file has 80 bytes, which differ from the 100 of the payload at 43");
    }

    #[test]
    fn runs_are_counted() {
        assert_eq!(runs(b"AAAC"), "3×A 1×C");
        assert_eq!(runs(b""), "nothing");
    }
}
