#!/usr/bin/env bash
# Checks that neither rustc nor clippy has a warning: with every feature for everything, with none for the library, and
# with each alone for evidence, because code that only a feature uses is dead without it.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo clippy --workspace --all-targets --all-features -- -D warnings
cargo clippy --lib --no-default-features -- -D warnings
for feature in "" alternatives bench commit crash faults fuzz matrix sequence soak strace; do
    cargo clippy --package evidence --all-targets --features "$feature" -- -D warnings
done
