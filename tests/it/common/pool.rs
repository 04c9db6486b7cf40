//! Pools: one that is stepped by hand, and one of a few threads.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    thread::{self, JoinHandle, ThreadId},
};

use async_write_complete::{Job, Pool};

/// A pool that runs a job when it is told to. Clones share the queue.
#[derive(Clone, Default)]
pub struct Stepped(Arc<Queue>);

#[derive(Default)]
struct Queue {
    jobs: Mutex<VecDeque<Job>>,
    refuses: AtomicBool,
    panics: AtomicBool,
    executed: AtomicUsize,
}

impl Stepped {
    pub fn new() -> Self {
        Self::default()
    }

    /// How many jobs wait.
    pub fn len(&self) -> usize {
        self.jobs().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many jobs were ever handed over, refused ones included.
    pub fn executed(&self) -> usize {
        self.0.executed.load(SeqCst)
    }

    /// Runs the oldest job on this thread; false if there is none.
    pub fn run_one(&self) -> bool {
        self.take().map(Job::run).is_some()
    }

    /// Runs the oldest job on a thread of its own, and waits for it. Gives that thread's id.
    pub fn run_one_elsewhere(&self) -> ThreadId {
        let job = self.take().expect("a job waits");
        let worker = thread::spawn(move || {
            job.run();
            thread::current().id()
        });
        worker.join().expect("a job never panics")
    }

    /// Takes the oldest job out, to be run elsewhere or dropped.
    pub fn take(&self) -> Option<Job> {
        self.jobs().pop_front()
    }

    /// Runs jobs until none waits, those that come meanwhile included. Gives their number.
    pub fn run_all(&self) -> usize {
        std::iter::from_fn(|| self.run_one().then_some(())).count()
    }

    /// Drops the oldest job, which has not run; false if there is none.
    pub fn drop_one(&self) -> bool {
        self.take().map(drop).is_some()
    }

    /// From now on jobs are dropped where they are handed over, or not.
    pub fn refuse(&self, refuses: bool) {
        self.0.refuses.store(refuses, SeqCst);
    }

    /// From now on `execute` panics with the job in its hands, or not.
    pub fn panic(&self, panics: bool) {
        self.0.panics.store(panics, SeqCst);
    }

    /// The lock is given back before anything runs.
    fn jobs(&self) -> std::sync::MutexGuard<'_, VecDeque<Job>> {
        self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pool for Stepped {
    fn execute(&self, job: Job) {
        self.0.executed.fetch_add(1, SeqCst);
        assert!(!self.0.panics.load(SeqCst), "the pool panics");
        if !self.0.refuses.load(SeqCst) {
            self.jobs().push_back(job);
        }
    }
}

impl fmt::Debug for Stepped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stepped").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// A pool of a fixed number of threads, first come first served. The last clone's drop waits for every job.
#[derive(Clone)]
pub struct Threads(Arc<Workers>);

struct Workers {
    jobs: Option<Mutex<mpsc::Sender<Job>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Threads {
    pub fn new(count: usize) -> Self {
        let (jobs, queue) = mpsc::channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        let work = |queue: Arc<Mutex<mpsc::Receiver<Job>>>| {
            move || {
                loop {
                    let next = queue.lock().unwrap().recv();
                    let Ok(job) = next else { return };
                    job.run();
                }
            }
        };
        let threads = (0..count).map(|_| thread::spawn(work(queue.clone()))).collect();
        Self(Arc::new(Workers { jobs: Some(Mutex::new(jobs)), threads }))
    }

    /// The ids of the threads.
    pub fn ids(&self) -> Vec<ThreadId> {
        self.0.threads.iter().map(|thread| thread.thread().id()).collect()
    }
}

impl Pool for Threads {
    fn execute(&self, job: Job) {
        let jobs = self.0.jobs.as_ref().expect("the pool lives");
        jobs.lock().unwrap().send(job).expect("the threads live");
    }
}

impl fmt::Debug for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Threads").field("count", &self.0.threads.len()).finish()
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "a job killed its thread");
        }
    }
}
