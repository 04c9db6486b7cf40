//! A binary of its own: a process that is started has, for a moment, every descriptor of the tests beside it.
#![cfg(all(feature = "offload", target_os = "linux", not(awc_loom)))]
#![allow(clippy::unwrap_used, reason = "tests")]

#[allow(dead_code, reason = "the others are for the destinations certified in `it`")]
#[path = "it/conformance/observers.rs"]
mod observers;

mod child;

use std::{
    env,
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader},
    os::unix::{fs::OpenOptionsExt, process::ExitStatusExt},
    path::Path,
    pin::pin,
    process::{self, Command, Stdio},
};

use async_write_complete::{
    AsyncWriteCompleteExt, Offload,
    fs::{FailedWrite, PositionedFile},
};
use futures_lite::future::{block_on, poll_once};

use self::child::{PATH, child, path_of_a_child, starts};

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
        match Command::new(&path).status() {
            Ok(status) => assert_eq!(status.code(), Some(round % 7), "round {round}"),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                println!("skipped: nothing in {} may be executed", path.display());
                return;
            }
            Err(error) => panic!("round {round}: {error}"),
        }
    }
}

/// One of the records that a child writes, all different.
fn record(n: u32) -> [u8; 100] {
    let mut record = [b'.'; 100];
    record[..4].copy_from_slice(&n.to_le_bytes());
    record
}

/// Tells of each record as soon as it was answered for.
#[test]
#[ignore = "a child of other tests"]
fn child_that_writes_for_ever() {
    let mut file = block_on(Offload::create(path_of_a_child())).unwrap();
    for n in 0.. {
        block_on(file.write_all_complete(&record(n))).unwrap();
        println!("answered {n}");
    }
}

/// Leaves as soon as a record was answered for, with another one in flight.
#[test]
#[ignore = "a child of other tests"]
fn child_that_exits() {
    let mut file = block_on(Offload::create(path_of_a_child())).unwrap();
    block_on(file.write_all_complete(&record(0))).unwrap();
    let _ = block_on(file.submit(&record(1))).unwrap();
    process::exit(7);
}

/// Asserts that the file has records in order, at least `answered` of them, and then perhaps a part of one.
#[track_caller]
fn assert_records(path: &Path, answered: usize) {
    let there = fs::read(path).unwrap();
    assert!(there.len() >= answered * 100, "{answered} records were answered for, and {} bytes are there", there.len());
    for (n, found) in there.chunks(100).enumerate() {
        assert!(record(n as u32).starts_with(found), "record {n} is another one, or torn");
    }
}

/// What was answered for is with the kernel.
#[test]
fn what_was_answered_for_is_there_after_a_kill() {
    for answers in [1, 10, 300] {
        let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        let starting = starts();
        let mut child = child("child_that_writes_for_ever", &path).spawn().unwrap();
        drop(starting);
        let mut answered = 0;
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            // The first one shares its line with what the harness says of the test.
            answered += usize::from(line.unwrap().contains("answered "));
            if answered == answers {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(answered, answers);
        assert_records(&path, answered);
    }
}

#[test]
fn what_was_answered_for_is_there_after_an_exit() {
    for _ in 0..20 {
        let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        let starting = starts();
        let child = child("child_that_exits", &path).spawn().unwrap();
        drop(starting);
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(7));
        assert_records(&path, 1);
    }
}

/// Has a limit on the size of its files, in the middle of a write.
#[test]
#[ignore = "a child of other tests"]
fn child_with_a_limit() {
    let mut file = block_on(Offload::create(path_of_a_child())).unwrap();
    let before = block_on(file.write_complete(&[1; 10_000])).unwrap();
    let short = block_on(file.write_complete(&[2; 10_000])).unwrap();
    let error = block_on(file.write_complete(&[3; 10_000])).unwrap_err();
    block_on(file.write_complete(&[4; 10_000])).unwrap_err();
    println!("\n{before} {short} {}", error.raw_os_error().unwrap());
}

/// Runs it behind `prepare`, a command of the shell, in 24 blocks of 512 bytes, by POSIX.
fn limited(name: &str, prepare: &str, path: &Path) -> process::Output {
    let command = child(name, path);
    let mut limited = Command::new("sh");
    let script = format!("{prepare}; ulimit -f 24 || exit 77; exec \"$0\" \"$@\"");
    limited.args(["-c", &script]).arg(command.get_program());
    limited.args(command.get_args()).env(PATH, path).stdout(Stdio::piped());
    let starting = starts();
    let child = limited.spawn().unwrap();
    drop(starting);
    child.wait_with_output().unwrap()
}

