//! Objects in a store: one for each submission, visible when it is complete.

use std::{fs, sync::Arc};

use async_write_complete::{AsyncWriteCompleteExt, contract::Rule};
use async_write_complete_conformance::{Carrier, Certify, Specimen};
use futures_lite::{StreamExt, future::block_on};
use libraries::objects::objects;
use object_store::{ObjectStore, ObjectStoreExt, local::LocalFileSystem, memory::InMemory, path::Path};

use crate::conforms;

/// What cannot be seen from outside.
const EXEMPT: &[Rule] = &[Rule::W6, Rule::P3];
const WHY: &str = "the store cannot be made to fail at will";

/// All objects of a folder, in the order of their names: what `list` and `get` show to another reader.
async fn seen(store: &dyn ObjectStore, folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut names: Vec<Path> = store.list(Some(folder)).map(|meta| meta.unwrap().location).collect().await;
    names.sort();
    let mut seen = Vec::new();
    for name in names {
        let bytes = store.get(&name).await.unwrap().bytes().await.unwrap();
        seen.push((name.filename().unwrap().to_owned(), bytes.to_vec()));
    }
    seen
}

fn concat(objects: Vec<(String, Vec<u8>)>) -> Vec<u8> {
    objects.into_iter().flat_map(|(_, bytes)| bytes).collect()
}

/// Memory completes at the first poll, so nothing carries a write on.
#[test]
fn objects_in_memory_conform() {
    let certify = Certify::new(|| {
        let (store, folder) = (Arc::new(InMemory::new()), Path::from("log"));
        let writer = objects(store.clone(), folder.clone());
        Specimen::new(writer, move || concat(block_on(seen(&*store, &folder))))
    });
    conforms(&certify.carried(Carrier::Nobody).closes().exempt(EXEMPT, WHY));
}

/// Outside of a runtime of tokio the local file system works at the poll; an independent reader looks by `read_dir`.
#[test]
fn objects_in_the_local_file_system_conform() {
    conforms(&local().carried(Carrier::Nobody).closes().exempt(EXEMPT, WHY));
}

/// Within one it works on tokio's blocking threads.
#[test]
fn objects_in_the_local_file_system_conform_on_threads() {
    let certify = local().carried(Carrier::Polls).closes().exempt(EXEMPT, WHY);
    conforms(&certify.within(|body| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let _entered = runtime.enter();
        body();
    }));
}

fn local() -> Certify<impl async_write_complete::AsyncWriteComplete + use<>> {
    Certify::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
        let writer = objects(Arc::new(store), Path::from("log"));
        Specimen::new(writer, move || {
            let Ok(entries) = fs::read_dir(folder.path().join("log")) else { return Vec::new() };
            let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
            paths.sort();
            // What is staged has a `#` in its name, and is not an object.
            paths.retain(|path| !path.to_string_lossy().contains('#'));
            paths.iter().flat_map(|path| fs::read(path).unwrap()).collect()
        })
    })
}

#[test]
fn each_submission_is_an_object_named_by_its_position() {
    let (store, folder) = (Arc::new(InMemory::new()), Path::from("log"));
    block_on(async {
        let mut writer = objects(store.clone(), folder.clone());
        let large = vec![7; 5 << 20];
        for bytes in [b"one".as_slice(), b"three", &large] {
            writer.write_all_complete(bytes).await.unwrap();
        }
        writer.close_complete().await.unwrap();
        let seen = seen(&*store, &folder).await;
        let name = |at: usize| format!("{at:020}");
        assert_eq!(seen[..2], [(name(0), b"one".to_vec()), (name(3), b"three".to_vec())]);
        assert!(seen[2] == (name(8), large) && seen.len() == 3);
    });
}

/// The name is taken anew, so the next attempt is the object at that place.
#[test]
fn an_object_that_cannot_be_put_is_an_error_and_the_next_one_takes_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
    // A file where the folder of the objects has to be.
    fs::write(folder.path().join("log"), b"").unwrap();
    block_on(async {
        let mut writer = objects(Arc::new(store), Path::from("log"));
        for _ in 0..2 {
            writer.write_complete(b"lost").await.unwrap_err();
            assert_eq!(writer.position(), 0);
        }
        fs::remove_file(folder.path().join("log")).unwrap();
        writer.write_all_complete(b"found").await.unwrap();
    });
    assert_eq!(fs::read(folder.path().join("log").join(format!("{:020}", 0))).unwrap(), b"found");
}

/// Why a multipart upload has no place behind the trait: the answer of a part makes nothing visible.
#[test]
fn a_part_of_a_multipart_upload_is_not_visible_when_it_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let local = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
    let stores: [Arc<dyn ObjectStore>; 2] = [Arc::new(InMemory::new()), Arc::new(local)];
    block_on(async {
        for store in stores {
            let name = Path::from("parts");
            let mut upload = store.put_multipart(&name).await.unwrap();
            upload.put_part(b"a part".to_vec().into()).await.unwrap();
            assert!(matches!(store.get(&name).await, Err(object_store::Error::NotFound { .. })), "{store}");
            upload.complete().await.unwrap();
            assert_eq!(store.get(&name).await.unwrap().bytes().await.unwrap(), b"a part".as_slice(), "{store}");
        }
    });
}
