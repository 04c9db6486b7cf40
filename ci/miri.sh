#!/usr/bin/env bash
# Runs the unit tests of the library, and the tests of the rules on a stepped pool, under Miri: undefined behaviour of
# what is below us, and uses after free. There is no unsafe code of ours; that of async-task runs here with it.
#
# Not part of .ci/run: it needs a nightly toolchain with the component miri, and takes minutes. Without it says so.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/not-checked.sh

if ! cargo +nightly miri --version >/dev/null 2>&1; then
    not_checked "no Miri; rustup component add --toolchain nightly miri rust-src brings it"
    exit
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Temporary files are real ones; and the threads of pools are detached, so what they hold is no leak.
export MIRIFLAGS="-Zmiri-disable-isolation -Zmiri-ignore-leaks -Zmiri-strict-provenance ${MIRIFLAGS:-}"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/miri"

# Runs tests of which at least $1 are expected.
run() {
    local least=$1
    shift
    cargo +nightly miri test --all-features "$@" 2>&1 | tee "$log"
    passed=$(sed -n 's/^test result: ok\. \([0-9]*\) passed.*/\1/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
    [ "$passed" -ge "$least" ] || { echo "miri: only $passed tests ran, not $least or more" >&2; exit 1; }
}

modules=(w1_completion w2_count w3_submission w4_ticket w6_error w7_order w8_abandonment o1_one_call p2_lying_count poll_write::one_write)
# Without the tables of the machines, which are safe code and thousands of cases, and a copy of megabytes.
run 20 --lib -- --skip every_state --skip a_copy_of_whole_sectors
# Certifying goes the same ways many times, and a huge buffer takes minutes.
run 30 --test it -- "${modules[@]}" --skip conformance:: --skip memory --skip a_huge_buffer
