//! The faults, and what a caller has to be told of each.

use super::program::Program;

/// The calls that a fault is put into, as x86-64 has them.
pub(super) const CALLS: [&str; 14] = [
    "openat",
    "read",
    "write",
    "writev",
    "pwrite64",
    "fsync",
    "fdatasync",
    "lseek",
    "close",
    "statx",
    "readlink",
    "fchmod",
    "rename",
    "unlink",
];

/// How many of them, the first ones, are put into the programs that take the steps. The others are those of `replace`.
pub(super) const OF_STEPS: usize = 9;

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It is not made, and its caller gets the error.
    Error(&'static str, i32),
    /// It is made later, and its answer comes later still.
    Delay,
}

/// How many calls of one kind it happens to, from the N-th on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Times {
    Once,
    Thrice,
    ForEver,
}

/// Both for one sweep over N.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) effect: Effect,
    pub(super) times: Times,
}

const EINTR: Effect = Effect::Error("EINTR", 4);
const EIO: Effect = Effect::Error("EIO", 5);
const EAGAIN: Effect = Effect::Error("EAGAIN", 11);
const ENOSPC: Effect = Effect::Error("ENOSPC", 28);
const EDQUOT: Effect = Effect::Error("EDQUOT", 122);

/// All of them. A call that is interrupted for ever is made for ever, so no fault is that.
pub(super) const FAULTS: [Fault; 11] = [
    Fault { effect: EIO, times: Times::Once },
    Fault { effect: EINTR, times: Times::Once },
    Fault { effect: EAGAIN, times: Times::Once },
    Fault { effect: ENOSPC, times: Times::Once },
    Fault { effect: EDQUOT, times: Times::Once },
    Fault { effect: EINTR, times: Times::Thrice },
    Fault { effect: EAGAIN, times: Times::Thrice },
    Fault { effect: EIO, times: Times::ForEver },
    Fault { effect: ENOSPC, times: Times::ForEver },
    Fault { effect: EDQUOT, times: Times::ForEver },
    Fault { effect: Effect::Delay, times: Times::Once },
];

/// The error that `rename` answers where a fault is put into `unlink`, which nobody calls unless something has failed.
pub(super) const EXDEV: Effect = Effect::Error("EXDEV", 18);

/// What a program's answers have to say of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// That of the step that made the call has this code.
    Code(i32),
    /// None of them is an error.
    Nothing,
    /// That of the step that made the call may be an error.
    Whatever,
}

impl Fault {
    /// The option of strace that makes it happen to the `number`-th call.
    pub(super) fn option(self, call: &str, number: u32) -> String {
        let when = match self.times {
            Times::Once => number.to_string(),
            Times::Thrice => format!("{number}..{}", number + 2),
            Times::ForEver => format!("{number}+"),
        };
        match self.effect {
            Effect::Error(name, _) => format!("inject={call}:error={name}:when={when}"),
            Effect::Delay => format!("inject={call}:delay_enter=2000:delay_exit=2000:when={when}"),
        }
    }

    /// What the caller has to be told.
    pub(super) fn told(self, call: &str, program: Program) -> Told {
        let Effect::Error(_, code) = self.effect else { return Told::Nothing };
        let is_made_again = match call {
            // A descriptor that blocks and says that it would have blocked is no file, so nobody waits for it.
            "write" | "writev" | "pwrite64" => {
                self.effect == EINTR || self.effect == EAGAIN && program == Program::NonBlocking
            }
            // These are made again when they are interrupted, by std or by us. What would have blocked is told: none
            // of them does, with a file.
            "openat" | "read" | "fsync" | "fdatasync" | "fchmod" => self.effect == EINTR,
            // Linux has released the descriptor when a close is interrupted. A drop has nobody to tell.
            "close" => self.effect == EINTR || matches!(program, Program::Tokio | Program::Positioned),
            // std takes a kernel whose first statx fails twice for one without it, and asks in the older way.
            "statx" if self.times != Times::Once => return Told::Whatever,
            // No other call is interrupted or blocks; a caller must not see either kind of an lseek, and may see the
            // code.
            _ if matches!(self.effect, EINTR | EAGAIN) => return Told::Whatever,
            _ => false,
        };
        if is_made_again { Told::Nothing } else { Told::Code(code) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_as_strace_reads_it() {
        let option = |fault: usize| FAULTS[fault].option("fsync", 2);
        assert_eq!(option(0), "inject=fsync:error=EIO:when=2");
        assert_eq!(option(5), "inject=fsync:error=EINTR:when=2..4");
        assert_eq!(option(7), "inject=fsync:error=EIO:when=2+");
        assert_eq!(option(10), "inject=fsync:delay_enter=2000:delay_exit=2000:when=2");
    }

    #[test]
    fn what_has_to_be_told_depends_on_the_call() {
        let eintr = FAULTS[1];
        for call in ["openat", "read", "write", "fsync", "close"] {
            assert_eq!(eintr.told(call, Program::Offload), Told::Nothing, "{call}");
        }
        let eio = FAULTS[0];
        for call in CALLS {
            assert_eq!(eio.told(call, Program::Offload), Told::Code(5), "{call}");
        }
        assert_eq!(eio.told("close", Program::Tokio), Told::Nothing);
        let eagain = FAULTS[2];
        assert_eq!(eagain.told("lseek", Program::Offload), Told::Whatever);
        assert_eq!(eagain.told("write", Program::Offload), Told::Code(11));
        assert_eq!(eagain.told("write", Program::NonBlocking), Told::Nothing);
        assert_eq!(FAULTS[10].told("write", Program::Offload), Told::Nothing);
    }
}
