//! Files of the kernel's completion rings: compio and tokio-uring.

use std::{fs::File as StdFile, io, path::Path, rc::Rc, time::Duration};

use async_write_complete::contract::Rule;
use async_write_complete_conformance::{Carrier, Certify, Outcome, lens::FuturesIo};
use compio::io::{AsyncWriteAt, compat::AsyncWriteStream};

use super::{Subject, Whose, judge};
use crate::matrix::{
    file::{FileObserver, Files, TOO_LARGE},
    owned::{Local, Owned, Ring, RingObserver},
    wording::Speaks,
};

pub(super) const ALL: &[Subject] = &[
    Subject {
        id: "compio-file",
        name: "compio::fs::File",
        crates: &["compio", "compio-fs"],
        note: "It has neither trait: its `write_at` is a future that owns its bytes. Judged is that future, in the shape of \
               futures-io's `poll_write`: the same bytes stand for it, and whoever asks for anything else has dropped \
               it. Held by not driving the runtime; fails by RLIMIT_FSIZE (EFBIG).",
        speaks: Speaks::FuturesIo,
        whose: Whose::Peers,
        check: compio_file,
    },
    Subject {
        id: "compio-stream",
        name: "compio AsyncWriteStream<Cursor<fs::File>>",
        crates: &["compio", "compio-fs", "compio-io"],
        note: "compio's own bridge to the traits of futures-io, as it stands. Only polls empty its buffer. Held by not \
               driving the runtime; fails by RLIMIT_FSIZE (EFBIG).",
        speaks: Speaks::FuturesIo,
        whose: Whose::Peers,
        check: compio_stream,
    },
    Subject {
        id: "tokio-uring-file",
        name: "tokio_uring::fs::File",
        crates: &["tokio-uring"],
        note: "It has neither trait: its `write_at` is a future that owns its bytes. Judged is that future, in the shape of \
               futures-io's `poll_write`: the same bytes stand for it, and whoever asks for anything else has dropped \
               it. Held by not driving the runtime; fails by RLIMIT_FSIZE (EFBIG).",
        speaks: Speaks::FuturesIo,
        whose: Whose::Peers,
        check: uring_file,
    },
];

/// How long a drive waits for a completion.
const MOMENT: Duration = Duration::from_millis(10);

fn compio_file(folder: &Path, rule: Rule) -> anyhow::Result<Outcome> {
    owned::<Compio>(folder, rule, |_, observer| open_compio(observer))
}

fn uring_file(folder: &Path, rule: Rule) -> anyhow::Result<Outcome> {
    owned::<Uring>(folder, rule, |file, _| tokio_uring::fs::File::from_std(file))
}

fn owned<R: Ring>(folder: &Path, rule: Rule, open: fn(StdFile, &FileObserver) -> R::File) -> anyhow::Result<Outcome> {
    let files = Files::within(folder)?;
    let certify = Certify::<FuturesIo<Owned<R>>>::futures_io(move || {
        let (file, observer) = files.fresh(None);
        Owned::new(open(file, &observer), observer)
    });
    let certify = certify.closes().syncs(|file| file.inner_pin().sync()).fails_with(TOO_LARGE);
    judge(certify.carried(Carrier::Steps), rule)
}

fn compio_stream(folder: &Path, rule: Rule) -> anyhow::Result<Outcome> {
    let files = Files::within(folder)?;
    let certify = Certify::<FuturesIo<_>>::futures_io(move || {
        let observer = files.fresh(None).1;
        let stream = AsyncWriteStream::new(io::Cursor::new(open_compio(&observer)));
        (stream, RingObserver::of_a_stream::<Compio>(observer))
    });
    let certify = certify.closes().fails_with(TOO_LARGE).carried(Carrier::Polls).within(Compio::enter);
    judge(certify.patience(MOMENT), rule)
}

fn open_compio(observer: &FileObserver) -> compio::fs::File {
    let mut options = compio::fs::OpenOptions::new();
    let opened = compio_runtime().block_on(options.read(true).write(true).open(observer.path()));
    opened.unwrap_or_else(|error| panic!("no file: {error}"))
}

thread_local! {
    // Leaked, so that it does not end in the destructors of its thread, where it could not use other ones any more.
    static COMPIO: &'static compio::runtime::Runtime = Box::leak(Box::new(
        compio::runtime::Runtime::new().unwrap_or_else(|error| panic!("no runtime: {error}")),
    ));
    static URING: &'static tokio_uring::Runtime = Box::leak(Box::new(
        tokio_uring::Runtime::new(&tokio_uring::builder()).unwrap_or_else(|error| panic!("no runtime: {error}")),
    ));
}

fn compio_runtime() -> &'static compio::runtime::Runtime {
    COMPIO.with(|runtime| *runtime)
}

fn uring_runtime() -> &'static tokio_uring::Runtime {
    URING.with(|runtime| *runtime)
}

#[derive(Debug)]
struct Compio;

impl Ring for Compio {
    type File = compio::fs::File;

    fn write_at(file: Rc<Self::File>, bytes: Vec<u8>, at: u64) -> Local<usize> {
        Box::pin(async move { (&*file).write_at(bytes, at).await.0 })
    }

    fn sync(file: Rc<Self::File>) -> Local<()> {
        Box::pin(async move { file.sync_all().await })
    }

    fn close(file: Self::File) -> Local<()> {
        Box::pin(file.close())
    }

    fn enter(body: &mut dyn FnMut()) {
        compio_runtime().enter(body);
    }

    fn drive() {
        let runtime = compio_runtime();
        runtime.enter(|| {
            runtime.run();
            runtime.poll_with(Some(MOMENT));
            runtime.run();
        });
    }
}

#[derive(Debug)]
struct Uring;

impl Ring for Uring {
    type File = tokio_uring::fs::File;

    fn write_at(file: Rc<Self::File>, bytes: Vec<u8>, at: u64) -> Local<usize> {
        Box::pin(async move { file.write_at(bytes, at).submit().await.0 })
    }

    fn sync(file: Rc<Self::File>) -> Local<()> {
        Box::pin(async move { file.sync_all().await })
    }

    fn close(file: Self::File) -> Local<()> {
        Box::pin(file.close())
    }

    fn enter(body: &mut dyn FnMut()) {
        uring_runtime().block_on(async { body() });
    }

    fn drive() {
        uring_runtime().block_on(async {
            // Its clock is the one of tokio.
            tokio::time::sleep(MOMENT).await;
        });
    }
}
