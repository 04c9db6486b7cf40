#!/usr/bin/env bash
# Checks that neither rustc nor clippy has a warning: with every feature for everything, and with none for the library,
# because code that only a feature uses is dead without it.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo clippy --workspace --all-targets --all-features -- -D warnings
cargo clippy --lib --no-default-features -- -D warnings
