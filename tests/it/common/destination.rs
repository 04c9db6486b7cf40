//! A destination that does what a script says, and an observer that sees what was done with it.

use std::{
    collections::VecDeque,
    fmt,
    io::{self, Read, Seek, SeekFrom, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
};

use async_write_complete::{Indeterminate, SyncComplete, WriteComplete};

/// What one call does.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Takes, or gives, all that it can.
    All,
    /// At most that many bytes.
    Short(usize),
    /// `Ok(0)`.
    Zero,
    /// An error of that kind, with the text "scripted".
    Error(io::ErrorKind),
    /// The operating system's error of that code.
    Os(i32),
    /// An [`Indeterminate`] error whose source is the operating system's error of that code.
    Unknown(i32),
    /// Panics with the text "scripted".
    Panic,
    /// Takes all, and answers that many bytes more than there were.
    Lie(usize),
    /// Waits at the gate, then does what comes next in the script.
    Gate(Gate),
}

/// `ErrorKind::Interrupted`, `times` over.
pub fn interrupted(times: usize) -> impl Iterator<Item = Outcome> {
    std::iter::repeat_n(Outcome::Error(io::ErrorKind::Interrupted), times)
}

type Script = Box<dyn FnMut(usize) -> Outcome + Send>;

/// A destination with the bytes and the cursor of a file. What a script does not say is [`Outcome::All`].
///
/// Built by its methods, then given to an `Offload`; watched through its [`Observer`].
pub struct Scripted {
    writes: Script,
    waits: VecDeque<Outcome>,
    reads: VecDeque<Outcome>,
    seeks: VecDeque<Outcome>,
    flushes: VecDeque<Outcome>,
    /// What a stream is read from: another place than it writes to, without a cursor.
    input: Option<VecDeque<u8>>,
    panics_in_drop: bool,
    observer: Observer,
}

impl Scripted {
    /// Every call does all that it can.
    pub fn new() -> Self {
        Self::by_call(|_| Outcome::All)
    }

    /// The first calls of `write` do what `outcomes` says, one each.
    pub fn script(outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        let mut outcomes: VecDeque<_> = outcomes.into_iter().collect();
        Self::by_call(move |_| outcomes.pop_front().unwrap_or(Outcome::All))
    }

    /// Asks for the outcome of each call of `write` by its number, from 0.
    pub fn by_call(outcome: impl FnMut(usize) -> Outcome + Send + 'static) -> Self {
        Self {
            writes: Box::new(outcome),
            waits: VecDeque::new(),
            reads: VecDeque::new(),
            seeks: VecDeque::new(),
            flushes: VecDeque::new(),
            input: None,
            panics_in_drop: false,
            observer: Observer::default(),
        }
    }

    /// It begins with these bytes, and the cursor before them.
    pub fn holding(self, bytes: &[u8]) -> Self {
        self.observer.seen().bytes = bytes.to_vec();
        self
    }

    /// It is a stream that reads `input`: reads and writes share no cursor.
    pub fn stream(mut self, input: &[u8]) -> Self {
        self.input = Some(input.iter().copied().collect());
        self
    }

    /// The first calls of `wait_writable` wait; those after them cannot.
    pub fn on_wait(mut self, outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        self.waits.extend(outcomes);
        self
    }

    /// The first calls of `read`.
    pub fn on_read(mut self, outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        self.reads.extend(outcomes);
        self
    }

    /// The first calls of `seek`, those of `seek_back` included.
    pub fn on_seek(mut self, outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        self.seeks.extend(outcomes);
        self
    }

    /// The first calls of `flush`.
    pub fn on_flush(mut self, outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        self.flushes.extend(outcomes);
        self
    }

    /// The first calls of `sync_data` and `sync_all`.
    pub fn on_sync(self, outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        self.observer.seen().sync_script.extend(outcomes);
        self
    }

    /// Its drop panics.
    pub fn panics_in_drop(mut self) -> Self {
        self.panics_in_drop = true;
        self
    }

    /// Counts a visit, as of a `with_mut`.
    pub fn visit(&mut self) {
        self.observer.seen().visits += 1;
    }

    /// Sees what happens to it, also after it is gone.
    pub fn observer(&self) -> Observer {
        self.observer.clone()
    }

