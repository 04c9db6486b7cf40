//! A process that exits with writes that are submitted and not complete.

use std::{
    io::Read,
    os::fd::{AsFd, OwnedFd},
    process::Child,
};

use async_write_complete::offload::abandoned;

use super::*;

/// What the child does before it exits.
const LAST: &str = "AWC_LAST";

/// How it exits.
const CODE: i32 = 7;

/// More than a pipe takes that nobody reads.
const LONG: usize = 1 << 20;

/// A byte of which the harness prints none.
const MARK: u8 = 0xfe;

/// A child whose only thread writes to its standard output, which is a pipe to this process. An append to `path` is
/// queued behind that.
fn child_that_does(last: &str, path: &Path) -> Child {
    let mut command = child("an_exit::child_that_exits", path);
    command.arg("--test-threads=1").env("BLOCKING_MAX_THREADS", "1").env(LAST, last);
    let starting = starts();
    let started = command.spawn();
    drop(starting);
    started.unwrap()
}

fn marks(output: &[u8]) -> usize {
    output.iter().filter(|byte| **byte == MARK).count()
}

#[test]
#[ignore = "a child of other tests"]
fn child_that_exits() {
    let stdout: OwnedFd = io::stdout().as_fd().try_clone_to_owned().unwrap();
    let mut pipe = Offload::new(File::from(stdout));
    let mut file = Offload::new(File::options().append(true).open(path_of_a_child()).unwrap());
    let _ = block_on(pipe.submit(&[MARK; LONG])).unwrap();
    let _ = block_on(file.submit(b"submitted")).unwrap();
    match std::env::var(LAST).unwrap().as_str() {
        "settle" => assert_eq!(block_on(file.settle()).unwrap().unwrap().completed(), 9),
        "close" => block_on(file.close_complete()).unwrap(),
        "abandoned" => {
            drop((pipe, file));
            assert_eq!(block_on(abandoned()), 0);
        }
        _ => {}
    }
    std::process::exit(CODE)
}

/// Nobody reads before the child is gone, so the write to the pipe cannot end.
#[test]
fn a_queued_job_does_not_run_and_a_running_one_is_cut_off() {
    let path = path();
    let mut child = child_that_does("nothing", &path);
    assert_eq!(child.wait().unwrap().code(), Some(CODE));
    let mut output = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut output).unwrap();
    assert!(marks(&output) < LONG, "it was not cut off");
    assert_eq!(fs::read(&path).unwrap(), b"", "it has run");
}

#[test]
fn what_was_waited_for_is_whole() {
    for last in ["settle", "close", "abandoned"] {
        let path = path();
        let output = child_that_does(last, &path).wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(CODE), "{last}");
        assert_eq!(marks(&output.stdout), LONG, "{last}: the job before it");
        assert_eq!(fs::read(&path).unwrap(), b"submitted", "{last}");
    }
}
