//! A binary of its own: what `tracing` knows of an event is of the process, and is told by whichever thread meets the
//! event first.
//!
//! Feature `tracing`: what a subscriber is told of the writes of an `Offload`.
#![cfg(all(feature = "offload", feature = "tracing", not(any(awc_loom, awc_shuttle))))]
#![allow(clippy::unwrap_used, reason = "tests")]

#[allow(dead_code, reason = "the tests here use a part")]
#[path = "it/common/mod.rs"]
mod common;

use std::{
    collections::BTreeMap,
    fmt, io,
    sync::{Arc, Mutex, OnceLock},
    time::{Duration, Instant},
};

use async_write_complete::{AsyncWriteCompleteExt, Offload, WriteComplete, WriteOutstanding};
use futures_lite::future::block_on;
use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    subscriber::with_default,
};
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
};

use self::common::{
    destination::{Outcome, Scripted},
    operation::{NO_WRITES, REFUSED},
    pool::{Stepped, Threads},
    steps::{ask, close, drive, failed, in_flight, offload, poll_future, ready, refused},
};

/// How the text of an `Indeterminate` error begins.
const UNKNOWN: &str = "it is not known how many bytes are complete";

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    what: String,
    level: Level,
    span: Option<&'static str>,
    fields: BTreeMap<&'static str, String>,
}

impl Told {
    /// The fields whose values do not depend on the time or on other tests, in the order of their names.
    fn facts(&self) -> String {
        let facts = self.fields.iter().filter(|(name, _)| !["write", "waited_us", "took_us"].contains(name));
        facts.fold(self.what.clone(), |told, (name, value)| format!("{told} {name}={value}"))
    }

    fn number(&self, field: &str) -> u64 {
        self.fields[field].parse().unwrap()
    }
}

/// A layer that keeps the events of this crate.
#[derive(Clone)]
struct Ledger(Arc<Mutex<Vec<Told>>>);

/// Every test begins with one. While the process has one subscriber only, `tracing` asks the thread that meets an event
/// first whether anybody wants it, and a thread of a pool has nobody. With two it asks them.
impl Default for Ledger {
    fn default() -> Self {
        static TWO: OnceLock<[Dispatch; 2]> = OnceLock::new();
        TWO.get_or_init(|| [(); 2].map(|()| Dispatch::new(Registry::default())));
        Self(Arc::default())
    }
}

impl Ledger {
    /// Takes what was told until now.
    fn take(&self) -> Vec<Told> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn facts(&self) -> Vec<String> {
        self.take().iter().map(Told::facts).collect()
    }

    /// A subscriber that has nothing but this ledger, of events up to `level`.
    fn subscriber(&self, level: LevelFilter) -> impl Subscriber + Send + Sync + use<> {
        Registry::default().with(self.clone().with_filter(level))
    }

