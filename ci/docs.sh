#!/usr/bin/env bash
# Checks that the documentation builds without a warning (a broken link is one): what users read, with every feature and
# with none (a link into a feature breaks without it), and then what maintainers read, private items included.
set -euo pipefail
cd "$(dirname "$0")/.."

export RUSTDOCFLAGS="-D warnings"
cargo doc --workspace --all-features --no-deps
cargo doc --package async-write-complete --no-default-features --no-deps
cargo doc --workspace --all-features --no-deps --document-private-items
