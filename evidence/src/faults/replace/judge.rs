//! Whether each replacement is answered as its calls went.

use anyhow::{Context as _, bail, ensure};

use super::{CALLS, NAME, REPLACEMENTS, Replaced, contents};
use crate::faults::{
    fault::{EXDEV, Effect, Fault, Told},
    judge::Shown,
    program::Program,
    step::{Answer, Seen},
    trace::is_injected,
};

/// Calls that no fault is put into: those for memory, a look of std's debug assertions at a descriptor, and what std
/// calls in the place of a statx that always fails.
const NO_FAULT: [&str; 3] = ["mmap", "fcntl", "newfstatat"];

/// A call of the pool's thread.
#[derive(Clone, Copy, Debug)]
struct Call<'a> {
    name: &'a str,
    is_injected: bool,
    has_failed: bool,
}

impl<'a> Call<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (name, _) = text.split_once('(')?;
        let (_, result) = text.rsplit_once(" = ")?;
        Some(Call { name, is_injected: is_injected(text), has_failed: result.starts_with('-') })
    }
}

/// Whether the answers are true, where a fault was put into the calls of that name.
///
/// # Errors
///
/// The first answer that is not, and why.
pub(in crate::faults) fn judge(fault: Fault, call: &str, told: &[Replaced], trace: &str) -> anyhow::Result<Shown> {
    let calls: Vec<Call<'_>> = trace.lines().filter_map(Call::of).collect();
    let parts: Vec<&[Call<'_>]> = calls.split(|call| call.name.contains("access")).collect();
    ensure!(told.len() == REPLACEMENTS, "there were {} answers", told.len());
    ensure!(parts.len() == REPLACEMENTS + 2, "the replacements cannot be told from each other in the trace");
    let mut stands = Seen::of(&contents(0));
    let (mut left, mut shown) = (0, Shown { answers: told.len(), ..Shown::default() });
    for (number, (told, part)) in told.iter().zip(&parts[1..]).enumerate() {
        let story = || format!("replacement {} was answered {told:?}", number + 1);
        let renamed = part.iter().position(|call| call.name == "rename" && !call.has_failed);
        if renamed.is_some() {
            stands = Seen::of(&contents(number + 1));
        }
        left += part.iter().filter(|call| call.name == "unlink" && call.has_failed).count();
        is_answered(told, part, renamed, wanted(fault, call, part, renamed)).with_context(story)?;
        let others = told.names.iter().filter(|name| *name != NAME).count();
        ensure!(told.seen == stands, "{}: the file is not the one that stands then", story());
        ensure!(others == left, "{}: {left} temporary files could not be removed, not {others}", story());
        shown.errors += usize::from(told.answer != Answer::Done);
    }
    Ok(shown)
}

/// What has to be told of the calls of one replacement.
fn wanted(fault: Fault, call: &str, part: &[Call<'_>], renamed: Option<usize>) -> Told {
    // The first error matters more than a leftover name.
    if let ("unlink", Effect::Error(_, code)) = (call, EXDEV) {
        return Told::Code(code);
    }
    let is_told = |(index, made): (usize, &Call<'_>)| {
        // The file is closed before the rename. After it the directory is dropped, which tells nobody.
        made.name == call && made.is_injected && !(call == "close" && renamed.is_some_and(|renamed| index > renamed))
    };
    if part.iter().enumerate().any(is_told) { fault.told(call, Program::Replace) } else { Told::Nothing }
}

/// Whether the answer is what has to be told, and says which file stands.
fn is_answered(told: &Replaced, part: &[Call<'_>], renamed: Option<usize>, wanted: Told) -> anyhow::Result<()> {
    let unknown = part.iter().find(|call| !CALLS.contains(&call.name) && !NO_FAULT.contains(&call.name));
    ensure!(unknown.is_none(), "no fault is put into {unknown:?}");
    let is_synced = |calls: &[Call<'_>]| calls.iter().any(|call| call.name == "fsync" && !call.has_failed);
    match (&told.answer, wanted) {
        (Answer::Done, Told::Nothing | Told::Whatever) => {
            let renamed = renamed.context("it was not renamed")?;
            ensure!(is_synced(&part[..renamed]), "the file was not synced before it was renamed");
            ensure!(is_synced(&part[renamed..]), "the directory was not synced");
        }
        (Answer::Error { .. }, Told::Nothing) => bail!("an error was told that concerns nobody"),
        (Answer::Error { code, .. }, _) => {
            let is_told = matches!(wanted, Told::Whatever) || code.is_some_and(|code| wanted == Told::Code(code));
            ensure!(is_told, "{wanted:?} was to be told");
            let is_of_the_directory = renamed.is_none_or(|renamed| !is_synced(&part[renamed..]));
            ensure!(is_of_the_directory, "the new file is durable, and the answer is an error");
        }
        _ => bail!("the error {wanted:?} was told to nobody"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::fault::FAULTS;

    /// Both replacements, as strace shows them.
    fn flawless() -> Vec<&'static str> {
        let marker = "access(\"/d/file\", F_OK) = 0";
        let replacement = [
            "statx(AT_FDCWD</>, \"/d/file\", 0, STATX_ALL, {stx_mask=STATX_ALL}) = 0",
            "readlink(\"/d/file\", 0x7f, 1023) = -1 EINVAL (Invalid argument)",
            "openat(AT_FDCWD</>, \"/d\", O_RDONLY|O_CLOEXEC) = 5</d>",
            "openat(AT_FDCWD</>, \"/d/.awc-1.tmp\", O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0600) = 6</d/.awc-1.tmp>",
            "fchmod(6</d/.awc-1.tmp>, 0644) = 0",
            "write(6</d/.awc-1.tmp>, \") = \"..., 3000) = 3000",
            "fsync(6</d/.awc-1.tmp>)        = 0",
            "close(6</d/.awc-1.tmp>)        = 0",
            "rename(\"/d/.awc-1.tmp\", \"/d/file\") = 0",
            "fsync(5</d>)                   = 0",
            "close(5</d>)                   = 0",
        ];
        let [wait, end] = ["read(0<pipe:[1]>, \"\\n\", 8192) = 1", "+++ exited with 0 +++"];
        [&[wait, marker], &replacement[..], &[marker], &replacement, &[marker, end]].concat()
    }

    /// Where the calls of the first replacement stand in it.
    const FSYNC: usize = 8;
    const RENAME: usize = 10;
    const OF_DIRECTORY: usize = 11;
    const EIO: &str = "fsync(5</d>) = -1 EIO (Input/output error) (INJECTED)";

    fn answered(answer: Answer, holds: usize) -> Replaced {
        Replaced { answer, seen: Seen::of(&contents(holds)), names: vec![NAME.to_owned()] }
    }

    fn failed() -> Answer {
        Answer::Error { kind: "Other".to_owned(), code: Some(5), indeterminate: false }
    }

    /// Where fsync(2) may answer EIO, once, and the second replacement is done.
    fn verdict(first: Replaced, trace: &[&str]) -> Result<Shown, String> {
        let told = [first, answered(Answer::Done, 2)];
        judge(FAULTS[0], "fsync", &told, &trace.join("\n")).map_err(|error| format!("{error:#}"))
    }

    #[track_caller]
    fn is_refused(first: Replaced, trace: &[&str], why: &str) {
        let error = verdict(first, trace).expect_err("it is not true");
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn where_nothing_fails_the_new_file_stands() {
        let shown = verdict(answered(Answer::Done, 1), &flawless()).expect("true");
        assert_eq!(shown, Shown { answers: 2, errors: 0, short_writes: 0 });
        is_refused(answered(Answer::Done, 0), &flawless(), "not the one that stands");
        is_refused(answered(failed(), 1), &flawless(), "concerns nobody");
        is_refused(answered(Answer::Done, 1), &flawless()[..20], "cannot be told from each other");
    }

    #[test]
    fn where_a_step_fails_the_old_file_stands_alone() {
        let mut trace = flawless();
        let after = [EIO, "close(6</d/.awc-1.tmp>) = 0", "unlink(\"/d/.awc-1.tmp\") = 0", "close(5</d>) = 0"];
        trace.splice(FSYNC..=OF_DIRECTORY + 1, after);
        verdict(answered(failed(), 0), &trace).expect("true");
        is_refused(answered(Answer::Done, 0), &trace, "told to nobody");
        is_refused(answered(failed(), 1), &trace, "not the one that stands");
        let mut leftover = answered(failed(), 0);
        leftover.names.insert(0, ".awc-1.tmp".to_owned());
        is_refused(leftover, &trace, "could not be removed");
    }

    #[test]
    fn where_the_sync_of_the_directory_fails_the_new_file_stands() {
        let mut trace = flawless();
        trace[OF_DIRECTORY] = EIO;
        verdict(answered(failed(), 1), &trace).expect("true");
        is_refused(answered(Answer::Done, 1), &trace, "told to nobody");
        is_refused(answered(failed(), 0), &trace, "not the one that stands");
        let other = Answer::Error { kind: "Other".to_owned(), code: Some(28), indeterminate: false };
        is_refused(answered(other, 1), &trace, "was to be told");
    }

    #[test]
    fn a_replacement_that_is_not_synced_is_seen() {
        for (call, why) in [(FSYNC, "before it was renamed"), (RENAME, "not renamed"), (OF_DIRECTORY, "the directory")]
        {
            let mut trace = flawless();
            trace.remove(call);
            let holds = if call == RENAME { 0 } else { 1 };
            is_refused(answered(Answer::Done, holds), &trace, why);
        }
    }

    #[test]
    fn a_call_that_never_fails_is_seen() {
        let mut trace = flawless();
        trace.insert(RENAME, "chown(\"/d/.awc-1.tmp\", 0, 0) = 0");
        is_refused(answered(Answer::Done, 1), &trace, "no fault is put into");
    }
}
