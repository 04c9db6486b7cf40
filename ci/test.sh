#!/usr/bin/env bash
# Runs the README's test command, which includes its code blocks and those of the documentation.
#
# Prints first which versions were resolved: there is no lock file, a library is tested with what its users get.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo tree --workspace --all-features --depth 1
cargo test --workspace --all-features
