//! [`Subject`]: what is fuzzed.

use std::sync::LazyLock;

use async_write_complete::{
    AsyncSyncCompleteExt, AsyncWriteComplete, AsyncWriteCompleteBytes, Offload,
    adapter::{ToFuturesIo, ToTokio},
    offload::Pool,
    tokio::fs,
};
use async_write_complete_conformance::{
    Campaign, Carrier, Certify, Counts, Outcome, Specimen, Stepped,
    lens::{FuturesIo, Tokio},
};
use futures_lite::{AsyncRead, AsyncSeek, AsyncWrite};
use tokio::runtime::{Builder, Runtime};

use super::disturbed::{Disturbed, new_file};

/// A writer that is fuzzed.
pub(super) struct Subject {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// Whether the calls of its file go wrong, and whether it has a sync: what a campaign has to show.
    is_disturbed: bool,
    is_syncing: bool,
    certified: Box<dyn Certified>,
}

/// A [`Certify`] of any type.
trait Certified {
    fn campaign(&self, seed: u64, operations: u64) -> Campaign;

    fn play(&self, choices: &[u8]) -> Outcome;
}

impl<W: AsyncWriteComplete + 'static> Certified for Certify<W> {
    fn campaign(&self, seed: u64, operations: u64) -> Campaign {
        self.clone().seed(seed).campaign(operations)
    }

    fn play(&self, choices: &[u8]) -> Outcome {
        Certify::play(self, choices)
    }
}

impl Subject {
    pub(super) fn new<W: AsyncWriteComplete + 'static>(
        name: &'static str,
        about: &'static str,
        certify: Certify<W>,
    ) -> Self {
        Self { name, about, is_disturbed: false, is_syncing: false, certified: Box::new(certify) }
    }

    pub(super) fn disturbed(self) -> Self {
        Self { is_disturbed: true, ..self }
    }

    pub(super) fn syncing(self) -> Self {
        Self { is_syncing: true, ..self }
    }

    /// What `counts` of its campaign say that it did not have: without it nothing is shown.
    pub(super) fn lacks(&self, counts: &Counts) -> Vec<&'static str> {
        let has = [
            (counts.operations > 0, "operation"),
            (counts.faults > 0 || !self.is_disturbed, "fault"),
            (counts.drops > 0, "dropped operation"),
            (counts.comparisons > 0, "comparison"),
            (counts.syncs > 0 || !self.is_syncing, "look at durable bytes"),
        ];
        has.into_iter().filter(|(has, _)| !has).map(|(_, what)| what).collect()
    }

    /// Plays sequences until so many operations were performed.
    pub(super) fn campaign(&self, seed: u64, operations: u64) -> Campaign {
        self.certified.campaign(seed, operations)
    }

    /// Plays the sequence that these bytes choose.
    #[allow(dead_code, reason = "for the replay of the corpus, and for cargo-fuzz")]
    pub(super) fn play(&self, choices: &[u8]) -> Outcome {
        self.certified.play(choices)
    }
}

/// All of them.
pub(super) fn all() -> Vec<Subject> {
    let mut all = stepped();
    all.extend([
        Subject::new("file", "a file, on threads", file()),
        Subject::new("disturbed-threads", "a file whose calls go wrong, on threads", able(on_threads()))
            .disturbed()
            .syncing(),
        Subject::new("futures-io-threads", "its poll_write of futures-io, on threads", by_futures_io_on_threads())
            .disturbed()
            .syncing(),
        Subject::new("tokio-file", "the file in the place of tokio's, on threads", tokio_file()),
        Subject::new("tokio-file-tickets", "the same by its tickets", tokio_file_by_tickets()),
    ]);
    all
}

/// Those that do the same each time: nothing happens but when the fuzzer steps.
pub(super) fn stepped() -> Vec<Subject> {
    let offload = |file, pool| Offload::with_pool(file, pool);
    let tickets = Certify::new(move || {
        let (file, observer) = Disturbed::new();
        let pool = Stepped::new();
        let observer = pool.over(observer);
        Specimen::new(Offload::with_pool(file, pool), observer)
    });
    let futures_io = by_futures_io(offload).seeks(FuturesIo::poll_seek).reads(FuturesIo::poll_read);
    let futures_io = futures_io.syncs(|lens| Box::pin(lens.inner_pin().get_mut().sync_data()));
    let adapted = by_futures_io(move |file, pool| ToFuturesIo::new(offload(file, pool)));
    vec![
        Subject::new("disturbed", "a file whose calls go wrong", able(tickets.carried(Carrier::Steps)))
            .disturbed()
            .syncing(),
        Subject::new("futures-io", "its poll_write of futures-io", futures_io).disturbed().syncing(),
        Subject::new("to-futures-io", "the same, by the adapter", adapted).disturbed(),
        Subject::new("to-tokio", "its poll_write of tokio, by the adapter", by_tokio()).disturbed(),
    ]
}

