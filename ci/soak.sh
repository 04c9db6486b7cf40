#!/usr/bin/env bash
# Has thousands of writers of real files dropped, closed and disturbed at random, on smol and on tokio, round after
# round. Each file must have the bytes that were answered for, and threads, descriptors and memory must be at the end
# what they were after the first rounds. The command fails when something that it is about never happened.
#
# AWC_MINUTES=N soaks for N minutes instead of 20 seconds.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo run --release -p evidence --all-features -- soak --minutes "${AWC_MINUTES:-0.33}"
