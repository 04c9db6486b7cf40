//! Halves made by a split: one handle is half-duplex, and neither half ever loses a wake. Two handles are full-duplex.

use std::{
    future::Future,
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
};

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, Offload, WriteComplete};
use futures_io::{AsyncRead, AsyncWrite};
use futures_lite::{
    AsyncReadExt, AsyncWriteExt,
    future::{block_on, zip},
    io::{ReadHalf, WriteHalf, split},
};

use crate::common::{
    destination::{Observer, Outcome, Scripted, interrupted},
    pool::{Stepped, Threads},
    random::XorShift,
    steps::{self, ready},
    waker::{Task, panics_in_wake, poll_with},
};

type Halves = (ReadHalf<Offload<Scripted, Stepped>>, WriteHalf<Offload<Scripted, Stepped>>);

fn halves(destination: Scripted) -> (Halves, Stepped, Observer) {
    let (whole, pool, observer) = steps::offload(destination);
    (split(whole), pool, observer)
}

/// One poll of a read of up to three bytes. A read takes no turn.
fn read<R: AsyncRead + Unpin>(task: &Task, reader: &mut R) -> Poll<io::Result<Vec<u8>>> {
    let mut buf = [b'?'; 3];
    task.poll(|cx| Pin::new(reader).poll_read(cx, &mut buf)).map_ok(|n| buf[..n].to_vec())
}

/// One poll of a write, whose task waits if it is `Pending`. A turn for the executor, which would be counted as a wake,
/// is taken before by a task of its own.
fn write<W: AsyncWrite + Unpin>(task: &Task, writer: &mut W, buf: &[u8]) -> Poll<io::Result<usize>> {
    let polled = steps::poll(|cx| Pin::new(&mut *writer).poll_write(cx, buf));
    if polled.is_ready() { polled } else { task.poll(|cx| Pin::new(writer).poll_write(cx, buf)) }
}

#[test]
fn a_write_waits_for_the_read_that_is_out() {
    let ((mut reader, mut writer), pool, observer) = halves(Scripted::new().stream(b"abcdef"));
    let (reading, writing) = (Task::new(), Task::new());
    assert!(read(&reading, &mut reader).is_pending());
    assert!(write(&writing, &mut writer, b"XY").is_pending());
    assert_eq!((pool.len(), observer.writes()), (1, vec![]));

    assert!(pool.run_one());
    assert_eq!((reading.wakes(), writing.wakes()), (1, 1), "both may go on");
    // The write comes first: it has the destination asked whether the fetched bytes moved its cursor too.
    assert!(write(&writing, &mut writer, b"XY").is_pending());
    assert!(read(&reading, &mut reader).is_pending());
    assert!(pool.run_one());
    assert_eq!((reading.wakes(), writing.wakes(), observer.seek_backs()), (2, 2, vec![3]));
    assert!(write(&writing, &mut writer, b"XY").is_pending());
    assert!(read(&reading, &mut reader).is_pending(), "for the write, whatever was fetched");
    assert!(pool.run_one());
    assert_eq!((reading.wakes(), writing.wakes()), (3, 3));
    assert_eq!(ready(write(&writing, &mut writer, b"XY")).unwrap(), 2);
    assert_eq!(ready(read(&reading, &mut reader)).unwrap(), b"abc");
    assert_eq!(observer.bytes(), b"XY");
}

#[test]
fn a_read_waits_for_the_write_that_is_out() {
    let ((mut reader, mut writer), pool, observer) = halves(Scripted::new().stream(b"abcdef"));
    let (reading, writing) = (Task::new(), Task::new());
    assert!(write(&writing, &mut writer, b"XY").is_pending());
    assert!(read(&reading, &mut reader).is_pending());
    assert_eq!((pool.len(), observer.reads()), (1, vec![]));

    assert!(pool.run_one());
    assert_eq!((reading.wakes(), writing.wakes()), (1, 1));
    assert!(read(&reading, &mut reader).is_pending());
    assert_eq!(ready(write(&writing, &mut writer, b"XY")).unwrap(), 2, "answered while the read is out");
    assert!(pool.run_one());
    assert_eq!(reading.wakes(), 2);
    assert_eq!(ready(read(&reading, &mut reader)).unwrap(), b"abc");
}

