//! Where a path leads to, and the directory that a replacement is made in.

use std::{
    ffi::OsStr,
    fs::{self, File, Metadata, OpenOptions, Permissions},
    hash::{BuildHasher, RandomState},
    io,
    path::{Path, PathBuf},
};

/// How many links are followed to a file that is not there: as many as Linux follows.
const MAX_LINKS: usize = 40;

/// Where `path` leads to, with no link left in it, and the permissions that a new file in its place has.
pub(super) fn find(path: &Path) -> io::Result<(PathBuf, Option<Permissions>)> {
    let mut path = path.to_owned();
    let mut followed = 0;
    loop {
        // The kernel goes first, since it may refuse to follow a link that another user has left in `/tmp`.
        let missing = match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => error,
            metadata => return of_a_file(&path, &metadata?),
        };
        if followed == MAX_LINKS {
            return Err(missing);
        }
        match fs::read_link(&path) {
            // A link to nothing: a rename to its own name would destroy it.
            Ok(to) => path = directory_of(&path).join(to),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((new_name(&path, missing)?, None)),
            // What was not there a moment ago may be there now.
            Err(_) => {}
        }
        followed += 1;
    }
}

fn of_a_file(path: &Path, metadata: &Metadata) -> io::Result<(PathBuf, Option<Permissions>)> {
    if !metadata.is_file() {
        let text = format!("{} is not a regular file, and no other can be replaced", path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    Ok((fs::canonicalize(path)?, Some(without_identity(metadata.permissions()))))
}

/// The place of a file that is not there, in a directory that is. `missing` is for what names no file, such as `a/`.
fn new_name(path: &Path, missing: io::Error) -> io::Result<PathBuf> {
    let is_last = |name: &&OsStr| path.as_os_str().as_encoded_bytes().ends_with(name.as_encoded_bytes());
    let Some(name) = path.file_name().filter(is_last) else { return Err(missing) };
    Ok(fs::canonicalize(directory_of(path))?.join(name))
}

/// Of a path that is absolute.
fn directory_of(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

/// Setuid and setgid lend the rights of the owner and the group, and a new file has those of this process.
#[cfg(unix)]
fn without_identity(mut permissions: Permissions) -> Permissions {
    use std::os::unix::fs::PermissionsExt;

    permissions.set_mode(permissions.mode() & 0o777);
    permissions
}

#[cfg(not(unix))]
fn without_identity(permissions: Permissions) -> Permissions {
    permissions
}

/// The directory of the target, open from the beginning: what cannot be synced in the end is not begun.
pub(super) struct Directory {
    path: PathBuf,
    #[cfg(unix)]
    handle: File,
}

impl Directory {
    pub(super) fn of(target: &Path) -> io::Result<Self> {
        let path = directory_of(target).to_owned();
        Ok(Self {
            #[cfg(unix)]
            handle: File::open(&path)?,
            path,
        })
    }

    /// A new file in it. Until it gets the mode of a file that is there, nobody else may read it.
    pub(super) fn create_temporary(&self, is_private: bool) -> io::Result<(File, PathBuf)> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        if is_private {
            make_private(&mut options);
        }
        loop {
            let name = format!(".awc-{:016x}.tmp", RandomState::new().hash_one(()));
            let path = self.path.join(name);
            match options.open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                file => return Ok((file?, path)),
            }
        }
    }

    #[cfg(unix)]
    pub(super) fn sync(&self) -> io::Result<()> {
        self.handle.sync_all()
    }

    /// Elsewhere a directory has no sync.
    #[cfg(not(unix))]
    pub(super) fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(unix)]
fn make_private(options: &mut OpenOptions) {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}

#[cfg(not(unix))]
fn make_private(_: &mut OpenOptions) {}

#[cfg(all(test, unix, not(any(awc_loom, awc_shuttle))))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_temporary_file_is_private_where_the_old_one_may_be() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let directory = Directory::of(&folder.path().join("file"))?;
        let mode = |is_private| {
            let (file, path) = directory.create_temporary(is_private)?;
            assert_eq!(path.parent(), Some(folder.path()));
            io::Result::Ok(file.metadata()?.permissions().mode() & 0o077)
        };
        assert_eq!(mode(true)?, 0);
        // As any new file: what the mask of the process leaves.
        let new = folder.path().join("new");
        File::create(&new)?;
        assert_eq!(mode(false)?, fs::metadata(new)?.permissions().mode() & 0o077);
        Ok(())
    }
}
