//! Pools: one that is stepped by hand, and one of a few threads.

use std::{
    collections::VecDeque,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    thread::{self, ThreadId},
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

/// A pool of a fixed number of threads, first come first served. The threads end with the last clone, whoever has it: a
/// job may be the one.
#[derive(Clone)]
pub struct Threads(Arc<Workers>);

struct Workers {
    jobs: Mutex<mpsc::Sender<Job>>,
    threads: Vec<ThreadId>,
    unfinished: Arc<Unfinished>,
}

/// How many jobs wait or run.
#[derive(Default)]
struct Unfinished {
    jobs: Mutex<usize>,
    ended: Condvar,
    panicked: AtomicBool,
}

impl Unfinished {
    fn run(&self, job: Job) {
        if catch_unwind(AssertUnwindSafe(|| job.run())).is_err() {
            self.panicked.store(true, SeqCst);
        }
        *self.jobs.lock().unwrap() -= 1;
        self.ended.notify_all();
    }
}

impl Threads {
    pub fn new(count: usize) -> Self {
        let (jobs, queue) = mpsc::channel::<Job>();
        let (queue, unfinished) = (Arc::new(Mutex::new(queue)), Arc::<Unfinished>::default());
        let work = |(queue, unfinished): (Arc<Mutex<mpsc::Receiver<Job>>>, Arc<Unfinished>)| {
            move || {
                loop {
                    let next = queue.lock().unwrap().recv();
                    let Ok(job) = next else { return };
                    unfinished.run(job);
                }
            }
        };
        let spawn = |_| thread::spawn(work((queue.clone(), unfinished.clone()))).thread().id();
        let threads = (0..count).map(spawn).collect();
        Self(Arc::new(Workers { jobs: Mutex::new(jobs), threads, unfinished }))
    }

    /// The ids of the threads.
    pub fn ids(&self) -> Vec<ThreadId> {
        self.0.threads.clone()
    }

    /// Waits until no job waits or runs.
    pub fn wait_until_idle(&self) {
        let unfinished = &self.0.unfinished;
        let idle = unfinished.ended.wait_while(unfinished.jobs.lock().unwrap(), |jobs| *jobs > 0);
        drop(idle.unwrap());
        assert!(!unfinished.panicked.load(SeqCst), "a job panicked");
    }
}

impl Pool for Threads {
    fn execute(&self, job: Job) {
        *self.0.unfinished.jobs.lock().unwrap() += 1;
        self.0.jobs.lock().unwrap().send(job).expect("the threads live");
    }
}

impl fmt::Debug for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Threads").field("count", &self.0.threads.len()).finish()
    }
}
