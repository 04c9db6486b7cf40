//! Callers as they are.

use super::*;

/// Writes of all sizes, some interrupted.
fn capricious(seed: u64) -> Scripted {
    let mut random = XorShift(seed);
    Scripted::by_call(move |_| match random.below(6) {
        0 => Outcome::Error(io::ErrorKind::Interrupted),
        1 => Outcome::All,
        _ => Outcome::Short(1 + random.below(5000)),
    })
}

fn some_bytes(len: u32) -> Vec<u8> {
    (0..len).map(|n| (n % 251) as u8).collect()
}

#[test]
fn copy_of_futures_lite() {
    let bytes = some_bytes(200_000);
    let (destination, pool) = (capricious(1), Threads::new(2));
    let observer = destination.observer();
    let mut writer = Offload::with_pool(destination, pool);
    let copied = block_on(futures_lite::io::copy(&bytes[..], &mut writer)).unwrap();
    assert_eq!(copied, bytes.len() as u64);
    assert!(observer.bytes() == bytes, "other bytes");
}

#[test]
fn copy_of_futures_util() {
    let bytes = some_bytes(200_000);
    let destination = capricious(2);
    let observer = destination.observer();
    let mut writer = Offload::with_pool(destination, Threads::new(2));
    let copied = block_on(futures_util::io::copy(&bytes[..], &mut writer)).unwrap();
    assert_eq!(copied, bytes.len() as u64);
    assert!(observer.bytes() == bytes, "other bytes");
}

#[test]
fn the_buffered_writers() {
    let bytes = some_bytes(100_000);
    let destination = capricious(3);
    let observer = destination.observer();
    block_on(async {
        let writer = Offload::with_pool(destination, Threads::new(2));
        let mut buffered = futures_lite::io::BufWriter::with_capacity(1000, writer);
        for chunk in bytes.chunks(777) {
            buffered.write_all(chunk).await.unwrap();
        }
        buffered.close().await.unwrap();
    });
    assert!(observer.bytes() == bytes, "other bytes");
    assert_eq!((observer.flushes(), observer.drops()), (0, 1));

    let destination = capricious(4);
    let observer = destination.observer();
    block_on(async {
        let writer = Offload::with_pool(destination, Threads::new(2));
        let mut buffered = futures_util::io::BufWriter::with_capacity(1000, writer);
        for chunk in bytes.chunks(777) {
            futures_util::AsyncWriteExt::write_all(&mut buffered, chunk).await.unwrap();
        }
        futures_util::AsyncWriteExt::close(&mut buffered).await.unwrap();
    });
    assert!(observer.bytes() == bytes, "other bytes");
}

/// Fills its buffer further while the write is `Pending`, as `tokio::io::copy` does, and so comes back with more.
struct Lengthening<'a> {
    source: &'a [u8],
    buffer: Vec<u8>,
    written: usize,
}

impl Lengthening<'_> {
    fn poll<W: AsyncWrite + Unpin>(&mut self, writer: &mut W, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let (more, rest) = self.source.split_at(min(100, self.source.len()));
            self.buffer.extend_from_slice(more);
            self.source = rest;
            if self.written == self.buffer.len() {
                return Poll::Ready(Ok(()));
            }
            self.written += ready!(Pin::new(&mut *writer).poll_write(cx, &self.buffer[self.written..]))?;
        }
    }
}

#[test]
fn a_caller_that_lengthens() {
    let bytes = some_bytes(50_000);
    let (mut writer, pool, observer) = offload(capricious(5));
    let mut copy = Lengthening { source: &bytes, buffer: Vec::new(), written: 0 };
    while steps::poll(|cx| copy.poll(&mut writer, cx)).map(Result::unwrap).is_pending() {
        // Once in between for nothing.
        assert!(steps::poll(|cx| copy.poll(&mut writer, cx)).is_pending());
        assert!(pool.run_one());
    }
    assert!(observer.bytes() == bytes, "other bytes");
}

/// Offers as much as its allowance permits, which is another number each time.
struct RateLimited<W> {
    inner: W,
    random: XorShift,
}

