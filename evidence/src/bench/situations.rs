//! The situations in which writers are compared.

use std::time::Duration;

use super::work::Kind;

/// Sizes over the whole range.
const EVERY_SIZE: &[usize] = &[16, 100, 1 << 10, 4 << 10, 64 << 10, 1 << 20, 8 << 20];
/// One of each kind: small, a page, large, beyond what one submission takes.
const SOME_SIZES: &[usize] = &[100, 4 << 10, 64 << 10, 1 << 20];
/// Where the call costs more than the bytes.
const SMALL_SIZES: &[usize] = &[100, 4 << 10];
/// Where many writers are held at once.
const ONE_SIZE: &[usize] = &[4 << 10];

/// What stands around the writers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Situation {
    /// Nothing else runs.
    Alone,
    /// All threads of the process share one core.
    OneCore,
    /// Two threads of another process spin.
    BusyLoops,
    /// A write each millisecond.
    OnePerMs,
    /// 1,000 writers at once, a ticker beside them.
    Crowd,
    /// On a tmpfs.
    Tmpfs,
    /// On ext4.
    Ext4,
    /// On XFS.
    Xfs,
    /// On btrfs.
    Btrfs,
    /// 10,000 writers that have written once.
    Idle,
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
    pub(super) const ALL: [Situation; 10] = [
        Situation::Alone,
        Situation::OneCore,
        Situation::BusyLoops,
        Situation::OnePerMs,
        Situation::Crowd,
        Situation::Tmpfs,
        Situation::Ext4,
        Situation::Xfs,
        Situation::Btrfs,
        Situation::Idle,
    ];

    /// What the command line, the table and the JSON call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Situation::Alone => "alone",
            Situation::OneCore => "one-core",
            Situation::BusyLoops => "busy-loops",
            Situation::OnePerMs => "one-per-ms",
            Situation::Crowd => "crowd",
            Situation::Tmpfs => "tmpfs",
            Situation::Ext4 => "ext4",
            Situation::Xfs => "xfs",
            Situation::Btrfs => "btrfs",
            Situation::Idle => "idle",
        }
    }

    /// What it is, in words.
    pub(super) fn text(self) -> &'static str {
        match self {
            Situation::Alone => "one writer, back to back, where temporary files go",
            Situation::OneCore => "likewise, with all threads of the process on one core",
            Situation::BusyLoops => "likewise, with two threads of another process that spin",
            Situation::OnePerMs => "one writer, one write each millisecond",
            Situation::Crowd => "1,000 writers at once, with a ticker on the same executor",
            Situation::Tmpfs => "one writer, back to back, on /dev/shm if that is a tmpfs",
            Situation::Ext4 => "likewise, where temporary files go if that is ext4, else on a loop device (root only)",
            Situation::Xfs => "likewise on XFS",
            Situation::Btrfs => "likewise on btrfs",
            Situation::Idle => "heap of each of 10,000 writers that have written once; has no rows in the JSON",
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

    /// The sizes that are measured unless others are asked for.
    pub(super) fn sizes(self) -> &'static [usize] {
        match self {
            Situation::Alone => EVERY_SIZE,
            Situation::OneCore | Situation::BusyLoops => SOME_SIZES,
            Situation::OnePerMs => SMALL_SIZES,
            Situation::Tmpfs | Situation::Ext4 | Situation::Xfs | Situation::Btrfs => SOME_SIZES,
            Situation::Crowd | Situation::Idle => ONE_SIZE,
        }
    }

    /// What each turn does in it.
    pub(super) fn kind(self, effort: Effort) -> Kind {
        let quick = effort == Effort::Quick;
        let of = |full, few| if quick { few } else { full };
        let millis = |full, few| Duration::from_millis(if quick { few } else { full });
        match self {
            Situation::OnePerMs => Kind::Paced { writes: of(100, 10) },
            Situation::Crowd => Kind::Crowd { writers: of(1000, 100), each: of(16, 2) },
            // Longer than a worker looks for the next write, by far.
            Situation::Idle => Kind::Idle { writers: of(10_000, 500), rest: millis(800, 20) },
            _ => Kind::BackToBack { batch: millis(15, 1) },
        }
    }

    /// Rounds of a full run that add anything: heap does not drift.
    pub(super) fn rounds(self, asked: usize) -> usize {
        if self == Situation::Idle { 1 } else { asked }
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
}
