//! A sequence of objects as an [`AsyncWriteComplete`](async_write_complete::AsyncWriteComplete): one for each
//! submission.

use std::{io, sync::Arc};

use async_write_complete::adapter::{FromOwned, OwnedWrite};
use object_store::{ObjectStore, ObjectStoreExt, path::Path};

/// A writer that puts each submission into an object of its own below `folder`, named by the position of its first
/// byte, so that the objects in the order of their names are the bytes in their order.
///
/// Complete means that the object is visible: to `get` and `list` of everybody, whole, under its name. An object has at
/// most 64 MiB; `max_submission` chooses another limit.
///
/// # Errors
///
/// For stores in this process or on its file system, where an error says that there is no object. One over a network
/// may lose an answer: there the function has to give an [`Indeterminate`](async_write_complete::Indeterminate) for
/// every error that leaves a doubt.
pub fn objects(store: Arc<dyn ObjectStore>, folder: Path) -> FromOwned<impl OwnedWrite + Send + use<>> {
    let writer = FromOwned::new(move |bytes: Vec<u8>, at| {
        let (store, name) = (store.clone(), folder.clone().join(format!("{at:020}")));
        async move {
            let len = bytes.len();
            // The store keeps the memory.
            let put = store.put(&name, bytes.into()).await;
            (put.map(|_| len).map_err(io::Error::from), Vec::new())
        }
    });
    writer.max_submission(64 << 20)
}
