#!/usr/bin/env bash
# Runs the audit with few rounds, as a visitor builds it: without features. It fails unless every row of our writer
# holds; what the peers show is only printed.
set -euo pipefail
cd "$(dirname "$0")/.."

json=$(mktemp)
trap 'rm -f "$json"' EXIT
cargo run --release -p evidence -- audit --rounds 100 --json "$json"
# An audit that measured nothing must not pass: the seed program alone has a row of ours for each executor.
ours=$(grep -o '"subject": *"async-write-complete' "$json" | wc -l || true)
[ "$ours" -ge 12 ] || { echo "audit: only $ours rows of ours" >&2; exit 1; }
echo "$ours rows of ours hold"