    /// Runs `f`, and has all told that it does.
    fn hears<R>(&self, f: impl FnOnce() -> R) -> R {
        with_default(self.subscriber(LevelFilter::TRACE), f)
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Ledger {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata: &Metadata<'static> = event.metadata();
        if metadata.target() != "async_write_complete" {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let what = fields.0.remove("message").unwrap();
        let span = context.event_span(event).map(|span| span.name());
        self.0.lock().unwrap().push(Told { what, level: *metadata.level(), span, fields: fields.0 });
    }
}

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

#[test]
fn a_write_is_submitted_and_complete_in_the_span_of_its_caller() {
    let ledger = Ledger::default();
    let (mut writer, pool, _) = offload(Scripted::new());
    ledger.hears(|| {
        let request = tracing::info_span!("request");
        let ticket = request.in_scope(|| in_flight(&mut writer, b"hello"));
        assert_eq!(ledger.facts(), ["submitted bytes=5"]);
        // That thread has neither the span nor the subscriber.
        pool.run_one_elsewhere();
        let told = ledger.take();
        assert_eq!(told.iter().map(Told::facts).collect::<Vec<_>>(), ["complete bytes=5 of=5"]);
        assert_eq!((told[0].span, told[0].level), (Some("request"), Level::TRACE));
        let _ = (told[0].number("waited_us"), told[0].number("took_us"));
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
        assert_eq!(ledger.take(), [], "an answer is no event");
    });
}

/// Takes its time, and says how long that was at least.
struct Slow(Arc<Mutex<Duration>>);

impl io::Write for Slow {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let began = Instant::now();
        // Long enough that no other unit would do.
        while began.elapsed() < Duration::from_millis(2) {
            std::hint::spin_loop();
        }
        *self.0.lock().unwrap() = began.elapsed();
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteComplete for Slow {}

/// Between what the destination has measured within the call and what the test has round it: each is in microseconds.
#[test]
fn an_event_says_how_long_the_write_has_waited_and_taken() {
    let (ledger, within) = (Ledger::default(), Arc::new(Mutex::new(Duration::ZERO)));
    let pool = Stepped::new();
    let mut writer = Offload::with_pool(Slow(within.clone()), pool.clone());
    ledger.hears(|| {
        let asked = Instant::now();
        in_flight(&mut writer, b"hello");
        let submitted = Instant::now();
        while submitted.elapsed() < Duration::from_millis(2) {
            std::hint::spin_loop();
        }
        let (waited_at_least, runs) = (submitted.elapsed(), Instant::now());
        pool.run_one();
        let (took_at_most, waited_at_most) = (runs.elapsed(), asked.elapsed());
        let told = ledger.take().pop().unwrap();
        let micros = |duration: Duration| duration.as_micros() as u64;
        let took = micros(*within.lock().unwrap())..=micros(took_at_most);
        assert!(took.contains(&told.number("took_us")), "{told:?}, and not {took:?}");
        let waited = micros(waited_at_least)..=micros(waited_at_most);
        assert!(waited.contains(&told.number("waited_us")), "{told:?}, and not {waited:?}");
    });
}

#[test]
fn all_events_of_a_write_name_it_by_one_number() {
    let ledger = Ledger::default();
    let (mut writer, pool, _) = offload(Scripted::new());
    ledger.hears(|| {
        in_flight(&mut writer, b"hello");
        failed(poll_future(&mut writer.write_complete(b"again")));
        pool.run_one();
        drive(&pool, writer.settle()).unwrap();
        in_flight(&mut writer, b"another");
    });
    let told: Vec<_> = ledger.take().iter().map(|told| (told.what.clone(), told.number("write"))).collect();
    let [(_, first), .., (_, last)] = told[..] else { panic!("{told:?}") };
    let whats: Vec<_> = told.iter().map(|(what, number)| (&**what, *number == first)).collect();
    assert_eq!(whats, [("submitted", true), ("refused", true), ("complete", true), ("submitted", false)]);
    assert_ne!(first, last);
}

#[test]
fn a_short_count_and_a_failure_are_told_as_they_are() {
    let ledger = Ledger::default();
    let script = [Outcome::Short(3), Outcome::Error(io::ErrorKind::TimedOut), Outcome::Panic];
    let (mut writer, pool, _) = offload(Scripted::script(script));
    ledger.hears(|| {
        assert_eq!(drive(&pool, writer.write_complete(b"hello")).unwrap(), 3);
        for _ in 0..2 {
            drive(&pool, writer.write_complete(b"hello")).unwrap_err();
        }
        // A panic has ended it.
        drive(&pool, writer.write_complete(b"hello")).unwrap_err();
    });
    let told = ledger.take();
    assert_eq!(
        told.iter().map(Told::facts).collect::<Vec<_>>(),
        [
            "submitted bytes=5",
            "complete bytes=3 of=5",
            "submitted bytes=5",
            "failed error=scripted of=5",
            "submitted bytes=5",
            &*format!("failed error={UNKNOWN}: a call on the destination panicked: scripted of=5"),
        ]
    );
    assert_eq!((told[3].level, told[5].level), (Level::DEBUG, Level::DEBUG));
}

#[test]
fn a_write_that_was_abandoned_is_told_all_the_same() {
    let ledger = Ledger::default();
    ledger.hears(|| {
        let (mut writer, pool, _) = offload(Scripted::script([Outcome::Os(28)]));
        drop(poll_future(&mut writer.write_complete(b"hello")));
        drop(writer);
        pool.run_all();
    });
    let told = ledger.facts();
    assert_eq!(told[0], "submitted bytes=5");
    assert!(told[1].starts_with("failed error=No space left"), "{told:?}");
    assert_eq!(told.len(), 2);
}

#[test]
fn a_job_that_the_pool_drops_is_a_failure() {
    let ledger = Ledger::default();
    let (mut writer, pool, _) = offload(Scripted::new());
    ledger.hears(|| {
        let ticket = in_flight(&mut writer, b"hello");
        pool.drop_one();
        failed(ask(&mut writer, ticket));
        pool.refuse(true);
        block_on(writer.write_complete(b"hello")).unwrap_err();
    });
    let (submitted, failed): (Vec<_>, Vec<_>) =
        ledger.facts().into_iter().partition(|told| told == "submitted bytes=5");
    assert_eq!((submitted.len(), failed.len()), (2, 2), "{failed:?}");
    assert!(failed.iter().all(|told| told.starts_with("failed error=the pool dropped the job")), "{failed:?}");
}

#[test]
fn each_refusal_over_an_outstanding_write_is_told() {
    let ledger = Ledger::default();
    let (mut writer, _pool, _) = offload(Scripted::new());
    ledger.hears(|| {
        let ticket = in_flight(&mut writer, b"hello");
        ledger.take();
        for operation in REFUSED.into_iter().chain(REFUSED) {
            refused(operation.poll_once(&mut writer), ticket);
            let told = ledger.take();
            let facts: Vec<_> = told.iter().map(Told::facts).collect();
            assert_eq!(facts, ["refused of=5"], "{operation:?}");
            assert_eq!(told[0].level, Level::DEBUG);
        }
        assert!(close(&mut writer).is_pending());
        assert_eq!(ledger.take(), [], "a close is not refused");
    });
}

#[test]
fn other_operations_are_no_events() {
    let ledger = Ledger::default();
    let (mut writer, pool, _) = offload(Scripted::new().holding(b"hello"));
    ledger.hears(|| {
        for operation in NO_WRITES {
            assert!(operation.poll_once(&mut writer).is_pending(), "{operation:?}");
            assert_eq!(pool.run_all(), 1, "{operation:?}");
        }
    });
    assert_eq!(ledger.take(), []);
}

#[test]
fn a_failure_is_told_in_full_where_only_failures_are_asked_for() {
    let ledger = Ledger::default();
    let (mut writer, pool, _) = offload(Scripted::script([Outcome::All, Outcome::Zero, Outcome::Os(28)]));
    with_default(ledger.subscriber(LevelFilter::DEBUG), || {
        for _ in 0..3 {
            let _ = drive(&pool, writer.write_complete(b"hello"));
        }
    });
    let told = ledger.take();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].facts().ends_with("of=5"), "{told:?}");
    let _ = (told[0].number("waited_us"), told[0].number("took_us"));
}

#[test]
fn without_a_subscriber_nobody_is_told_of_a_write_that_is_in_flight() {
    let ledger = Ledger::default();
    let (mut writer, pool, _) = offload(Scripted::new());
    let ticket = in_flight(&mut writer, b"hello");
    ledger.hears(|| assert_eq!(pool.run_all(), 1));
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
    assert_eq!(ledger.take(), []);
}

/// A layer that panics at each event of this crate, and counts them.
#[derive(Clone, Default)]
struct Panics(Ledger);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Panics {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        Layer::<S>::on_event(&self.0, event, context);
        panic!("the subscriber panics");
    }
}

