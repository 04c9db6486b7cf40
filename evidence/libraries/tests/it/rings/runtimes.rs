//! compio, monoio and tokio-uring, entered and driven from outside.

use std::{cell::RefCell, os::fd::OwnedFd, path::Path, time::Duration};

use async_write_complete::adapter::FromOwned;
use libraries::rings;

use super::entered::Runtime;

/// How long a drive waits for a completion.
const MOMENT: Duration = Duration::from_millis(5);

thread_local! {
    // Leaked, so that none ends in the destructors of its thread, where it could not use other ones any more.
    static COMPIO: &'static compio::runtime::Runtime =
        Box::leak(Box::new(compio::runtime::Runtime::new().unwrap()));
    static MONOIO: &'static RefCell<MonoioRuntime> =
        Box::leak(Box::new(RefCell::new(monoio_runtime())));
    static TOKIO_URING: &'static tokio_uring::Runtime =
        Box::leak(Box::new(tokio_uring::Runtime::new(&tokio_uring::builder()).unwrap()));
}

fn monoio_runtime() -> MonoioRuntime {
    monoio::RuntimeBuilder::<monoio::IoUringDriver>::new().enable_timer().build().unwrap()
}

type MonoioRuntime = monoio::Runtime<monoio::time::TimeDriver<monoio::IoUringDriver>>;

/// Only the type is used.
pub(super) enum Compio {}
/// Only the type is used.
pub(super) enum Monoio {}
/// Only the type is used.
pub(super) enum TokioUring {}

impl Runtime for Compio {
    type File = rings::Compio;
    const NAME: &'static str = "compio";
    const CANCELS: bool = true;

    fn open(path: &Path) -> FromOwned<Self::File> {
        let mut options = compio::fs::OpenOptions::new();
        let opened = COMPIO.with(|runtime| runtime.block_on(options.write(true).open(path)));
        rings::compio(opened.unwrap())
    }

    fn adopt(descriptor: OwnedFd) -> FromOwned<Self::File> {
        use std::os::fd::AsRawFd;
        // It takes no descriptor without unsafe code; this opens the same pipe anew.
        Self::open(Path::new(&format!("/proc/self/fd/{}", descriptor.as_raw_fd())))
    }

    fn enter(body: &mut dyn FnMut()) {
        COMPIO.with(|runtime| runtime.enter(body));
    }

    fn drive() {
        COMPIO.with(|runtime| {
            runtime.enter(|| {
                runtime.run();
                runtime.poll_with(Some(MOMENT));
                runtime.run();
            });
        });
    }
}

impl Runtime for Monoio {
    type File = rings::Monoio;
    const NAME: &'static str = "monoio";
    const CANCELS: bool = true;

    fn open(path: &Path) -> FromOwned<Self::File> {
        Self::adopt(writable(path).into())
    }

    fn adopt(descriptor: OwnedFd) -> FromOwned<Self::File> {
        let file = MONOIO
            .with(|runtime| runtime.borrow_mut().block_on(async { monoio::fs::File::from_std(descriptor.into()) }));
        rings::monoio(file.unwrap())
    }

    fn enter(body: &mut dyn FnMut()) {
        MONOIO.with(|runtime| runtime.borrow_mut().block_on(async { body() }));
    }

    fn drive() {
        MONOIO.with(|runtime| runtime.borrow_mut().block_on(async { monoio::time::sleep(MOMENT).await }));
    }
}

impl Runtime for TokioUring {
    type File = rings::TokioUring;
    const NAME: &'static str = "tokio-uring";
    const CANCELS: bool = false;

    fn open(path: &Path) -> FromOwned<Self::File> {
        Self::adopt(writable(path).into())
    }

    fn adopt(descriptor: OwnedFd) -> FromOwned<Self::File> {
        rings::tokio_uring(tokio_uring::fs::File::from_std(descriptor.into()))
    }

    fn enter(body: &mut dyn FnMut()) {
        TOKIO_URING.with(|runtime| runtime.block_on(async { body() }));
    }

    fn drive() {
        // Its clock is the one of tokio.
        TOKIO_URING.with(|runtime| runtime.block_on(async { tokio::time::sleep(MOMENT).await }));
    }
}

fn writable(path: &Path) -> std::fs::File {
    std::fs::File::options().write(true).open(path).unwrap()
}
