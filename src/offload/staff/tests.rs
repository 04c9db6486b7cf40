//! Every state with every event that may come in it.

use super::{Posting, Staff};

fn name(staff: &Staff<u8>) -> &'static str {
    match staff {
        Staff::Absent => "absent",
        Staff::Called(_) => "called",
        Staff::Working => "working",
        Staff::Lingering => "lingering",
        Staff::Posted(_) => "posted",
    }
}

#[test]
fn an_errand_calls_a_worker_unless_one_lingers() {
    for (mut staff, expected, then) in
        [(Staff::Absent, Posting::Call, "called"), (Staff::Lingering, Posting::Seen, "posted")]
    {
        assert_eq!((staff.post(1), name(&staff)), (expected, then));
    }
}

#[test]
fn a_worker_takes_what_is_there_or_leaves() {
    for (mut staff, expected, then) in [
        (Staff::Called(1), Some(1), "working"),
        (Staff::Posted(2), Some(2), "working"),
        (Staff::Lingering, None, "absent"),
        (Staff::Absent, None, "absent"),
    ] {
        assert_eq!((staff.next(), name(&staff)), (expected, then));
    }
}

#[test]
fn a_worker_that_is_done_stays_or_leaves() {
    for (lingers, then) in [(true, "lingering"), (false, "absent")] {
        let mut staff = Staff::<u8>::Working;
        staff.done(lingers);
        assert_eq!(name(&staff), then);
    }
}

#[test]
fn only_a_job_that_did_not_run_gives_its_errand_back() {
    for (mut staff, expected, then) in [
        (Staff::Called(1), Some(1), "absent"),
        (Staff::Absent, None, "absent"),
        (Staff::Working, None, "working"),
        (Staff::Lingering, None, "lingering"),
        (Staff::Posted(1), None, "posted"),
    ] {
        assert_eq!((staff.give_back(), name(&staff)), (expected, then));
    }
}
