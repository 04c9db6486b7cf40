#!/usr/bin/env bash
# Checks that every file is formatted as rustfmt.toml says, so that a diff shows only what was changed.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo fmt --all --check
