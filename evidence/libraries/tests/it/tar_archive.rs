//! astral-tokio-tar: an archive on a file. GNU tar lists and compares it, the `tar` crate reads it.

use std::{io::Read, path::Path, process::Command};

use async_write_complete::{Offload, adapter::ToTokio, tokio::fs::File};
use libraries::{Limited, lines, noise};
use tokio_tar::{Builder, Header};

/// Three files: none of a whole number of blocks, one empty, one long.
fn entries() -> Vec<(&'static str, Vec<u8>)> {
    vec![("lines", lines(3_000)), ("none", Vec::new()), ("deep/noise", noise(300_001))]
}

fn header(len: usize) -> Header {
    let mut header = Header::new_gnu();
    header.set_size(len as u64);
    header.set_mode(0o644);
    header.set_cksum();
    header
}

fn gnu_tar(arguments: &[&str], archive: &Path, folder: &Path) -> String {
    let output = Command::new("tar").args(arguments).arg("-f").arg(archive).current_dir(folder).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "tar {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn check(archive: &Path) {
    let names: Vec<_> = entries().iter().map(|(name, _)| *name).collect();
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(gnu_tar(&["-t"], archive, dir.path()).lines().collect::<Vec<_>>(), names);
    gnu_tar(&["-x"], archive, dir.path());
    for (name, data) in entries() {
        assert!(std::fs::read(dir.path().join(name)).unwrap() == data, "{name}, by GNU tar");
    }
    let mut reader = tar::Archive::new(std::fs::File::open(archive).unwrap());
    for (entry, (name, data)) in reader.entries().unwrap().zip(entries()) {
        let (mut entry, mut bytes) = (entry.unwrap(), Vec::new());
        assert_eq!(entry.path().unwrap().to_str(), Some(name));
        entry.read_to_end(&mut bytes).unwrap();
        assert!(bytes == data, "{name}, by the `tar` crate");
    }
    // Whole blocks, and two empty ones at the end: nothing is missing.
    let bytes = std::fs::read(archive).unwrap();
    assert_eq!(bytes.len() % 512, 0);
    assert!(bytes.ends_with(&[0; 1024]));
}

#[tokio::test]
async fn complete_when_finished() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f.tar");
    let mut archive = Builder::new(File::create(&path).await.unwrap());
    for (name, data) in entries() {
        archive.append_data(&mut header(data.len()), name, &*data).await.unwrap();
    }
    archive.finish().await.unwrap();
    // Nobody has flushed or shut the file down.
    check(&path);
    drop(archive);
    check(&path);
}

/// The files that go into the archive are read through ours as well.
#[tokio::test]
async fn file_to_archive() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f.tar");
    let mut archive = Builder::new(File::create(&path).await.unwrap());
    for (name, data) in entries() {
        let source = dir.path().join("source");
        std::fs::write(&source, &data).unwrap();
        let file = File::open(&source).await.unwrap();
        archive.append_data(&mut header(data.len()), name, file).await.unwrap();
    }
    archive.into_inner().await.unwrap();
    check(&path);
}

/// A builder that is dropped unfinished writes the end of the archive in a task, whose failure nobody hears. Each
/// `append` has told its own by then.
#[tokio::test]
async fn failure_at_the_call() {
    for room in [0, 511, 512, 700, 100_000, 512 * 800] {
        let (limited, failure) = Limited::new(Vec::new(), room);
        let mut archive = Builder::new_non_terminated(ToTokio::new(Offload::new(limited)));
        let mut appended = 0;
        let data = noise(10_000);
        let error = loop {
            let append = archive.append_data(&mut header(data.len()), "f", &*data).await;
            if failure.is_told_by(&append) {
                break append.unwrap_err();
            }
            appended += 1;
        };
        // A header of 512 bytes, 20 blocks of 512.
        assert_eq!(appended, room / (512 * 21));
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    }
}

#[tokio::test]
async fn dev_full() {
    let mut archive = Builder::new(File::create("/dev/full").await.unwrap());
    archive.skip_termination();
    let error = archive.append_data(&mut header(3), "f", &b"abc"[..]).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
}
