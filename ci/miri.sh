#!/usr/bin/env bash
# Runs the unit tests of the library, the tests of most rules on a stepped pool, and a few on threads in many orders of
# events under Miri: undefined behaviour of what is below us, uses after free, data races. There is no unsafe code of
# ours; that of async-task and of `blocking` runs here with it.
#
# Not part of .ci/run: it needs a nightly toolchain with the component miri, and takes half an hour and more; CI runs it
# once a week. Without Miri it says so. AWC_SEEDS=N has N orders of events instead of 32.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/not-checked.sh

if ! cargo +nightly miri --version >/dev/null 2>&1; then
    not_checked "no Miri; rustup component add --toolchain nightly miri rust-src brings it"
    exit
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Temporary files are real ones, whose writes are whole, as some tests take for granted; and the threads of pools are
# detached, so what they hold is no leak.
common="-Zmiri-disable-isolation -Zmiri-no-short-fd-operations -Zmiri-ignore-leaks -Zmiri-strict-provenance ${MIRIFLAGS:-}"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/miri"

# Runs tests with the flags $2, at least $1 of them.
run() {
    local least=$1 start=$SECONDS
    export MIRIFLAGS="$common $2"
    shift 2
    cargo +nightly miri test --all-features "$@" 2>&1 | tee "$log"
    # Lines of several orders of events may be mixed.
    passed=$(grep -o '[0-9]* passed' "$log" | awk '{ n += $1 } END { print n + 0 }')
    [ "$passed" -ge "$least" ] || { echo "miri: only $passed tests ran, not $least or more" >&2; exit 1; }
    echo "$passed tests passed, in $((SECONDS - start)) s"
}

modules=(
    w1_completion w2_count w3_submission w4_ticket w5_outstanding w6_error w7_order w8_abandonment w9_close p1_wake
    p2_panic p2_lying_count o1_one_call o3_drop settle:: held:: bytes:: poll_write::one_write
)
# Without what plays thousands of cases of the machines, which are safe code, or copies megabytes.
huge=(--skip conformance:: --skip memory --skip a_huge_buffer --skip torture --skip nothing_is_copied
    --skip many_submissions)
run 50 "" --lib -- --skip every_ --skip a_copy_of_whole_sectors --skip memory_is_given_back --skip however_many_are_kept
run 150 "" --test it -- "${modules[@]}" "${huge[@]}"
# A race in piper, below `blocking`, was found with few preemptions only, where one side runs for long.
threads=(all_that_wait_are_woken the_destination_is_dropped after_a_write_all_that_was_dropped after_a_poll_write)
run $((${#threads[@]} * ${AWC_SEEDS:-32})) "-Zmiri-many-seeds=0..${AWC_SEEDS:-32} -Zmiri-preemption-rate=0.002" \
    --test late_writes -- "${threads[@]}"
