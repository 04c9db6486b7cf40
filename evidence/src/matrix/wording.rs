//! A story in the words of the trait through which its type was seen.

use super::cell::{Cell, Told};

/// The trait whose methods were called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaks {
    /// `AsyncWriteComplete` itself.
    OfItself,
    /// `futures_io::AsyncWrite`, through the lens.
    FuturesIo,
    /// `tokio::io::AsyncWrite`, through the lens.
    Tokio,
}

impl Speaks {
    /// `cell`, with the calls of its story named as they were made.
    pub(super) fn retell(self, mut cell: Cell) -> Cell {
        if self != Self::OfItself {
            if let Some(failure) = &mut cell.failure {
                failure.story.iter_mut().for_each(|told| self.step(told));
                for words in [&mut failure.case, &mut failure.expected, &mut failure.seen] {
                    *words = self.named(words);
                }
            }
            cell.why = cell.why.map(|why| self.named(&why));
        }
        cell
    }

    fn step(self, told: &mut Told) {
        told.did = self.named(&told.did);
        let count = told.saw.strip_prefix("Ok(Complete(").and_then(|rest| rest.strip_suffix("))"));
        if let Some(count) = count {
            told.saw = format!("Ok({count})");
        }
    }

    /// `words` with the methods of the trait.
    fn named(self, words: &str) -> String {
        let close = if self == Self::Tokio { "poll_shutdown" } else { "poll_close" };
        words.replace("poll_write_submit", "poll_write").replace("poll_close_complete", close)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(speaks: Speaks, did: &str, saw: &str) -> (String, String) {
        let mut told = Told { poll: Some(1), did: did.to_owned(), saw: saw.to_owned(), offset: None };
        speaks.step(&mut told);
        (told.did, told.saw)
    }

    #[test]
    fn each_call_has_the_name_of_its_trait() {
        for (speaks, did, saw, expected) in [
            (Speaks::FuturesIo, "poll_write_submit(\"a\")", "Ok(Complete(1))", ("poll_write(\"a\")", "Ok(1)")),
            (Speaks::Tokio, "poll_write_submit(\"\") in task 1", "Pending", ("poll_write(\"\") in task 1", "Pending")),
            (Speaks::Tokio, "poll_close_complete", "Ok(())", ("poll_shutdown", "Ok(())")),
        ] {
            let (did, saw) = told(speaks, did, saw);
            assert_eq!((did.as_str(), saw.as_str()), expected);
        }
    }
}
