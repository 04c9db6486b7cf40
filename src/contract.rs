//! The contract: numbered rules, each with its text, in one place.
//!
//! The documentation of the traits and the tests cite a rule by its [id](Rule::id); the text here decides.
//! MUST and MAY are meant as in [RFC 2119](https://www.rfc-editor.org/rfc/rfc2119). *The writer* is the type that
//! implements [`AsyncWriteComplete`](crate::AsyncWriteComplete); the duties of a pool, P1 to P4, stand
//! with the pool. Every sentence of a rule is a MUST unless it says MAY. Operations that no trait has (seek, sync, set
//! length, `with_mut`, `into_inner`) are meant where the writer has them.
//!
//! # Words
//!
//! | word | meaning |
//! |---|---|
//! | **destination** | what the writer hands its bytes to. Its *own write call* is, of a blocking type, `write`; of an `AsyncWriteComplete`, a submission, which returns when it is complete; of an `AsyncWrite`, `poll_write` and the `poll_flush` after it; of memory, the copy |
//! | **submitted** | the writer has taken the bytes; the write is past its point of no return |
//! | **complete** | the destination's own write call has returned for them; they are as visible as after a blocking write on it |
//! | **durable** | complete, and they survive power loss |
//! | **orphan** | a submitted write whose ticket nobody has polled to `Ready` when the next write-side operation comes (its future was dropped or forgotten) |
//! | **settled** | no write is outstanding, and no orphan's failure is unreported |
//! | **self-driven** | something behind the writer carries a submitted write on by itself: kernel, pool thread, memory |
//! | **driven** | a writer built on another asynchronous writer: only polls carry it on; any later operation does |
//! | **indeterminate** | nobody can know how many bytes of the submission are complete |
//! | accepted | what other traits mean by `Ready`: somebody has a copy |
//!
//! *Not complete* does not mean *absent*: bytes of a failed call, or of a torn tail, may be there.

use std::fmt;

macro_rules! rules {
    ($($id:ident $name:literal: $text:literal)*) => {
        /// A numbered rule of the contract.
        ///
        #[cfg_attr(
            all(
                any(doc, doctest),
                feature = "offload",
                feature = "tokio",
                feature = "bytes",
                feature = "conformance"
            ),
            doc = "Why there is such a rule, and what it costs: [RFC 0001](crate::rfcs::rfc_0001).\n"
        )]
        /// ```
        /// use async_write_complete::contract::Rule;
        ///
        /// assert_eq!(Rule::W1.id(), "W1");
        /// assert_eq!(Rule::W1.name(), "completion");
        /// assert_eq!(Rule::ALL.len(), 17);
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = concat!("**", $name, "**: ", $text)] $id,)*
        }

        impl Rule {
            /// Every rule, in order.
            pub const ALL: &'static [Rule] = &[$(Rule::$id),*];

            /// The id by which documentation and tests cite the rule, such as `W1`.
            pub const fn id(self) -> &'static str {
                match self { $(Rule::$id => stringify!($id),)* }
            }

            /// A short name for the rule, such as `completion`.
            pub const fn name(self) -> &'static str {
                match self { $(Rule::$id => $name,)* }
            }

            /// What the rule demands.
            pub const fn text(self) -> &'static str {
                match self { $(Rule::$id => $text,)* }
            }
        }
    };
}

