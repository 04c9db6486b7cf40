//! A file system that is shut down, as the kernel does when its journal cannot be written: every call on it answers
//! EIO, and so does every operation here, none of which hangs.
//!
//! `AWC_SHUTDOWN` names where one is mounted; `ci/filesystems.sh` makes it, and ends what hangs. A test shuts it down
//! for good, so there is one that has all the types. What is there after the next mount:
//! `evidence -- crash --shutdown`.

use std::{
    env,
    fmt::Debug,
    fs::File,
    io,
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc,
    thread,
};

use async_write_complete::{
    AsyncWriteComplete, AsyncWriteCompleteExt, Indeterminate, Offload, commit::GroupCommit, error::raw_os_error,
    fs::PositionedFile, tokio::fs::File as TokioFile,
};
use futures_lite::{
    AsyncReadExt,
    future::{block_on, poll_once},
};
use tokio::io::AsyncWriteExt;

const EIO: i32 = 5;

fn shut_down(folder: &Path) {
    let answer = Command::new("xfs_io").args(["-x", "-c", "shutdown"]).arg(folder).status().unwrap();
    assert!(answer.success());
}

#[track_caller]
fn assert_eio<T: Debug>(answer: io::Result<T>) {
    let error = answer.unwrap_err();
    assert_eq!(raw_os_error(&error), Some(EIO), "{error:?}");
}

/// How long each record of the running writer is.
const RECORD: u64 = 100;

/// A thread writes, and syncs every fourth record, until an answer is an error.
fn running_writer(file: File, synced: mpsc::Sender<u64>) -> thread::JoinHandle<(Offload<File>, u64)> {
    thread::spawn(move || {
        block_on(async {
            let (mut file, mut answered) = (Offload::new(file), 0);
            for number in 1_u64.. {
                if let Err(error) = file.write_all_complete(&[number as u8; RECORD as usize]).await {
                    assert!(Indeterminate::find(&error).is_none(), "{error:?}");
                    assert_eio(io::Result::<()>::Err(error));
                    break;
                }
                answered += RECORD;
                if number.is_multiple_of(4) {
                    match file.sync_data().await {
                        Ok(()) => _ = synced.send(answered),
                        error => {
                            assert_eio(error);
                            break;
                        }
                    }
                }
            }
            (file, answered)
        })
    })
}

/// Each operation of one handle, again and again; its writes and syncs had succeeded.
async fn assert_file_fails(mut file: Offload<File>) {
    for _ in 0..2 {
        assert_eio(file.write_complete(b"more").await);
        assert_eio(file.write_all_complete(b"more").await);
        assert_eio(file.sync_data().await);
        assert_eio(file.sync_all().await);
        assert_eio(file.set_len(1).await);
        assert_eio(file.read(&mut [0; 8]).await);
    }
    assert_eq!(file.outstanding(), None);
    file.close_complete().await.expect("close(2) does not fail, and all was answered");
}

/// A write that nobody has asked for is told by the close.
async fn assert_close_fails(mut file: Offload<File>) {
    // It is complete at once, or it is not answered.
    if let Some(answer) = poll_once(file.write_complete(b"more")).await {
        assert_eio(answer);
        return;
    }
    for _ in 0..2 {
        assert_eio(file.close_complete().await);
    }
}

async fn assert_tokio_file_fails(mut file: TokioFile) {
    for _ in 0..2 {
        assert_eio(file.write_all(b"more").await);
        assert_eio(file.sync_data().await);
        assert_eio(file.set_len(1).await);
    }
    file.shutdown().await.expect("as the close of the others");
}

async fn assert_positions_fail(file: PositionedFile) {
    for _ in 0..2 {
        assert_eio(file.write_at(b"more", 3).await);
        assert_eio(file.write_all_at(b"more", 3).await);
        assert_eio(file.sync_data().await);
    }
    let dropped = poll_once(file.write_all_at(b"more", 3)).await;
    match dropped {
        Some(answer) => assert_eio(answer),
        None => assert!(file.settle().await.is_err(), "its failure is told"),
    }
}

async fn assert_paths_fail(folder: &Path) {
    assert_eio(Offload::create(folder.join("new")).await);
    assert_eio(async_write_complete::fs::replace(folder.join("offload"), b"other").await);
    assert_eio(async_write_complete::fs::replace(folder.join("new"), b"other").await);
    assert_eio(async_write_complete::fs::write(folder.join("offload"), b"other").await);
    assert_eio(async_write_complete::fs::read(folder.join("offload")).await);
}

#[test]
fn every_operation_answers_eio() {
    let Some(folder) = env::var_os("AWC_SHUTDOWN").map(PathBuf::from) else {
        println!("skipped: AWC_SHUTDOWN names no file system; ci/filesystems.sh makes one");
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let open = |name| File::options().read(true).write(true).create_new(true).open(folder.join(name)).unwrap();
    let mut file = Offload::new(open("offload"));
    let unanswered = Offload::new(open("unanswered"));
    let positioned = PositionedFile::new(open("positioned")).unwrap();
    let mut tokio_file = TokioFile::from_std(open("tokio"));
    let log =
        GroupCommit::new(Offload::new(File::options().append(true).create(true).open(folder.join("log")).unwrap()));
    runtime.block_on(async {
        file.write_all_complete(b"there").await.unwrap();
        file.sync_data().await.unwrap();
        positioned.write_all_at(b"there", 0).await.unwrap();
        positioned.sync_data().await.unwrap();
        tokio_file.write_all(b"there").await.unwrap();
        tokio_file.sync_data().await.unwrap();
        log.append_durable(b"there").await.unwrap();
    });

    let (synced, syncs) = mpsc::channel();
    let running = running_writer(open("running"), synced);
    let before = syncs.iter().take(10).last().unwrap();
    let observer = File::open(folder.join("running")).unwrap();
    shut_down(&folder);
    let (running, answered) = running.join().unwrap();
    assert!(answered >= before);
    // XFS does not tell lengths any more. ext4 does: what was answered is there, and of what was refused at most a part
    // that was answered by a short write.
    if let Ok(metadata) = observer.metadata() {
        assert!((answered..answered + RECORD).contains(&metadata.len()), "{} of {answered}", metadata.len());
    }

    runtime.block_on(async {
        assert_file_fails(running).await;
        assert_file_fails(file).await;
        assert_close_fails(unanswered).await;
        assert_positions_fail(positioned).await;
        assert_tokio_file_fails(tokio_file).await;
        for _ in 0..2 {
            assert_eio(log.append(b"more").await);
            assert_eio(log.append_durable(b"more").await);
        }
        assert_paths_fail(&folder).await;
    });
}
