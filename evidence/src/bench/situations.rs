//! The situations in which subjects are compared.

use std::time::Duration;

use anyhow::ensure;
use rustix::process::{Resource, getrlimit};

use super::{handle::Action, turn::Kind};

/// Sizes over the whole range: small, a page, large, beyond a cache.
const EVERY_SIZE: &[usize] = &[100, 4 << 10, 64 << 10, 1 << 20, 8 << 20];
/// Where the call costs more than the bytes.
const SMALL_SIZES: &[usize] = &[100, 4 << 10];
const SMALLEST: &[usize] = &[100];
const A_PAGE: &[usize] = &[4 << 10];
const READS: &[usize] = &[4 << 10, 64 << 10];

/// How many descriptors a process has beside those of its writers, at most.
const SPARE: u64 = 128;

/// What stands around the operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Situation {
    /// Nothing else runs.
    Alone,
    /// Two threads of another process spin.
    BusyLoops,
    /// All threads of the process share one core.
    OneCore,
    /// The process may use one and a half cores.
    Quota,
    /// A write each millisecond.
    OnePerMs,
    /// A sync after each write.
    Durable,
    /// Reads.
    Reads,
    /// Writes at positions.
    Positions,
    /// A pipe whose reader is slow.
    SlowPipe,
    /// So many writers at once, a ticker beside them.
    Writers(u16),
    /// 10,000 writers that have written once.
    Idle,
    /// On a tmpfs.
    Tmpfs,
    /// On ext4.
    Ext4,
    /// On XFS.
    Xfs,
    /// On btrfs.
    Btrfs,
}

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effort {
    /// Enough for figures.
    Full,
    /// Enough to see that it runs.
    Quick,
}

impl Situation {
    /// All, in the order in which they are measured.
    pub(super) const ALL: [Situation; 20] = [
        Situation::Alone,
        Situation::BusyLoops,
        Situation::OneCore,
        Situation::Quota,
        Situation::OnePerMs,
        Situation::Durable,
        Situation::Reads,
        Situation::Positions,
        Situation::SlowPipe,
        Situation::Writers(1),
        Situation::Writers(2),
        Situation::Writers(4),
        Situation::Writers(16),
        Situation::Writers(256),
        Situation::Writers(4096),
        Situation::Idle,
        Situation::Tmpfs,
        Situation::Ext4,
        Situation::Xfs,
        Situation::Btrfs,
    ];

