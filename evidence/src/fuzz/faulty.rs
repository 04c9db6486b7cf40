//! Subjects that the fuzzer has to find: each does one thing wrong, or its observer does.

use std::io::{self, Write};

use async_write_complete::{AsyncWriteComplete, Offload, SyncComplete, WriteComplete, WriteOutstanding, offload::Pool};
use async_write_complete_conformance::{Carrier, Certify, Fault, Observer, Specimen, Stepped};

use super::{
    disturbed::{Disturbed, DisturbedObserver, new_file},
    subjects::Subject,
};

/// It answers when it has a copy.
pub(super) fn buffered() -> Subject {
    let certify = Certify::futures_io(|| {
        let (file, path) = new_file();
        let file = futures_lite::io::BufWriter::new(futures_lite::io::AssertAsync::new(file));
        (file, move || std::fs::read(&path).expect("the file can be read"))
    });
    Subject::new("buffered", "a buffer before a file", certify.identified_by_content())
}

/// Its sync refuses where it has to, and otherwise answers without a call. Nothing disturbs it, so that only the bytes
/// can show that.
pub(super) fn syncs_nothing() -> Subject {
    let certify = stepped(|file| file).syncs(|offload| {
        let outstanding = offload.outstanding();
        Box::pin(async move { outstanding.map_or(Ok(()), |ticket| Err(WriteOutstanding::new(ticket).into())) })
    });
    Subject::new("syncs-nothing", "a sync that calls nothing", certify.indirect())
}

/// What it makes durable is what was there before the last write.
pub(super) fn syncs_early() -> Subject {
    let certify = stepped(SyncsEarly).syncs(|offload| Box::pin(offload.get_mut().sync_data()));
    Subject::new("syncs-early", "a sync that begins before the write has ended", certify.indirect())
}

/// Every fault vanishes before it gets to the file.
pub(super) fn never_disturbed() -> Subject {
    let certify = Certify::new(|| {
        let (file, observer) = Disturbed::new();
        let pool = Stepped::new();
        let observer = pool.over(Unwilling(observer));
        Specimen::new(Offload::with_pool(file, pool), observer)
    });
    let certify = certify.carried(Carrier::Steps).offloads().syncs(|offload| Box::pin(offload.get_mut().sync_data()));
    Subject::new("never-disturbed", "an observer that takes no fault", certify).disturbed().syncing()
}

fn stepped<T: WriteComplete + Send + 'static>(
    build: impl Fn(Disturbed) -> T + Send + Sync + 'static,
) -> Certify<Offload<T, impl Pool + 'static>> {
    let certify = Certify::new(move || {
        let (file, observer) = Disturbed::new();
        let pool = Stepped::new();
        let observer = pool.over(observer);
        Specimen::new(Offload::with_pool(build(file), pool), observer)
    });
    certify.carried(Carrier::Steps).offloads()
}

struct SyncsEarly(Disturbed);

impl Write for SyncsEarly {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.sync_data()?;
        self.0.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl WriteComplete for SyncsEarly {}

impl SyncComplete for SyncsEarly {
    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn sync_all(&self) -> io::Result<()> {
        Ok(())
    }
}

struct Unwilling(DisturbedObserver);

impl Observer for Unwilling {
    fn bytes(&self) -> Vec<u8> {
        self.0.bytes()
    }

    fn durable(&self) -> Option<Vec<u8>> {
        self.0.durable()
    }

    fn inject(&self, _: &Fault) -> bool {
        false
    }
}
