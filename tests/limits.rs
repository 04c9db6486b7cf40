//! What happens at the limits of a process, and what to use instead: each in a process of its own.
#![cfg(all(feature = "offload", feature = "tokio", target_os = "linux", not(any(awc_loom, awc_shuttle))))]
#![allow(clippy::unwrap_used, reason = "tests")]

mod child;

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
};

use async_write_complete::{
    AsyncWriteCompleteExt, Job, Offload, Pool,
    fs::{read, replace},
    tokio::TokioPool,
};
use futures_lite::future::{block_on, poll_once};
use nix::unistd::{Uid, setuid};
use rustix::process::{Resource, Rlimit, getrlimit, getuid, setrlimit};

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
    let output: Output = started.unwrap().wait_with_output().unwrap();
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

mod threads_that_cannot_be_made {
    use super::*;

    /// From now on no thread can be made, until the limit is given back. The process is no longer root's, whom it would
    /// not bind.
    fn forbid_threads() -> Rlimit {
        if getuid().is_root() {
            setuid(Uid::from_raw(NOBODY_ELSE)).unwrap();
        }
        let before = getrlimit(Resource::Nproc);
        setrlimit(Resource::Nproc, Rlimit { current: Some(0), maximum: before.maximum }).unwrap();
        assert!(thread::Builder::new().spawn(|| ()).is_err(), "the limit does not bind");
        before
    }

    #[test]
    fn tokios_pool_answers_an_error_until_one_can() {
        passes("threads_that_cannot_be_made::child_on_tokios_pool", &path(), &[]);
    }

    #[test]
    #[ignore = "a child of other tests"]
    fn child_on_tokios_pool() {
        let path = path_of_a_child();
        let file = File::options().write(true).open(&path).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut file = Offload::with_pool(file, TokioPool::default());
        let before = forbid_threads();
        runtime.block_on(async {
            for _ in 0..2 {
                file.write_complete(b"refused").await.unwrap_err();
            }
            assert_eq!(fs::read(&path).unwrap(), b"");
            setrlimit(Resource::Nproc, before).unwrap();
            assert_eq!(file.write_complete(b"taken").await.unwrap(), 5);
        });
        assert_eq!(fs::read(&path).unwrap(), b"taken");
    }

    #[test]
    fn a_pool_whose_threads_were_made_before_goes_on() {
        passes("threads_that_cannot_be_made::child_on_a_pool_that_was_made", &path(), &[]);
    }

    #[test]
    #[ignore = "a child of other tests"]
    fn child_on_a_pool_that_was_made() {
        let path = path_of_a_child();
        let mut file = Offload::with_pool(File::options().write(true).open(&path).unwrap(), Made::new(1));
        forbid_threads();
        assert_eq!(block_on(file.write_complete(b"taken")).unwrap(), 5);
        assert_eq!(fs::read(&path).unwrap(), b"taken");
    }

    /// `blocking` 1.7 spins inside the call. If this test fails because it no longer does, the pages of `BlockingPool`
    /// and of the limits have to say so.
    #[test]
    fn the_default_pool_spins_inside_the_call_until_one_can() {
        passes("threads_that_cannot_be_made::child_on_the_default_pool", &path(), &[]);
    }

    #[test]
    #[ignore = "a child of other tests"]
    fn child_on_the_default_pool() {
        let path = path_of_a_child();
        let mut file = Offload::new(File::options().write(true).open(&path).unwrap());
        let is_answered = Arc::new(AtomicBool::new(false));
        let (ours, theirs) = (is_answered.clone(), mpsc::channel());
        let thread = rustix::thread::gettid().as_raw_nonzero().get();
        let watcher = thread::spawn(move || {
            let before: Rlimit = theirs.1.recv().unwrap();
            // A thread that waits has none of it; a quarter of a second of a processor is far more than a poll takes.
            let begun = ticks(thread);
            while ticks(thread) < begun + 25 && !ours.load(SeqCst) {
                thread::yield_now();
            }
            let answered_without_a_thread = ours.load(SeqCst);
            setrlimit(Resource::Nproc, before).unwrap();
            answered_without_a_thread
        });
        theirs.0.send(forbid_threads()).unwrap();
        // The first poll.
        let polled = block_on(poll_once(pin!(file.write_complete(b"taken"))));
        is_answered.store(true, SeqCst);
        assert!(!watcher.join().unwrap(), "the poll came back: {polled:?}");
        if polled.is_none() {
            block_on(file.settle()).unwrap();
        }
        assert_eq!(fs::read(&path).unwrap(), b"taken");
    }

    /// Time on processors of a thread of this process, in hundredths of a second.
    fn ticks(thread: i32) -> u64 {
        let stat = fs::read_to_string(format!("/proc/self/task/{thread}/stat")).unwrap();
        let fields: Vec<_> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }
}

mod a_pool_full_of_blocked_jobs {
    use rustix::fs::{FlockOperation, flock};

    use super::*;

    const TWO_THREADS: (&str, &str) = ("BLOCKING_MAX_THREADS", "2");

    #[test]
    fn everything_else_waits_but_what_has_a_pool_of_its_own() {
        passes("a_pool_full_of_blocked_jobs::child_with_two_full_pipes", &path(), &[TWO_THREADS]);
    }

