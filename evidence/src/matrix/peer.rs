//! Sockets as a destination: what the peer has received, and how its silence stalls the sender.

use std::{
    fs,
    io::{self, ErrorKind, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    os::{
        fd::{AsFd, AsRawFd},
        unix::net::UnixStream,
    },
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use async_write_complete_conformance::{Call, Effect, Fault, Observer};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// `EPIPE`, which a socket answers that is shut down.
pub(super) const BROKEN_PIPE: i32 = 32;

/// How long bytes may be under way in the loopback device.
const UNDER_WAY: Duration = Duration::from_millis(5);
/// How often the receiver looks whether it is still wanted.
const IDLE: Timespec = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };

/// What a connected socket of std can do.
pub(super) trait Duplex: AsFd + AsRawFd + Send + Sync + Sized + 'static {
    /// Whether one that takes no more goes on taking none, as long as the peer does not receive.
    const STALLS: bool;

    /// Two ends.
    fn pair() -> io::Result<(Self, Self)>;
    /// Another descriptor of the same end.
    fn twin(&self) -> io::Result<Self>;
    /// No call on this end waits.
    fn never_wait(&self) -> io::Result<()>;
    /// Nothing more can be sent.
    fn shut(&self) -> io::Result<()>;
    /// One read.
    fn receive(&self, buf: &mut [u8]) -> io::Result<usize>;
    /// One write.
    fn send(&self, buf: &[u8]) -> io::Result<usize>;
}

macro_rules! duplex {
    ($socket:ty, $stalls:literal, $pair:expr) => {
        impl Duplex for $socket {
            const STALLS: bool = $stalls;

            fn pair() -> io::Result<(Self, Self)> {
                $pair
            }

            fn twin(&self) -> io::Result<Self> {
                self.try_clone()
            }

            fn never_wait(&self) -> io::Result<()> {
                self.set_nonblocking(true)
            }

            fn shut(&self) -> io::Result<()> {
                self.shutdown(Shutdown::Write)
            }

            fn receive(&self, buf: &mut [u8]) -> io::Result<usize> {
                (&*self).read(buf)
            }

            fn send(&self, buf: &[u8]) -> io::Result<usize> {
                (&*self).write(buf)
            }
        }
    };
}

// The two ends of TCP move bytes and make room among themselves.
duplex!(TcpStream, false, loopback());
duplex!(UnixStream, true, UnixStream::pair());

fn loopback() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let one = TcpStream::connect(listener.local_addr()?)?;
    // Bytes are sent as they come, not when there are more of them.
    one.set_nodelay(true)?;
    Ok((one, listener.accept()?.0))
}

/// Sees a socket from the peer's end.
#[derive(Debug)]
pub(super) struct PeerObserver<S> {
    shared: Arc<Shared<S>>,
    /// Of the writer's end.
    twin: S,
}

/// The peer, which receives on a thread of its own, so that a writer of many bytes is not stalled by accident.
#[derive(Debug)]
struct Shared<S> {
    peer: S,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    received: Vec<u8>,
    at_end: bool,
    /// Bytes of ours that fill the socket while it is held, and are not the writer's.
    filling: usize,
    held: bool,
    /// Nobody looks any more.
    over: bool,
}

/// A new socket for the writer, and its observer.
///
/// # Panics
///
/// If there can be none; the kit takes that for a builder that failed.
pub(super) fn socket<S: Duplex>() -> (S, PeerObserver<S>) {
    let made = || {
        let (writer, peer) = S::pair()?;
        peer.never_wait()?;
        writer.never_wait()?;
        let twin = writer.twin()?;
        let shared = Arc::new(Shared { peer, state: Mutex::default(), changed: Condvar::new() });
        let receiver = shared.clone();
        thread::Builder::new().name("peer".to_owned()).spawn(move || receiver.run())?;
        io::Result::Ok((writer, PeerObserver { shared, twin }))
    };
    made().unwrap_or_else(|error| panic!("no socket: {error}"))
}

impl<S: Duplex> Shared<S> {
    /// Receives until the end.
    fn run(&self) {
        loop {
            // A closed socket is ready, for its end.
            let ready = poll(&mut [PollFd::new(&self.peer, PollFlags::IN)], Some(&IDLE));
            let state = self.changed.wait_while(self.state(), |state| state.held && !state.over);
            let mut state = state.unwrap_or_else(PoisonError::into_inner);
            if ready.is_ok() {
                self.receive(&mut state);
            }
            if state.over || state.at_end {
                return;
            }
        }
    }

    /// Receives what there is.
    fn receive(&self, state: &mut State) {
        let mut chunk = [0; 65536];
        while !state.at_end {
            match self.peer.receive(&mut chunk) {
                Ok(0) => state.at_end = true,
                Ok(n) => {
                    let ours = state.filling.min(n);
                    state.filling -= ours;
                    state.received.extend_from_slice(&chunk[ours..n]);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => state.at_end = true,
            }
        }
        self.changed.notify_all();
    }

    /// The state after all that may be under way has come in.
    fn settled(&self) -> MutexGuard<'_, State> {
        let mut state = self.state();
        while !state.held {
            self.receive(&mut state);
            let before = (state.received.len(), state.filling);
            let stays = |state: &mut State| !state.at_end && before == (state.received.len(), state.filling);
            let waited = self.changed.wait_timeout_while(state, UNDER_WAY, stays);
            let (now, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = now;
            if timeout.timed_out() || state.at_end {
                break;
            }
        }
        state
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Duplex> PeerObserver<S> {
    /// Sends until the socket takes no more; gives how many bytes that were.
    fn fill(&self) -> usize {
        let (mut filling, mut length) = (0, 65536);
        while length > 0 {
            match self.twin.send(&[0; 65536][..length]) {
                Ok(n) => filling += n,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => length /= 2,
            }
        }
        filling
    }

    /// How many descriptors of this process are the writer's end.
    fn descriptors(&self) -> io::Result<usize> {
        let ours = fs::read_link(format!("/proc/self/fd/{}", self.twin.as_raw_fd()))?;
        let entries = fs::read_dir("/proc/self/fd")?.filter_map(Result::ok);
        Ok(entries.filter(|entry| fs::read_link(entry.path()).is_ok_and(|link| link == ours)).count())
    }
}

impl<S: Duplex> Observer for PeerObserver<S> {
    fn bytes(&self) -> Vec<u8> {
        self.shared.settled().received.clone()
    }

    /// The writer has shut it down, or has let go of its descriptor.
    fn is_released(&self) -> Option<bool> {
        let at_end = self.shared.settled().at_end;
        // The twin is one of them.
        self.descriptors().ok().map(|descriptors| at_end || descriptors <= 1)
    }

    fn inject(&self, fault: &Fault) -> bool {
        let lasting = Fault::new(Effect::Error(BROKEN_PIPE)).lasting();
        fault.call == Call::Write && *fault == lasting && self.twin.shut().is_ok()
    }

    fn hold(&self) -> bool {
        if S::STALLS {
            let mut state = self.shared.settled();
            state.held = true;
            // A socket that is held already has bytes of ours.
            state.filling += self.fill();
        }
        S::STALLS
    }

    fn resume(&self) {
        self.shared.state().held = false;
        self.shared.changed.notify_all();
        drop(self.shared.settled());
    }
}

impl<S> Drop for PeerObserver<S> {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.over = true;
        self.shared.changed.notify_all();
    }
}