    /// How many of `room` bytes a call moves, and how many it says it did.
    fn play(mut next: impl FnMut() -> Outcome, room: usize) -> io::Result<(usize, usize)> {
        loop {
            return match next() {
                Outcome::All => Ok((room, room)),
                Outcome::Short(n) => Ok((n.min(room), n.min(room))),
                Outcome::Zero => Ok((0, 0)),
                Outcome::Error(kind) => Err(io::Error::new(kind, "scripted")),
                Outcome::Os(code) => Err(io::Error::from_raw_os_error(code)),
                Outcome::Unknown(code) => Err(Indeterminate::new(io::Error::from_raw_os_error(code)).into()),
                Outcome::Panic => panic!("scripted"),
                Outcome::Lie(excess) => Ok((room, room.saturating_add(excess))),
                Outcome::Gate(gate) => {
                    gate.pass();
                    continue;
                }
            };
        }
    }
}

impl Default for Scripted {
    fn default() -> Self {
        Self::new()
    }
}

fn next(script: &mut VecDeque<Outcome>) -> impl FnMut() -> Outcome {
    || script.pop_front().unwrap_or(Outcome::All)
}

impl Write for Scripted {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let call = {
            let mut seen = self.observer.seen();
            seen.writes.push(buf.len());
            seen.write_threads.push(thread::current().id());
            seen.writes.len() - 1
        };
        let (moved, said) = Self::play(|| (self.writes)(call), buf.len())?;
        self.observer.seen().put(&buf[..moved], self.input.is_some());
        Ok(said)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.observer.seen().flushes += 1;
        Self::play(next(&mut self.flushes), 0).map(drop)
    }
}

impl WriteComplete for Scripted {
    fn wait_writable(&mut self) -> io::Result<bool> {
        self.observer.seen().waits += 1;
        let Some(first) = self.waits.pop_front() else { return Ok(false) };
        let mut first = Some(first);
        Self::play(|| first.take().unwrap_or(Outcome::All), 0).map(|_| true)
    }

    fn seek_back(&mut self, n: u64) -> io::Result<bool> {
        self.observer.seen().seek_backs.push(n);
        Self::play(next(&mut self.seeks), 0)?;
        if self.input.is_some() {
            return Ok(false);
        }
        let mut seen = self.observer.seen();
        seen.position = seen.position.checked_sub(n).expect("no more than was read");
        Ok(true)
    }
}

impl Scripted {
    fn sync(&self, name: &'static str) -> io::Result<()> {
        let mut outcome = {
            let mut seen = self.observer.seen();
            seen.syncs.push(name);
            seen.sync_script.pop_front()
        };
        Self::play(|| outcome.take().unwrap_or(Outcome::All), 0)?;
        let mut seen = self.observer.seen();
        seen.durable = seen.bytes.clone();
        Ok(())
    }
}

impl SyncComplete for Scripted {
    fn sync_data(&self) -> io::Result<()> {
        self.sync("sync_data")
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync("sync_all")
    }
}

impl Read for Scripted {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.observer.seen().reads.push(buf.len());
        let (moved, said) = Self::play(next(&mut self.reads), buf.len())?;
        let got = match &mut self.input {
            Some(input) => input.read(&mut buf[..moved])?,
            None => self.observer.seen().get(&mut buf[..moved]),
        };
        Ok(if said > moved { said } else { got })
    }
}

impl Seek for Scripted {
    fn seek(&mut self, pos: SeekFrom) -> io::Result<u64> {
        self.observer.seen().seeks.push(pos);
        Self::play(next(&mut self.seeks), 0)?;
        let mut seen = self.observer.seen();
        let (base, offset) = match pos {
            SeekFrom::Start(n) => (n, 0),
            SeekFrom::End(n) => (seen.bytes.len() as u64, n),
            SeekFrom::Current(n) => (seen.position, n),
        };
        seen.position = base.checked_add_signed(offset).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(seen.position)
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.observer.seen().dropped_on.push(thread::current().id());
        assert!(!self.panics_in_drop || thread::panicking(), "scripted drop");
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripted").field("observer", &self.observer).finish_non_exhaustive()
    }
}

