//! `fs::replace`: the old file or the new one.

use std::{
    fs,
    io::{self, Read},
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use async_write_complete::fs::replace;
use futures_lite::future::{block_on, poll_once};

fn names(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn a_file_is_replaced_and_keeps_its_mode() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, b"old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
    let mut reader = fs::File::open(&path).unwrap();
    block_on(replace(&path, b"new")).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o604);
    assert_eq!(names(dir.path()), ["file"]);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(text, "old", "whoever has it open goes on to see it");
}

#[test]
fn a_file_that_is_not_there_is_made_as_std_would() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("by std"), b"").unwrap();
    block_on(replace(dir.path().join("by us"), b"new")).unwrap();
    let mode = |name| fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
    assert_eq!((mode("by us"), names(dir.path())), (mode("by std"), vec!["by std".to_owned(), "by us".to_owned()]));
}

#[test]
fn a_link_is_followed() {
    let dir = tempfile::tempdir().unwrap();
    let (file, link) = (dir.path().join("file"), dir.path().join("link"));
    fs::write(&file, b"old").unwrap();
    symlink(&file, &link).unwrap();
    block_on(replace(&link, b"new")).unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"new");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[test]
fn what_is_no_regular_file_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("no").join("such");
    assert_eq!(block_on(replace(&missing, b"new")).unwrap_err().kind(), io::ErrorKind::NotFound);
    for path in [dir.path(), Path::new("/dev/null")] {
        let error = block_on(replace(path, b"new")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert!(error.to_string().contains("not a regular file"), "{error}");
    }
    assert_eq!(names(dir.path()), [""; 0]);
}

#[test]
fn dropped_it_goes_on_to_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    for round in 0..50 {
        fs::write(&path, b"old").unwrap();
        let contents = vec![round; 100_000];
        block_on(async { poll_once(replace(&path, &contents)).await.map(|replaced| replaced.unwrap()) });
        while fs::read(&path).unwrap() == b"old" {
            std::thread::yield_now();
        }
        assert!(fs::read(&path).unwrap() == contents, "whole from the first moment on");
        while names(dir.path()) != ["file"] {
            std::thread::yield_now();
        }
    }
}

/// Another program could lend the rights of whoever replaces it.
#[test]
fn setuid_and_setgid_do_not_survive() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, b"old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o6755)).unwrap();
    // No bytes, since a write would take the bits away for whoever is not root.
    block_on(replace(&path, b"")).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o755);
}

/// The name that such a link reads as, `file (deleted)`, is no file to make.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_has_no_name_any_more_is_not_replaced() {
    use std::os::fd::AsRawFd;

    let dir = tempfile::tempdir().unwrap();
    let file = fs::File::create(dir.path().join("file")).unwrap();
    fs::remove_file(dir.path().join("file")).unwrap();
    let error = block_on(replace(format!("/proc/self/fd/{}", file.as_raw_fd()), b"new")).unwrap_err();
    assert_eq!((error.kind(), names(dir.path())), (io::ErrorKind::NotFound, vec![]));
}

#[test]
fn what_is_not_a_file_is_refused_also_behind_a_link() {
    let dir = tempfile::tempdir().unwrap();
    let link = dir.path().join("link");
    symlink("/dev/null", &link).unwrap();
    assert_eq!(block_on(replace(&link, b"new")).unwrap_err().kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn a_link_to_what_is_not_there_is_followed_and_stays() {
    let dir = tempfile::tempdir().unwrap();
    let inner = dir.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let (outer_link, inner_link) = (dir.path().join("link"), inner.join("link"));
    symlink("inner/link", &outer_link).unwrap();
    symlink("../file", &inner_link).unwrap();
    block_on(replace(&outer_link, b"new")).unwrap();
    assert!([outer_link, inner_link].iter().all(|link| fs::symlink_metadata(link).unwrap().is_symlink()));
    assert_eq!(fs::read(dir.path().join("file")).unwrap(), b"new");
    assert_eq!(names(dir.path()), ["file", "inner", "link"]);
    assert_eq!(names(&inner), ["link"]);
}

#[test]
fn a_link_to_nowhere_is_an_error_and_stays() {
    let dir = tempfile::tempdir().unwrap();
    let link = dir.path().join("link");
    symlink("no/such", &link).unwrap();
    assert_eq!(block_on(replace(&link, b"new")).unwrap_err().kind(), io::ErrorKind::NotFound);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(names(dir.path()), ["link"]);
}

#[test]
fn a_name_of_a_directory_that_is_not_there_makes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["file/", "file/.", "file/.."] {
        assert_eq!(block_on(replace(dir.path().join(name), b"new")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
    assert_eq!(names(dir.path()), [""; 0]);
}

/// The first one is dropped, and its job is still at work when the second one is answered.
#[test]
fn one_that_was_dropped_does_not_undo_a_later_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, b"old").unwrap();
    let large = vec![b'x'; if cfg!(miri) { 1 } else { 16 << 20 }];
    for round in 0..5 {
        block_on(async { poll_once(replace(&path, &large)).await.map(|replaced| replaced.unwrap()) });
        let later = vec![b'0' + round];
        block_on(replace(&path, &later)).unwrap();
        assert!(fs::read(&path).unwrap() == later);
        while names(dir.path()) != ["file"] {
            std::thread::yield_now();
        }
        assert!(fs::read(&path).unwrap() == later, "it was undone");
    }
}