#[test]
fn a_subscriber_that_panics_harms_no_write() {
    let panics = Panics::default();
    let destination = Scripted::script([Outcome::All, Outcome::Os(28)]);
    let seen = destination.observer();
    let mut writer = Offload::with_pool(destination, Threads::new(1));
    with_default(Registry::default().with(panics.clone()), || {
        block_on(writer.write_all_complete(b"hello")).unwrap();
        assert_eq!(block_on(writer.write_all_complete(b"hello")).unwrap_err().raw_os_error(), Some(28));
        in_flight(&mut writer, b" world");
        assert!(WriteOutstanding::find(&block_on(writer.sync_data()).unwrap_err()).is_some());
        assert_eq!(block_on(writer.settle()).unwrap().unwrap().completed(), 6);
    });
    assert_eq!(seen.bytes(), b"hello world");
    assert_eq!(panics.0.take().len(), 7, "two of each write, and a refusal");
}

/// A layer that panics when a span is closed.
struct PanicsOnClose;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for PanicsOnClose {
    fn on_close(&self, _: tracing::span::Id, _: Context<'_, S>) {
        panic!("the subscriber panics");
    }
}

/// The write has the last handle of the span, so its end closes it.
#[test]
fn a_span_that_panics_as_it_closes_harms_no_write() {
    let (mut writer, pool, seen) = offload(Scripted::new());
    with_default(Registry::default().with(PanicsOnClose), || {
        let ticket = tracing::info_span!("caller").in_scope(|| in_flight(&mut writer, b"hello"));
        assert_eq!(pool.run_all(), 1);
        assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 5);
    });
    assert_eq!(seen.bytes(), b"hello");
}

#[test]
fn every_write_on_a_busy_worker_has_one_beginning_and_one_end() {
    let ledger = Ledger::default();
    ledger.hears(|| {
        let mut writer = Offload::new(Scripted::new());
        for _ in 0..200 {
            block_on(writer.write_all_complete(b"hello")).unwrap();
        }
    });
    let mut counts: BTreeMap<_, [usize; 2]> = BTreeMap::new();
    for told in ledger.take() {
        counts.entry(told.number("write")).or_default()[usize::from(told.what == "complete")] += 1;
    }
    assert_eq!(counts.len(), 200);
    assert!(counts.values().all(|counts| *counts == [1, 1]), "{counts:?}");
}