    /// What the command line, the table and the JSON call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Situation::Alone => "alone",
            Situation::BusyLoops => "busy-loops",
            Situation::OneCore => "one-core",
            Situation::Quota => "quota",
            Situation::OnePerMs => "one-per-ms",
            Situation::Durable => "durable",
            Situation::Reads => "reads",
            Situation::Positions => "positions",
            Situation::SlowPipe => "slow-pipe",
            Situation::Writers(1) => "writers-1",
            Situation::Writers(2) => "writers-2",
            Situation::Writers(4) => "writers-4",
            Situation::Writers(16) => "writers-16",
            Situation::Writers(256) => "writers-256",
            Situation::Writers(_) => "writers-4096",
            Situation::Idle => "idle",
            Situation::Tmpfs => "tmpfs",
            Situation::Ext4 => "ext4",
            Situation::Xfs => "xfs",
            Situation::Btrfs => "btrfs",
        }
    }

    /// What it is, in words.
    pub(super) fn text(self) -> &'static str {
        match self {
            Situation::Alone => "one writer, one write after the other, where temporary files go",
            Situation::BusyLoops => "one writer, beside two threads of another process that spin",
            Situation::OneCore => "one writer, with all threads of the process on one core",
            Situation::Quota => "one writer, in a group of processes that may use one and a half cores (root only)",
            Situation::OnePerMs => "one writer, one write each millisecond",
            Situation::Durable => "one writer, with a sync of the data after each write; both are in the time",
            Situation::Reads => "one reader, one read after the other",
            Situation::Positions => "one writer, at the positions of a file, by `&self`",
            Situation::SlowPipe => "one writer to a pipe whose reader takes 4 KiB and pauses for 100 µs",
            Situation::Writers(1) => "a task that writes to a file, with a ticker on the same executor",
            Situation::Writers(2) => "2 tasks, each with a file of its own, with a ticker on the same executor",
            Situation::Writers(4) => "4 tasks, each with a file of its own, with a ticker on the same executor",
            Situation::Writers(16) => "16 tasks, each with a file of its own, with a ticker on the same executor",
            Situation::Writers(256) => "256 tasks, each with a file of its own, with a ticker on the same executor",
            Situation::Writers(_) => "4,096 tasks, each with a file of its own, with a ticker on the same executor",
            Situation::Idle => "heap and threads of 10,000 writers that have written once; no operation is timed",
            Situation::Tmpfs => "one writer on /dev/shm, if that is a tmpfs",
            Situation::Ext4 => "one writer on ext4, on a loop device unless temporary files are on it (root only)",
            Situation::Xfs => "one writer on XFS, on a loop device unless temporary files are on it (root only)",
            Situation::Btrfs => "one writer on btrfs, on a loop device unless temporary files are on it (root only)",
        }
    }

    /// The situation of that name, for the command line.
    ///
    /// # Errors
    ///
    /// With the names that there are.
    pub(super) fn find(name: &str) -> anyhow::Result<Situation> {
        Situation::ALL.into_iter().find(|situation| situation.name() == name).ok_or_else(|| {
            let names = Situation::ALL.map(Situation::name);
            anyhow::anyhow!("the situations are: {}", names.join(", "))
        })
    }

    /// Whether a run measures it unless it is told otherwise. The rest only asks what file systems add.
    pub(super) fn is_main(self) -> bool {
        !matches!(self, Situation::Tmpfs | Situation::Ext4 | Situation::Xfs | Situation::Btrfs)
    }

    /// The sizes that are measured unless others are asked for.
    pub(super) fn sizes(self) -> &'static [usize] {
        match self {
            Situation::Alone => EVERY_SIZE,
            Situation::BusyLoops => SMALL_SIZES,
            Situation::OneCore | Situation::Quota | Situation::OnePerMs => SMALLEST,
            Situation::Reads => READS,
            Situation::Durable | Situation::Positions | Situation::SlowPipe => A_PAGE,
            Situation::Writers(_) | Situation::Idle => A_PAGE,
            Situation::Tmpfs | Situation::Ext4 | Situation::Xfs | Situation::Btrfs => SMALL_SIZES,
        }
    }

    /// Fails if the process may not have a descriptor for each writer.
    ///
    /// # Errors
    ///
    /// With both numbers.
    pub(super) fn ensure_descriptors(self) -> anyhow::Result<()> {
        let room = getrlimit(Resource::Nofile).maximum;
        let is_enough = room.is_none_or(|room| self.writers() as u64 + SPARE <= room);
        ensure!(is_enough, "there are {} descriptors for {} writers", room.unwrap_or(0), self.writers());
        Ok(())
    }

    /// How many writers there are at the same time.
    pub(super) fn writers(self) -> usize {
        if let Situation::Writers(writers) = self { usize::from(writers) } else { 1 }
    }

    /// How long the operations of one row are timed, in all rounds together.
    pub(super) fn total(self, effort: Effort) -> Duration {
        match (effort, self) {
            (Effort::Quick, _) => Duration::from_millis(4),
            // What the scheduler does to tails takes longer to be seen.
            (Effort::Full, Situation::BusyLoops) => Duration::from_secs(5),
            (Effort::Full, _) => Duration::from_secs(2),
        }
    }

    /// How long one turn of a row lasts.
    pub(super) fn budget(self, effort: Effort, rounds: usize) -> Duration {
        self.total(effort) / u32::try_from(rounds).unwrap_or(u32::MAX)
    }

    /// What each turn does in it.
    pub(super) fn kind(self, effort: Effort, rounds: usize) -> Kind {
        let budget = self.budget(effort, rounds);
        let quick = effort == Effort::Quick;
        match self {
            Situation::OnePerMs => Kind::Paced { budget },
            Situation::Durable => Kind::BackToBack { action: Action::WriteAndSync, budget },
            Situation::Reads => Kind::BackToBack { action: Action::Read, budget },
            Situation::Writers(_) => Kind::Crowd { budget },
            Situation::Idle => {
                let rest = Duration::from_millis(if quick { 20 } else { 700 });
                Kind::Idle { writers: if quick { 500 } else { 10_000 }, rest }
            }
            _ => Kind::BackToBack { action: Action::Write, budget },
        }
    }

    /// Rounds that add anything: heap does not drift, and to open thousands of files takes longer than a short turn.
    pub(super) fn rounds(self, asked: usize) -> usize {
        match self {
            Situation::Idle => 1,
            Situation::Writers(4096) => asked.div_ceil(2),
            _ => asked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_finds_its_situation() {
        for situation in Situation::ALL {
            assert_eq!(Situation::find(situation.name()).expect("a situation"), situation);
        }
        assert!(Situation::find("no such").expect_err("none").to_string().contains("busy-loops"));
    }

    #[test]
    fn the_turns_of_a_full_run_add_up_to_two_seconds_and_beside_busy_loops_to_five() {
        for situation in Situation::ALL {
            let total = situation.budget(Effort::Full, 8) * 8;
            assert_eq!(total.as_secs(), if situation == Situation::BusyLoops { 5 } else { 2 });
        }
    }
}
