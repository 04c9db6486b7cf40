//! [`Operation`]: what a caller of the traits of today does with a writer.

use std::{fmt, io::SeekFrom};

use proptest::{
    prelude::{BoxedStrategy, Just, Strategy},
    prop_oneof,
};

use crate::{
    certify::Carrier,
    observer::Fault,
    random::{
        drive::Drive,
        sequence::{self, Menu},
    },
};

/// One thing that is done.
#[derive(Clone, Debug)]
pub(in crate::random) enum Operation {
    /// A `poll_write`, until it is answered or dropped.
    Write(Buffer, Drive),
    /// The same, of two slices that are cut after so many bytes.
    WriteVectored(Buffer, usize, Drive),
    Flush(Drive),
    Read(usize, Drive),
    /// To its end.
    Seek(SeekFrom),
    Sync(Drive),
    /// Once it was begun nothing else is done until it is answered: which of the two tells of the pending write would
    /// be a matter of time.
    Close(Drive),
    /// One piece of the work behind the writer is done.
    Step,
    /// The destination is let go, and all of the work is done.
    Advance,
    /// The destination is held.
    Hold,
    /// A fault is injected into the destination.
    Disturb(Fault),
}

/// Which bytes a `poll_write` has, beside those of the caller that no answer has covered yet.
#[derive(Clone, Debug)]
pub(in crate::random) enum Buffer {
    /// Others.
    New(Vec<u8>),
    /// These.
    Rest,
    /// These, with more after them.
    Longer(Vec<u8>),
    /// So many of them at most.
    Shorter(usize),
}

/// What `menu` has, each with its weight.
pub(in crate::random) fn operations(menu: &Menu) -> Vec<(u32, BoxedStrategy<Operation>)> {
    let write = (buffer(), Drive::any()).prop_map(|(buffer, drive)| Operation::Write(buffer, drive));
    let vectored = (buffer(), 0..4_usize, Drive::any());
    let vectored = vectored.prop_map(|(buffer, cut, drive)| Operation::WriteVectored(buffer, cut, drive));
    let flush = Drive::any().prop_map(Operation::Flush);
    let read = (1..9_usize, Drive::any()).prop_map(|(len, drive)| Operation::Read(len, drive));
    let seek = sequence::position().prop_map(Operation::Seek);
    let sync = Drive::any().prop_map(Operation::Sync);
    let close = Drive::any().prop_map(Operation::Close);
    let step = prop_oneof![4 => Just(Operation::Step), 1 => Just(Operation::Advance)];
    let mut operations = vec![(14, write.boxed()), (3, vectored.boxed()), (3, flush.boxed())];
    let able = [
        (menu.carrier != Carrier::Nobody, 6, step.boxed()),
        (menu.holds, 2, Just(Operation::Hold).boxed()),
        (menu.reads, 4, read.boxed()),
        (menu.seeks, 4, seek.boxed()),
        (menu.syncs, 3, sync.boxed()),
        (menu.closes, 1, close.boxed()),
    ];
    operations.extend(able.into_iter().filter(|(able, ..)| *able).map(|(_, weight, operation)| (weight, operation)));
    if !menu.faults.is_empty() {
        let fault = proptest::sample::select(menu.faults.clone());
        operations.push((4, fault.prop_map(Operation::Disturb).boxed()));
    }
    operations
}

fn buffer() -> impl Strategy<Value = Buffer> {
    prop_oneof![
        4 => sequence::bytes().prop_map(Buffer::New),
        5 => Just(Buffer::Rest),
        3 => sequence::bytes().prop_map(Buffer::Longer),
        3 => (1..4_usize).prop_map(Buffer::Shorter),
    ]
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(buffer, drive) => write!(f, "write {buffer}{drive}"),
            Self::WriteVectored(buffer, cut, drive) => write!(f, "write {buffer}, cut after {cut}{drive}"),
            Self::Flush(drive) => write!(f, "flush{drive}"),
            Self::Read(len, drive) => write!(f, "read {len}{drive}"),
            Self::Seek(position) => write!(f, "seek {position:?} to its end"),
            Self::Sync(drive) => write!(f, "sync{drive}"),
            Self::Close(drive) => write!(f, "close{drive}"),
            Self::Step => f.write_str("step"),
            Self::Advance => f.write_str("advance"),
            Self::Hold => f.write_str("hold"),
            Self::Disturb(fault) => fault.fmt(f),
        }
    }
}

impl fmt::Display for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New(bytes) => write!(f, "\"{}\"", bytes.escape_ascii()),
            Self::Rest => f.write_str("the rest"),
            Self::Longer(more) => write!(f, "the rest and \"{}\"", more.escape_ascii()),
            Self::Shorter(len) => write!(f, "at most {len} of the rest"),
        }
    }
}
