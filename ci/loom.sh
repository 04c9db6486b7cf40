#!/usr/bin/env bash
# Runs the loom models: the real code of the hand-over, with each order of events that up to three preemptions allow, or
# two where three would take minutes.
#
# A run that found no model must not pass, so their number is checked. They have a target folder of their own, because
# the cfg would have everything else built again.
set -euo pipefail
cd "$(dirname "$0")/.."

least=61
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export RUSTFLAGS="--cfg awc_loom"
export LOOM_MAX_PREEMPTIONS="${LOOM_MAX_PREEMPTIONS:-3}"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/loom"
# With what the code asserts of itself in debug builds.
checked='profile.release.package.async-write-complete.debug-assertions=true'
cargo test --config "$checked" --release --lib --features offload,commit models -- --nocapture 2>&1 | tee "$log"
passed=$(sed -n 's/^test result: ok\. \([0-9]*\) passed.*/\1/p' "$log")
if [ "${passed:-0}" -lt "$least" ]; then
    echo "loom: ${passed:-0} models ran, at least $least are expected" >&2
    exit 1
fi
executions=$(grep -o '[0-9]* executions$' "$log" | awk '{ n += $1 } END { print n + 0 }')
[ "$executions" -ge 500000 ] || { echo "loom: $executions executions, at least 500,000 are expected" >&2; exit 1; }
echo "$passed models passed, in $executions executions"
