//! The contract: numbered rules, each with its text, in one place.
//!
//! Documentation and tests cite a rule by its [id](Rule::id); the text here decides. Every sentence of a rule is a MUST
//! unless it says SHOULD or MAY, as in [RFC 2119](https://www.rfc-editor.org/rfc/rfc2119). *The writer* is the type
//! that implements [`AsyncWriteComplete`](crate::AsyncWriteComplete).
//!
//! An implementor of the trait keeps the W rules; an implementor of any poll-based type keeps the P rules. The O rules
//! are what `Offload` adds, and D1 is what its syncs promise. The duties of a pool, J1 to J4, stand with
//! `offload::Pool`.
//!
//! # Words
//!
//! | word | meaning | for a file |
//! |---|---|---|
//! | **submitted** | the writer has taken the bytes: the point of no return | copied into the operation for the pool |
//! | **complete** | an observer of the destination sees the bytes, and needs no further call on this writer for that; the page of each type says what its observer is | another descriptor's `read(2)` returns them |
//! | **durable** | complete, and the bytes survive power loss | a later `fdatasync(2)` returned 0 |
//! | **outstanding** | submitted, and its result has not been answered: in flight, or ended and not answered | |
//! | **settled** | nothing is outstanding | |
//! | **indeterminate** | nobody can know how many bytes are complete | a flush that failed half-way |
//! | **self-driven** | something behind the writer carries a submitted write on: kernel, thread, memory | |
//! | **driven** | only polls carry a submitted write on: TLS, framing | |
//! | **taken** | of the bytes of a submission: the first ones, for which the writer answers from now on | |
//! | **poisoned** | takes no more, because an outcome was indeterminate | |
//! | **observer** | what sees the destination without the help of the writer | another descriptor, a peer |
//! | **turn** | a `Pending` that wakes its own task at once, so that the executor polls others in between | |
//!
//! *Not complete* does not mean *absent*: bytes of a failed call, or of a torn tail, may be there.

use std::fmt;

/// What a rule is about, and so who has to keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// Every implementor of [`AsyncWriteComplete`](crate::AsyncWriteComplete).
    Trait,
    /// Every poll-based type.
    Polls,
    /// `Offload`, and every other type that carries a blocking destination.
    Offload,
    /// Every type that has a sync.
    Durability,
}

macro_rules! rules {
    ($($group:ident: $($id:ident $name:literal: $text:literal)*;)*) => {
        /// A numbered rule of the contract.
        ///
        /// ```
        /// use async_write_complete::contract::Rule;
        ///
        /// assert_eq!(Rule::W5.id(), "W5");
        /// assert_eq!(Rule::W5.name(), "outstanding");
        /// assert_eq!(Rule::ALL.len(), 18);
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[doc = concat!("**", $name, "**: ", $text)] $id,)*)*
        }

        impl Rule {
            /// Every rule, in order.
            pub const ALL: &'static [Rule] = &[$($(Rule::$id),*),*];

            /// The id by which documentation and tests cite the rule, such as `W1`.
            pub const fn id(self) -> &'static str {
                match self { $($(Rule::$id => stringify!($id),)*)* }
            }

            /// A short name for the rule, such as `completion`.
            pub const fn name(self) -> &'static str {
                match self { $($(Rule::$id => $name,)*)* }
            }

            /// What the rule demands.
            pub const fn text(self) -> &'static str {
                match self { $($(Rule::$id => $text,)*)* }
            }

            /// What the rule is about.
            pub const fn group(self) -> Group {
                match self { $($(Rule::$id => Group::$group,)*)* }
            }
        }
    };
}

rules! {
    Trait:
    W1 "completion":
        "`Complete(n)`, or `Ready(Ok(n))` for a ticket: the first `n` bytes are complete. An observer sees them without any \
         further call on this writer."
    W2 "count":
        "`n` is at most what was taken. Exactly the first `n` bytes are complete; no later byte of that submission is or will \
         be. `Ok(0)` for bytes: the destination takes no more."
    W3 "submission":
        "`Pending` and `Err` take nothing (an `Indeterminate` says that nobody knows). What is taken is taken as it was at \
         that call, and attempted at most once; exactly once by a self-driven writer whose pool drops no job, and by a \
         driven one as long as it is polled. A submission of no bytes is `Complete(0)`, does nothing, and ends nothing; \
         after a close it MAY err."
    W4 "ticket":
        "A ticket is answered with its own result only, and with the same one again, until bytes are submitted: a count \
         exactly, an error with its kind, OS code and text. Any other ticket is `UnknownTicket`."
    W5 "outstanding":
        "A write is outstanding from `InFlight` until its ticket was polled to `Ready`, even if that answer was dropped. Until \
         then `outstanding` names it, and until a close has begun a submission of bytes answers `WriteOutstanding` at once, \
         takes nothing, and says the same again and again. So does every other write-side operation that the writer has, \
         except the close. Reads neither ask nor answer for it."
    W6 "error":
        "`Err` for a ticket: none of its bytes is complete, as the destination says, with kind and OS code. A partial success \
         is a short count. What cannot be known is `Indeterminate`, for good: every later submission of bytes errs and says \
         so too. An error that `write(2)` may give after bytes are in (EIO, ENOSPC or EDQUOT on a descriptor with `O_DSYNC`, \
         `O_SYNC` or `O_DIRECT`) is `Indeterminate`."
    W7 "order":
        "The bytes of a submission follow those of every earlier one."
    W8 "abandonment":
        "Dropping or forgetting futures and tickets changes nothing about a submitted write."
    W9 "close":
        "A close waits for what is outstanding, releases the destination, and tells the failure or short count of a write that \
         was not answered, which then counts as answered. The first outcome is given again; the last ticket still answers; \
         everything else errs. Types that cannot close, such as memory, MAY take later writes.";
    Polls:
    P1 "wake":
        "A task whose last poll was `Pending` is woken when it can go on, unless another task has polled that side since: \
         there is at least one waker each for reading and for writing. A poll that cannot go on does not wake its own task \
         again and again. A result is published before the wake. No lock is held \
         while a waker is cloned, woken or dropped, and a waker that panics harms only its own task."
    P2 "panic":
        "No poll panics because of its destination. A panic below, or a count above the length, is `Indeterminate`."
    P3 "kinds":
        "A caller never sees `WouldBlock` or `Interrupted`."
    P4 "turn":
        "Answers that are ready at once give the executor a turn (a self-wake and `Pending`) in bounded time, counted for the \
         thread across writers. A SHOULD for types without a thread behind them. A `Pending` that waits for room is no \
         missing turn.";
    Offload:
    O1 "one call":
        "A submission is one successful call of the destination's `write`, neither split nor merged, so that appends and pipes \
         stay atomic by the call. An interrupted call, or one that would have blocked, is made again."
    O2 "cursor":
        "Reads, seeks and writes of one handle happen in order. The bytes of an abandoned read go to the next read; where \
         reads and writes share a cursor that can be moved, it goes back over them before a write instead."
    O3 "drop":
        "No operation under way: the destination is dropped before `drop` returns. Otherwise `drop` returns at once, the \
         operation ends, and the destination is dropped after it, once, on the pool."
    O4 "pool":
        "A job that the pool refuses, or drops before it ran, is an error of its operation with nothing complete. The \
         destination is kept, and the next operation is tried anew.";
    Durability:
    D1 "durability":
        "Success of `sync_data` or `sync_all` means that all that this writer had completed before is durable. A failed sync \
         of this handle, waited for or not, is never followed by a successful one of it.";
}

impl fmt::Display for Rule {
    /// The id and the name: `W1 completion`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id(), self.name())
    }
}
