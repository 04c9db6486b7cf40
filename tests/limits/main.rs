//! What happens at the limits of a process, and what to use instead: each in a process of its own.
#![cfg(all(feature = "offload", feature = "tokio", target_os = "linux", not(any(awc_loom, awc_shuttle))))]
#![allow(clippy::unwrap_used, reason = "tests")]

mod a_fork;
mod a_job_that_waits_for_another;
mod a_pool_full_of_blocked_jobs;
mod an_exit;
#[path = "../child/mod.rs"]
mod child;
mod descriptors;
mod threads_that_cannot_be_made;
mod threads_that_stay;

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
    pin::pin,
    process::Output,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc,
    },
    thread,
    time::Duration,
};

use async_write_complete::{
    AsyncWriteCompleteExt, Job, Offload, Pool,
    fs::{read, replace},
    tokio::TokioPool,
};
use futures_lite::future::{block_on, poll_once};
use nix::unistd::{Uid, setuid};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, getuid, kill_process, setrlimit};

use self::child::{child, path_of_a_child, starts};

/// A user that has no other process: limits on processes do not bind root, and count per user.
const NOBODY_ELSE: u32 = 54_321;

/// Runs the ignored test `name` on one thread, with more in its environment, and asserts that it passes.
#[track_caller]
fn passes(name: &str, path: &Path, environment: &[(&str, &str)]) {
    let mut command = child(name, path);
    command.arg("--test-threads=1").envs(environment.iter().copied());
    let starting = starts();
    let started = command.spawn();
    drop(starting);
    let child = started.unwrap();
    let pid = Pid::from_child(&child);
    let (ended, end) = mpsc::channel::<()>();
    // What hangs has to fail. A child takes a few seconds.
    let watch = thread::spawn(move || {
        if end.recv_timeout(Duration::from_secs(300)) == Err(mpsc::RecvTimeoutError::Timeout) {
            kill_process(pid, Signal::KILL).unwrap();
        }
    });
    let output: Output = child.wait_with_output().unwrap();
    drop(ended);
    watch.join().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{}: {text}", output.status);
}

/// A file that any user may write.
fn path() -> tempfile::TempPath {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    path
}

/// Threads that were made at the start.
#[derive(Clone)]
struct Made(Arc<Mutex<mpsc::Sender<Job>>>);

impl Made {
    fn new(threads: usize) -> Self {
        let (jobs, queue) = mpsc::channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads {
            let queue = queue.clone();
            thread::spawn(move || {
                loop {
                    let job = queue.lock().unwrap().recv();
                    let Ok(job) = job else { return };
                    job.run();
                }
            });
        }
        Self(Arc::new(Mutex::new(jobs)))
    }
}

impl Pool for Made {
    fn execute(&self, job: Job) {
        let _ = self.0.lock().unwrap().send(job);
    }
}
