//! The records: a mark, a name, a length, a checksum, and bytes that follow from the name.
//!
//! A record can be made again from its name alone, so nobody has to remember what was written.

/// A record begins with it, so that the next one is found behind a damaged one.
const MARK: [u8; 4] = *b"\xA7rec";

/// The mark, the task, the number, the length of the body, and the checksum of all but the mark and itself.
const HEADER: usize = 4 + 2 + 4 + 4 + 4;

/// Which record it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id {
    /// Who wrote it.
    pub(super) task: u16,
    /// Its place among those of the task.
    pub(super) number: u32,
}

impl Id {
    /// All of its bytes, the header included.
    pub(super) fn record(self) -> Vec<u8> {
        let mut random = fastrand::Rng::with_seed(u64::from(self.task) << 32 | u64::from(self.number));
        let mut body = vec![0; body_len(&mut random)];
        random.fill(&mut body);
        let mut record = self.begin();
        record.extend((body.len() as u32).to_le_bytes());
        record.extend(checksum(&record[MARK.len()..], &body).to_le_bytes());
        record.extend(body);
        record
    }

    /// Whether `bytes` begin as this record does, whatever follows.
    pub(super) fn begins(self, bytes: &[u8]) -> bool {
        bytes.starts_with(&self.begin())
    }

    fn begin(self) -> Vec<u8> {
        [MARK.as_slice(), &self.task.to_le_bytes(), &self.number.to_le_bytes()].concat()
    }
}

/// Most are short, as in a log; a few are so long that a kill comes while `write(2)` copies them.
fn body_len(random: &mut fastrand::Rng) -> usize {
    match random.u8(..) {
        0..2 => random.usize(..256 * 1024),
        2..18 => random.usize(..32 * 1024),
        18..120 => random.usize(..4096),
        _ => random.usize(..64),
    }
}

fn checksum(name_and_length: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(name_and_length);
    hasher.update(body);
    hasher.finalize()
}

/// The whole record that `bytes` begin with, and its length.
pub(super) fn first(bytes: &[u8]) -> Option<(Id, usize)> {
    let (header, rest) = bytes.split_at_checked(HEADER)?;
    let header = header.strip_prefix(&MARK)?;
    let number = |from: usize| Some(u32::from_le_bytes(header.get(from..from + 4)?.try_into().ok()?));
    let id = Id { task: u16::from_le_bytes([header[0], header[1]]), number: number(2)? };
    let body = rest.get(..number(6)? as usize)?;
    (checksum(&header[..10], body) == number(10)?).then_some((id, HEADER + body.len()))
}

/// Where the next whole record begins at or after `from`.
pub(super) fn next(bytes: &[u8], from: usize) -> Option<usize> {
    let marks = bytes.get(from..)?.windows(MARK.len()).enumerate().filter(|(_, window)| *window == MARK);
    marks.map(|(at, _)| from + at).find(|&at| first(&bytes[at..]).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_known_by_its_bytes() {
        for number in 0..300 {
            let id = Id { task: 3, number };
            let record = id.record();
            assert_eq!(first(&record), Some((id, record.len())));
            assert_eq!(first(&[record.as_slice(), b"more"].concat()), Some((id, record.len())));
            assert!(id.begins(&record) && !Id { task: 2, ..id }.begins(&record));
        }
    }

    #[test]
    fn a_record_that_lacks_or_changes_a_byte_is_none() {
        let record = Id { task: 1, number: 7 }.record();
        for at in 0..record.len() {
            assert_eq!(first(&record[..at]), None, "cut at {at}");
            let mut changed = record.clone();
            changed[at] ^= 1;
            assert_eq!(first(&changed), None, "changed at {at}");
        }
    }

    #[test]
    fn the_next_record_is_found_behind_others_bytes() {
        let record = Id { task: 1, number: 7 }.record();
        let bytes = [&record[..record.len() - 1], &MARK, &record].concat();
        assert_eq!(next(&bytes, 0), Some(record.len() + 3));
        assert_eq!(next(&bytes, record.len() + 4), None);
    }
}
