#!/usr/bin/env bash
# Has thousands of writers of real files dropped, closed and disturbed at random, on smol and on tokio, round after
# round: `Offload`, `ToTokio`, and the file in the place of tokio's. Their writes, reads, seeks, syncs and closes fail
# now and then. Each answer must be one that the file has made, and each file must have the bytes that were answered
# for; threads, descriptors, files and memory must be at the end what they were in the beginning. The command fails when
# something that it is about never happened, and when the process may not have so many descriptors.
#
# AWC_MINUTES=N soaks for N minutes instead of 20 seconds.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo run --release -p evidence --all-features -- soak --minutes "${AWC_MINUTES:-0.33}"
