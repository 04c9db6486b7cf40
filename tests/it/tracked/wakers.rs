//! Rule P1.

use super::*;

#[test]
fn the_driver_wakes_the_task_that_polled() {
    let (mut writer, _) = Driver::new().on_finish([Act::Turn, Act::Turn]).tracked();
    let ticket = in_flight(&mut writer, b"abc");
    let (first, second) = (Task::new(), Task::new());
    assert!(first.poll(|cx| Pin::new(&mut writer).poll_write_complete(cx, ticket)).is_pending());
    assert!(second.poll(|cx| Pin::new(&mut writer).poll_write_complete(cx, ticket)).is_pending());
    assert_eq!((first.wakes(), second.wakes()), (1, 1));
    assert_eq!(first.held(), 0, "let go of when another task came");
}

/// A driver that keeps the waker for later.
#[test]
fn a_waker_that_the_driver_keeps_wakes_the_last_task() {
    struct Keeps(Rc<RefCell<Option<std::task::Waker>>>);

    impl DriveWrite for Keeps {
        fn poll_start(&mut self, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<Started>> {
            Poll::Ready(Ok(Started::Taken(buf.len())))
        }

        fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
            *self.0.borrow_mut() = Some(cx.waker().clone());
            Poll::Pending
        }

        fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    let kept = Rc::new(RefCell::new(None));
    let mut writer = Tracked::new(Keeps(kept.clone()));
    let ticket = in_flight(&mut writer, b"abc");
    let (first, second) = (Task::new(), Task::new());
    for task in [&first, &second, &second] {
        assert!(task.poll(|cx| Pin::new(&mut writer).poll_write_complete(cx, ticket)).is_pending());
    }
    kept.take().unwrap().wake();
    assert_eq!((first.wakes(), second.wakes()), (0, 1));
}

/// A panicking waker harms only its own task: the poll may panic, the writer may not take it for its driver's.
#[test]
fn a_waker_that_panics_does_not_poison() {
    let (mut writer, _) = Driver::new().on_finish([Act::Turn]).tracked();
    let ticket = in_flight(&mut writer, b"abc");
    let waker = panics_in_wake();
    let _ = catch_unwind(AssertUnwindSafe(|| {
        poll_with(&waker, |cx| Pin::new(&mut writer).poll_write_complete(cx, ticket))
    }));
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
    in_flight(&mut writer, b"more");
}

#[test]
fn a_waker_that_panics_does_not_poison_at_a_start_or_a_close() {
    let (mut writer, _) = Driver::new().on_start([Act::Turn]).on_close([Act::Turn]).tracked();
    let waker = panics_in_wake();
    let _ =
        catch_unwind(AssertUnwindSafe(|| poll_with(&waker, |cx| Pin::new(&mut writer).poll_write_submit(cx, b"abc"))));
    let ticket = in_flight(&mut writer, b"abc");
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
    let _ = catch_unwind(AssertUnwindSafe(|| poll_with(&waker, |cx| Pin::new(&mut writer).poll_close_complete(cx))));
    ready(close(&mut writer)).unwrap();
}

#[test]
fn a_waker_that_panics_in_its_drop_does_not_poison() {
    let (mut writer, _) = Driver::new().on_finish([Act::Pending]).tracked();
    let ticket = in_flight(&mut writer, b"abc");
    {
        let waker = panics_in_drop();
        assert!(poll_with(&waker, |cx| Pin::new(&mut writer).poll_write_complete(cx, ticket)).is_pending());
        // The writer has the last clone from here on.
    }
    assert_eq!(ready(ask(&mut writer, ticket)).unwrap(), 3);
    in_flight(&mut writer, b"more");
}

/// A writer may be dropped while it waits, and its driver may keep the waker: whoever drops the last clone hears
/// nothing.
#[test]
fn a_waker_that_panics_in_its_drop_does_not_panic_in_the_drop_of_the_writer() {
    let (mut writer, _) = Driver::new().on_finish([Act::Pending]).tracked();
    let ticket = in_flight(&mut writer, b"abc");
    let waker = panics_in_drop();
    assert!(poll_with(&waker, |cx| Pin::new(&mut writer).poll_write_complete(cx, ticket)).is_pending());
    // It panics here, unless the writer has the last clone.
    drop(waker);
    drop(writer);
}
