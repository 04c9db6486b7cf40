//! An error belongs to its submission and arrives whole: rules W6, W13 and W15. And a destination that fails at its N-th call,
//! for every N, compared with a model.

use std::{
    fmt,
    io::{self, Write},
    task::Poll,
    thread,
};

use async_write_complete::{
    AsyncWriteCompleteExt, FlushEach, HeldWrite, Indeterminate, Offload, PriorWriteFailed, Submitted, WriteComplete,
    error::raw_os_error,
};

use crate::common::{
    destination::{Outcome, Scripted},
    operation::assert_poisoned,
    pool::Stepped,
    steps::{ask, barrier, drive, failed, in_flight, offload, poll_future, prior, ready, submit},
};

/// EIO, ENOSPC, EFBIG, EPIPE, EBADF, EDQUOT.
#[cfg(target_os = "linux")]
const CODES: [i32; 6] = [5, 28, 27, 32, 9, 122];

#[cfg(target_os = "linux")]
#[test]
fn the_systems_error_arrives_whole_any_number_of_times() {
    for code in CODES {
        let original = io::Error::from_raw_os_error(code);
        let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Os(code)]));
        let ticket = in_flight(&mut writer, b"hello");
        pool.run_all();
        for _ in 0..3 {
            let error = failed(ask(&mut writer, ticket));
            assert_eq!((error.kind(), error.raw_os_error()), (original.kind(), Some(code)));
            assert_eq!(error.to_string(), original.to_string());
        }
        assert_eq!((seen.bytes(), seen.writes()), (vec![], vec![5]));
    }
}

#[test]
fn any_other_error_arrives_whole_any_number_of_times() {
    for kind in [io::ErrorKind::TimedOut, io::ErrorKind::UnexpectedEof, io::ErrorKind::Other] {
        let (mut writer, pool, _) = offload(Scripted::script([Outcome::Error(kind)]));
        let ticket = in_flight(&mut writer, b"hello");
        pool.run_all();
        for _ in 0..3 {
            let error = failed(ask(&mut writer, ticket));
            assert_eq!((error.kind(), error.raw_os_error(), error.to_string()), (kind, None, "scripted".into()));
        }
    }
}

#[test]
fn the_first_answer_is_the_error_itself() {
    #[derive(Debug)]
    struct Particular(u8);

    impl fmt::Display for Particular {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a particular error")
        }
    }

    impl std::error::Error for Particular {}

    struct Fails;

    impl Write for Fails {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::new(io::ErrorKind::AddrInUse, Particular(7)))
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl WriteComplete for Fails {}

    let pool = Stepped::new();
    let mut writer = Offload::with_pool(Fails, pool.clone());
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    let error = failed(ask(&mut writer, ticket));
    assert_eq!(error.get_ref().unwrap().downcast_ref::<Particular>().unwrap().0, 7);
    for _ in 0..3 {
        let again = failed(ask(&mut writer, ticket));
        assert_eq!((again.kind(), again.to_string()), (io::ErrorKind::AddrInUse, "a particular error".into()));
    }
}

#[test]
fn an_error_is_its_submissions_own() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::All, Outcome::Os(5), Outcome::All]));
    assert_eq!(drive(&pool, writer.write_complete(b"one")).unwrap(), 3);
    assert_eq!(drive(&pool, writer.write_complete(b"two")).unwrap_err().raw_os_error(), Some(5));
    assert_eq!(ready(barrier(&mut writer)).unwrap(), Submitted::Complete(0));
    assert_eq!(drive(&pool, writer.write_complete(b"three")).unwrap(), 5);
    drive(&pool, writer.close_complete()).unwrap();
    assert_eq!((seen.bytes(), seen.writes()), (b"onethree".to_vec(), vec![3, 3, 5]));
}

#[test]
fn an_error_that_stays_meets_every_submission() {
    let (mut writer, pool, seen) = offload(Scripted::by_call(|_| Outcome::Os(5)));
    for _ in 0..10 {
        let error = drive(&pool, writer.write_complete(b"hello")).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(5));
        assert!(PriorWriteFailed::find(&error).is_none(), "each has its own");
    }
    assert_eq!(seen.writes(), [5; 10]);
    drive(&pool, writer.close_complete()).unwrap();
}

