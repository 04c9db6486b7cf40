#!/usr/bin/env bash
# Runs the matrix. It fails unless every row of ours conforms; what the peers show is only printed.
set -euo pipefail
cd "$(dirname "$0")/.."

json=$(mktemp)
trap 'rm -f "$json"' EXIT
cargo run --release -p evidence --all-features -- matrix --json "$json"
# A matrix without our rows must not pass.
ours=$(grep -o '"ours": *true' "$json" | wc -l || true)
[ "$ours" -ge 6 ] || { echo "matrix: only $ours rows of ours" >&2; exit 1; }
# Nor one in which a rule no longer applies that has to hold: the same ones as HOLDING in evidence/tests/matrix.rs.
held=$(grep -oE '"(id|rule|verdict)": *"[^"]*"' "$json" \
    | awk -F'"' '$2 == "id" { row = $4 } $2 == "rule" { rule = $4 } $2 == "verdict" && $4 == "holds" { print row, rule }')
for row in offload offload-file; do
    for rule in W1 W2 W3 W4 W5 W6 W7 W8 W9 P1 P2 P3 P4 O2 O3; do
        grep -qx "$row $rule" <<<"$held" || { echo "matrix: $rule is not shown to hold for $row" >&2; exit 1; }
    done
done
