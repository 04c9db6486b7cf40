//! Memory is its own destination, and complete at submission.

use std::{
    collections::VecDeque,
    io::{Cursor, Sink},
};

use async_write_complete::AsyncWriteCompleteBytes;
use async_write_complete_conformance::{Certify, certify};

/// More than the kit writes in one case.
const ROOM: usize = 8 << 20;

certify! { vec: Certify::memory(Vec::new, Vec::clone) }

certify! { deque: Certify::memory(VecDeque::new, |deque| deque.iter().copied().collect()) }

certify! { cursor: Certify::memory(|| Cursor::new(Vec::new()), |cursor| cursor.get_ref().clone()) }

certify! { cursor_of_a_borrowed_vec: Certify::memory(
    || Cursor::new(Box::leak(Box::new(Vec::new()))),
    |cursor| cursor.get_ref().to_vec(),
) }

certify! { cursor_of_a_box: Certify::memory(
    || Cursor::new(vec![0; ROOM].into_boxed_slice()),
    |cursor| cursor.get_ref()[..cursor.position() as usize].to_vec(),
) }

certify! { cursor_of_an_array: Certify::memory(
    // Boxed as a whole: it would not fit on the stack of a test.
    || Box::new(Cursor::new([0; 4096])),
    |cursor| cursor.get_ref()[..cursor.position() as usize].to_vec(),
).unseen().submits_bytes(AsyncWriteCompleteBytes::poll_write_submit_bytes) }

certify! { cursor_of_a_slice: Certify::memory(
    || Cursor::new(vec![0; ROOM].leak()),
    |cursor| cursor.get_ref()[..cursor.position() as usize].to_vec(),
) }

// What a slice has taken is before what is left of it.
certify! { slice: Certify::memory(|| &mut vec![0; ROOM].leak()[..], |_| Vec::new())
.unseen()
.submits_bytes(AsyncWriteCompleteBytes::poll_write_submit_bytes) }

certify! { sink: Certify::memory(|| -> Sink { std::io::sink() }, |_| Vec::new())
.unseen()
.submits_bytes(AsyncWriteCompleteBytes::poll_write_submit_bytes) }
