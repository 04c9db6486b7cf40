//! A log in an object store: each submission is an object, and complete means that it is visible.

use std::{io, sync::Arc};

use async_write_complete::AsyncWriteCompleteExt;
use libraries::objects::objects;
use object_store::{local::LocalFileSystem, path::Path};

#[tokio::main(flavor = "current_thread")]
pub async fn main() -> io::Result<()> {
    let dir = tempfile::tempdir()?;
    let store = Arc::new(LocalFileSystem::new_with_prefix(dir.path())?);
    let mut log = objects(store, Path::from("log"));
    for record in ["one", "two", "three"] {
        log.write_all_complete(record.as_bytes()).await?;
        // The object is there, whole, under its name.
        let names = std::fs::read_dir(dir.path().join("log"))?;
        println!("{record}: {} objects, {} bytes", names.count(), log.position());
    }
    let read = |at: u64| std::fs::read_to_string(dir.path().join("log").join(format!("{at:020}")));
    assert_eq!([read(0)?, read(3)?, read(6)?], ["one", "two", "three"]);
    log.close_complete().await
}
