//! Rule W6: an error belongs to its submission and arrives whole; what cannot be known is told so, for good. And a
//! destination that fails at its N-th call, for every N, compared with a model.

use std::{
    fmt,
    io::{self, Write},
    task::Poll,
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, FlushEach, HeldWrite, Indeterminate, WriteComplete, WriteOutstanding,
    error::raw_os_error,
};

use crate::common::{
    destination::{Outcome, Scripted},
    operation::assert_poisoned,
    pool::Stepped,
    random::XorShift,
    steps::{ask, drive, failed, in_flight, offload, over, poll_future, ready, refused, submit, write_now},
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
    let mut writer = over(Fails, &pool);
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
        assert!(WriteOutstanding::find(&error).is_none(), "each has its own");
    }
    assert_eq!(seen.writes(), [5; 10]);
    drive(&pool, writer.close_complete()).unwrap();
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

/// Told or not, nobody knows: the refusal gives way to the reason as soon as the write is answered.
#[test]
fn one_of_which_nobody_can_know_is_outstanding_until_somebody_asks() {
    let (mut writer, pool, seen) = offload(Scripted::script([Outcome::Unknown(5)]));
    let ticket = in_flight(&mut writer, b"hello");
    pool.run_all();
    for _ in 0..2 {
        refused(submit(&mut writer, b"more"), ticket);
    }
    assert!(Indeterminate::find(&drive(&pool, writer.settle()).unwrap_err()).is_some());
    assert_eq!(writer.outstanding(), None);
    assert_poisoned(writer, &pool, &seen, &io::Error::from_raw_os_error(5).to_string());
}

/// The operation that was refused has taken nothing: a held write keeps exact bounds.
#[test]
fn a_later_operation_leaves_no_doubt_of_its_own_bytes() {
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::Unknown(5)]));
    write_now(&mut writer, &pool, b"hello").unwrap_err();
    let mut held = HeldWrite::new(b"more");
    for _ in 0..2 {
        let error = failed(poll_future(&mut writer.resume_write_all(&mut held)));
        assert!(Indeterminate::find(&error).is_some(), "{error:?}");
        assert_eq!((held.completed(), held.maybe_completed()), (0, 0), "nothing of it was taken");
    }
    let mut elsewhere = Vec::new();
    ready(poll_future(&mut elsewhere.resume_write_all(&mut held))).unwrap();
    assert_eq!(elsewhere, b"more");
}

/// EIO, ENOSPC or EDQUOT of a descriptor that syncs each write: the bytes may be in all the same.
#[test]
fn a_write_that_may_have_been_made_is_indeterminate() {
    struct Synchronous(Scripted);

    impl Write for Synchronous {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            self.0.write(buf)
        }

        fn flush(&mut self) -> io::Result<()> {
            self.0.flush()
        }
    }

    impl WriteComplete for Synchronous {
        fn may_have_written(&self, error: &io::Error) -> bool {
            error.raw_os_error() == Some(5)
        }
    }

    let destination = Scripted::script([Outcome::Os(28), Outcome::Os(5)]);
    let (pool, seen) = (Stepped::new(), destination.observer());
    let mut writer = over(Synchronous(destination), &pool);
    let mut held = HeldWrite::new(b"hello");
    let error = drive(&pool, writer.resume_write_all(&mut held)).unwrap_err();
    assert_eq!((error.raw_os_error(), held.maybe_completed()), (Some(28), 0), "definite, and whole");
    for _ in 0..2 {
        let error = drive(&pool, writer.resume_write_all(&mut held)).unwrap_err();
        assert_eq!(Indeterminate::find(&error).unwrap().reason().raw_os_error(), Some(5));
        assert_eq!((held.completed(), held.maybe_completed()), (0, 5));
    }
    assert_eq!((seen.writes(), seen.drops()), (vec![5, 5], 1), "resuming appends nothing twice");
}

#[test]
fn a_flush_that_fails_poisons() {
    let destination = Scripted::new().on_flush([Outcome::All, Outcome::Os(28)]);
    let (pool, seen) = (Stepped::new(), destination.observer());
    let mut writer = over(FlushEach::new(destination), &pool);
    assert_eq!(drive(&pool, writer.write_complete(b"one")).unwrap(), 3);
    assert_eq!((seen.writes(), seen.flushes()), (vec![3], 1));

    let mut held = HeldWrite::new(b"three");
    let error = drive(&pool, writer.resume_write_all(&mut held)).unwrap_err();
    assert_eq!(Indeterminate::find(&error).unwrap().reason().raw_os_error(), Some(28));
    assert_eq!((error.kind(), raw_os_error(&error)), (io::ErrorKind::StorageFull, Some(28)));
    assert_eq!((held.completed(), held.maybe_completed()), (0, 5));
    assert_eq!((seen.writes(), seen.flushes(), seen.drops()), (vec![3, 5], 2, 1));

    let submitted = failed(submit(&mut writer, b"more"));
    let called = failed(poll_future(&mut Box::pin(writer.with_mut(|_| ()))));
    assert!(Indeterminate::find(&submitted).is_some() && Indeterminate::find(&called).is_some());
    drive(&pool, writer.resume_write_all(&mut held)).unwrap_err();
    assert_eq!((held.completed(), held.maybe_completed()), (0, 5), "nothing was submitted");
    let outcome = drive(&pool, writer.close_complete()).unwrap_err().to_string();
    assert_eq!(drive(&pool, writer.close_complete()).unwrap_err().to_string(), outcome);
    assert_eq!((seen.writes(), seen.flushes()), (vec![3, 5], 2), "neither retried nor flushed again");
}

