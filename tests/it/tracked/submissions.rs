//! Submissions.

use super::*;

#[test]
fn what_the_driver_completes_at_once_is_complete() {
    let (mut writer, calls) = Driver::new().on_start([Act::Complete(3), Act::Complete(1), Act::Take(0)]).tracked();
    assert_eq!(ready(submit(&mut writer, b"abc")).unwrap(), Submitted::Complete(3));
    assert_eq!(ready(submit(&mut writer, b"abc")).unwrap(), Submitted::Complete(1));
    assert_eq!(ready(submit(&mut writer, b"abc")).unwrap(), Submitted::Complete(0), "nothing is taken: no ticket");
    assert_eq!(calls.take(), [start(b"abc"), start(b"abc"), start(b"abc")], "nothing to be finished");
}

#[test]
fn what_the_driver_takes_is_in_flight_until_it_is_finished() {
    let (mut writer, calls) = Driver::new().on_start([Act::Take(2)]).on_finish([Act::Pending]).tracked();
    let Poll::Ready(Ok(Submitted::InFlight(ticket))) = submit(&mut writer, b"abc") else { panic!("not in flight") };
    assert_eq!(ticket.len(), 2);
    assert!(ask(&mut writer, ticket).is_pending());
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 2);
    assert_eq!(calls.take(), [start(b"abc"), Finish, Finish]);
}

#[test]
fn a_pending_start_takes_nothing() {
    let (mut writer, calls) = Driver::new().on_start([Act::Pending]).tracked();
    assert!(submit(&mut writer, b"abc").is_pending());
    assert_eq!(writer.outstanding(), None);
    in_flight(&mut writer, b"def");
    assert_eq!(calls.take(), [start(b"abc"), start(b"def")]);
}

#[test]
fn a_failed_start_takes_nothing_and_is_whole() {
    let (mut writer, calls) = Driver::new().on_start([Act::Os(NO_SPACE)]).tracked();
    assert_eq!(failed(submit(&mut writer, b"abc")).raw_os_error(), Some(NO_SPACE));
    assert_eq!(writer.outstanding(), None);
    in_flight(&mut writer, b"abc");
    assert_eq!(calls.take(), [start(b"abc"), start(b"abc")]);
}

#[test]
fn lists_go_to_the_driver_as_lists() {
    let (mut writer, calls) = Driver::new().tracked();
    let Poll::Ready(Ok(Submitted::InFlight(ticket))) = submit_vectored(&mut writer, &[b"", b"ab", b"c"]) else {
        panic!("not in flight")
    };
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
    assert_eq!(calls.take(), [Call::StartVectored(3), Finish]);
}

/// By default a driver gets the first slice that is not empty.
#[test]
fn a_driver_without_lists_gets_the_first_bytes() {
    struct First(Vec<u8>);

    impl DriveWrite for First {
        fn poll_start(&mut self, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
            self.0.extend_from_slice(buf);
            Poll::Ready(Ok(Started::Complete(buf.len())))
        }

        fn poll_finish(&mut self, _: &mut Context<'_>) -> Poll<io::Result<usize>> {
            unreachable!("nothing was taken")
        }

        fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    let mut writer = Tracked::new(First(Vec::new()));
    assert_eq!(ready(submit_vectored(&mut writer, &[b"", b"ab", b"c"])).unwrap(), Submitted::Complete(2));
    assert_eq!(writer.get_ref().0, b"ab");
}
