//! Rule D1 of [`AsyncSyncComplete`]: of `Offload`, of `Inline`, of forwarders, of wrappers; and what a drop does.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use async_write_complete::{
    AsyncSyncComplete, AsyncSyncCompleteExt, AsyncWriteComplete, AsyncWriteCompleteExt, DriveSync, DriveWrite,
    Indeterminate, Inline, Offload, PriorWriteFailed, Started, Submitted, Tracked, WriteOutstanding,
};

use crate::common::{
    destination::{Outcome, Scripted},
    operation::Operation,
    pool::Stepped,
    steps::{self, failed, in_flight, poll, poll_future, ready, refused, submit, write_now},
};

/// Either sync.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Data,
    All,
}

const KINDS: [Kind; 2] = [Kind::Data, Kind::All];

impl Kind {
    /// One poll.
    fn of<W: AsyncSyncComplete + Unpin + ?Sized>(self, writer: &mut W) -> Poll<io::Result<()>> {
        poll(|cx| match self {
            Self::Data => Pin::new(&mut *writer).poll_sync_data(cx),
            Self::All => Pin::new(&mut *writer).poll_sync_all(cx),
        })
    }

    fn other(self) -> Self {
        match self {
            Self::Data => Self::All,
            Self::All => Self::Data,
        }
    }
}

#[test]
fn a_success_covers_what_was_complete() {
    for kind in KINDS {
        let (mut writer, pool, seen) = steps::offload(Scripted::new());
        for round in 1..4 {
            write_now(&mut writer, &pool, b"hello").unwrap();
            assert!(kind.of(&mut writer).is_pending());
            assert_eq!((seen.syncs(), seen.durable().len()), (round - 1, 5 * (round - 1)));
            pool.run_all();
            ready(kind.of(&mut writer)).unwrap();
            assert_eq!((seen.syncs(), seen.durable()), (round, seen.bytes()));
        }
    }
}

#[test]
fn an_answer_is_taken_once() {
    let (mut writer, pool, seen) = steps::offload(Scripted::new());
    for syncs in 1..4 {
        assert!(Kind::Data.of(&mut writer).is_pending());
        pool.run_all();
        ready(Kind::Data.of(&mut writer)).unwrap();
        assert_eq!(seen.syncs(), syncs);
    }
}

#[test]
fn it_is_refused_while_a_write_is_outstanding() {
    for kind in KINDS {
        let (mut writer, pool, seen) = steps::offload(Scripted::new());
        let ticket = in_flight(&mut writer, b"hello");
        refused(kind.of(&mut writer), ticket);
        pool.run_all();
        refused(kind.of(&mut writer), ticket);
        assert_eq!(seen.syncs(), 0);
        assert_eq!(ready(steps::ask(&mut writer, ticket)).unwrap(), 5);
        assert!(kind.of(&mut writer).is_pending());
    }
}

#[test]
fn a_dropped_one_goes_on_and_answers_the_next_of_its_kind() {
    for kind in KINDS {
        let (mut writer, pool, seen) = steps::offload(Scripted::new());
        write_now(&mut writer, &pool, b"hello").unwrap();
        assert!(kind.of(&mut writer).is_pending());
        pool.run_all();
        assert_eq!(seen.durable(), b"hello");
        ready(kind.of(&mut writer)).unwrap();
        assert_eq!(seen.syncs(), 1);
    }
}

#[test]
fn a_dropped_one_answers_no_other_kind() {
    for kind in KINDS {
        let (mut writer, pool, seen) = steps::offload(Scripted::new());
        assert!(kind.of(&mut writer).is_pending());
        pool.run_all();
        assert!(kind.other().of(&mut writer).is_pending());
        pool.run_all();
        ready(kind.other().of(&mut writer)).unwrap();
        assert_eq!(seen.syncs(), 2);
    }
}

/// The bytes of the operation between are not covered.
#[test]
fn a_dropped_one_answers_nobody_after_another_operation() {
    for between in [Operation::Submit, Operation::PollWrite, Operation::Seek, Operation::WithMut, Operation::SyncAll] {
        let (mut writer, pool, seen) = steps::offload(Scripted::new());
        assert!(Kind::Data.of(&mut writer).is_pending());
        pool.run_all();
        between.run(&mut writer, &pool).unwrap();
        let syncs = seen.syncs();
        assert!(Kind::Data.of(&mut writer).is_pending(), "{between:?}");
        pool.run_all();
        ready(Kind::Data.of(&mut writer)).unwrap();
        assert_eq!((seen.syncs(), seen.durable()), (syncs + 1, seen.bytes()), "{between:?}");
    }
}