/// In one task, as `join!` polls them, and the writer always first: each goes on after the other.
#[test]
fn neither_half_starves_the_other_whichever_is_polled_first() {
    const EACH: usize = 10;
    for writes_first in [true, false] {
        let ((mut reader, mut writer), pool, observer) = halves(Scripted::new().holding(&[b'.'; 200]));
        let task = Task::new();
        let (mut reads, mut writes, mut apart, mut polls) = (0_usize, 0_usize, 0, 0);
        while reads < EACH || writes < EACH {
            for writes_now in [writes_first, !writes_first] {
                let is_ready = if writes_now {
                    task.poll(|cx| Pin::new(&mut writer).poll_write(cx, b"XY")).is_ready()
                } else {
                    read(&task, &mut reader).is_ready()
                };
                writes += usize::from(is_ready && writes_now);
                reads += usize::from(is_ready && !writes_now);
            }
            apart = apart.max(writes.abs_diff(reads));
            polls += 1;
            assert!(polls < 20 * EACH, "{reads} reads, {writes} writes");
            pool.run_all();
        }
        assert_eq!((apart, observer.seek_backs()), (1, vec![]));
    }
}

#[test]
fn each_half_keeps_the_waker_of_its_last_poll() {
    let ((mut reader, mut writer), pool, _) = halves(Scripted::new().stream(b"abcdef"));
    let [old_reading, reading, old_writing, writing] = [(); 4].map(|()| Task::new());
    assert!(write(&old_writing, &mut writer, b"XY").is_pending());
    assert!(read(&old_reading, &mut reader).is_pending());
    assert!(write(&writing, &mut writer, b"XY").is_pending());
    assert!(read(&reading, &mut reader).is_pending());
    assert_eq!((old_writing.held(), old_reading.held()), (0, 0), "let go of at once");
    assert!(pool.run_one());
    assert_eq!((reading.wakes(), writing.wakes()), (1, 1));
    assert_eq!((old_reading.wakes(), old_writing.wakes()), (0, 0));
    assert_eq!((reading.held(), writing.held()), (0, 0));
}

/// Rule P1: a panicking waker harms only its own task.
#[test]
fn one_half_survives_the_waker_of_the_other() {
    for panicking_reader in [true, false] {
        let ((mut reader, mut writer), pool, observer) = halves(Scripted::new().stream(b"abcdef"));
        let (task, panics) = (Task::new(), panics_in_wake());
        let mut buf = [0; 3];
        if panicking_reader {
            assert!(write(&task, &mut writer, b"XY").is_pending());
            assert!(poll_with(&panics, |cx| Pin::new(&mut reader).poll_read(cx, &mut buf)).is_pending());
        } else {
            assert!(poll_with(&panics, |cx| Pin::new(&mut writer).poll_write(cx, b"XY")).is_pending());
            assert!(read(&task, &mut reader).is_pending());
        }
        assert!(pool.run_one(), "and so does the pool's thread");
        assert_eq!(task.wakes(), 1);
        assert_eq!(ready(write(&task, &mut writer, b"XY")).unwrap(), 2);
        assert_eq!(observer.bytes(), b"XY");
    }
}

