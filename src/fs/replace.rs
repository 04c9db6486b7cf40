//! [`replace()`]: a file is the old one or the new one, and never something between.

use std::{
    env,
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use super::whole::with_path;
use crate::{WriteComplete, offload::IfDropped};

mod order;
mod target;

use self::{
    order::Replacement,
    target::{Directory, find},
};

/// Replaces what a file holds by `contents`, or makes it, so that an open of the path finds the old file or the new
/// one whole, also after a crash.
///
/// A temporary file beside it is written, synced, and renamed over it; then the directory is synced. On Unix, answered,
/// the new file is durable. On Windows nothing flushes the rename: after a crash the old file may be there, whole.
///
/// A symbolic link is followed: the file that it leads to is replaced, or made. A handle that has the old file
/// open goes on to see the old bytes.
///
/// The bits of the mode for reading, writing and executing are kept; setuid, setgid, owner, times, hard links, extended
/// attributes and access control lists are those of a new file. Where the old file had a list, the group bits of its
/// mode were the list's mask, and now they are the rights of the group: set them anew if the list gave it less.
///
/// ```
/// use async_write_complete::fs;
///
/// # futures_lite::future::block_on(async {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("settings");
/// fs::replace(&path, b"colour = blue").await?;
/// assert_eq!(fs::read(&path).await?, b"colour = blue");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
///
/// # Order
///
/// If several replacements of one file overlap in this process, the one that began last stands, in whatever order the
/// pool runs them, and whether or not their futures were dropped. Each begins with its first poll. An earlier one that
/// finds a later one's file there removes its own, and answers Ok: as if its file had been there for a moment. *One
/// file* is one path, once links are followed; by a hard link, by another mount, or in other letters where the file
/// system does not tell them apart, it is another one. While one replacement hangs, the process remembers each path
/// that is replaced after it.
///
/// With anything else that is done to the path, one that was dropped has no order: it may come later, and undo that.
/// Wait for [`abandoned`](crate::offload::abandoned()) before.
///
/// # Errors
///
/// Whatever the steps answer: the old file stands, and the temporary one is removed, unless that fails too. If the sync
/// of the directory fails, the last step, the new file stands, and it is unknown which of both is there after a crash.
///
/// `InvalidInput` for what is not a regular file, such as a directory, a device or a FIFO. `ResourceBusy` for a file
/// that is a mount point itself, as containers have them: it cannot be renamed over.
///
/// # Cancel safety
///
/// Before its first poll a drop cancels it. Later it goes on to its end, as if nobody had dropped it.
/// When the process ends meanwhile, the old file stands, and the temporary one may remain: `.awc-*.tmp`.
pub async fn replace(path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> io::Result<()> {
    let (contents, replacement) = (contents.as_ref().to_owned(), Replacement::begin());
    // What is the working directory now may be another one when the job runs. (`path::absolute` would drop a last `.`.)
    let path = match path.as_ref() {
        path if path.is_absolute() => path.to_owned(),
        path => env::current_dir()?.join(path),
    };
    with_path(path, IfDropped::Counts, move |path| replace_by(path, &replacement, |file| file.write_all(&contents)))
        .await
}

fn replace_by(
    path: &Path,
    replacement: &Replacement,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let (target, permissions) = find(path)?;
    let directory = Directory::of(&target)?;
    let (mut file, temporary) = directory.create_temporary(permissions.is_some())?;
    let renamed = permissions
        .map_or(Ok(()), |permissions| file.set_permissions(permissions))
        .and_then(|()| fill(&mut file))
        .and_then(|()| file.sync_all())
        .and_then(|()| WriteComplete::release(file))
        .and_then(|()| replacement.rename(&target, || fs::rename(&temporary, &target)));
    if !matches!(renamed, Ok(true)) {
        // The first error matters more than a leftover name.
        let _ = fs::remove_file(&temporary);
    }
    renamed?;
    // Also over the rename of a later one, whose own sync may be still to come.
    directory.sync()
}

#[cfg(all(test, unix, not(any(awc_loom, awc_shuttle))))]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt};

    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    #[test]
    fn where_a_step_fails_the_old_file_stands_and_no_other_remains() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, b"old").unwrap();
        let fails = |file: &mut File| {
            file.write_all(b"new, and lo")?;
            Err(io::Error::from_raw_os_error(28))
        };
        assert_eq!(replace_by(&path, &Replacement::begin(), fails).unwrap_err().raw_os_error(), Some(28));
        assert_eq!((fs::read(&path).unwrap(), names(dir.path())), (b"old".to_vec(), vec!["file".to_owned()]));

        // The rename fails too, if the target has become a directory meanwhile.
        let becomes_a_directory = |file: &mut File| {
            fs::remove_file(&path)?;
            fs::create_dir(&path)?;
            file.write_all(b"new")
        };
        replace_by(&path, &Replacement::begin(), becomes_a_directory).unwrap_err();
        assert_eq!(names(dir.path()), ["file"]);
    }

    #[test]
    fn nobody_else_can_read_the_temporary_file_of_a_private_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, b"old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let looks = |file: &mut File| {
            assert_eq!(file.metadata()?.permissions().mode() & 0o777, 0o640);
            Ok(())
        };
        replace_by(&path, &Replacement::begin(), looks).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }

    /// The job of a replacement whose future was dropped may run late.
    #[test]
    fn one_that_comes_after_a_later_one_does_not_undo_it() {
        let dir = tempfile::tempdir().unwrap();
        let (path, link) = (dir.path().join("file"), dir.path().join("link"));
        fs::write(&path, b"old").unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        let later_comes_first = |file: &mut File| {
            replace_by(&link, &Replacement::begin(), |file| file.write_all(b"later"))?;
            file.write_all(b"earlier")
        };
        replace_by(&path, &Replacement::begin(), later_comes_first).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"later");
        let mut names = names(dir.path());
        names.sort();
        assert_eq!(names, ["file", "link"]);
    }

    #[test]
    fn of_two_that_make_a_file_the_later_one_stands() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::os::unix::fs::symlink(".", dir.path().join("same")).unwrap();
        let later_comes_first = |file: &mut File| {
            replace_by(&path, &Replacement::begin(), |file| file.write_all(b"later"))?;
            file.write_all(b"earlier")
        };
        replace_by(&dir.path().join("same").join("file"), &Replacement::begin(), later_comes_first).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"later");
    }
}
