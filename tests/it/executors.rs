//! The same work on every executor: `Offload` needs nothing but wakers.

use std::{
    fs,
    future::Future,
    io::{self, SeekFrom},
    path::PathBuf,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use async_write_complete::{AsyncWriteComplete, AsyncWriteCompleteExt, HeldWrite, Offload};
use futures_lite::{AsyncReadExt, AsyncSeekExt};

use crate::common::{destination::Scripted, pool::Threads};

/// Writes, reads back, and closes a file of its own; gives what is in it then.
async fn work(seed: u8) -> io::Result<Vec<u8>> {
    let path = tempfile::NamedTempFile::new()?.into_temp_path();
    let file = fs::OpenOptions::new().read(true).write(true).open(&path)?;
    let mut file = Offload::new(file);
    let mut expected = Vec::new();
    for round in 0..50 {
        let bytes = vec![seed.wrapping_add(round); usize::from(round) * 100 + 1];
        match round % 3 {
            0 => file.write_all_complete(&bytes).await?,
            1 => file.resume_write_all(&mut HeldWrite::new(&bytes)).await?,
            _ => assert_eq!(file.write_complete(&bytes).await?, bytes.len()),
        }
        expected.extend_from_slice(&bytes);
        assert_eq!(fs::metadata(&path)?.len(), expected.len() as u64, "complete is visible");
    }
    file.sync_data().await?;
    assert_eq!(file.seek(SeekFrom::Start(0)).await?, 0);
    let mut read = Vec::new();
    file.read_to_end(&mut read).await?;
    assert!(read == expected);
    let length = file.with_mut(|file| file.metadata().map(|metadata| metadata.len())).await??;
    assert_eq!(length, expected.len() as u64);
    file.close_complete().await?;
    Ok(expected)
}

#[track_caller]
fn check(seed: u8, worked: io::Result<Vec<u8>>) {
    let bytes = worked.unwrap();
    assert_eq!((bytes[0], bytes.len()), (seed, (0..50).map(|round| round * 100 + 1).sum::<usize>()));
}

#[test]
fn futures_lite_block_on() {
    check(1, futures_lite::future::block_on(work(1)));
}

#[test]
fn tokio_current_thread() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    check(2, runtime.block_on(work(2)));
    runtime.block_on(async {
        let tasks: Vec<_> = (10..20).map(|seed| (seed, tokio::spawn(work(seed)))).collect();
        for (seed, task) in tasks {
            check(seed, task.await.unwrap());
        }
    });
}

#[test]
fn tokio_multi_thread() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    check(3, runtime.block_on(work(3)));
    runtime.block_on(async {
        let tasks: Vec<_> = (20..40).map(|seed| (seed, tokio::spawn(work(seed)))).collect();
        for (seed, task) in tasks {
            check(seed, task.await.unwrap());
        }
    });
}

#[test]
fn one_task_with_many_writers() {
    futures_lite::future::block_on(async {
        let works = (0..10).map(|seed| async move { (seed, work(seed).await) });
        for (seed, worked) in futures_util::future::join_all(works).await {
            check(seed, worked);
        }
    });
}

/// The smallest executor: parks its thread until the waker unparks it.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unparks(Thread);

    impl Wake for Unparks {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unparks(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn a_bare_block_on() {
    check(4, block_on(work(4)));
}

#[test]
fn a_bare_block_on_on_each_of_many_threads() {
    let threads: Vec<_> = (50..60).map(|seed| (seed, thread::spawn(move || block_on(work(seed))))).collect();
    for (seed, thread) in threads {
        check(seed, thread.join().unwrap());
    }
}

#[test]
fn polled_without_a_waker() {
    let mut future = pin!(work(5));
    let worked = loop {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(worked) => break worked,
            Poll::Pending => thread::yield_now(),
        }
    };
    check(5, worked);
}

#[test]
fn a_writer_goes_from_one_executor_to_another() {
    let pool = Threads::new(1);
    let destination = Scripted::new();
    let seen = destination.observer();
    let mut writer = Offload::with_pool(destination, pool);
    let mut held = HeldWrite::new(b"begun here, ");
    // Submitted, and then nobody polls.
    let polled = pin!(writer.resume_write_all(&mut held)).poll(&mut Context::from_waker(Waker::noop()));
    // Ready if the pool was quicker.
    assert!(!matches!(polled, Poll::Ready(Err(_))));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(writer.resume_write_all(&mut held)).unwrap();
    block_on(writer.write_all_complete(b"went on there")).unwrap();
    futures_lite::future::block_on(writer.close_complete()).unwrap();
    assert_eq!((seen.bytes(), seen.writes(), seen.drops()), (b"begun here, went on there".to_vec(), vec![12, 13], 1));
}

#[test]
fn a_boxed_writer_is_spawned_as_well() {
    let (pool, destination) = (Threads::new(1), Scripted::new());
    let seen = destination.observer();
    let mut writer: Pin<Box<dyn AsyncWriteComplete + Send>> = Box::pin(Offload::with_pool(destination, pool));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let task = runtime.spawn(async move {
        writer.write_all_complete(b"hello").await?;
        writer.close_complete().await
    });
    runtime.block_on(task).unwrap().unwrap();
    assert_eq!((seen.bytes(), seen.drops()), (b"hello".to_vec(), 1));
}

#[test]
fn a_task_that_is_cancelled_leaves_its_write_outstanding() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let path: PathBuf = tempfile::NamedTempFile::new().unwrap().into_temp_path().keep().unwrap();
    runtime.block_on(async {
        let mut file = Offload::create(&path).await.unwrap();
        tokio::select! {
            biased;
            answered = file.write_complete(b"cancelled") => assert_eq!(answered.unwrap(), 9),
            () = async {} => {}
        }
        if let Some(settled) = file.settle().await.unwrap() {
            assert_eq!((settled.submitted(), settled.completed()), (9, 9));
        }
        file.write_all_complete(b", and after it").await.unwrap();
    });
    assert_eq!(fs::read(&path).unwrap(), b"cancelled, and after it", "once, and in order");
    fs::remove_file(&path).unwrap();
}