#[test]
fn a_read_leaves_the_answer() {
    let (mut writer, pool, seen) = steps::offload(Scripted::new().holding(b"hello"));
    assert!(Kind::Data.of(&mut writer).is_pending());
    Operation::Read.run(&mut writer, &pool).unwrap();
    assert_eq!(seen.syncs(), 1);
}

/// The inherent ones are futures, whose first poll can be told.
#[test]
fn an_inherent_one_is_always_made() {
    let (mut writer, pool, seen) = steps::offload(Scripted::new());
    for in_time in [false, true] {
        let syncs = seen.syncs();
        assert!(Kind::Data.of(&mut writer).is_pending());
        if in_time {
            pool.run_all();
        }
        steps::drive(&pool, writer.sync_data()).unwrap();
        assert_eq!(seen.syncs(), syncs + 2);
    }
}

#[test]
fn a_failed_one_is_never_followed_by_a_successful_one() {
    for (kind, waits) in KINDS.into_iter().flat_map(|kind| [(kind, true), (kind, false)]) {
        let (mut writer, pool, seen) = steps::offload(Scripted::new().on_sync([Outcome::All, Outcome::Os(5)]));
        write_now(&mut writer, &pool, b"hello").unwrap();
        steps::drive(&pool, writer.sync_data_complete()).unwrap();
        assert!(kind.of(&mut writer).is_pending());
        pool.run_all();
        if waits {
            assert_eq!(failed(kind.of(&mut writer)).raw_os_error(), Some(5));
        }
        write_now(&mut writer, &pool, b"more").unwrap();
        for again in KINDS.into_iter().chain(KINDS) {
            assert_eq!(failed(again.of(&mut writer)).raw_os_error(), Some(5));
        }
        assert_eq!(failed(poll_future(&mut Box::pin(writer.sync_all()))).raw_os_error(), Some(5));
        assert_eq!((seen.syncs(), seen.durable()), (2, b"hello".to_vec()));
    }
}

#[test]
fn one_that_was_not_made_has_not_failed() {
    let (mut writer, pool, seen) = steps::offload(Scripted::new());
    assert!(Kind::Data.of(&mut writer).is_pending());
    pool.drop_one();
    assert!(failed(Kind::Data.of(&mut writer)).to_string().contains("dropped the job"));
    steps::drive(&pool, writer.sync_data_complete()).unwrap();
    assert_eq!(seen.syncs(), 1);
}

#[test]
fn a_panic_and_a_close_end_it() {
    let (mut writer, pool, _) = steps::offload(Scripted::new().on_sync([Outcome::Panic]));
    let error = steps::drive(&pool, writer.sync_all_complete()).unwrap_err();
    assert!(Indeterminate::find(&error).is_some());
    assert!(Indeterminate::find(&failed(submit(&mut writer, b"x"))).is_some());

    let (mut writer, pool, seen) = steps::offload(Scripted::new());
    assert!(Kind::Data.of(&mut writer).is_pending());
    steps::drive(&pool, writer.close_complete()).unwrap();
    assert_eq!((failed(Kind::Data.of(&mut writer)).kind(), seen.syncs()), (io::ErrorKind::BrokenPipe, 1));
}

#[test]
fn it_is_never_interrupted() {
    let outcomes = crate::common::destination::interrupted(3);
    let (mut writer, pool, seen) = steps::offload(Scripted::new().on_sync(outcomes));
    steps::drive(&pool, writer.sync_data_complete()).unwrap();
    assert_eq!(seen.syncs(), 4);
}

/// `&mut W`, `Box<W>`, `Pin<P>` and trait objects.
#[test]
fn forwarders_forward() {
    let (writer, pool, seen) = steps::offload(Scripted::new());
    let mut boxed: Box<dyn AsyncSyncComplete + Unpin> = Box::new(writer);
    let mut pinned = Pin::new(&mut boxed);
    steps::drive(&pool, pinned.sync_data_complete()).unwrap();
    steps::drive(&pool, pinned.sync_all_complete()).unwrap();
    assert_eq!(seen.syncs(), 2);
}

