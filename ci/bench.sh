#!/usr/bin/env bash
# Runs the bench, everything once and briefly. It fails unless every situation that this machine offers was measured, with
# a row of ours for each size; the figures are printed and not checked, because a busy machine can make any of them.
set -euo pipefail
cd "$(dirname "$0")/.."

json=$(mktemp)
trap 'rm -f "$json"' EXIT
cargo run --release -p evidence --all-features -- bench --quick --json "$json"
# A bench that measured nothing must not pass: one size of the situations that need no root has six rows of ours.
ours=$(grep -o '"subject": *"async-write-complete' "$json" | wc -l || true)
[ "$ours" -ge 100 ] || { echo "bench: only $ours rows of ours" >&2; exit 1; }
echo "$ours rows of ours were measured"
