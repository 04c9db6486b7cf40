//! The threads of the default pool after a burst.

use std::num::NonZeroUsize;

use super::*;

/// The threads of the pool, and how often each has slept.
fn pool() -> Vec<(String, u64)> {
    let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
    let of_the_pool = tasks.filter_map(|task| {
        let status = fs::read_to_string(task.path().join("status")).ok()?;
        let field = |name| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let sleeps = field("voluntary_ctxt_switches:")?.parse().ok()?;
        field("Name:")?.starts_with("blocking-").then(|| (task.path().display().to_string(), sleeps))
    });
    of_the_pool.collect()
}

#[test]
fn they_are_as_many_as_were_blocked_at_once_until_the_limit_is_lowered() {
    passes("threads_that_stay::child_after_a_burst", &path(), &[("BLOCKING_MAX_THREADS", "4")]);
}

#[test]
#[ignore = "a child of other tests"]
fn child_after_a_burst() {
    // More writers than threads, each of which blocks until its peer is gone.
    let ends: Vec<_> = (0..8).map(|_| io::pipe().unwrap()).collect();
    let (readers, writers): (Vec<_>, Vec<_>) = ends.into_iter().unzip();
    let mut writers: Vec<_> = writers.into_iter().map(Offload::new).collect();
    for writer in &mut writers {
        let _ = block_on(writer.submit(&[0; 1 << 20])).unwrap();
    }
    while pool().len() < 4 {
        thread::yield_now();
    }
    drop(readers);
    for mut writer in writers {
        let _ = block_on(writer.settle());
    }
    // Each wakes now and then, finds nothing to do, and sleeps again.
    let begun = pool();
    let has_slept = |threads: &[(String, u64)]| {
        let pairs = threads.iter().zip(&begun);
        pairs.filter(|((task, sleeps), (same, before))| task == same && *sleeps > before + 2).count()
    };
    let mut after = pool();
    while has_slept(&after) < begun.len() && after.len() == begun.len() {
        thread::yield_now();
        after = pool();
    }
    assert_eq!((begun.len(), after.len()), (4, 4));
    // What to use instead.
    blocking::set_max_blocking_threads(NonZeroUsize::MIN);
    while pool().len() > 1 {
        thread::yield_now();
    }
    let mut file = block_on(Offload::create(path_of_a_child())).unwrap();
    assert_eq!(block_on(file.write_complete(b"taken")).unwrap(), 5);
}
