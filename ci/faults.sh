#!/usr/bin/env bash
# Puts errors and delays into the calls of small programs that fault.rs names, one after the other, and cuts their
# writes by a limit on the length of files: an answered write must be in the file, a failed one must not, nothing may be
# there twice after a second try, the step whose call failed and no other must tell so, and no sync may succeed after
# one that failed. A file that is replaced must be the old or the new one, as the answer says, with nothing left beside
# it. Then traces one write of tokio and of ours: nobody may begin to look at the file before a write of ours has
# returned.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/not-checked.sh

if ! strace -o /dev/null true 2>/dev/null; then
    not_checked "no strace, whose package ci/install.sh names, or it may not trace"
    exit
fi
# Both fail when they ran nothing: a call that no fault has reached, a trace without a write or a look. The second fails
# too if it finds no look at a write of tokio that is early, for then it would find none at all.
cargo run --release -p evidence --all-features -- faults
pictures=$(mktemp -d)
trap 'rm -rf "$pictures"' EXIT
cargo run --release -p evidence --all-features -- strace --runs 50 --svg "$pictures"
for name in tokio-fs-file offload; do
    grep -q '</svg>' "$pictures/system-calls-$name.svg" || { echo "faults: no picture of $name" >&2; exit 1; }
done
