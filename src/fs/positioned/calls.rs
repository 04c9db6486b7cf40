//! One write on the pool: by one call, or by as many as the whole takes.

use std::{fs::File, io};

use super::{sys, writes::Outcome};
use crate::sync_write::write_once;

/// Writes `bytes`, by one call or until all are complete.
pub(super) fn write(file: &File, bytes: &[u8], offset: u64, is_whole: bool) -> Outcome {
    by_calls(bytes.len(), is_whole, |completed| {
        let (rest, to) = (&bytes[completed..], offset.saturating_add(completed as u64));
        write_once(&mut &*file, rest.len(), |file| sys::write_at(file, rest, to))
    })
}

/// Calls `write_from` with how many of `len` bytes are complete: once, or until all are.
fn by_calls(len: usize, is_whole: bool, mut write_from: impl FnMut(usize) -> io::Result<usize>) -> Outcome {
    let mut completed = 0;
    loop {
        match write_from(completed) {
            Ok(0) if is_whole => return Outcome { completed, error: Some(io::ErrorKind::WriteZero.into()) },
            Ok(n) => completed += n,
            Err(error) => return Outcome { completed, error: Some(error) },
        }
        if !is_whole || completed == len {
            return Outcome { completed, error: None };
        }
    }
}

#[cfg(all(test, not(any(awc_loom, awc_shuttle))))]
mod tests {
    use super::*;

    /// What becomes of 5 bytes with these counts.
    fn outcome(is_whole: bool, counts: &[usize]) -> (usize, Option<io::ErrorKind>) {
        let mut counts = counts.iter();
        let outcome = by_calls(5, is_whole, |_| counts.next().copied().ok_or_else(|| io::ErrorKind::TimedOut.into()));
        assert_eq!(counts.len(), 0, "each count was asked for");
        (outcome.completed, outcome.error.map(|error| error.kind()))
    }

    #[test]
    fn one_call_answers_its_count() {
        assert_eq!(
            [outcome(false, &[5]), outcome(false, &[2]), outcome(false, &[0])],
            [(5, None), (2, None), (0, None)]
        );
        assert_eq!(outcome(false, &[]), (0, Some(io::ErrorKind::TimedOut)));
    }

    #[test]
    fn the_whole_takes_as_many_calls_as_it_needs() {
        assert_eq!(outcome(true, &[2, 2, 1]), (5, None));
        assert_eq!(outcome(true, &[2, 0]), (2, Some(io::ErrorKind::WriteZero)));
        assert_eq!(outcome(true, &[2]), (2, Some(io::ErrorKind::TimedOut)));
    }
}
