//! What strace says of the calls that may fail: how many were made before each answer, and which of them failed.

/// A call of the name that the fault is put into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Made {
    /// The number of the line that was told next, and so that has to tell what became of it.
    pub(super) line: usize,
    /// Whether it failed, or was late, because strace had it so.
    pub(super) is_injected: bool,
}

/// The calls called `name`, in the order of their ends. Each readlink(2) is that of a program that has told a line.
///
/// A call stands where it ended: its thread goes on only after strace has seen the end, and the answer comes later
/// still. The exception is a call whose answer nobody waited for.
pub(super) fn calls(trace: &str, name: &str) -> Vec<Made> {
    let (mut line, mut made) = (0, Vec::new());
    for text in trace.lines() {
        let text = text.trim_start_matches(|letter: char| letter.is_ascii_digit()).trim_start();
        if text.ends_with("<unfinished ...>") {
            continue;
        }
        let text = text.strip_prefix("<... ").unwrap_or(text);
        let called = text.split(['(', ' ']).next().unwrap_or_default();
        if called.starts_with("readlink") {
            line += 1;
        } else if called == name {
            made.push(Made { line, is_injected: is_injected(text) });
        }
    }
    made
}

/// Whether strace has put a fault into the call of this line.
pub(super) fn is_injected(text: &str) -> bool {
    text.ends_with("(INJECTED)") || text.ends_with("(DELAYED)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_stands_before_the_line_that_follows_its_end() {
        let trace = "\
            7 readlink(\"file\", 0x7f, 256) = -1 EINVAL (Invalid argument)\n\
            8 write(3, \"(INJECTED)\", 5 <unfinished ...>\n\
            7 readlink(\"file\", 0x7f, 256) = -1 EINVAL (Invalid argument)\n\
            8 <... write resumed>) = -1 EIO (Input/output error) (INJECTED)\n\
            8 writev(3, [], 0) = 0\n\
            7 readlink(\"file\", 0x7f, 256 <unfinished ...>\n\
            7 <... readlink resumed>) = -1 EINVAL (Invalid argument)\n\
            8 write(3, \"(INJECTED)\", 5) = 5\n\
            8 write(3, \"x\", 1) = 1 (DELAYED)\n\
            8 +++ exited with 0 +++\n";
        let made = |line, is_injected| Made { line, is_injected };
        assert_eq!(calls(trace, "write"), [made(2, true), made(3, false), made(3, true)]);
        assert_eq!(calls(trace, "fsync"), []);
    }
}
