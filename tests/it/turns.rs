//! Rule W16 for every operation of an `Offload`: where a worker lingers, a loop of reads, seeks or calls is answered in its
//! polls as writes are, and leaves the executor its turn all the same.

use std::{
    cell::Cell,
    io::{self, Read, Seek, SeekFrom, Write},
    time::{Duration, Instant},
};

use async_write_complete::{AsyncWriteCompleteExt, Offload, WriteComplete};
use futures_lite::{
    AsyncReadExt, AsyncSeekExt,
    future::{block_on, yield_now, zip},
};

/// Takes and gives without end.
struct Endless;

impl Read for Endless {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(buf.len())
    }
}

impl Write for Endless {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Endless {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Ok(0)
    }
}

impl WriteComplete for Endless {}

/// The most answers between two turns of another task.
fn longest_run(mut step: impl AsyncFnMut(&mut Offload<Endless>)) -> usize {
    let over = Cell::new(false);
    let count = Cell::new(0_usize);
    let work = async {
        let mut file = Offload::new(Endless);
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(200) {
            step(&mut file).await;
            count.set(count.get() + 1);
        }
        over.set(true);
    };
    let other = async {
        let (mut before, mut most) = (0, 0);
        while !over.get() {
            yield_now().await;
            most = most.max(count.get() - before);
            before = count.get();
        }
        most
    };
    block_on(zip(work, other)).1
}

/// Far more answers than a run has, far fewer than a worker gives before it queues again.
const MANY: usize = 1000;

#[test]
fn no_operation_keeps_the_executor() {
    let writes = longest_run(async |file| assert_eq!(file.write_complete(b"x").await.unwrap(), 1));
    let reads = longest_run(async |file| assert_eq!(file.read(&mut [0; 1]).await.unwrap(), 1));
    let seeks = longest_run(async |file| assert_eq!(file.seek(SeekFrom::Start(0)).await.unwrap(), 0));
    let calls = longest_run(async |file| file.with_mut(|_| ()).await.unwrap());
    assert!([writes, reads, seeks, calls].into_iter().all(|run| run < MANY), "{:?}", [writes, reads, seeks, calls]);
}
