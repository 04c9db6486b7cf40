//! A close answers what `close(2)` says. The kernel says nothing bad of local files, so `ci/system-calls.sh` has it say
//! so: strace makes every `close(2)` of this process answer EDQUOT, and `AWC_CLOSE_ANSWERS` has the code. Without that
//! variable, each answer is a success.

use std::{
    env, io,
    mem::forget,
    net::{TcpListener, TcpStream},
    os::unix::net::UnixStream,
    sync::Arc,
    time::{Duration, Instant},
};

use async_write_complete::{AssertComplete, AsyncWriteCompleteExt, FlushEach, Offload, WriteComplete};
use futures_lite::{AsyncWriteExt, future::block_on};

/// What each `close(2)` answers.
fn expected() -> Option<i32> {
    env::var("AWC_CLOSE_ANSWERS").ok().map(|code| code.parse().unwrap())
}

#[track_caller]
fn check(closed: &io::Result<()>) {
    assert_eq!(closed.as_ref().err().and_then(io::Error::raw_os_error), expected(), "{closed:?}");
    assert_eq!(closed.is_err(), expected().is_some(), "{closed:?}");
}

/// Closes it by itself and as it is carried by an `Offload`.
fn check_both<T: WriteComplete + Send + 'static>(build: impl Fn() -> T) {
    check(&build().release());
    let mut writer = Offload::new(build());
    block_on(async {
        writer.write_all_complete(b"hello").await.unwrap();
        for _ in 0..2 {
            check(&writer.close_complete().await);
            check(&AsyncWriteExt::close(&mut writer).await);
        }
    });
}

/// Waits for strace, which is attached to this process when it says so: started by it, no library could be loaded.
fn wait_for_strace() {
    if expected().is_none() {
        return;
    }
    println!("attach strace now");
    let begun = Instant::now();
    while tempfile::tempfile().unwrap().release().is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no close(2) was made to fail");
    }
}

#[test]
fn of_files_pipes_and_sockets() {
    wait_for_strace();
    let file = || tempfile::tempfile().unwrap();
    check_both(file);
    check_both(|| Arc::new(file()));
    // The other ends stay open, since a write to nobody would fail.
    check_both(|| {
        let (reader, writer) = io::pipe().unwrap();
        forget(reader);
        writer
    });
    check_both(|| {
        let (ours, theirs) = UnixStream::pair().unwrap();
        forget(theirs);
        ours
    });
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    check_both(|| TcpStream::connect(listener.local_addr().unwrap()).unwrap());
    // These are dropped, which tells nothing: the book lists them under its limits.
    Box::new(file()).release().unwrap();
    FlushEach::new(file()).release().unwrap();
    AssertComplete::new(file()).release().unwrap();
    let shared = Arc::new(file());
    shared.clone().release().unwrap();
}