impl<W: AsyncWrite + Unpin> AsyncWrite for RateLimited<W> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let allowance = 1 + self.random.below(64);
        Pin::new(&mut self.inner).poll_write(cx, &buf[..min(buf.len(), allowance)])
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close(cx)
    }
}

#[test]
fn a_caller_that_shortens() {
    let bytes = some_bytes(20_000);
    let destination = capricious(6);
    let observer = destination.observer();
    let writer = Offload::with_pool(destination, Threads::new(2));
    let mut limited = RateLimited { inner: writer, random: XorShift(7) };
    block_on(async {
        limited.write_all(&bytes).await.unwrap();
        limited.close().await.unwrap();
    });
    assert!(observer.bytes() == bytes, "other bytes");
}

/// Any caller that always offers some beginning of what it has not yet an answer for.
#[test]
fn a_caller_that_lengthens_and_shortens_at_random() {
    for seed in 1..200 {
        let mut random = XorShift(seed);
        let bytes: Vec<u8> = (0..2000).map(|_| random.next() as u8).collect();
        let mut fates = XorShift(seed + 1_000_000);
        let destination = Scripted::by_call(move |_| match fates.below(4) {
            0 => Outcome::Error(io::ErrorKind::Interrupted),
            1 => Outcome::All,
            _ => Outcome::Short(1 + fates.below(100)),
        });
        let (mut writer, pool, observer) = offload(destination);
        // How far it has answers; how far it has offered; and how much it has to offer at least after a flush, which
        // lets go of the bytes that a shorter buffer would be compared with.
        let (mut answered, mut offered, mut least) = (0, 0, 0);
        while answered < bytes.len() {
            let rest = &bytes[answered..];
            let offer = &rest[..random.below(min(rest.len(), 150) + 1).max(least)];
            let (left, right) = offer.split_at(random.below(offer.len() + 1));
            let step = random.below(8);
            let polled = match step {
                0..=3 => write(&mut writer, offer),
                4 | 5 => write_list(&mut writer, &[left, b"", right]),
                6 => flush(&mut writer).map_ok(|()| 0),
                _ => {
                    pool.run_one();
                    continue;
                }
            };
            if step < 6 {
                offered = offered.max(answered + offer.len());
            }
            if let Poll::Ready(n) = polled {
                answered += n.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
                least = if step == 6 { offered.saturating_sub(answered) } else { 0 };
            }
            let there = observer.bytes();
            assert!(answered <= there.len(), "seed {seed}: answered for {answered}, {} are there", there.len());
            assert!(bytes.starts_with(&there), "seed {seed}: other bytes");
        }
    }
}

/// Writes of different bytes, dropped at random: each happens at most once, in order, and what was answered for did.
#[test]
fn dropped_writes_happen_at_most_once_and_in_order() {
    for seed in 1..200 {
        let mut random = XorShift(seed);
        let (mut writer, pool, observer) = offload(Scripted::script(interrupted(3)));
        let mut answered = Vec::new();
        for id in 0..100_u8 {
            let record = [id; 5];
            loop {
                match write(&mut writer, &record) {
                    Poll::Ready(n) => {
                        assert_eq!(n.unwrap(), 5, "seed {seed}");
                        answered.push(id);
                        break;
                    }
                    Poll::Pending if random.below(3) == 0 => break,
                    Poll::Pending => drop(pool.run_one()),
                }
            }
        }
        while close(&mut writer).map(Result::unwrap).is_pending() {
            assert!(pool.run_one());
        }
        let there = observer.bytes();
        let happened: Vec<u8> = there.chunks(5).map(|record| record[0]).collect();
        assert!(there.chunks(5).all(|record| record == [record[0]; 5]), "seed {seed}: torn");
        assert!(happened.is_sorted_by(|a, b| a < b), "seed {seed}: twice, or out of order: {happened:?}");
        assert!(answered.iter().all(|id| happened.contains(id)), "seed {seed}: answered for, and not there");
    }
}
