#!/usr/bin/env bash
# Runs the models of ci/loom.sh, and longer ones, in random orders of events: more operations, several writers, a pool of few
# threads.
#
# A run that found no model must not pass, so their number is checked. They have a target folder of their own, because the
# cfg would have everything else built again.
set -euo pipefail
cd "$(dirname "$0")/.."

least=33
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export RUSTFLAGS="--cfg awc_shuttle"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/shuttle"
# With what the code asserts of itself in debug builds.
checked='profile.release.package.async-write-complete.debug-assertions=true'
cargo test --config "$checked" --release --lib --features offload models -- --nocapture 2>&1 | tee "$log"
passed=$(sed -n 's/^test result: ok\. \([0-9]*\) passed.*/\1/p' "$log")
if [ "${passed:-0}" -lt "$least" ]; then
    echo "shuttle: ${passed:-0} models ran, at least $least are expected" >&2
    exit 1
fi
echo "$passed models passed, in $(sed -n 's/^\([0-9]*\) executions$/\1/p' "$log" | awk '{ n += $1 } END { print n }') executions"