/// What a destination should hold, and what its writer should know.
struct Model {
    outcome: Box<dyn Fn(usize) -> Outcome>,
    bytes: Vec<u8>,
    calls: Vec<usize>,
    last: Last,
}

/// The last write.
enum Last {
    Asked,
    Queued(Vec<u8>),
    /// Its length, and how many bytes are complete or the code of its error.
    Ended(usize, Result<usize, i32>),
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
        if let Last::Queued(bytes) = &mut self.last {
            let bytes = std::mem::take(bytes);
            self.last = Last::Ended(bytes.len(), self.write(&bytes));
        }
    }

    /// Somebody asks; the length and the result of what was outstanding.
    fn ask(&mut self) -> Option<(usize, Result<usize, i32>)> {
        self.run();
        match std::mem::replace(&mut self.last, Last::Asked) {
            Last::Ended(len, result) => Some((len, result)),
            _ => None,
        }
    }
}

/// Runs 40 random steps over a destination with that outcome of each call. Futures are dropped at every stage.
fn compare(outcome: impl Fn(usize) -> Outcome + Clone + Send + 'static, random: &mut XorShift) {
    fn code<R>(answer: io::Result<R>) -> Result<R, i32> {
        answer.map_err(|error| error.raw_os_error().unwrap())
    }

    let (mut writer, pool, seen) = offload(Scripted::by_call(outcome.clone()));
    let mut model = Model { outcome: Box::new(outcome), bytes: Vec::new(), calls: Vec::new(), last: Last::Asked };
    for step in 0..40_u8 {
        let bytes = vec![step; random.below(9) + 1];
        let refuses = !matches!(model.last, Last::Asked);
        assert_eq!(writer.outstanding().is_some(), refuses);
        match random.below(7) {
            // Waited for.
            0 | 1 => match drive(&pool, writer.write_complete(&bytes)) {
                Err(error) if refuses => assert!(WriteOutstanding::find(&error).is_some(), "{error:?}"),
                answer => assert_eq!(code(answer), model.write(&bytes)),
            },
            // Dropped before it is polled.
            2 => drop(writer.write_complete(&bytes)),
            // Dropped when it is submitted.
            3 => match poll_future(&mut writer.write_complete(&bytes)) {
                Poll::Pending => {
                    assert!(!refuses);
                    model.last = Last::Queued(bytes);
                }
                Poll::Ready(answer) => assert!(refuses && WriteOutstanding::find(&answer.unwrap_err()).is_some()),
            },
            // Somebody asks, in vain if it is queued.
            4 => match poll_future(&mut writer.settle()) {
                Poll::Pending => assert!(matches!(model.last, Last::Queued(_))),
                Poll::Ready(answer) => assert_eq!(
                    code(answer).map(|settled| settled.map(|settled| (settled.submitted(), settled.completed()))),
                    model.ask().map(|(len, result)| result.map(|n| (len, n))).transpose()
                ),
            },
            // What is outstanding ends, and is not answered.
            _ => {
                pool.run_all();
                model.run();
            }
        }
        assert_eq!((seen.bytes(), seen.writes()), (model.bytes.clone(), model.calls.clone()));
    }
    let outcome = drive(&pool, writer.close_complete());
    match (model.ask(), outcome) {
        (None, outcome) => outcome.unwrap(),
        (Some((len, Ok(n))), Ok(())) => assert_eq!(n, len),
        (Some((len, Ok(n))), Err(error)) => assert!(n < len && error.kind() == io::ErrorKind::WriteZero, "{error:?}"),
        (Some((_, Err(code))), outcome) => assert_eq!(outcome.unwrap_err().raw_os_error(), Some(code)),
    }
    assert_eq!((seen.bytes(), seen.writes(), seen.drops()), (model.bytes, model.calls, 1));
}

#[test]
fn the_nth_call_fails_once_or_for_good() {
    let failures = [Outcome::Os(5), Outcome::Zero, Outcome::Short(1)];
    let mut random = XorShift::new(9);
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