#[test]
fn would_block_becomes_a_clear_error() {
    for outcome in [Outcome::Error(io::ErrorKind::WouldBlock), Outcome::Os(11)] {
        let (mut writer, pool, seen) = offload(Scripted::script([outcome.clone(), outcome]));
        let ticket = in_flight(&mut writer, b"hello");
        pool.run_all();
        for _ in 0..3 {
            let error = failed(ask(&mut writer, ticket));
            assert_eq!(error.kind(), io::ErrorKind::Unsupported);
            assert!(error.to_string().contains("non-blocking"), "{error}");
        }
        assert_eq!((seen.bytes(), seen.writes()), (vec![], vec![5]), "no busy loop");
        let error = drive(&pool, writer.write_complete(b"hello")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
        assert_eq!(drive(&pool, writer.write_complete(b"hello")).unwrap(), 5, "not poisoned");
    }
}

/// The kind changes (rule W15), the code does not (rule W6).
#[cfg(target_os = "linux")]
#[test]
fn would_block_keeps_its_code() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Os(11)]));
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    for _ in 0..3 {
        let error = failed(ask(&mut writer, ticket));
        assert_ne!(error.kind(), io::ErrorKind::WouldBlock);
        assert_eq!(raw_os_error(&error), Some(11), "{error:?}");
    }
}

#[test]
fn what_the_destination_cannot_know_poisons() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Unknown(5)]));
    let ticket = in_flight(&mut writer, b"hello");
    let worker = pool.run_one_elsewhere();
    for _ in 0..3 {
        let error = failed(ask(&mut writer, ticket));
        assert_eq!(Indeterminate::find(&error).unwrap().reason().raw_os_error(), Some(5));
        assert_eq!((error.kind(), raw_os_error(&error)), (io::Error::from_raw_os_error(5).kind(), Some(5)));
    }
    assert_eq!(seen.dropped_on(), Some(worker));
    assert_poisoned(writer, &pool, &seen, &io::Error::from_raw_os_error(5).to_string());
}

#[test]
fn an_orphan_of_which_nobody_can_know_is_reported_so() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Unknown(5)]));
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    let error = prior(barrier(&mut writer), ticket, None);
    assert!(Indeterminate::find(&error).is_some());
    assert!(PriorWriteFailed::find(&failed(barrier(&mut writer))).is_none(), "once");
    assert_poisoned(writer, &pool, &seen, &io::Error::from_raw_os_error(5).to_string());
}

#[test]
fn a_try_of_which_nobody_can_know_poisons() {
    let (mut writer, pool, seen) = offload(Scripted::new().on_try([Outcome::Unknown(5)]));
    let error = failed(submit(&mut writer, b"hello"));
    assert_eq!(Indeterminate::find(&error).unwrap().reason().raw_os_error(), Some(5));
    assert_eq!(seen.dropped_on(), Some(thread::current().id()));
    assert_poisoned(writer, &pool, &seen, &io::Error::from_raw_os_error(5).to_string());
}

#[test]
fn a_flush_that_fails_poisons() {
    let destination = Scripted::new().on_flush([Outcome::All, Outcome::Os(28)]);
    let (pool, seen) = (Stepped::new(), destination.observer());
    let mut writer = Offload::with_pool(FlushEach::new(destination), pool.clone());
    assert_eq!(drive(&pool, writer.write_complete(b"one")).unwrap(), 3);
    assert_eq!((seen.writes(), seen.flushes()), (vec![3], 1));

    let mut held = HeldWrite::new(b"three");
    let error = drive(&pool, writer.resume_write_all(&mut held)).unwrap_err();
    assert_eq!(Indeterminate::find(&error).unwrap().reason().raw_os_error(), Some(28));
    assert_eq!((error.kind(), raw_os_error(&error)), (io::ErrorKind::StorageFull, Some(28)));
    assert_eq!((held.completed(), held.maybe_completed()), (0, 5));
    assert_eq!((seen.writes(), seen.flushes(), seen.drops()), (vec![3, 5], 2, 1));

    failed(barrier(&mut writer));
    failed(submit(&mut writer, b"more"));
    failed(poll_future(&mut Box::pin(writer.with_mut(|_| ()))));
    drive(&pool, writer.resume_write_all(&mut held)).unwrap_err();
    assert_eq!((held.completed(), held.maybe_completed()), (0, 5), "nothing was submitted");
    let outcome = drive(&pool, writer.close_complete()).unwrap_err().to_string();
    assert_eq!(drive(&pool, writer.close_complete()).unwrap_err().to_string(), outcome);
    assert_eq!((seen.writes(), seen.flushes()), (vec![3, 5], 2), "neither retried nor flushed again");
}