    #[test]
    #[ignore = "a child of other tests"]
    fn child_with_two_full_pipes() {
        let path = path_of_a_child();
        let (readers, writers): (Vec<_>, Vec<_>) = (0..2).map(|_| io::pipe().unwrap()).unzip();
        let mut blocked: Vec<_> = writers.into_iter().map(Offload::new).collect();
        for writer in &mut blocked {
            // More than a pipe takes that nobody reads.
            let _ = block_on(writer.submit(&[0; 1 << 20])).unwrap();
        }
        let mut file = Offload::new(File::options().append(true).open(&path).unwrap());
        let mut waits = pin!(file.write_complete(b"on the pool"));
        assert!(block_on(poll_once(waits.as_mut())).is_none());
        let own = File::options().append(true).open(&path).unwrap();
        let mut own = Offload::with_pool(own, Made::new(1));
        assert_eq!(block_on(own.write_complete(b"on its own, ")).unwrap(), 12);
        assert!(block_on(poll_once(waits.as_mut())).is_none());
        assert_eq!(fs::read(&path).unwrap(), b"on its own, ");
        // The peers go, and both jobs end.
        drop(readers);
        assert_eq!(block_on(waits).unwrap(), 11);
        assert_eq!(fs::read(&path).unwrap(), b"on its own, on the pool");
    }

    #[test]
    fn a_lock_that_is_only_tried_keeps_no_thread() {
        passes("a_pool_full_of_blocked_jobs::child_with_a_lock", &path(), &[("BLOCKING_MAX_THREADS", "1")]);
    }

    #[test]
    #[ignore = "a child of other tests"]
    fn child_with_a_lock() {
        let path = path_of_a_child();
        let holder = File::options().write(true).open(&path).unwrap();
        flock(&holder, FlockOperation::NonBlockingLockExclusive).unwrap();
        let mut file = Offload::new(File::options().write(true).open(&path).unwrap());
        let try_lock = |file: &mut File| flock(&*file, FlockOperation::NonBlockingLockExclusive);
        assert_eq!(block_on(file.with_mut(try_lock)).unwrap(), Err(rustix::io::Errno::WOULDBLOCK));
        // The one thread there is has not been kept.
        assert_eq!(block_on(file.write_complete(b"taken")).unwrap(), 5);
        drop(holder);
        assert_eq!(block_on(file.with_mut(try_lock)).unwrap(), Ok(()));
    }
}

mod a_fork {
    use nix::{
        sys::wait::{WaitStatus, waitpid},
        unistd::{ForkResult, fork},
    };

    use super::*;

    #[test]
    fn the_threads_of_the_pool_stay_with_the_parent() {
        passes("a_fork::child_that_forks", &path(), &[]);
    }

    #[test]
    #[ignore = "a child of other tests"]
    fn child_that_forks() {
        let path = path_of_a_child();
        let mut file = Offload::new(File::options().append(true).open(&path).unwrap());
        // The pool has a thread, which waits for more.
        block_on(file.write_complete(b"parent")).unwrap();
        // SAFETY: the other threads are this pool's, which waits, and hold no lock of the allocator.
        match unsafe { fork() }.unwrap() {
            ForkResult::Child => {
                let polls = (0..1_000).map(|_| block_on(poll_once(pin!(file.submit(b"child")))));
                let submitted = polls.filter(|polled| matches!(polled, Some(Ok(_)))).count();
                let threads = fs::read_dir("/proc/self/task").unwrap().count();
                let there = fs::read(&path).unwrap();
                // Taken, once, and nobody is there to write it.
                std::process::exit(i32::from(!(submitted == 1 && threads == 1 && there == b"parent")));
            }
            ForkResult::Parent { child } => {
                assert_eq!(waitpid(child, None).unwrap(), WaitStatus::Exited(child, 0));
                block_on(file.write_complete(b", still")).unwrap();
                assert_eq!(fs::read(&path).unwrap(), b"parent, still");
            }
        }
    }
}

mod descriptors {
    use super::*;

    #[test]
    fn an_open_fails_and_what_is_open_goes_on() {
        passes("descriptors::child_without_a_descriptor", &path(), &[]);
    }

    #[test]
    #[ignore = "a child of other tests"]
    fn child_without_a_descriptor() {
        const EMFILE: i32 = 24;

        let path = path_of_a_child();
        let mut file = block_on(Offload::create(&path)).unwrap();
        block_on(file.write_complete(b"before")).unwrap();
        let before = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: Some(0), maximum: before.maximum }).unwrap();
        assert_eq!(block_on(Offload::open(&path)).unwrap_err().raw_os_error(), Some(EMFILE));
        assert_eq!(block_on(read(&path)).unwrap_err().raw_os_error(), Some(EMFILE));
        block_on(file.write_complete(b", at the limit")).unwrap();
        // The file keeps what it has.
        assert_eq!(block_on(replace(&path, b"anew")).unwrap_err().raw_os_error(), Some(EMFILE));
        setrlimit(Resource::Nofile, before).unwrap();
        assert_eq!(block_on(read(&path)).unwrap(), b"before, at the limit");
        block_on(replace(&path, b"anew")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"anew");
        io::stdout().flush().unwrap();
    }
}
