//! [`Sequence`]: random operations of a writer, as far as it declared them.

use std::{fmt, io::SeekFrom};

use proptest::{
    collection::vec,
    prelude::{BoxedStrategy, Just, Strategy},
    prop_oneof,
    strategy::{Union, ValueTree},
};

use super::{drive::Drive, runner};
use crate::{
    certify::Carrier,
    kit::{Image, Kit},
    need::Need,
    observer::{Call, Effect, Fault},
};

/// What is done with one writer, from its first poll to its drop.
#[derive(Clone, Debug)]
pub(super) struct Sequence<O = Operation> {
    pub(super) operations: Vec<O>,
    pub(super) ending: Ending,
}

impl<O: Clone> Sequence<O> {
    /// Every sequence with one or two operations less.
    pub(super) fn shorter(&self) -> impl Iterator<Item = Self> + use<O> {
        let (operations, ending) = (self.operations.clone(), self.ending);
        let pairs = (0..operations.len()).flat_map(move |first| (0..=first).map(move |second| (first, second)));
        pairs.map(move |(first, second)| {
            let mut operations = operations.clone();
            operations.remove(first);
            if second < first {
                operations.remove(second);
            }
            Self { operations, ending }
        })
    }
}

/// Sequences of operations of these kinds, each with its weight. Each sequence leaves some kinds out, so that the
/// others meet more often. They shrink by leaving operations out, then to earlier and smaller ones.
pub(super) fn sequences<O: Clone + fmt::Debug + 'static>(
    kinds: Vec<(u32, BoxedStrategy<O>)>,
) -> impl Strategy<Value = Sequence<O>> {
    let ending = prop_oneof![3 => Just(Ending::Settle), 1 => Just(Ending::Drop)];
    let kinds = kinds.into_iter().enumerate();
    let kinds: Vec<_> = kinds.map(|(kind, (weight, operation))| (weight, (Just(kind), operation))).collect();
    let chosen = vec(proptest::bool::weighted(0.6), kinds.len());
    let operations = vec(Union::new_weighted(kinds), 1..=2 * LONGEST);
    (chosen, operations, ending).prop_map(|(chosen, operations, ending)| {
        let operations = operations.into_iter().filter(|(kind, _)| chosen[*kind]);
        Sequence { operations: operations.map(|(_, operation)| operation).take(LONGEST).collect(), ending }
    })
}

/// The sequence that `choices` make: two bytes for each operation, so that a change of a few of them, or their loss,
/// leaves the other operations alone; and the last byte for the ending.
pub(super) fn chosen<O: Clone + fmt::Debug + 'static>(
    kinds: Vec<(u32, BoxedStrategy<O>)>,
    choices: &[u8],
) -> Sequence<O> {
    let kinds = Union::new_weighted(kinds);
    let operation = |choice: &[u8]| {
        let choice = choice.iter().fold(1, |number, byte| number << 8 | u64::from(*byte));
        // Of these strategies none rejects what it has drawn.
        kinds.new_tree(&mut runner(1, choice)).expect("an operation").current()
    };
    let operations = choices.chunks_exact(2).take(LONGEST).map(operation).collect();
    let ending = if choices.last().is_some_and(|last| last % 4 == 3) { Ending::Drop } else { Ending::Settle };
    Sequence { operations, ending }
}

/// One thing that is done.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    /// Nobody asks for it, unless an [`Ask`](Self::Ask) or a [`Settle`](Self::Settle) follows.
    Submit(Vec<u8>, Drive),
    SubmitVectored(Vec<Vec<u8>>, Drive),
    SubmitBytes(Vec<u8>, Drive),
    /// A future that submits and asks; where it is dropped between the two, the write is forgotten.
    Write(Vec<u8>, Drive),
    /// Writes the bytes that were submitted last once more, as a loop does that makes its write anew.
    Remake(Drive),
    /// A held write goes on; if none is held, one of these bytes begins.
    Resume(Vec<u8>, Drive),
    /// The question for whatever `outstanding` names.
    Settle(Drive),
    Ask(Which, Drive),
    Read(usize, Drive),
    Seek(SeekFrom, Drive),
    Sync(Drive),
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

impl Operation {
    /// How many bytes it gives to the writer; `None` if as many as the last submission.
    pub(super) fn bytes(&self) -> Option<usize> {
        match self {
            Self::Submit(bytes, _) | Self::SubmitBytes(bytes, _) => Some(bytes.len()),
            Self::Write(bytes, _) | Self::Resume(bytes, _) => Some(bytes.len()),
            Self::SubmitVectored(slices, _) => Some(slices.iter().map(Vec::len).sum()),
            Self::Remake(_) => None,
            _ => Some(0),
        }
    }
}