#[test]
fn a_close_waits_for_the_read_and_wakes_it() {
    let ((mut reader, mut writer), pool, observer) = halves(Scripted::new().stream(b"abcdef"));
    let (reading, closing) = (Task::new(), Task::new());
    assert!(read(&reading, &mut reader).is_pending());
    assert!(closing.poll(|cx| Pin::new(&mut writer).poll_close(cx)).is_pending());
    assert_eq!(pool.run_all(), 1);
    assert_eq!((reading.wakes(), closing.wakes(), observer.drops()), (1, 1, 1));
    assert!(read(&reading, &mut reader).is_ready(), "with bytes or an error, but it does not hang");
    ready(closing.poll(|cx| Pin::new(&mut writer).poll_close(cx))).unwrap();
}

/// A task that is polled only when it was woken, as an executor does it.
struct Woken<F> {
    future: Option<Pin<Box<F>>>,
    woken: Arc<Flag>,
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, SeqCst);
    }
}

impl<F: Future<Output = ()>> Woken<F> {
    fn new(future: F) -> Self {
        Self { future: Some(Box::pin(future)), woken: Arc::new(Flag(AtomicBool::new(true))) }
    }

    /// Polls it if it was woken; false if it was not.
    fn step(&mut self) -> bool {
        let Some(future) = &mut self.future else { return false };
        if !self.woken.0.swap(false, SeqCst) {
            return false;
        }
        let waker = Waker::from(self.woken.clone());
        if future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            self.future = None;
        }
        true
    }
}

/// Every order of polls and jobs that a thousand seeds find: as long as somebody has something to do, somebody is woken
/// for it.
#[test]
fn no_order_of_polls_and_jobs_loses_a_wake() {
    for seed in 1..1000 {
        let mut random = XorShift(seed);
        let input: Vec<u8> = (0..100).map(|_| random.below(256) as u8).collect();
        let output: Vec<u8> = (0..100).map(|_| random.below(256) as u8).collect();
        let mut fates = XorShift(seed + 1_000_000);
        let reads: Vec<_> = (0..300).map(|_| Outcome::Short(1 + fates.below(20))).collect();
        let destination = Scripted::by_call(move |_| match fates.below(4) {
            0 => Outcome::Error(io::ErrorKind::Interrupted),
            _ => Outcome::Short(1 + fates.below(20)),
        });
        let ((mut reader, mut writer), pool, observer) = halves(destination.stream(&input).on_read(reads));

        let mut got = Vec::new();
        let mut reading = Woken::new(async {
            let mut buf = [0; 16];
            loop {
                match reader.read(&mut buf).await.unwrap() {
                    0 => break,
                    n => got.extend_from_slice(&buf[..n]),
                }
            }
        });
        let mut writing = Woken::new(async {
            for chunk in output.chunks(30) {
                writer.write_all(chunk).await.unwrap();
                writer.flush().await.unwrap();
            }
        });
        while reading.future.is_some() || writing.future.is_some() {
            let mut moved = false;
            for _ in 0..3 {
                moved |= match random.below(3) {
                    0 => reading.step(),
                    1 => writing.step(),
                    _ => pool.run_one(),
                };
            }
            // Nothing by chance; is there anything at all?
            moved |= reading.step() || writing.step() || pool.run_one();
            assert!(moved, "seed {seed}: nobody was woken, and somebody is not done");
        }
        drop((reading, writing));
        assert!(got == input && observer.bytes() == output, "seed {seed}: other bytes");
    }
}

/// The same with two threads that park, and a pool of one.
#[test]
fn two_threads_with_a_half_each() {
    let input: Vec<u8> = (0..20_000_u32).map(|n| (n % 251) as u8).collect();
    let output: Vec<u8> = (0..20_000_u32).map(|n| (n % 241) as u8).collect();
    let mut fates = XorShift(5);
    let destination = Scripted::by_call(move |_| Outcome::Short(1 + fates.below(100))).stream(&input);
    let observer = destination.observer();
    let (mut reader, mut writer) = split(Offload::with_pool(destination, Threads::new(1)));
    let got = thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let mut got = Vec::new();
            block_on(async {
                let mut buf = [0; 77];
                loop {
                    match reader.read(&mut buf).await.unwrap() {
                        0 => break got,
                        n => got.extend_from_slice(&buf[..n]),
                    }
                }
            })
        });
        block_on(writer.write_all(&output)).unwrap();
        reading.join().unwrap()
    });
    assert!(got == input && observer.bytes() == output, "other bytes");
}