/// Declares all that an `Offload` of a disturbed file can do.
fn able<P: Pool>(certify: Certify<Offload<Disturbed, P>>) -> Certify<Offload<Disturbed, P>> {
    let certify = certify
        .offloads()
        .closes()
        .late_errors()
        .reports_close()
        .seeks(AsyncSeek::poll_seek)
        .reads(AsyncRead::poll_read);
    let certify = certify.syncs(|offload| Box::pin(offload.get_mut().sync_data()));
    certify.submits_bytes(AsyncWriteCompleteBytes::poll_write_submit_bytes)
}

fn on_threads() -> Certify<Offload<Disturbed>> {
    let certify = Certify::new(|| {
        let (file, observer) = Disturbed::new();
        Specimen::new(Offload::new(file), observer)
    });
    certify.carried(Carrier::Others)
}

/// A file that nothing disturbs, by its own calls.
fn file() -> Certify<Offload<std::fs::File>> {
    let certify = Certify::new(|| {
        let (file, path) = new_file();
        Specimen::new(Offload::new(file), move || std::fs::read(&path).expect("the file can be read"))
    });
    let certify = certify.carried(Carrier::Others).offloads().closes();
    certify.seeks(AsyncSeek::poll_seek).reads(AsyncRead::poll_read)
}

fn by_futures_io<W: AsyncWrite + 'static>(
    build: impl Fn(Disturbed, Stepped) -> W + Send + Sync + 'static,
) -> Certify<FuturesIo<W>> {
    let certify = Certify::futures_io(move || {
        let (file, observer) = Disturbed::new();
        let pool = Stepped::new();
        let observer = pool.over(observer);
        (build(file, pool), observer)
    });
    certify.identified_by_content().carried(Carrier::Steps).offloads().closes().late_errors().reports_close()
}

fn by_futures_io_on_threads() -> Certify<FuturesIo<Offload<Disturbed>>> {
    let certify = Certify::futures_io(|| {
        let (file, observer) = Disturbed::new();
        (Offload::new(file), observer)
    });
    let certify =
        certify.identified_by_content().carried(Carrier::Others).offloads().closes().late_errors().reports_close();
    let certify = certify.syncs(|lens| Box::pin(lens.inner_pin().get_mut().sync_data()));
    certify.seeks(FuturesIo::poll_seek).reads(FuturesIo::poll_read)
}

fn by_tokio() -> Certify<Tokio<ToTokio<Offload<Disturbed, Stepped>>>> {
    let certify = Certify::tokio(|| {
        let (file, observer) = Disturbed::new();
        let pool = Stepped::new();
        let observer = pool.over(observer);
        (ToTokio::new(Offload::with_pool(file, pool)), observer)
    });
    let certify =
        certify.identified_by_content().carried(Carrier::Steps).offloads().closes().late_errors().reports_close();
    certify.seeks(Tokio::poll_seek).reads(Tokio::poll_read)
}

/// It has no close of its own: tokio's shutdown leaves it usable.
fn tokio_file() -> Certify<Tokio<fs::File>> {
    let certify = Certify::tokio(|| {
        let (file, path) = new_file();
        (fs::File::from_std(file), move || std::fs::read(&path).expect("the file can be read"))
    });
    let certify = certify.identified_by_content().carried(Carrier::Others).offloads().within(in_a_runtime);
    certify.seeks(Tokio::poll_seek).reads(Tokio::poll_read)
}

/// The same, as the writer of this crate that it is as well. Its cursor stays where the writes leave it.
fn tokio_file_by_tickets() -> Certify<fs::File> {
    let certify = Certify::new(|| {
        let (file, path) = new_file();
        Specimen::new(fs::File::from_std(file), move || std::fs::read(&path).expect("the file can be read"))
    });
    let certify = certify.carried(Carrier::Others).offloads().closes().within(in_a_runtime);
    let certify = certify.syncs(|file| Box::pin(file.get_mut().sync_data_complete()));
    certify.submits_bytes(AsyncWriteCompleteBytes::poll_write_submit_bytes)
}

/// Its pool is that of the runtime.
fn in_a_runtime(body: &mut dyn FnMut()) {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().build().expect("a runtime"));
    let _entered = RUNTIME.enter();
    body();
}
