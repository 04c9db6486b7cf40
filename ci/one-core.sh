#!/usr/bin/env bash
# Runs the tests of what two threads share where they have one core, and beside two loops that take every core: a
# wake-up that is lost there is a hang, and a thread that spins keeps away what it spins for.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v taskset >/dev/null || { echo "one-core: no taskset; ci/install.sh names its package" >&2; exit 1; }
least=450
modules=(conformance::offload:: torture:: executors:: real_files:: o2_ o3_drop:: o4_pool:: p1_wake:: p4_turn:: split:: settle::)
log=$(mktemp)
loops=()
stop() {
    rm -f "$log"
    [ "${#loops[@]}" -eq 0 ] || kill "${loops[@]}"
}
trap stop EXIT

# Runs what is compiled already, by way of the command given.
run() {
    : >"$log"
    "$@" cargo test --quiet --all-features --test spinning 2>&1 | tee -a "$log"
    "$@" cargo test --quiet --all-features --test it -- "${modules[@]}" 2>&1 | tee -a "$log"
    passed=$(sed -n 's/^test result: ok\. \([0-9]*\) passed.*/\1/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
    [ "$passed" -ge "$least" ] || { echo "one-core: only $passed tests ran, at least $least are expected" >&2; exit 1; }
}

cargo test --all-features --test spinning --test it --no-run
# The first that this process may run on.
core=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*\([0-9]*\).*/\1/p' /proc/self/status)
echo "on one core, number $core"
run taskset -c "$core"
echo "beside two busy loops"
for _ in 1 2; do
    (while :; do :; done) &
    loops+=($!)
done
run env
