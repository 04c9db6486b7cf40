//! Write into the documentation that a write is early, and leave the code alone.

use std::{
    fs::{self, File},
    io,
    path::PathBuf,
};

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, Offload};
use futures_lite::future::block_on;
use tempfile::TempDir;
use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    runtime::Builder,
};

use super::{
    finding::{Alternative, Finding},
    held_tokio::HeldTokio,
};

pub(super) const ALTERNATIVE: Alternative = Alternative {
    name: "docs-only",
    title: "say in the documentation that a write answers early",
    claim: "`tokio::fs` says that a write returns before it has finished, and that `flush` waits. Who reads that, \
            flushes.",
    in_favor: "It costs nothing, the documentation has to say it anyway, and a program that flushes before it looks is \
               right. What the second program meets could be mended in `sync_all`; what the first one meets, only in \
               every library that takes the text of the trait at its word.",
    scenario: "Two programs. A library that knows `W: AsyncWrite`, where tokio's text says of `Ready(Ok(n))` that the \
               data \"was immediately written\", writes a draft; its caller renames it, and reads. And the example of \
               `tokio::fs::File::sync_all` itself, `write_all` then `sync_all`, followed by a rename, with a handle \
               whose writes fail: it was opened for reading.",
    demonstrate,
};

fn demonstrate() -> anyhow::Result<Finding> {
    Ok(Finding {
        expected: tell("new", &Err(io::ErrorKind::Other.into()), "old"),
        happened: with_tokio()?,
        ours: with_ours()?,
    })
}

fn tell(found: &str, replaced: &io::Result<()>, text: &str) -> String {
    let replaced = if replaced.is_ok() { "succeeds" } else { "fails" };
    format!("after the rename a reader finds {found:?}; the replacement {replaced} and leaves {text:?}")
}

/// Right by the text of `AsyncWrite`, and so for sockets and memory.
async fn save<W: AsyncWrite + Unpin>(draft: &mut W) -> io::Result<()> {
    draft.write_all(b"new").await
}

fn with_tokio() -> anyhow::Result<String> {
    let folder = Folder::new()?;
    let tokio = HeldTokio::new()?;
    let mut draft = tokio::fs::File::from_std(File::create(folder.draft())?);
    tokio.run(save(&mut draft))?;
    let found = folder.rename_and_read()?;
    // Whatever is still to come comes: nothing is left to luck.
    tokio.let_go().block_on(draft.flush())?;

    let folder = Folder::new()?;
    let draft = tokio::fs::File::from_std(folder.unwritable_draft()?);
    let replaced = Builder::new_current_thread().build()?.block_on(replace_by_tokio(draft, &folder));
    Ok(tell(&found, &replaced, &folder.read()?))
}

/// As in the documentation of `sync_all`; what follows relies on it.
async fn replace_by_tokio(mut draft: tokio::fs::File, folder: &Folder) -> io::Result<()> {
    draft.write_all(b"new").await?;
    draft.sync_all().await?;
    folder.rename()
}

/// The same library for this crate's trait.
async fn save_complete<W: AsyncWriteComplete + Unpin>(draft: &mut W) -> io::Result<()> {
    draft.write_all_complete(b"new").await
}

fn with_ours() -> anyhow::Result<String> {
    let folder = Folder::new()?;
    let mut draft = Offload::new(File::create(folder.draft())?);
    block_on(save_complete(&mut draft))?;
    let found = folder.rename_and_read()?;

    let folder = Folder::new()?;
    let draft = Offload::new(folder.unwritable_draft()?);
    let replaced = block_on(replace_by_ours(draft, &folder));
    Ok(tell(&found, &replaced, &folder.read()?))
}

async fn replace_by_ours(mut draft: Offload<File>, folder: &Folder) -> io::Result<()> {
    draft.write_all_complete(b"new").await?;
    draft.sync_all().await?;
    folder.rename()
}

/// A file with the text `old`, and a draft that is to take its place.
struct Folder(TempDir);

impl Folder {
    fn new() -> io::Result<Self> {
        let folder = Self(tempfile::tempdir()?);
        fs::write(folder.file(), "old")?;
        Ok(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("file")
    }

    fn draft(&self) -> PathBuf {
        self.0.path().join("draft")
    }

    fn unwritable_draft(&self) -> io::Result<File> {
        File::create(self.draft())?;
        File::open(self.draft())
    }

    fn rename(&self) -> io::Result<()> {
        fs::rename(self.draft(), self.file())
    }

    fn read(&self) -> io::Result<String> {
        fs::read_to_string(self.file())
    }

    fn rename_and_read(&self) -> io::Result<String> {
        self.rename()?;
        self.read()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alternatives::finding::assert_killed;

    #[test]
    fn two_programs_that_follow_the_documentation_lose_bytes() {
        assert_killed(
            &ALTERNATIVE,
            r#"after the rename a reader finds "new"; the replacement fails and leaves "old""#,
            r#"after the rename a reader finds ""; the replacement succeeds and leaves """#,
        );
    }
}
