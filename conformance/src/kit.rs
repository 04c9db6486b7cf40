//! [`Kit`]: what the checks know of a writer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use async_write_complete::contract::{Group, Rule};

use crate::{
    certify::{Carrier, DecodeFn},
    observer::{NO_SPACE, Observer},
    subject::Subject,
    tally::Tally,
};

/// A fresh writer of any type, and an observer of its destination.
pub(crate) type Built = (Box<dyn Subject>, Box<dyn Observer>);

/// How the kit builds one.
pub(crate) type BuildFn = Arc<dyn Fn() -> Built + Send + Sync>;

/// A writer to be certified.
#[derive(Clone)]
pub(crate) struct Kit {
    pub(crate) build: BuildFn,
    /// The same over destinations with other habits, and what to call them.
    pub(crate) others: Vec<(&'static str, BuildFn)>,
    pub(crate) declared: Declared,
    /// What its random sequences did. Clones share it.
    pub(crate) tally: Arc<Tally>,
}

/// How the bytes of the destination relate to the caller's.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Image {
    Unchanged,
    Decoded(DecodeFn),
    Unseen,
}

/// What the author of a writer declared.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) carrier: Carrier,
    pub(crate) offloads: bool,
    pub(crate) closes: bool,
    pub(crate) tickets: bool,
    pub(crate) is_identified_by_content: bool,
    pub(crate) image: Image,
    pub(crate) direct: bool,
    pub(crate) late_errors: bool,
    pub(crate) reports_close: bool,
    pub(crate) peeks: bool,
    pub(crate) seeks: bool,
    pub(crate) reads: bool,
    pub(crate) syncs: bool,
    pub(crate) flushes: bool,
    pub(crate) submits_bytes: bool,
    pub(crate) is_taken_apart: bool,
    pub(crate) operations: Arc<[&'static str]>,
    pub(crate) exempt: Arc<[(Rule, &'static str)]>,
    pub(crate) patience: Option<Duration>,
    pub(crate) limit: Duration,
    /// How many waits came to nothing, in all checks of this writer: the later ones wait for less.
    pub(crate) waits_in_vain: Arc<AtomicU32>,
    pub(crate) code: i32,
    pub(crate) room: usize,
    pub(crate) within: Option<fn(&mut dyn FnMut())>,
    pub(crate) seed: Option<u64>,
}

/// How long one step of a check may take, and how long the kit waits for what should happen by itself, unless declared.
const LIMIT: Duration = Duration::from_secs(4);
const PATIENCE: Duration = Duration::from_secs(4);

/// The least that a step may take, and that is waited, once something hung.
const LEAST_LIMIT: Duration = Duration::from_millis(500);
const LEAST_PATIENCE: Duration = Duration::from_millis(25);

impl Default for Declared {
    fn default() -> Self {
        Self {
            carrier: Carrier::Nobody,
            offloads: false,
            closes: false,
            tickets: true,
            is_identified_by_content: false,
            image: Image::Unchanged,
            direct: true,
            late_errors: false,
            reports_close: false,
            peeks: false,
            seeks: false,
            reads: false,
            syncs: false,
            flushes: false,
            submits_bytes: false,
            is_taken_apart: false,
            operations: Arc::new([]),
            exempt: Arc::new([]),
            patience: None,
            limit: LIMIT,
            waits_in_vain: Arc::default(),
            code: NO_SPACE,
            room: usize::MAX,
            within: None,
            seed: None,
        }
    }
}

impl Declared {
    /// Whether every write is complete when it was submitted.
    pub(crate) fn is_complete_at_once(&self) -> bool {
        matches!(self.carrier, Carrier::Nobody | Carrier::Room)
    }

    pub(crate) fn is_self_driven(&self) -> bool {
        matches!(self.carrier, Carrier::Steps | Carrier::Others)
    }

    /// Why `rule` says nothing of this writer.
    pub(crate) fn does_not_concern(&self, rule: Rule) -> Option<String> {
        let why = match rule.group() {
            Group::Offload if !self.offloads => "not declared: `Certify::offloads`",
            Group::Offload if rule == Rule::O2 && !self.reads && !self.seeks => {
                "not declared: `Certify::seeks` or `Certify::reads`"
            }
            Group::Durability if !self.syncs => "not declared: `Certify::syncs`",
            _ => return None,
        };
        Some(why.to_owned())
    }

    /// What the author gives as the reason why `rule` cannot be judged.
    pub(crate) fn exemption(&self, rule: Rule) -> Option<&'static str> {
        self.exempt.iter().find(|(exempt, _)| *exempt == rule).map(|(_, why)| *why)
    }

    /// Why the author waives `rule`, if it is a SHOULD for this writer.
    pub(crate) fn waiver(&self, rule: Rule) -> Option<&'static str> {
        if rule == Rule::P4 && !self.is_self_driven() { self.exemption(rule) } else { None }
    }

    /// How long to wait for what should happen by itself.
    pub(crate) fn how_patient(&self) -> Duration {
        let default = if self.carrier == Carrier::Steps { Duration::ZERO } else { PATIENCE };
        self.shortened(self.patience.unwrap_or(default), LEAST_PATIENCE)
    }

    /// How long one step may take.
    pub(crate) fn step_limit(&self) -> Duration {
        self.shortened(self.limit, LEAST_LIMIT)
    }

    /// Something did not happen, although it was waited for. Only a writer that is broken comes here, often again and
    /// again, so that later waits are shorter: half as long each time.
    pub(crate) fn waited_in_vain(&self) {
        let _ = self.waits_in_vain.fetch_update(Relaxed, Relaxed, |waits| Some(waits.saturating_add(1)));
    }

    /// Whether a wait has come to nothing before.
    pub(crate) fn has_waited_in_vain(&self) -> bool {
        self.waits_in_vain.load(Relaxed) > 0
    }

    fn shortened(&self, time: Duration, least: Duration) -> Duration {
        let halvings = self.waits_in_vain.load(Relaxed).min(16);
        (time / (1 << halvings)).max(least.min(time))
    }
}
