//! Random sequences find an `Offload` whose destination keeps the error of a read, a seek or a close to itself.
#![cfg(feature = "offload")]

use std::io::{self, Read, Seek, SeekFrom, Write};

use async_write_complete::{Offload, WriteComplete, contract::Rule};
use async_write_complete_conformance::{Call, Carrier, Certify, Destination, Outcome, Specimen, Stepped};
use futures_io::{AsyncRead, AsyncSeek};

#[test]
fn a_read_that_swallows_an_error_is_noticed() {
    assert_eq!(broken(Call::Read), (Rule::O2, "the error of the destination's read".to_owned()));
}

#[test]
fn a_seek_that_swallows_an_error_is_noticed() {
    assert_eq!(broken(Call::Seek).0, Rule::O2);
}

#[test]
fn a_close_that_swallows_an_error_is_noticed() {
    let (rule, expected) = broken(Call::Close);
    assert_eq!(rule, Rule::W9);
    assert!(expected.contains("close"), "{expected}");
}

/// What is found where the error of this call is swallowed.
fn broken(call: Call) -> (Rule, String) {
    let certify = Certify::new(move || {
        let (destination, observer) = Destination::new();
        let pool = Stepped::new();
        let observer = pool.over(observer);
        Specimen::new(Offload::with_pool(Swallows { destination, call }, pool), observer)
    });
    let certify = certify.carried(Carrier::Steps).offloads().closes().reports_close();
    match certify.seeks(AsyncSeek::poll_seek).reads(AsyncRead::poll_read).random(4_000) {
        Outcome::Broken(violation) => (violation.rule, violation.expected),
        outcome => panic!("nothing was noticed: {outcome:?}"),
    }
}

/// Says that all is well where this call fails.
struct Swallows {
    destination: Destination,
    call: Call,
}

impl Swallows {
    fn answer<R>(&self, call: Call, answer: io::Result<R>, well: R) -> io::Result<R> {
        match answer {
            Err(error) if self.call == call && error.kind() != io::ErrorKind::Interrupted => Ok(well),
            answer => answer,
        }
    }
}

impl Write for Swallows {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.destination.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.destination.flush()
    }
}

impl WriteComplete for Swallows {
    fn seek_back(&mut self, n: u64) -> io::Result<bool> {
        self.destination.seek_back(n)
    }

    fn release(self) -> io::Result<()> {
        let released = self.destination.release();
        if self.call == Call::Close { Ok(()) } else { released }
    }
}

impl Read for Swallows {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let answer = self.destination.read(buf);
        self.answer(Call::Read, answer, 0)
    }
}

impl Seek for Swallows {
    fn seek(&mut self, pos: SeekFrom) -> io::Result<u64> {
        let answer = self.destination.seek(pos);
        let at = match pos {
            SeekFrom::Start(at) => at,
            _ => 0,
        };
        self.answer(Call::Seek, answer, at)
    }
}
