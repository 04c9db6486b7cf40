//! A round in words: what each call answered, and what the file held.

use std::io;

use async_write_complete::{PriorWriteFailed, WriteOutstanding, error::raw_os_error};

use super::tally::Observation;

/// The answers of one round, in order.
#[derive(Debug, Default)]
pub(crate) struct Log(Vec<String>);

impl Log {
    /// Notes an answer that carries a count, and hands it on.
    pub(crate) fn count(&mut self, call: &str, answer: io::Result<usize>) -> io::Result<usize> {
        self.0.push(match &answer {
            Ok(count) => format!("{call} Ok({count})"),
            Err(error) => format!("{call} {}", name(error)),
        });
        answer
    }

    /// Notes an answer that carries nothing, and hands it on.
    pub(crate) fn done(&mut self, call: &str, answer: io::Result<()>) -> io::Result<()> {
        self.0.push(match &answer {
            Ok(()) => format!("{call} Ok"),
            Err(error) => format!("{call} {}", name(error)),
        });
        answer
    }

    /// Notes something that is no answer.
    pub(crate) fn note(&mut self, words: impl Into<String>) {
        self.0.push(words.into());
    }

    /// The observation of a round that did, or did not do, what its case asks for.
    pub(crate) fn conclude(self, holds: bool) -> Observation {
        Observation { failed: !holds, seen: self.0.join(", ") }
    }
}

/// The kind of an error and its OS code, which some writers lose on the way; of ours that have a type, the type.
pub(crate) fn name(error: &io::Error) -> String {
    if WriteOutstanding::find(error).is_some() {
        return "WriteOutstanding".to_owned();
    }
    if PriorWriteFailed::find(error).is_some() {
        return format!("PriorWriteFailed ({:?})", error.kind());
    }
    match raw_os_error(error) {
        Some(code) => format!("{:?} (os error {code})", error.kind()),
        None => format!("{:?} (no OS code)", error.kind()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    #[test]
    fn answers_stand_in_order() {
        let mut log = Log::default();
        assert!(log.done("write_all", Ok(())).is_ok());
        assert!(log.count("write", Ok(7)).is_ok());
        assert!(log.done("flush", Err(io::Error::from_raw_os_error(28))).is_err());
        log.note("file has 7 bytes");
        let seen = log.conclude(false);
        assert!(seen.failed);
        assert_eq!(seen.seen, "write_all Ok, write Ok(7), flush StorageFull (os error 28), file has 7 bytes");
    }

    #[test]
    fn a_lost_code_is_named_as_lost() {
        assert_eq!(name(&ErrorKind::FileTooLarge.into()), "FileTooLarge (no OS code)");
    }
}