#[test]
fn inline_syncs_at_once() {
    for kind in KINDS {
        let destination = Scripted::new().on_sync([Outcome::All, Outcome::Os(5)]);
        let seen = destination.observer();
        let mut writer = Inline::new(destination);
        assert!(matches!(submit(&mut writer, b"hello"), Poll::Ready(Ok(Submitted::Complete(5)))));
        ready(kind.of(&mut writer)).unwrap();
        assert_eq!(seen.durable(), b"hello");
        for again in [kind, kind.other(), kind] {
            assert_eq!(failed(again.of(&mut writer)).raw_os_error(), Some(5));
        }
        assert_eq!(seen.syncs(), 2);
        assert!(matches!(submit(&mut writer, b"more"), Poll::Ready(Ok(Submitted::Complete(4)))), "writes go on");
        ready(steps::close(&mut writer)).unwrap();
        assert_eq!(failed(kind.of(&mut writer)).kind(), io::ErrorKind::BrokenPipe);
    }
}

/// A wrapper that passes everything on.
struct Through(Offload<Scripted, Stepped>);

impl DriveWrite for Through {
    fn poll_start(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        Pin::new(&mut self.0).poll_write_submit(cx, buf).map_ok(Started::from)
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let ticket = self.0.outstanding().expect("a write was taken");
        Pin::new(&mut self.0).poll_write_complete(cx, ticket)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close_complete(cx)
    }
}

impl DriveSync for Through {
    fn poll_sync_data(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_sync_data(cx)
    }

    fn poll_sync_all(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_sync_all(cx)
    }
}

#[test]
fn a_wrapper_keeps_it() {
    for waits in [true, false] {
        let (inner, pool, seen) = steps::offload(Scripted::new().on_sync([Outcome::All, Outcome::Os(5)]));
        let mut writer = Tracked::new(Through(inner));
        let ticket = in_flight(&mut writer, b"hello");
        refused(Kind::Data.of(&mut writer), ticket);
        steps::drive(&pool, writer.complete(ticket)).unwrap();
        steps::drive(&pool, writer.sync_data_complete()).unwrap();
        assert_eq!(seen.durable(), b"hello");
        assert!(Kind::All.of(&mut writer).is_pending());
        pool.run_all();
        if waits {
            assert_eq!(failed(Kind::All.of(&mut writer)).raw_os_error(), Some(5));
        }
        write_now(&mut writer, &pool, b"more").unwrap();
        for again in KINDS {
            assert_eq!(failed(again.of(&mut writer)).raw_os_error(), Some(5));
        }
        assert_eq!(seen.syncs(), 2);
        steps::drive(&pool, writer.close_complete()).unwrap();
        assert_eq!(failed(Kind::All.of(&mut writer)).kind(), io::ErrorKind::BrokenPipe);
    }
}

/// Of a wrapper too: the pool has refused the sync, so it was not made, and the next one is.
#[test]
fn a_wrapper_does_not_take_a_refused_one_for_a_failed_one() {
    for kind in KINDS {
        let (inner, pool, seen) = steps::offload(Scripted::new());
        let mut writer = Tracked::new(Through(inner));
        write_now(&mut writer, &pool, b"hello").unwrap();
        assert!(kind.of(&mut writer).is_pending());
        assert!(pool.drop_one());
        assert!(failed(kind.of(&mut writer)).to_string().contains("dropped the job"));
        assert_eq!(seen.syncs(), 0);
        steps::drive(&pool, writer.sync_data_complete()).unwrap();
        assert_eq!((seen.syncs(), seen.durable()), (1, b"hello".to_vec()));
    }
}

/// A wrapper whose first sync answers an error.
struct Refuses(Option<io::Error>);

impl DriveWrite for Refuses {
    fn poll_start(&mut self, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
        Poll::Ready(Ok(Started::Complete(buf.len())))
    }

    fn poll_finish(&mut self, _: &mut Context<'_>) -> Poll<io::Result<usize>> {
        unreachable!("nothing was taken")
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl DriveSync for Refuses {
    fn poll_sync_data(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_sync_all(cx)
    }

    fn poll_sync_all(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.0.take().map_or(Ok(()), Err))
    }
}

/// Nor one that a writer inside does not make, because of a write before.
#[test]
fn a_wrapper_does_not_take_what_was_not_made_inside_for_a_failed_one() {
    let (mut other, pool, _) = steps::offload(Scripted::new());
    let ticket = in_flight(&mut other, b"hello");
    let prior = PriorWriteFailed::new(ticket, Some(0), io::ErrorKind::StorageFull.into());
    for refusal in [io::Error::from(WriteOutstanding::new(ticket)), prior.into()] {
        let mut writer = Tracked::new(Refuses(Some(refusal)));
        failed(Kind::Data.of(&mut writer));
        ready(Kind::Data.of(&mut writer)).unwrap();
    }
    pool.run_all();
}
