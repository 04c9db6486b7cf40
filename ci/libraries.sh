#!/usr/bin/env bash
# Runs other people's libraries on top of a file of ours, and runtimes below our traits. They are a workspace of their
# own, in evidence/libraries, so that nothing else has to wait for what they build.
#
# Fails when fewer tests ran than there were once.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/not-checked.sh

# What they share with the workspace is built once.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
cd evidence/libraries

cargo fmt --check
cargo clippy --all-targets -- -D warnings
cargo tree --depth 1
out=$(mktemp)
trap 'rm -f "$out"' EXIT
cargo test 2>&1 | tee "$out"
passed=$(awk '/^test result: ok\. [0-9]+ passed; 0 failed; 0 ignored/ { n += $4 } END { print n + 0 }' "$out")
[ "$passed" -ge 93 ] || { echo "libraries: only $passed tests ran" >&2; exit 1; }
for program in gzip zstd; do
    command -v "$program" >/dev/null || not_checked "what \`$program\` makes of the files, which is not installed"
done
echo "$passed tests of libraries passed"