rules! {
    W1 "completion":
        "`Complete(n)`, or `Ready(Ok(n))` for a ticket, MUST be answered only after the destination's own write call has \
         returned for those bytes."
    W2 "exact count":
        "`n` is at most what was taken, and exactly the first `n` bytes are complete; no later byte of that submission is or \
         will be. `0` for a submission that is not empty means that the destination takes no more; `write_all_complete` \
         turns it into `WriteZero`."
    W3 "submission":
        "`Pending` takes nothing. `Err` takes nothing either, unless it is `Indeterminate`, which says that nobody knows. What \
         is taken is taken as it was at that call, and is attempted at most once: \
         exactly once for a self-driven writer whose pool keeps its duties, and for a driven one as long as somebody polls \
         it. A driven writer MAY take bytes into its own buffer and answer `InFlight` before its inner writer does; dropping \
         it earlier may tear the tail, and its documentation MUST say so."
    W4 "one call":
        "A submission makes at most one successful call of the destination's write. `Interrupted` is retried \
         inside, and a refused non-blocking attempt does not count. A submission is neither merged with another nor split. A \
         wrapper that transforms bytes MAY need several inner calls; its counts speak of its caller's bytes."
    W5 "identity":
        "A ticket is answered with its own result only, any number of times, until the next submission of bytes: a count \
         exactly; an error, which cannot be cloned, again with its kind, OS code and text. A barrier, or a submission that is \
         `Pending`, does not supersede it."
    W6 "error":
        "`Err` for a ticket says of its bytes what the destination's error says (for `write(2)` on a file without \
         `O_DIRECT`: none of them is complete), whole: kind and OS code. It belongs to that submission. Where it cannot be known how many bytes are \
         complete, the error MUST be typed `Indeterminate`, and it poisons the writer. A partial success is a short count \
         now; the error, if it stays, meets the next submission."
    W7 "order":
        "Submissions complete in order. An operation that shares the cursor or the state with the outstanding write (seek, \
         sync, set length, read on the same handle, `with_mut`, close, `into_inner`) first waits for it."
    W8 "abandonment":
        "Dropping or forgetting a future never cancels, blocks, repeats or loses a submitted write. The writer keeps its \
         result: its ticket gets it (W5), and a failure is owed (W9)."
    W9 "no lost failure":
        "An orphan that failed, or completed fewer bytes than were taken, is reported as `PriorWriteFailed` to the next \
         write-side operation (submission, barrier, flush, sync, seek, set length, `with_mut`, `into_inner`, close), exactly \
         once; that operation is not executed, except that close releases all the same. Reads neither report nor consume it. \
         Polling its ticket to `Ready` first is the report, whatever becomes of that answer; a ticket still answers after a `PriorWriteFailed`. Until it is \
         reported nothing write-side succeeds. The debt ends with the writer's drop."
    W10 "barrier":
        "A submission of no bytes makes no call on the destination and is `Complete(0)` once the writer is settled."
    W11 "wake":
        "A task whose last poll was `Pending` is woken when it can go on, unless another task has polled that side since: \
         there is at least one waker each for the reading and the writing side. The result is published before the wake; no lock is held while a waker is cloned, woken or dropped; a \
         panicking waker harms only its own task."
    W12 "close":
        "All is complete, then the destination is released; the first outcome is kept and given again, error or not. Other \
         operations after it get an error, never a panic. Types that cannot close (memory, `&mut W`) MAY take later writes. \
         What std hides (the result of `close(2)`) is not promised."
    W13 "machinery":
        "A panic in the destination, or a count above the length, is an `Indeterminate` error for that operation, and every \
         later one errs. A job that the pool refuses, or drops before it ran, is an error with nothing complete; the \
         destination is kept and not poisoned. `poll_*` never panics (the caller's own waker aside, and as long as panics \
         unwind), and does not hang while \
         the destination's calls return and the pool runs its jobs."
    W14 "drop":
        "Settled: the destination is dropped before `drop` returns. Outstanding and self-driven: `drop` returns at once, the \
         write runs, and the destination is dropped once, after it, on the pool; dispatched reads, seeks and syncs finish \
         likewise. Outstanding and driven: see W3."
    W15 "transparency":
        "A caller never sees `WouldBlock` or `Interrupted`; a destination in non-blocking mode gets a clear error of another \
         kind."
    W16 "fairness":
        "A writer whose answers are ready at once gives the executor a turn (a self-wake and `Pending`, from \
         `poll_write_complete` or before submission) after a bounded time of them, or after a few where that takes longer, counted for the thread across writers."
    D1 "durability":
        "Success of a sync means that all that was complete before the call is durable. It fails if an earlier write's failure \
         is unreported. A failed sync, waited for or not, poisons durability for good and is never retried into a success."
}

impl fmt::Display for Rule {
    /// The id and the name: `W1 completion`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id(), self.name())
    }
}