/// Which ticket is polled.
#[derive(Clone, Copy, Debug)]
pub(super) enum Which {
    /// The last one.
    Last,
    /// One so many submissions before the last one.
    Earlier(usize),
    /// Another writer's.
    Foreign,
}

/// How it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The writer is settled first.
    Settle,
    /// The writer is dropped as it is.
    Drop,
}

/// Which operations a writer can do.
#[derive(Debug)]
pub(super) struct Menu {
    pub(super) carrier: Carrier,
    pub(super) holds: bool,
    pub(super) reads: bool,
    pub(super) seeks: bool,
    pub(super) syncs: bool,
    pub(super) closes: bool,
    bytes: bool,
    pub(super) faults: Vec<Fault>,
}

impl Menu {
    /// What was declared, and what the destination of a specimen can be made to do.
    pub(super) fn of(kit: &Kit) -> Self {
        let unchanged = matches!(kit.declared.image, Image::Unchanged);
        let (_, observer) = (kit.build)();
        let mut faults = faults(kit.declared.code);
        // What stands in between keeps bytes of a write that failed, or calls again: the fate of the write is not
        // known.
        faults.retain(|_| kit.declared.direct);
        faults.retain(|fault| kit.declared.late_errors || !matches!(fault.effect, Effect::LateError(_)));
        faults.retain(|fault| is_called(kit, fault.call) && observer.inject(fault));
        Self {
            carrier: kit.declared.carrier,
            // A held destination would block a write on this thread.
            holds: matches!(kit.declared.carrier, Carrier::Room | Carrier::Polls | Carrier::Others) && observer.hold(),
            // The caller of a transform cannot know where the cursor stands.
            reads: kit.declared.reads && unchanged,
            seeks: kit.declared.seeks && unchanged,
            syncs: kit.declared.syncs,
            closes: kit.declared.closes,
            bytes: kit.declared.unmet(Need::Bytes).is_none(),
            faults,
        }
    }

    /// These operations, each with its weight.
    pub(super) fn operations(&self) -> Vec<(u32, BoxedStrategy<Operation>)> {
        let submit = (bytes(), Drive::any()).prop_map(|(bytes, drive)| Operation::Submit(bytes, drive)).boxed();
        let slices = (vec(bytes(), 0..4), Drive::any());
        let vectored = slices.prop_map(|(slices, drive)| Operation::SubmitVectored(slices, drive)).boxed();
        let by_bytes = (bytes(), Drive::any()).prop_map(|(bytes, drive)| Operation::SubmitBytes(bytes, drive)).boxed();
        let nothing = Drive::any().prop_map(|drive| Operation::Submit(Vec::new(), drive)).boxed();
        let write = (bytes(), Drive::any()).prop_map(|(bytes, drive)| Operation::Write(bytes, drive)).boxed();
        let remake = Drive::any().prop_map(Operation::Remake).boxed();
        let resume = (bytes(), Drive::any()).prop_map(|(bytes, drive)| Operation::Resume(bytes, drive)).boxed();
        let settle = Drive::any().prop_map(Operation::Settle).boxed();
        let ask = (which(), Drive::any()).prop_map(|(which, drive)| Operation::Ask(which, drive)).boxed();
        let step = prop_oneof![4 => Just(Operation::Step), 1 => Just(Operation::Advance)].boxed();
        let hold = Just(Operation::Hold).boxed();
        let sync = Drive::any().prop_map(Operation::Sync).boxed();
        let close = Drive::any().prop_map(Operation::Close).boxed();
        let read = (1..9_usize, Drive::any()).prop_map(|(len, drive)| Operation::Read(len, drive)).boxed();
        let seek = (position(), Drive::any()).prop_map(|(position, drive)| Operation::Seek(position, drive)).boxed();
        let mut operations =
            vec![(5, submit), (2, vectored), (1, nothing), (4, write), (2, remake), (3, resume), (4, settle), (3, ask)];
        let able = [
            (self.bytes, 2, by_bytes),
            (self.carrier != Carrier::Nobody, 7, step),
            (self.holds, 3, hold),
            (self.reads, 7, read),
            (self.seeks, 6, seek),
            (self.syncs, 3, sync),
            (self.closes, 1, close),
        ];
        operations
            .extend(able.into_iter().filter(|(able, ..)| *able).map(|(_, weight, operation)| (weight, operation)));
        if !self.faults.is_empty() {
            let fault = proptest::sample::select(self.faults.clone());
            operations.push((4, fault.prop_map(Operation::Disturb).boxed()));
        }
        operations
    }
}

