//! What strace writes with `-f -ttt -T`, as calls.

use std::collections::HashMap;

use anyhow::Context as _;

/// A call, from the moment in which its thread is stopped at the beginning to that in which it is stopped at the end.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    pub(super) thread: u32,
    pub(super) name: String,
    /// Its arguments and its result, as strace shows them.
    pub(super) text: String,
    /// Seconds since 1970.
    pub(super) begin: f64,
    pub(super) end: f64,
}

/// The calls, in the order of their beginnings.
///
/// # Errors
///
/// When a line is none of strace's.
pub(super) fn calls(text: &str) -> anyhow::Result<Vec<Call>> {
    let mut open: HashMap<u32, (f64, String)> = HashMap::new();
    let mut calls = Vec::new();
    for line in text.lines() {
        let story = || format!("strace said {line:?}");
        let (thread, rest) = line.split_once(' ').with_context(story)?;
        let (time, rest) = rest.trim_start().split_once(' ').with_context(story)?;
        let (thread, time) = (thread.parse::<u32>().with_context(story)?, time.parse::<f64>().with_context(story)?);
        if rest.starts_with("+++") || rest.starts_with("---") {
            continue;
        }
        if let Some(first) = rest.strip_suffix(" <unfinished ...>") {
            open.insert(thread, (time, first.to_owned()));
        } else if let Some((_, second)) = rest.split_once(" resumed>") {
            let (begin, first) = open.remove(&thread).with_context(story)?;
            calls.push(call(thread, begin, &format!("{first}{second}")).with_context(story)?);
        } else {
            calls.push(call(thread, time, rest).with_context(story)?);
        }
    }
    calls.sort_by(|one, other| one.begin.total_cmp(&other.begin));
    Ok(calls)
}

/// `name(arguments) = result <seconds>`.
fn call(thread: u32, begin: f64, whole: &str) -> Option<Call> {
    let (text, took) = whole.strip_suffix('>')?.rsplit_once(" <")?;
    let (name, _) = text.split_once('(')?;
    let end = begin + took.parse::<f64>().ok()?;
    Some(Call { thread, name: name.to_owned(), text: text.to_owned(), begin, end })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_put_together_from_their_halves() {
        let text = "\
            12 100.000010 openat(AT_FDCWD, \"f\", O_WRONLY) = 9</f> <0.000005>\n\
            13 100.000020 write(9</f>, \"x\", 1 <unfinished ...>\n\
            12 100.000030 statx(AT_FDCWD, \"f\") = 0 <0.000007>\n\
            13 100.000040 <... write resumed>) = 1 <0.000021>\n\
            13 100.000050 +++ exited with 0 +++\n";
        let calls = calls(text).expect("calls");
        let names: Vec<&str> = calls.iter().map(|call| call.name.as_str()).collect();
        assert_eq!(names, ["openat", "write", "statx"]);
        assert_eq!(calls[1].text, "write(9</f>, \"x\", 1) = 1");
        assert_eq!((calls[1].thread, calls[1].begin), (13, 100.000_02));
        assert!((calls[1].end - 100.000_041).abs() < 1e-7, "{}", calls[1].end);
    }

    #[test]
    fn a_line_of_somebody_else_is_refused() {
        for line in ["nothing", "12 x write() = 1 <0.1>", "12 1.0 <... write resumed>) = 1 <0.1>", "12 1.0 write() = 1"]
        {
            assert!(calls(line).is_err(), "{line}");
        }
    }
}
