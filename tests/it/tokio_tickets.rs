//! [`ToTokio`] by ticket and by syncs: what was left by `poll_write`, which has no ticket, comes first.

use std::{
    io::{self, IoSlice},
    task::Poll,
};

use async_write_complete::{
    AsyncSyncCompleteExt, AsyncWriteCompleteBytesExt, AsyncWriteCompleteExt, Offload, adapter::ToTokio,
};
use bytes::Bytes;
use tokio::io::AsyncWriteExt;

use crate::common::{
    destination::{Outcome, Scripted},
    pool::Stepped,
    steps::{drive, offload, poll_future, prior},
};

type Writer = ToTokio<Offload<Scripted, Stepped>>;
type Operation = fn(&mut Writer, &Stepped) -> io::Result<()>;

const OPERATIONS: [(&str, Operation); 5] = [
    ("submit", |writer, pool| drive(pool, writer.write_all_complete(b"next"))),
    ("submit_vectored", |writer, pool| drive(pool, writer.write_vectored_complete(&[IoSlice::new(b"next")])).map(drop)),
    ("submit_bytes", |writer, pool| drive(pool, writer.write_bytes_complete(&Bytes::from_static(b"next"))).map(drop)),
    ("sync_data", |writer, pool| drive(pool, writer.sync_data_complete())),
    ("sync_all", |writer, pool| drive(pool, writer.sync_all_complete())),
];

/// A flush settles it, and its caller, who would be answered the count, has gone.
#[test]
fn a_dropped_short_write_is_told_once_after_a_flush() {
    for (name, operation) in OPERATIONS {
        let (inner, pool, _) = offload(Scripted::script([Outcome::Short(2)]));
        let mut writer = ToTokio::new(inner);
        assert!(poll_future(&mut Box::pin(writer.write(b"abc"))).is_pending());
        drive(&pool, writer.flush()).unwrap();
        prior(Poll::Ready(operation(&mut writer, &pool)), 3, Some(2));
        assert_eq!(pool.executed(), 1, "{name}: it is not executed");
        operation(&mut writer, &pool).unwrap();
        assert_eq!(pool.executed(), 2, "{name}");
    }
}
