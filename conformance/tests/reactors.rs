//! A socket on tokio's reactor: right under a runtime that a thread drives, and each wrong draft, or a runtime that
//! nobody drives, is named.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    io::{self, Read},
    net::Shutdown,
    os::unix::net::UnixStream as Peer,
    pin::Pin,
    sync::{LazyLock, Mutex},
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use async_write_complete::{AsyncWriteComplete, Submitted, contract::Rule, poll_budget};
use async_write_complete_conformance::{Certify, Observer, Outcome, Specimen};
use tokio::{
    net::UnixStream,
    runtime::{Builder, Runtime},
};

/// What a draft does where the socket has no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Draft {
    Right,
    PassesWouldBlockOn,
    NeverWakes,
    Spins,
    LoopsInside,
}

struct Socket {
    stream: Option<UnixStream>,
    draft: Draft,
}

impl AsyncWriteComplete for Socket {
    fn poll_write_submit(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Submitted>> {
        if buf.is_empty() {
            return Poll::Ready(Ok(Submitted::Complete(0)));
        }
        let Some(stream) = &self.stream else { return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())) };
        ready!(poll_budget(cx));
        loop {
            match stream.try_write(buf) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                answer => return Poll::Ready(answer.map(Submitted::Complete)),
            }
            match self.draft {
                Draft::Right => ready!(stream.poll_write_ready(cx))?,
                Draft::PassesWouldBlockOn => return Poll::Ready(Err(io::ErrorKind::WouldBlock.into())),
                Draft::NeverWakes => return Poll::Pending,
                Draft::Spins => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Draft::LoopsInside => std::thread::park_timeout(Duration::from_millis(10)),
            }
        }
    }

    fn poll_close_complete(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream = None;
        Poll::Ready(Ok(()))
    }
}

/// The other end, which reads all that has come.
struct Reads {
    peer: Peer,
    seen: Mutex<Vec<u8>>,
}

impl Observer for Reads {
    fn bytes(&self) -> Vec<u8> {
        let mut seen = self.seen.lock().unwrap();
        // Ends where nothing has come yet.
        let _ = (&self.peer).read_to_end(&mut seen);
        seen.clone()
    }
}

impl Drop for Reads {
    /// A poll that loops comes to its end.
    fn drop(&mut self) {
        let _ = self.peer.shutdown(Shutdown::Both);
    }
}

fn certify(draft: Draft) -> Certify<Socket> {
    let certify = Certify::new(move || {
        let (ours, peer) = Peer::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        peer.set_nonblocking(true).unwrap();
        let stream = Some(UnixStream::from_std(ours).unwrap());
        Specimen::new(Socket { stream, draft }, Reads { peer, seen: Mutex::default() })
    });
    certify.closes().exempt(&[Rule::W6, Rule::P3], "the peer does not go away")
}

fn driven(check: &mut dyn FnMut()) {
    static RUNTIME: LazyLock<Runtime> =
        LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap());
    let _entered = RUNTIME.enter();
    check();
}

fn undriven(check: &mut dyn FnMut()) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let _entered = runtime.enter();
    check();
}

#[test]
fn a_right_one_conforms_where_the_reactor_is_driven() {
    let certify = certify(Draft::Right).within(driven);
    let report = certify.run();
    assert!(report.is_conforming(), "{report}");
    assert!(matches!(report.outcome(Rule::P1), Some(Outcome::Holds { cases: 4.., .. })), "{report}");
    certify.assert_random(64);
}

#[test]
fn without_a_runtime_the_verdict_asks_for_one() {
    let outcome = certify(Draft::Right).check(Rule::W1);
    assert!(matches!(&outcome, Outcome::Unclear(why) if why.contains("`Certify::within`")), "{outcome:?}");
}

fn is_named(draft: Draft, rule: Rule) {
    let began = Instant::now();
    let outcome = certify(draft).within(driven).check(rule);
    let named = began.elapsed();
    assert!(matches!(outcome, Outcome::Broken(_)), "{draft:?}: {outcome:?}");
    let report = certify(draft).within(driven).run();
    println!("socket: {draft:?} | {named:.1?} | {rule} | {:.1?}", began.elapsed());
    assert!(report.broken().contains(&rule), "{draft:?}\n{report}");
    assert!(began.elapsed() < Duration::from_secs(600), "{draft:?}: the whole run took {:?}", began.elapsed());
}

#[test]
fn a_runtime_that_nobody_drives_is_asked_for() {
    let (began, certify) = (Instant::now(), certify(Draft::Right).within(undriven));
    let outcome = certify.check(Rule::P1);
    println!("socket: undriven runtime | {:.1?} | P1 wake, not judged", began.elapsed());
    assert!(matches!(&outcome, Outcome::NotJudged(why) if why.contains("driven by another thread?")), "{outcome:?}");
    let report = certify.run();
    println!("socket: undriven runtime | all {:.1?}", began.elapsed());
    assert!(!report.is_conforming() && report.broken().is_empty(), "{report}");
    assert!(began.elapsed() < Duration::from_secs(600), "the whole run took {:?}", began.elapsed());
}

#[test]
fn would_block_is_p3() {
    is_named(Draft::PassesWouldBlockOn, Rule::P3);
}

#[test]
fn one_that_is_never_woken_is_p1() {
    is_named(Draft::NeverWakes, Rule::P1);
}

#[test]
fn one_that_spins_is_p1() {
    is_named(Draft::Spins, Rule::P1);
}

#[test]
fn one_that_loops_inside_the_poll_is_p1() {
    is_named(Draft::LoopsInside, Rule::P1);
}
