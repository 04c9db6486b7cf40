//! A process that appends to a [`GroupCommit`] is killed in the middle of its work: no acknowledged record is lost,
//! none is torn, none doubled.
#![cfg(all(feature = "commit", feature = "offload", target_os = "linux", not(awc_loom)))]
#![allow(clippy::unwrap_used, reason = "tests")]

#[allow(dead_code, reason = "one child runs at a time here")]
mod child;

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::Path,
    sync::Arc,
    thread,
};

use async_write_complete::{Offload, commit::GroupCommit};
use futures_lite::future::{block_on, poll_once};

use self::child::{child, path_of_a_child};

const TASKS: usize = 8;

/// A line that tells its task, its number and its length.
fn record(task: usize, number: usize) -> Vec<u8> {
    format!("<{task}:{number}:{}>\n", "x".repeat((task * 31 + number * 7) % 300)).into_bytes()
}

/// Eight threads append for ever, and tell of each record that was answered for. Some of their futures are dropped.
#[test]
#[ignore = "a child of the other test"]
fn child_that_appends_for_ever() {
    let file = OpenOptions::new().append(true).create(true).open(path_of_a_child()).unwrap();
    let log = Arc::new(GroupCommit::new(Offload::new(file)).max_batch(4096));
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let log = log.clone();
            thread::spawn(move || {
                for number in 0.. {
                    let record = record(task, number);
                    if number % 5 == task % 5 {
                        // Dropped after its first poll: it happens or not, and is not acknowledged.
                        block_on(poll_once(log.append(&record)));
                        continue;
                    }
                    let durable = number % 16 == 0;
                    block_on(if durable { log.append_durable(&record) } else { log.append(&record) }).unwrap();
                    println!("answered {task} {number}");
                }
            })
        })
        .collect();
    tasks.into_iter().for_each(|task| task.join().unwrap());
}

/// Lets a child append, and kills it when it has acknowledged so many records; all that it has acknowledged.
fn kill_after(acknowledged: usize, path: &Path) -> Vec<(usize, usize)> {
    let mut child = child("child_that_appends_for_ever", path).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut answers = lines.map_while(Result::ok).filter_map(|line| {
        let mut words = line.strip_prefix("answered ")?.split(' ').map(|word| word.parse().ok());
        Some((words.next()??, words.next()??))
    });
    // The child goes on meanwhile, so the kill comes at any point of its work.
    let mut answered: Vec<_> = answers.by_ref().take(acknowledged).collect();
    assert_eq!(answered.len(), acknowledged, "the child has ended by itself");
    child.kill().unwrap();
    child.wait().unwrap();
    answered.extend(answers);
    // The last line may be cut off by the kill, and then names another record, which may be none.
    answered.pop();
    answered
}

/// How often each record stands in the log, where those of a task stand in order. Only the last one may be torn: its
/// write was cut off.
fn read(path: &Path) -> HashMap<(usize, usize), usize> {
    let bytes = fs::read(path).unwrap();
    let (mut found, mut last) = (HashMap::new(), HashMap::new());
    let mut lines: Vec<_> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    lines.pop_if(|last| !last.ends_with(b"\n"));
    for line in lines {
        let text = std::str::from_utf8(line).unwrap();
        let mut parts = text.strip_prefix('<').expect("torn").split(':');
        let mut number = || parts.next().and_then(|part| part.parse().ok()).expect("torn");
        let (task, number) = (number(), number());
        assert_eq!(line, record(task, number), "torn");
        assert!(last.insert(task, number) <= Some(number), "out of order");
        *found.entry((task, number)).or_default() += 1;
    }
    found
}

#[test]
fn fifty_kills_lose_nothing_that_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut random = 0x5EED_u64;
    let (mut acknowledged, mut kills) = (0, 0);
    for _ in 0..50 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let path = dir.path().join(kills.to_string());
        let answered = kill_after(1 + (random >> 33) as usize % 600, &path);
        let found = read(&path);
        for record in &answered {
            assert_eq!(found.get(record), Some(&1), "{record:?} of kill {kills}");
        }
        assert!(found.values().all(|times| *times == 1), "none is doubled");
        acknowledged += answered.len();
        kills += 1;
        fs::remove_file(path).unwrap();
    }
    println!("{kills} kills, {acknowledged} records acknowledged, 0 lost, 0 torn, 0 doubled");
    assert!(acknowledged > 0);
}

/// What the tests above rest on: a torn line, a doubled one and a lost one are seen.
#[test]
fn a_torn_record_is_seen() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut torn = record(3, 4);
    torn.remove(8);
    File::create(file.path()).unwrap().write_all(&[record(1, 2), record(1, 2)].concat()).unwrap();
    assert_eq!(read(file.path())[&(1, 2)], 2);
    File::create(file.path()).unwrap().write_all(&torn).unwrap();
    assert!(std::panic::catch_unwind(|| read(file.path())).is_err());
}