/// What was done with a [`Scripted`].
#[derive(Clone, Debug, Default)]
pub struct Observer(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    bytes: Vec<u8>,
    position: u64,
    writes: Vec<usize>,
    write_threads: Vec<ThreadId>,
    waits: usize,
    reads: Vec<usize>,
    seeks: Vec<SeekFrom>,
    seek_backs: Vec<u64>,
    flushes: usize,
    syncs: Vec<&'static str>,
    sync_script: VecDeque<Outcome>,
    durable: Vec<u8>,
    visits: usize,
    dropped_on: Vec<ThreadId>,
}

impl Seen {
    fn put(&mut self, bytes: &[u8], at_end: bool) {
        if at_end {
            self.bytes.extend_from_slice(bytes);
            return;
        }
        let (from, to) = (self.position as usize, self.position as usize + bytes.len());
        if !bytes.is_empty() {
            self.bytes.resize(self.bytes.len().max(to), 0);
            self.bytes[from..to].copy_from_slice(bytes);
        }
        self.position = to as u64;
    }

    fn get(&mut self, buf: &mut [u8]) -> usize {
        let rest = self.bytes.get(self.position as usize..).unwrap_or(&[]);
        let n = rest.len().min(buf.len());
        buf[..n].copy_from_slice(&rest[..n]);
        self.position += n as u64;
        n
    }
}

impl Observer {
    /// What it holds.
    pub fn bytes(&self) -> Vec<u8> {
        self.seen().bytes.clone()
    }

    /// Where its cursor is.
    pub fn position(&self) -> u64 {
        self.seen().position
    }

    /// The length of each call of `write`, those that failed or were interrupted included.
    pub fn writes(&self) -> Vec<usize> {
        self.seen().writes.clone()
    }

    /// The thread of each call of `write`.
    pub fn write_threads(&self) -> Vec<ThreadId> {
        self.seen().write_threads.clone()
    }

    /// The number of calls of `wait_writable`.
    pub fn waits(&self) -> usize {
        self.seen().waits
    }

    /// The length of each call of `read`.
    pub fn reads(&self) -> Vec<usize> {
        self.seen().reads.clone()
    }

    /// Each call of `seek`.
    pub fn seeks(&self) -> Vec<SeekFrom> {
        self.seen().seeks.clone()
    }

    /// Each call of `seek_back`.
    pub fn seek_backs(&self) -> Vec<u64> {
        self.seen().seek_backs.clone()
    }

    /// The number of calls of `flush`.
    pub fn flushes(&self) -> usize {
        self.seen().flushes
    }

    /// The number of calls of `sync_data` and `sync_all`.
    pub fn syncs(&self) -> usize {
        self.seen().syncs.len()
    }

    /// The name of each of them.
    pub fn sync_names(&self) -> Vec<&'static str> {
        self.seen().syncs.clone()
    }

    /// What it held at the last sync that succeeded.
    pub fn durable(&self) -> Vec<u8> {
        self.seen().durable.clone()
    }

    /// The number of calls of [`Scripted::visit`].
    pub fn visits(&self) -> usize {
        self.seen().visits
    }

    /// How often it was dropped: never more than once, unless something is very wrong.
    pub fn drops(&self) -> usize {
        self.seen().dropped_on.len()
    }

    /// The thread on which it was dropped.
    pub fn dropped_on(&self) -> Option<ThreadId> {
        self.seen().dropped_on.first().copied()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a call waits until the test lets it go on. Clones are the same gate; open, it stays open.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<(Mutex<Passage>, Condvar)>);

#[derive(Debug, Default)]
struct Passage {
    open: bool,
    arrived: usize,
}

impl Gate {
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets everybody pass from now on.
    pub fn open(&self) {
        self.passage().open = true;
        self.0.1.notify_all();
    }

    /// Waits until somebody has come to the gate.
    pub fn wait_for_arrival(&self) {
        let waiting = self.0.1.wait_while(self.passage(), |passage| passage.arrived == 0);
        drop(waiting.unwrap_or_else(PoisonError::into_inner));
    }

    /// Waits until the gate is open.
    pub fn pass(&self) {
        let mut passage = self.passage();
        passage.arrived += 1;
        self.0.1.notify_all();
        let open = self.0.1.wait_while(passage, |passage| !passage.open);
        drop(open.unwrap_or_else(PoisonError::into_inner));
    }

    fn passage(&self) -> MutexGuard<'_, Passage> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