/// Whether some operation of a sequence makes this call.
fn is_called(kit: &Kit, call: Call) -> bool {
    let unchanged = matches!(kit.declared.image, Image::Unchanged);
    match call {
        Call::Write => true,
        Call::Sync => kit.declared.syncs,
        Call::Close => kit.declared.closes,
        Call::Read => kit.declared.reads && unchanged,
        Call::Seek => kit.declared.seeks && unchanged,
    }
}

/// How many operations a sequence has at most.
const LONGEST: usize = 20;

/// What a destination may do wrong. Listed more than once is what happens more often: panics and counts that cannot be
/// end what a sequence can show.
fn faults(code: i32) -> Vec<Fault> {
    let once = || Fault::new(Effect::Error(code));
    let short = |n| Fault::new(Effect::Short(n));
    let interrupted = |n| Fault::new(Effect::Interrupted(n));
    vec![
        once(),
        once(),
        short(1),
        short(2),
        short(1),
        short(4),
        Fault::new(Effect::Zero),
        interrupted(1),
        interrupted(3),
        once().lasting(),
        Fault::new(Effect::WouldBlock),
        Fault::new(Effect::LateError(code)),
        once().on(Call::Sync),
        once().on(Call::Sync),
        once().on(Call::Sync),
        Fault::new(Effect::Panic),
        once().on(Call::Close),
        once().on(Call::Read),
        once().on(Call::Read),
        interrupted(2).on(Call::Read),
        once().on(Call::Seek),
        once().on(Call::Seek),
        interrupted(2).on(Call::Seek),
        // More than all slices of a vectored submission, so that no count passes for one of another slice.
        Fault::new(Effect::Excess(100)),
    ]
}

/// Few letters, so that a write may well be equal to another one, or begin with it.
pub(super) fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(b'a'..=b'c', 0..=6)
}

fn which() -> impl Strategy<Value = Which> {
    prop_oneof![5 => Just(Which::Last), 1 => Just(Which::Foreign), 2 => (1..3_usize).prop_map(Which::Earlier)]
}

pub(super) fn position() -> impl Strategy<Value = SeekFrom> {
    prop_oneof![
        3 => (0..4_u64).prop_map(SeekFrom::Start),
        1 => (4..13_u64).prop_map(SeekFrom::Start),
        2 => (-4..5_i64).prop_map(SeekFrom::Current),
        1 => (-4..3_i64).prop_map(SeekFrom::End),
    ]
}

impl<O: fmt::Display> fmt::Display for Sequence<O> {
    /// On one line: the operations, separated by semicolons.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.operations.iter().try_for_each(|operation| write!(f, "{operation}; "))?;
        f.write_str(match self.ending {
            Ending::Settle => "settle",
            Ending::Drop => "drop",
        })
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Submit(bytes, drive) => write!(f, "submit \"{}\"{drive}", bytes.escape_ascii()),
            Self::SubmitVectored(slices, drive) => {
                f.write_str("submit [")?;
                slices.iter().try_for_each(|slice| write!(f, "\"{}\",", slice.escape_ascii()))?;
                write!(f, "]{drive}")
            }
            Self::SubmitBytes(bytes, drive) => write!(f, "submit bytes \"{}\"{drive}", bytes.escape_ascii()),
            Self::Write(bytes, drive) => write!(f, "write \"{}\"{drive}", bytes.escape_ascii()),
            Self::Remake(drive) => write!(f, "make the write anew{drive}"),
            Self::Resume(bytes, drive) => write!(f, "resume, or hold \"{}\"{drive}", bytes.escape_ascii()),
            Self::Settle(drive) => write!(f, "settle{drive}"),
            Self::Ask(which, drive) => write!(f, "ask for {which}{drive}"),
            Self::Read(len, drive) => write!(f, "read {len}{drive}"),
            Self::Seek(position, drive) => write!(f, "seek {position:?}{drive}"),
            Self::Sync(drive) => write!(f, "sync{drive}"),
            Self::Close(drive) => write!(f, "close{drive}"),
            Self::Step => f.write_str("step"),
            Self::Advance => f.write_str("advance"),
            Self::Hold => f.write_str("hold"),
            Self::Disturb(fault) => fault.fmt(f),
        }
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Last => f.write_str("the last ticket"),
            Self::Earlier(n) => write!(f, "the ticket {n} before the last one"),
            Self::Foreign => f.write_str("another writer's ticket"),
        }
    }
}
