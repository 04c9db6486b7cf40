//! Who carries out an errand: a thread of the pool that is called, or one that is still here. A pure state machine.
//!
//! ```text
//! Absent    -> Called     post: a job has to go to the pool
//! Called    -> Working    next: the job runs
//! Called    -> Absent     give_back: the pool dropped the job
//! Working   -> Absent     done, and leaves
//! Working   -> Lingering  done, and stays for a moment
//! Lingering -> Posted     post: nothing goes to the pool
//! Posted    -> Working    next
//! Lingering -> Absent     next: nothing has come
//! ```
//!
//! There is one destination and so one errand at a time, posted while the worker is absent or lingers. A worker that
//! lingers holds nothing but a handle on the shared state; one whose errand was the last, because the destination is gone,
//! stays in Working.

#[cfg(test)]
mod tests;

/// What the worker of one writer is doing.
#[derive(Debug)]
pub(super) enum Staff<E> {
    /// There is none.
    Absent,
    /// A job is with the pool, and this is what for.
    Called(E),
    /// It has an errand, and will be [done](Staff::done).
    Working,
    /// It looks out for the next errand, and leaves if none comes.
    Lingering,
    /// It lingers, and this is for it.
    Posted(E),
}

/// Who will carry out what was posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an errand for which nobody is called is never carried out"]
pub(super) enum Posting {
    /// A worker that has to be called: hand a job to the pool.
    Call,
    /// The worker that lingers.
    Seen,
}

impl<E> Staff<E> {
    /// There is something to do.
    pub(super) fn post(&mut self, errand: E) -> Posting {
        let (next, posting) = match self {
            Self::Lingering => (Self::Posted(errand), Posting::Seen),
            Self::Absent => (Self::Called(errand), Posting::Call),
            Self::Called(_) | Self::Working | Self::Posted(_) => {
                unreachable!("an errand without the destination, which is out")
            }
        };
        *self = next;
        posting
    }

    /// What the worker has to do now; nothing if it is to leave.
    pub(super) fn next(&mut self) -> Option<E> {
        match std::mem::replace(self, Self::Working) {
            Self::Called(errand) | Self::Posted(errand) => Some(errand),
            Self::Lingering | Self::Absent => {
                *self = Self::Absent;
                None
            }
            Self::Working => {
                debug_assert!(false, "a worker asks for more before it is done");
                None
            }
        }
    }

    /// The worker has carried out its errand.
    pub(super) fn done(&mut self, lingers: bool) {
        debug_assert!(matches!(self, Self::Working), "done without an errand");
        *self = if lingers { Self::Lingering } else { Self::Absent };
    }

    /// Whether it has lingered until now.
    pub(super) fn is_lingering(&self) -> bool {
        matches!(self, Self::Lingering | Self::Posted(_))
    }

    /// The pool dropped the job before it ran.
    pub(super) fn give_back(&mut self) -> Option<E> {
        match std::mem::replace(self, Self::Absent) {
            Self::Called(errand) => Some(errand),
            other => {
                *self = other;
                None
            }
        }
    }
}
