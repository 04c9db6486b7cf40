//! [`Counts`]: how often each kind of thing happened.

use std::fmt;

use anyhow::ensure;

macro_rules! events {
    ($($event:ident: $text:literal,)*) => {
        /// What may happen to a writer, or by it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Event {
            $(#[doc = $text] $event,)*
        }

        impl Event {
            const ALL: &'static [Self] = &[$(Self::$event),*];

            fn text(self) -> &'static str {
                match self { $(Self::$event => $text,)* }
            }
        }
    };
}

events! {
    Offload: "lives of `Offload`",
    ToTokio: "lives of `ToTokio`",
    TokioFile: "lives of `tokio::fs::File`",
    Complete: "writes complete",
    Bytes: "bytes complete",
    Failed: "writes failed",
    Panicked: "outcomes indeterminate",
    Dropped: "writes by ticket dropped",
    PollDropped: "`poll_write` dropped",
    Resumed: "`poll_write` answered to a later one",
    PriorFailed: "failures of a dropped `poll_write` told to a later call",
    Refused: "operations refused over an outstanding write",
    Settled: "dropped writes settled",
    Flushed: "flushes",
    Read: "reads",
    ReadFailed: "reads failed",
    ReadDropped: "reads dropped",
    Sought: "seeks",
    SeekFailed: "seeks failed",
    SeekDropped: "seeks dropped",
    Synced: "syncs",
    SyncFailed: "syncs failed",
    SyncDropped: "syncs dropped",
    Closed: "closes",
    CloseFailed: "closes that the destination failed",
    CloseTold: "closes that told of an unheard write",
    CloseOver: "closes of a writer that was over",
    CloseDropped: "closes dropped",
    Abandoned: "writers dropped with a write under way",
    Short: "writes that the destination cut short",
    Interrupted: "writes that were interrupted",
}

/// How often each [`Event`] was there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts([u64; Event::ALL.len()]);

impl Default for Counts {
    fn default() -> Self {
        Self([0; Event::ALL.len()])
    }
}

impl Counts {
    pub(super) fn count(&mut self, event: Event) {
        self.add(event, 1);
    }

    pub(super) fn add(&mut self, event: Event, more: u64) {
        self.0[event as usize] += more;
    }

    pub(super) fn add_all(&mut self, more: &Self) {
        self.0.iter_mut().zip(more.0).for_each(|(all, more)| *all += more);
    }

    /// A soak in which something never happened says nothing of that. Only `except` may be missing.
    pub(super) fn assert_that_all_happened(&self, except: &[Event]) -> anyhow::Result<()> {
        let missing: Vec<_> = Event::ALL
            .iter()
            .filter(|event| self.0[**event as usize] == 0 && !except.contains(event))
            .map(|event| event.text())
            .collect();
        ensure!(missing.is_empty(), "there were none of these: {}", missing.join(", "));
        Ok(())
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Event::ALL.iter().try_for_each(|event| writeln!(f, "{:>12} {}", self.0[*event as usize], event.text()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_happened_is_named() {
        let mut counts = Counts::default();
        Event::ALL.iter().skip(1).for_each(|event| counts.count(*event));
        counts.assert_that_all_happened(&[Event::Offload]).expect("all but that happened");
        let error = counts.assert_that_all_happened(&[]).expect_err("one is missing").to_string();
        assert!(error.contains("lives of `Offload`"), "{error}");
    }
}
