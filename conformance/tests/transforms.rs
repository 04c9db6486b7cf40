//! A wrapper that transforms, over a destination that takes a part of a piece and then fails: its stream cannot be
//! decoded any more, and it has to say so.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use async_write_complete::{
    AsyncWriteComplete, DriveWrite, Indeterminate, Started, Submitted, Ticket, Tracked, contract::Rule,
};
use async_write_complete_conformance::{Certify, Outcome, Reference};

/// What the wrapper answers where its destination fails in the middle of a write.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WhenTorn {
    SaysSo,
    AnswersPlainly,
    ForgetsTheRest,
}

/// Writes each byte twice, by as many inner writes as that takes.
struct Doubled {
    inner: Reference,
    when_torn: WhenTorn,
    /// What is not complete, and how many bytes it was.
    rest: Vec<u8>,
    len: usize,
    ticket: Option<Ticket>,
}

impl Doubled {
    fn ended_early(&self, error: io::Error) -> io::Result<usize> {
        let none = self.rest.len() == 2 * self.len;
        match self.when_torn {
            _ if none => Err(error),
            WhenTorn::SaysSo => Err(Indeterminate::new(error).into()),
            WhenTorn::AnswersPlainly => Err(error),
            WhenTorn::ForgetsTheRest => Ok(self.len - self.rest.len().div_ceil(2)),
        }
    }
}

impl DriveWrite for Doubled {
    fn poll_start(&mut self, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        self.len = buf.len();
        self.rest = buf.iter().flat_map(|byte| [*byte; 2]).collect();
        Poll::Ready(Ok(Started::Taken(self.len)))
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        while !self.rest.is_empty() {
            let answer = match self.ticket {
                Some(ticket) => ready!(Pin::new(&mut self.inner).poll_write_complete(cx, ticket)),
                None => match ready!(Pin::new(&mut self.inner).poll_write_submit(cx, &self.rest)) {
                    Ok(Submitted::InFlight(ticket)) => {
                        self.ticket = Some(ticket);
                        continue;
                    }
                    submitted => submitted.map(|submitted| submitted.len()),
                },
            };
            self.ticket = None;
            match answer {
                Ok(0) => return Poll::Ready(self.ended_early(io::ErrorKind::WriteZero.into())),
                Ok(n) => drop(self.rest.drain(..n)),
                Err(error) => return Poll::Ready(self.ended_early(error)),
            }
        }
        Poll::Ready(Ok(self.len))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close_complete(cx)
    }
}

fn certify(when_torn: WhenTorn) -> Certify<Tracked<Doubled>> {
    let certify = Certify::around(move |inner| {
        Tracked::new(Doubled { inner, when_torn, rest: Vec::new(), len: 0, ticket: None })
    });
    certify.closes().decoded(|bytes| {
        let whole = bytes.chunks_exact(2).take_while(|pair| pair[0] == pair[1]);
        whole.map(|pair| pair[0]).collect()
    })
}

#[test]
fn one_that_says_so_conforms() {
    let report = certify(WhenTorn::SaysSo).run();
    assert!(report.is_conforming(), "{report}");
}

#[test]
fn one_that_goes_on_breaks_w6() {
    for when_torn in [WhenTorn::AnswersPlainly, WhenTorn::ForgetsTheRest] {
        let outcome = certify(when_torn).check(Rule::W6);
        let Outcome::Broken(violation) = outcome else { panic!("{outcome:?}") };
        assert!(violation.case.contains("of a transform are taken"), "{violation}");
        assert!(violation.expected.contains("cannot be decoded any more"), "{violation}");
    }
}