/// xorshift64: the same numbers for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

/// What a destination should hold, and what its writer should owe.
struct Model {
    outcome: Box<dyn Fn(usize) -> Outcome>,
    bytes: Vec<u8>,
    calls: Vec<usize>,
    /// Submitted, and nobody asks for it.
    queued: Option<Vec<u8>>,
    /// How many bytes of an unreported orphan are complete.
    owed: Option<usize>,
}

impl Model {
    /// One call: how many bytes it completes, or the code of its error.
    fn write(&mut self, bytes: &[u8]) -> Result<usize, i32> {
        let outcome = (self.outcome)(self.calls.len());
        self.calls.push(bytes.len());
        let n = match outcome {
            Outcome::All => bytes.len(),
            Outcome::Short(n) => n.min(bytes.len()),
            Outcome::Zero => 0,
            Outcome::Os(code) => return Err(code),
            other => panic!("not modelled: {other:?}"),
        };
        self.bytes.extend_from_slice(&bytes[..n]);
        Ok(n)
    }

    /// The pool runs what is queued.
    fn run(&mut self) {
        if let Some(bytes) = self.queued.take() {
            let complete = self.write(&bytes).unwrap_or(0);
            self.owed = (complete < bytes.len()).then_some(complete);
        }
    }
}

/// Runs 40 random steps over a destination with that outcome of each call. Futures are dropped at every stage.
fn compare(outcome: impl Fn(usize) -> Outcome + Clone + Send + 'static, random: &mut Random) {
    let (mut writer, pool, seen) = offload(Scripted::by_call(outcome.clone()));
    let mut model =
        Model { outcome: Box::new(outcome), bytes: Vec::new(), calls: Vec::new(), queued: None, owed: None };
    for step in 0..40_u8 {
        let bytes = vec![step; random.below(9) + 1];
        match random.below(5) {
            // Waited for.
            0 | 1 => {
                let answer = drive(&pool, writer.write_complete(&bytes));
                model.run();
                match (model.owed.take(), answer) {
                    (Some(owed), Err(error)) => assert_owed(&error, owed),
                    (None, answer) => {
                        assert_eq!(answer.map_err(|error| error.raw_os_error().unwrap()), model.write(&bytes));
                    }
                    (Some(owed), answer) => panic!("{owed} is owed: {answer:?}"),
                }
            }
            // Dropped before it is polled.
            2 => drop(writer.write_complete(&bytes)),
            // Dropped when it is submitted, or waits for that.
            3 => match poll_future(&mut writer.write_complete(&bytes)) {
                Poll::Pending if model.queued.is_none() => {
                    assert_eq!(model.owed, None);
                    model.queued = Some(bytes);
                }
                Poll::Pending => {}
                Poll::Ready(answer) => assert_owed(&answer.unwrap_err(), model.owed.take().unwrap()),
            },
            // What is outstanding ends, and nobody asks.
            _ => {
                pool.run_all();
                model.run();
            }
        }
        assert_eq!((seen.bytes(), seen.writes()), (model.bytes.clone(), model.calls.clone()));
    }
    let outcome = drive(&pool, writer.close_complete());
    model.run();
    match (model.owed, outcome) {
        (None, outcome) => outcome.unwrap(),
        (Some(owed), outcome) => assert_owed(&outcome.unwrap_err(), owed),
    }
    assert_eq!((seen.bytes(), seen.writes(), seen.drops()), (model.bytes, model.calls, 1));
}

#[track_caller]
fn assert_owed(error: &io::Error, complete: usize) {
    assert_eq!(PriorWriteFailed::find(error).unwrap().complete(), Some(complete));
}

#[test]
fn the_nth_call_fails_once_or_for_good() {
    let failures = [Outcome::Os(5), Outcome::Zero, Outcome::Short(1)];
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for n in 0..30 {
        for failure in &failures {
            for _ in 0..4 {
                let fails = failure.clone();
                compare(move |call| if call == n { fails.clone() } else { Outcome::All }, &mut random);
                let fails = failure.clone();
                compare(move |call| if call >= n { fails.clone() } else { Outcome::All }, &mut random);
            }
        }
    }
}
