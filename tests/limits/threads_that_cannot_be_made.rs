//! A pool that needs a thread which cannot be made.

use super::*;

/// From now on no thread can be made, until the limit is given back. The process is no longer root's, whom it would
/// not bind. `None` where the system knows no other user, or no such limit.
fn forbid_threads() -> Option<Rlimit> {
    let is_bound = !getuid().is_root() || setuid(Uid::from_raw(NOBODY_ELSE)).is_ok();
    let before = getrlimit(Resource::Nproc);
    setrlimit(Resource::Nproc, Rlimit { current: Some(0), maximum: before.maximum }).unwrap();
    let is_forbidden = is_bound && thread::Builder::new().spawn(|| ()).is_err();
    if !is_forbidden {
        println!("skipped: the number of threads cannot be limited here");
        setrlimit(Resource::Nproc, before).unwrap();
    }
    is_forbidden.then_some(before)
}

#[test]
fn tokios_pool_answers_an_error_until_one_can() {
    passes("threads_that_cannot_be_made::child_on_tokios_pool", &path(), &[]);
}

#[test]
#[ignore = "a child of other tests"]
fn child_on_tokios_pool() {
    let path = path_of_a_child();
    let file = File::options().write(true).open(&path).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut file = Offload::with_pool(file, TokioPool::default());
    let Some(before) = forbid_threads() else { return };
    runtime.block_on(async {
        for _ in 0..2 {
            file.write_complete(b"refused").await.unwrap_err();
        }
        assert_eq!(fs::read(&path).unwrap(), b"");
        setrlimit(Resource::Nproc, before).unwrap();
        assert_eq!(file.write_complete(b"taken").await.unwrap(), 5);
    });
    assert_eq!(fs::read(&path).unwrap(), b"taken");
}

#[test]
fn a_pool_whose_threads_were_made_before_goes_on() {
    passes("threads_that_cannot_be_made::child_on_a_pool_that_was_made", &path(), &[]);
}

#[test]
#[ignore = "a child of other tests"]
fn child_on_a_pool_that_was_made() {
    let path = path_of_a_child();
    let mut file = Offload::with_pool(File::options().write(true).open(&path).unwrap(), Made::new(1));
    if forbid_threads().is_none() {
        return;
    }
    assert_eq!(block_on(file.write_complete(b"taken")).unwrap(), 5);
    assert_eq!(fs::read(&path).unwrap(), b"taken");
}

/// `blocking` 1.7 spins inside the call. If this test fails because it no longer does, the pages of `BlockingPool`
/// and of the limits have to say so.
#[test]
fn the_default_pool_spins_inside_the_call_until_one_can() {
    passes("threads_that_cannot_be_made::child_on_the_default_pool", &path(), &[]);
}

#[test]
#[ignore = "a child of other tests"]
fn child_on_the_default_pool() {
    let path = path_of_a_child();
    let mut file = Offload::new(File::options().write(true).open(&path).unwrap());
    let is_answered = Arc::new(AtomicBool::new(false));
    let (ours, theirs) = (is_answered.clone(), mpsc::channel());
    let thread = rustix::thread::gettid().as_raw_nonzero().get();
    let watcher = thread::spawn(move || {
        let Ok(before) = theirs.1.recv() else { return false };
        // A thread that waits has none of it; a quarter of a second of a processor is far more than a poll takes.
        let begun = ticks(thread);
        while ticks(thread) < begun + 25 && !ours.load(SeqCst) {
            thread::yield_now();
        }
        let answered_without_a_thread = ours.load(SeqCst);
        setrlimit(Resource::Nproc, before).unwrap();
        answered_without_a_thread
    });
    let Some(before) = forbid_threads() else { return };
    theirs.0.send(before).unwrap();
    // The first poll.
    let polled = block_on(poll_once(pin!(file.write_complete(b"taken"))));
    is_answered.store(true, SeqCst);
    assert!(!watcher.join().unwrap(), "the poll came back: {polled:?}");
    if polled.is_none() {
        block_on(file.settle()).unwrap();
    }
    assert_eq!(fs::read(&path).unwrap(), b"taken");
}

/// Time on processors of a thread of this process, in hundredths of a second.
fn ticks(thread: i32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/self/task/{thread}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}
