//! A job that waits on a thread of the pool for another job of that pool, as `block_on` does there; and a destination
//! that waits for its own `Offload`.

use std::path::PathBuf;

use async_write_complete::{WriteComplete, WriteOutstanding};

use super::*;

/// Far more polls than a write takes that can go on.
const POLLS: usize = 1_000;

/// A destination that hands its bytes to another writer, and waits for it. The first thing it does is what `block_on`
/// would do without end.
struct Nested<P>(Offload<File, P>, PathBuf);

impl<P: Pool> Write for Nested<P> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let mut write = pin!(self.0.write_complete(buf));
        let polled = (0..POLLS).find_map(|_| {
            thread::yield_now();
            block_on(poll_once(write.as_mut()))
        });
        assert_eq!(fs::read(&self.1)?, b"", "no thread was left for it");
        polled.unwrap_or_else(|| Err(io::Error::new(io::ErrorKind::Deadlock, "it would wait for ever")))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<P: Pool> WriteComplete for Nested<P> {}

/// As a user would write it.
struct Blocking<P>(Offload<File, P>);

impl<P: Pool> Write for Blocking<P> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        block_on(self.0.write_complete(buf))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<P: Pool> WriteComplete for Blocking<P> {}

const CHILD: &str = "a_job_that_waits_for_another::child_whose_pool_has_one_thread";

#[test]
fn it_waits_for_ever_where_no_thread_is_left_and_not_on_another_pool() {
    passes(CHILD, &path(), &[("BLOCKING_MAX_THREADS", "1")]);
}

#[test]
#[ignore = "a child of other tests"]
fn child_whose_pool_has_one_thread() {
    let path = path_of_a_child();
    let append = || File::options().append(true).open(&path).unwrap();
    let mut outer = Offload::new(Nested(Offload::new(append()), path.clone()));
    let error = block_on(outer.write_complete(b"later")).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::Deadlock);
    // The job has ended, so there is one now.
    block_on(outer.with_mut(|_| ())).unwrap();
    let mut nested = block_on(outer.into_inner()).unwrap();
    assert_eq!(block_on(nested.0.settle()).unwrap().unwrap().completed(), 5);

    let mut outer = Offload::new(Blocking(Offload::with_pool(append(), Made::new(1))));
    assert_eq!(block_on(outer.write_complete(b", on another pool")).unwrap(), 17);
    assert_eq!(fs::read(&path).unwrap(), b"later, on another pool");
}

const SPARE: &str = "a_job_that_waits_for_another::child_whose_pool_has_two_threads";

#[test]
fn it_goes_on_while_a_thread_is_left() {
    passes(SPARE, &path(), &[("BLOCKING_MAX_THREADS", "2")]);
}

#[test]
#[ignore = "a child of other tests"]
fn child_whose_pool_has_two_threads() {
    let path = path_of_a_child();
    let inner = Offload::new(File::options().append(true).open(&path).unwrap());
    let mut outer = Offload::new(Blocking(inner));
    assert_eq!(block_on(outer.write_complete(b"taken")).unwrap(), 5);
    assert_eq!(fs::read(&path).unwrap(), b"taken");
}

/// Asks the `Offload` that it is the destination of, from within its write.
struct Itself {
    owner: Arc<Mutex<Option<Offload<Itself, Made>>>>,
    told: mpsc::Sender<(bool, bool)>,
}

impl Write for Itself {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let mut owner = self.owner.lock().unwrap();
        let owner = owner.as_mut().unwrap();
        let written = block_on(poll_once(pin!(owner.write_complete(b"again"))));
        let is_refused = matches!(written, Some(Err(error)) if WriteOutstanding::find(&error).is_some());
        let settles = (0..POLLS).all(|_| block_on(poll_once(pin!(owner.settle()))).is_none());
        self.told.send((is_refused, settles)).unwrap();
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteComplete for Itself {}

/// Its own write is outstanding: another one is refused, and what waits for it waits for ever.
#[test]
fn a_destination_that_asks_its_own_offload_is_refused_or_waits() {
    let owner = Arc::new(Mutex::new(None));
    let (told, tells) = mpsc::channel();
    let destination = Itself { owner: owner.clone(), told };
    {
        let mut owner = owner.lock().unwrap();
        let writer = owner.insert(Offload::with_pool(destination, Made::new(2)));
        let _ = block_on(writer.submit(b"hello")).unwrap();
    }
    assert_eq!(tells.recv().unwrap(), (true, true));
    let mut writer = owner.lock().unwrap().take().unwrap();
    assert_eq!(block_on(writer.settle()).unwrap().unwrap().completed(), 5);
}
