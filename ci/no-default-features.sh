#!/usr/bin/env bash
# Checks that the traits stand alone (no dependency at all without features, on any target), and that each feature
# compiles alone. Both rot unseen, since everything else is built with all features.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo check --lib --no-default-features
tree=$(cargo tree --package async-write-complete --edges normal,build --target all --no-default-features --prefix none)
if [ "$(wc -l <<<"$tree")" -ne 1 ]; then
    printf 'no-default-features: there are dependencies:\n%s\n' "$tree" >&2
    exit 1
fi
echo "no dependency: $tree"

# The names in the [features] table.
features=$(awk '/^\[/ { table = $0 } table == "[features]" && /^[a-z0-9_-]+ *=/ { print $1 }' Cargo.toml)
[ "$(wc -l <<<"$features")" -ge 2 ] || { echo "no-default-features: found no features in Cargo.toml" >&2; exit 1; }
for feature in $features; do
    echo "alone: $feature"
    cargo clippy --lib --no-default-features --features "$feature" -- -D warnings
done
