//! A process that forks.

use nix::{
    sys::wait::{WaitStatus, waitpid},
    unistd::{ForkResult, fork},
};

use super::*;

#[test]
fn the_threads_of_the_pool_stay_with_the_parent() {
    passes("a_fork::child_that_forks", &path(), &[]);
}

/// Whether the thread of the pool waits. While it ends a job it holds locks, which a copy of the process would have for
/// ever.
fn is_asleep() -> bool {
    let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
    let mut status = tasks.filter_map(|task| fs::read_to_string(task.path().join("status")).ok());
    let of_the_pool = status.find(|status| status.starts_with("Name:\tblocking-"));
    of_the_pool.is_some_and(|status| status.contains("State:\tS"))
}

#[test]
#[ignore = "a child of other tests"]
fn child_that_forks() {
    let path = path_of_a_child();
    let mut file = Offload::new(File::options().append(true).open(&path).unwrap());
    block_on(file.write_complete(b"parent")).unwrap();
    while !is_asleep() {
        thread::yield_now();
    }
    // SAFETY: the only other thread is the pool's, which waits for more, so it holds no lock of the allocator.
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
