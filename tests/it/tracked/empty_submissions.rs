//! Submissions of no bytes.

use super::*;

#[test]
fn they_are_complete_and_call_nothing() {
    let (mut writer, calls) = Driver::new().on_finish([Act::Pending, Act::Os(NO_SPACE)]).tracked();
    let does_nothing = |writer: &mut Tracked<Driver>| {
        assert_eq!(ready(submit_nothing(writer)).unwrap(), Submitted::Complete(0));
        assert_eq!(ready(submit_vectored(writer, &[])).unwrap(), Submitted::Complete(0));
        assert_eq!(ready(submit_vectored(writer, &[b"", b""])).unwrap(), Submitted::Complete(0));
        calls.take()
    };
    assert_eq!(does_nothing(&mut writer), []);
    let ticket = in_flight(&mut writer, b"abc");
    assert_eq!(does_nothing(&mut writer), [start(b"abc")]);
    assert!(ask(&mut writer, ticket).is_pending());
    assert_eq!(does_nothing(&mut writer), [Finish]);
    assert_eq!(writer.outstanding(), Some(ticket));
    failed(ask(&mut writer, ticket));
    assert_eq!(does_nothing(&mut writer), [Finish]);
    failed(ask(&mut writer, ticket));
}
