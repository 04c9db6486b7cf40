//! Two tasks on one handle, a reader and a writer, as the halves of a split are: neither loses its wake.

use std::time::Duration;

use ::futures_io::AsyncRead;

use super::*;
use crate::checker::{Mutex, large_model, large_model_of, model_of};

/// One of the halves of a writer.
#[derive(Clone)]
struct Half(StdArc<Mutex<Writer>>);

impl Half {
    /// The destination is like a socket: its cursor cannot be moved back.
    fn new(writer: Writer) -> Self {
        writer.shared.lock().machine.cursor.moved_back(Ok(false));
        Self::of_a_file(writer)
    }

    /// Its cursor can be moved back.
    fn of_a_file(writer: Writer) -> Self {
        Self(StdArc::new(Mutex::new(writer)))
    }

    /// Waits as the task of one half does: the other half may poll in between.
    fn wait<R>(&self, mut poll: impl FnMut(Pin<&mut Writer>, &mut Context<'_>) -> Poll<R>) -> R {
        block_on(poll_fn(|cx| poll(Pin::new(&mut *self.0.lock().unwrap()), cx)))
    }

    fn read(&self) -> io::Result<u8> {
        let mut buf = [0];
        self.wait(|whole, cx| whole.poll_read(cx, &mut buf)).map(|n| {
            assert_eq!(n, 1);
            buf[0]
        })
    }

    fn write(&self, buf: &[u8]) -> io::Result<usize> {
        match self.wait(|whole, cx| whole.poll_write_submit(cx, buf))? {
            Submitted::InFlight(ticket) => self.wait(|whole, cx| whole.poll_write_complete(cx, ticket)),
            Submitted::Complete(_) => panic!("not complete at once"),
        }
    }

    /// The whole again, when the other half is gone.
    fn whole(self) -> Writer {
        let Ok(whole) = StdArc::try_unwrap(self.0) else { panic!("the other half is there") };
        whole.into_inner().unwrap()
    }
}

/// The reader waits for the write and then for its read, beside the writer, who waits for the write too.
fn both_are_answered(policy: Policy) {
    large_model(move || {
        let (log, pool) = (Log::default(), Threads::new());
        let half = Half::new(writer(&log, never, &pool).policy(policy));
        let ticket = submit(&mut half.0.lock().unwrap(), b"w");
        let reader = half.clone();
        let reader = thread::spawn(move || assert_eq!(reader.read().unwrap(), b'a'));
        assert_eq!(half.wait(|whole, cx| whole.poll_write_complete(cx, ticket)).unwrap(), 1);
        reader.join().unwrap();
        pool.end(half.whole());
        log.assert(b"w", 1);
    });
}

#[test]
fn a_reader_and_a_writer() {
    both_are_answered(Policy::never_spin());
}

#[test]
fn a_reader_and_a_writer_whose_worker_spins() {
    both_are_answered(Policy::spin_at_most(Duration::from_nanos(1)));
}

/// The writer may come before the reader has taken what was fetched for it. Loom has not so many threads.
#[cfg(awc_shuttle)]
#[test]
fn a_reader_and_a_writer_of_a_file() {
    large_model(|| {
        let (log, pool) = (Log::default(), Threads::new());
        let half = Half::of_a_file(writer(&log, never, &pool));
        let reader = half.clone();
        let reader = thread::spawn(move || assert_eq!(reader.read().unwrap(), b'a'));
        assert_eq!(half.write(b"w").unwrap(), 1);
        reader.join().unwrap();
        pool.end(half.whole());
        log.assert(b"w", 1);
    });
}

/// The reader gets its byte, or the error that the handle is closed.
#[test]
fn a_reader_beside_a_close() {
    model_of(&["read", "refused"], |cases| {
        let (log, pool) = (Log::default(), Threads::new());
        let half = Half::new(writer(&log, never, &pool));
        let (reader, cases) = (half.clone(), cases.clone());
        let reader = thread::spawn(move || match reader.read() {
            Ok(byte) => {
                assert_eq!(byte, b'a');
                cases.met("read");
            }
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
                cases.met("refused");
            }
        });
        half.wait(|whole, cx| whole.poll_close_complete(cx)).unwrap();
        log.assert(b"", 1);
        reader.join().unwrap();
        pool.end(half.whole());
    });
}

/// The first operation to be posted is refused with the worker; the other half goes on.
#[test]
fn a_reader_and_a_writer_of_whom_the_pool_refuses_one() {
    large_model_of(&["read", "written"], |cases| {
        let fates = |job| if job == 0 { Fate::Dropped } else { Fate::Runs };
        let (log, pool) = (Log::default(), Threads::with_fates(fates));
        let half = Half::new(writer(&log, never, &pool));
        let reader = half.clone();
        let reader = thread::spawn(move || reader.read().is_ok());
        let written = half.write(b"w").is_ok();
        assert_ne!(reader.join().unwrap(), written, "one of them, and no other");
        cases.met(if written { "written" } else { "read" });
        pool.end(half.whole());
        log.assert(if written { b"w" } else { b"" }, 1);
    });
}
