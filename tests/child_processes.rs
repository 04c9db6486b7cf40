//! A binary of its own: a process that is started has every descriptor of this one for a moment, which others would see.
#![cfg(all(feature = "offload", target_os = "linux", not(awc_loom)))]
#![allow(clippy::unwrap_used, reason = "tests")]

#[cfg(feature = "conformance")]
#[allow(dead_code, reason = "the others are for the destinations certified in `it`")]
#[path = "it/conformance/observers.rs"]
mod observers;

use std::{
    fs::OpenOptions,
    os::unix::fs::OpenOptionsExt,
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_write_complete::{AsyncWriteCompleteExt, Offload};
use futures_lite::future::block_on;

/// Held while a process is started, and while none may be.
static STARTS: Mutex<()> = Mutex::new(());

fn starts() -> MutexGuard<'static, ()> {
    STARTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// ETXTBSY is what the system answers while anybody has the file open for writing.
#[test]
fn a_script_can_be_run_as_soon_as_its_writer_is_dropped() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..100 {
        let path = dir.path().join(round.to_string());
        let _no_other = starts();
        let file = OpenOptions::new().write(true).create_new(true).mode(0o755).open(&path).unwrap();
        block_on(async {
            let mut writer = Offload::new(file);
            writer.write_all_complete(format!("#!/bin/sh\nexit {}\n", round % 7).as_bytes()).await.unwrap();
        });
        assert_eq!(Command::new(&path).status().unwrap().code(), Some(round % 7), "round {round}");
    }
}

#[cfg(feature = "conformance")]
mod stdin_of_a_child {
    use std::process::{Child, ChildStdin, Command, Stdio};

    use async_write_complete::{
        certify,
        conformance::{Certify, Observer},
    };

    use super::{
        observers::{Peer, reading_end},
        starts,
    };

    /// What a pipe takes that nobody reads, with room to spare.
    const BUFFER: usize = 32 << 10;

    certify! { child_stdin: Certify::blocking(stdin_of_a_child).room(BUFFER) }

    /// A process that reads nothing; its end of the pipe is read instead.
    fn stdin_of_a_child() -> (ChildStdin, Watched) {
        let starting = starts();
        let mut child = Command::new("sleep").arg("600").stdin(Stdio::piped()).spawn().unwrap();
        drop(starting);
        let stdin = child.stdin.take().unwrap();
        let peer = reading_end(&format!("/proc/{}/fd/0", child.id()));
        (stdin, Watched { child, peer })
    }

    struct Watched {
        child: Child,
        peer: Peer<std::fs::File>,
    }

    impl Observer for Watched {
        fn bytes(&self) -> Vec<u8> {
            self.peer.bytes()
        }
    }

    impl Drop for Watched {
        fn drop(&mut self) {
            self.child.kill().unwrap();
            self.child.wait().unwrap();
        }
    }
}
