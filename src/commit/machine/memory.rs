//! Which memory serves for the next batch.

use super::*;

/// How much memory is kept after a write from so many bytes of it. A batch has 4 bytes.
fn kept_of(capacity: usize) -> usize {
    let mut machine: Machine<()> = Machine::new(4);
    let mut deferred = Deferred::default();
    let waiter = machine.accept(b"123", Level::Complete, None, &mut deferred).expect("nothing has failed");
    assert!(matches!(machine.ask(waiter, &mut deferred), Decision::Lead(Action::Begin(_))));
    // A boxed slice has no spare capacity.
    machine.finish(Ended::Write(vec![0; capacity].into_boxed_slice().into_vec()), &mut deferred);
    assert!(machine.spare.is_empty(), "the next batch is a new one");
    machine.spare.capacity()
}

#[test]
fn memory_of_two_batches_serves_again_and_more_is_given_back() {
    assert_eq!([4, 8, 9, 1 << 20].map(kept_of), [4, 8, 0, 0]);
}
