#!/usr/bin/env bash
# Runs the models of ci/loom.sh, and longer ones, in random orders of events: more operations, several writers, a pool
# of few threads.
#
# AWC_EXECUTIONS=N has N executions of each model and kind instead of 2,000, AWC_SCHEDULER=pct or random only one of the
# two kinds, AWC_PREEMPTIONS=N other preemptions than 3, and SHUTTLE_RANDOM_SEED=N other orders. The full run is a
# million of PCT: AWC_SCHEDULER=pct AWC_EXECUTIONS=14000.
#
# A run that found no model must not pass, so their number is checked. They have a target folder of their own, because
# the cfg would have everything else built again.
set -euo pipefail
cd "$(dirname "$0")/.."

least=72
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export RUSTFLAGS="--cfg awc_shuttle"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/shuttle"
# With what the code asserts of itself in debug builds.
checked='profile.release.package.async-write-complete.debug-assertions=true'
cargo test --config "$checked" --release --lib --features offload,commit models -- --nocapture 2>&1 | tee "$log"
passed=$(sed -n 's/^test result: ok\. \([0-9]*\) passed.*/\1/p' "$log")
if [ "${passed:-0}" -lt "$least" ]; then
    echo "shuttle: ${passed:-0} models ran, at least $least are expected" >&2
    exit 1
fi
executions=$(grep -o '[0-9]* executions$' "$log" | awk '{ n += $1 } END { print n + 0 }')
least=$((passed * ${AWC_EXECUTIONS:-2000}))
[ "$executions" -ge "$least" ] || { echo "shuttle: $executions executions, not $least or more" >&2; exit 1; }
echo "$passed models passed, in $executions executions"