/// The ticketed side of one handle beside its reads, in one task.
#[test]
fn a_ticket_is_answered_beside_a_read() {
    let (mut whole, pool, _) = steps::offload(Scripted::script(interrupted(1)).stream(b"abcdef"));
    let ticket = steps::in_flight(&mut whole, b"XY");
    let task = Task::new();
    assert!(read(&task, &mut whole).is_pending());
    assert!(task.poll(|cx| Pin::new(&mut whole).poll_write_complete(cx, ticket)).is_pending());
    assert!(pool.run_one());
    assert_eq!(task.wakes(), 2, "once for each side");
    assert_eq!(ready(steps::ask(&mut whole, ticket)).unwrap(), 2);
}

mod two_handles {
    use super::*;

    /// Reads on one handle block while writes go on with the other: the peer sends a byte for each that it gets.
    fn is_full_duplex<S>(ours: [S; 2], mut theirs: impl Read + Write + Send + 'static)
    where
        S: WriteComplete + Read + Send + 'static,
    {
        const ROUNDS: u8 = 100;
        let peer = thread::spawn(move || {
            let mut byte = [0];
            for _ in 0..ROUNDS {
                theirs.read_exact(&mut byte).unwrap();
                theirs.write_all(&[byte[0] + 1]).unwrap();
            }
            let mut rest = Vec::new();
            theirs.read_to_end(&mut rest).unwrap();
            rest
        });
        let [source, destination] = ours;
        let (mut reader, mut writer) = (Offload::reader(source), Offload::new(destination));
        let answers = block_on(async {
            let mut answers = Vec::new();
            for n in 0..ROUNDS {
                let mut answer = [0];
                // The read is begun before the byte is sent that it waits for.
                let read = async { reader.read_exact(&mut answer).await.unwrap() };
                let write = async { assert_eq!(writer.write_complete(&[n]).await.unwrap(), 1) };
                zip(read, write).await;
                answers.push(answer[0]);
            }
            writer.write_all_complete(b"bye").await.unwrap();
            writer.close_complete().await.unwrap();
            answers
        });
        assert_eq!(answers, (1..=ROUNDS).collect::<Vec<_>>());
        drop(reader);
        assert_eq!(peer.join().unwrap(), b"bye", "both handles are gone, so the peer sees the end");
    }

    #[cfg(unix)]
    #[test]
    fn of_a_unix_stream() {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        is_full_duplex([ours.try_clone().unwrap(), ours], theirs);
    }

    #[test]
    fn of_a_tcp_stream() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (theirs, _) = listener.accept().unwrap();
        is_full_duplex([ours.try_clone().unwrap(), ours], theirs);
    }

    /// One handle is half-duplex: while a read is out nothing is written, and nothing is lost.
    #[cfg(unix)]
    #[test]
    fn are_what_it_takes() {
        let (ours, mut theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        let pool = Stepped::new();
        let (mut reader, mut writer) = split(Offload::with_pool(ours, pool.clone()));
        let (reading, writing) = (Task::new(), Task::new());
        assert!(read(&reading, &mut reader).is_pending());
        assert!(write(&writing, &mut writer, b"XY").is_pending());
        assert_eq!(pool.len(), 1);
        theirs.write_all(b"abc").unwrap();
        assert!(pool.run_one());
        assert_eq!(ready(read(&reading, &mut reader)).unwrap(), b"abc");
        while write(&writing, &mut writer, b"XY").map(Result::unwrap).is_pending() {
            assert!(pool.run_one());
        }
        let mut two = [0; 2];
        theirs.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"XY");
    }
}
