//! Rule W10.

use super::*;

#[test]
fn a_barrier_settles_and_starts_nothing() {
    let (mut writer, calls) = Driver::new().on_settle([Act::Pending]).tracked();
    assert!(barrier(&mut writer).is_pending());
    settled(barrier(&mut writer));
    settled(submit_vectored(&mut writer, &[]));
    assert_eq!(calls.take(), [Settle, Settle, Settle]);
}

#[test]
fn what_is_behind_may_fail_it() {
    let (mut writer, _) = Driver::new().on_settle([Act::Os(NO_SPACE)]).tracked();
    assert_eq!(failed(barrier(&mut writer)).raw_os_error(), Some(NO_SPACE));
    settled(barrier(&mut writer));
}