/// The signal ends the process, by default. What was answered before is there.
#[test]
fn a_limit_ends_a_process_that_does_not_ignore_its_signal() {
    const SIGXFSZ: i32 = 25;

    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let output = limited("child_with_a_limit", "trap - XFSZ", &path);
    assert_eq!(output.status.signal(), Some(SIGXFSZ), "{output:?}");
    let there = fs::read(&path).unwrap();
    assert!(there.starts_with(&[1; 10_000]), "{} bytes", there.len());
}

/// The write that crosses the limit is short, and the next one is an error: EFBIG, if the signal is ignored.
#[test]
fn a_limit_is_a_short_count_and_then_an_error() {
    const EFBIG: i32 = 27;

    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let output = limited("child_with_a_limit", "trap '' XFSZ", &path);
    let limit = fs::metadata(&path).unwrap().len();
    assert!((10_001..20_000).contains(&limit), "the shell counts in other blocks: {limit}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains(&format!("\n10000 {} {EFBIG}\n", limit - 10_000)), "{text}");
}

/// Writes at positions over that limit: by one call, as a whole, and one of which nobody hears.
#[test]
#[ignore = "a child of other tests"]
fn child_with_a_limit_at_positions() {
    let file = PositionedFile::new(File::create(path_of_a_child()).unwrap()).unwrap();
    let short = block_on(file.write_at(&[1; 20_000], 0)).unwrap();
    let error = block_on(file.write_all_at(&[2; 20_000], 0)).unwrap_err();
    // One that has ended within its first poll is answered, and made again.
    while block_on(poll_once(pin!(file.write_at(&[3; 20_000], 0)))).is_some() {}
    let failures = block_on(file.settle()).unwrap_err();
    let settled = failures.failures().iter().map(FailedWrite::completed).sum::<usize>();
    println!("\n{short} {} {settled}", error.raw_os_error().unwrap());
}

/// A short count is one for whoever makes one call, and an error for whoever asks for the whole.
#[test]
fn a_limit_is_a_short_count_or_an_error_at_positions() {
    const EFBIG: i32 = 27;

    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let output = limited("child_with_a_limit_at_positions", "trap '' XFSZ", &path);
    let there = fs::read(&path).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains(&format!("\n{} {EFBIG} {0}\n", there.len())), "{text}");
    assert!(there.len() < 20_000 && there.iter().all(|byte| *byte == 3), "{} bytes", there.len());
}

mod stdin_of_a_child {
    use std::process::{Child, ChildStdin, Command, Stdio};

    use async_write_complete::contract::Rule;
    use async_write_complete_conformance::{Certify, Observer, certify};

    use super::{
        observers::{Peer, reading_end},
        starts,
    };

    /// What a pipe takes that nobody reads, with room to spare.
    const BUFFER: usize = 32 << 10;

    certify! { child_stdin: Certify::blocking(stdin_of_a_child)
    .room(BUFFER)
    .exempt(&[Rule::W6, Rule::P3], "a pipe cannot be made to fail at will") }

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

/// What it replaces is known without the working directory, which is gone.
#[test]
#[ignore = "a child of another test"]
fn child_without_a_working_directory() {
    let gone = tempfile::tempdir().unwrap();
    env::set_current_dir(gone.path()).unwrap();
    drop(gone);
    assert!(env::current_dir().is_err());
    block_on(async_write_complete::fs::replace(path_of_a_child(), "new")).unwrap();
    assert!(block_on(async_write_complete::fs::replace("relative", "new")).is_err());
}

#[test]
fn an_absolute_path_needs_no_working_directory() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    let starting = starts();
    let child = child("child_without_a_working_directory", &path).spawn().unwrap();
    drop(starting);
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(fs::read(&path).unwrap(), b"new");
}

/// The only thread of the pool is blocked while the working directory is changed.
#[test]
#[ignore = "a child of another test"]
fn child_that_changes_its_working_directory() {
    let path = path_of_a_child();
    env::set_current_dir(path.parent().unwrap()).unwrap();
    let (mut unblocks, writer) = io::pipe().unwrap();
    let mut pipe = Offload::new(writer);
    let ticket = block_on(pipe.submit(&[0; 1 << 20])).unwrap();
    let mut replaced = pin!(async_write_complete::fs::replace(path.file_name().unwrap(), "new"));
    assert!(block_on(poll_once(&mut replaced)).is_none());
    env::set_current_dir("/").unwrap();
    std::thread::spawn(move || io::copy(&mut unblocks, &mut io::sink()));
    block_on(replaced).unwrap();
    drop((pipe, ticket));
}

#[test]
fn a_relative_path_is_that_of_the_working_directory_at_the_call() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    let starting = starts();
    let child = child("child_that_changes_its_working_directory", &path).env("BLOCKING_MAX_THREADS", "1").spawn();
    drop(starting);
    assert!(child.unwrap().wait_with_output().unwrap().status.success());
    assert_eq!(fs::read(&path).unwrap(), b"new");
}
