#!/usr/bin/env bash
# Has thousands of writers of real files dropped, closed and disturbed at random, on smol and on tokio, round after
# round: `Offload`, `ToTokio`, and the file in the place of tokio's. Their writes, reads, seeks, syncs and closes fail
# now and then. Each answer must be one that the file has made, and each file must have the bytes that were answered
# for; threads, descriptors, files and memory must be at the end what they were in the beginning. The command fails when
# something that it is about never happened. Where the process may not have so many descriptors it is not run.
#
# AWC_MINUTES=N soaks for N minutes instead of 20 seconds.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/not-checked.sh

descriptors=$(ulimit -H -n)
if [ "$descriptors" != unlimited ] && [ "$descriptors" -lt 2200 ]; then
    not_checked "the soak: 2,000 writers do not fit into $descriptors descriptors"
    exit
fi
cargo run --release -p evidence --all-features -- soak --minutes "${AWC_MINUTES:-0.33}"
