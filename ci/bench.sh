#!/usr/bin/env bash
# Runs the bench, everything once and briefly, that of other file systems too, and makes its page; then the bench of the
# log. It fails unless every situation that this machine offers was measured, with the rows of ours; situations that it
# does not offer are printed as NOT CHECKED. The figures are printed and not checked, because a busy machine can make
# any of them.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
evidence=(cargo run --release -p evidence --all-features --)
"${evidence[@]}" bench --quick --all --json "$folder/run.json" --html "$folder/page.html"
# A bench that measured nothing must not pass. So many rows of ours there are without root and without io_uring.
ours=$(grep -o '"role":"ours"' "$folder/run.json" | wc -l || true)
[ "$ours" -ge 60 ] || { echo "bench: only $ours rows of ours" >&2; exit 1; }
pictures=$(grep -o '<svg' "$folder/page.html" | wc -l || true)
[ "$pictures" -ge 20 ] || { echo "bench: only $pictures pictures in the page" >&2; exit 1; }
echo "$ours rows of ours were measured"

"${evidence[@]}" commit --quick --json "$folder/commit.json"
ours=$(grep -c '"subject":"group commit"' "$folder/commit.json" || true)
[ "$ours" -eq 16 ] || { echo "bench: $ours rows of group commit" >&2; exit 1; }
