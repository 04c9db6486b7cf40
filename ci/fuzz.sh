#!/usr/bin/env bash
# Plays random operations, faults and drops on writers of real files, and compares answers and bytes with a model: in
# the folder for temporary files, and on XFS and btrfs, whose images are in a tmpfs and a mount namespace of their own.
# The command fails when it played too little.
#
# AWC_OPERATIONS=N plays N operations instead of 100,000; the full run is 10,000,000. AWC_SEED=N plays others.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/mounts.sh

operations=${AWC_OPERATIONS:-100000}
seed=${AWC_SEED:-1}
target=${CARGO_TARGET_DIR:-target}

if [ "${1:-}" = inside ]; then
    scratch=$2
    mount -t tmpfs tmpfs "$scratch"
    for type in xfs btrfs; do
        if mount_new "$type" 1G "$scratch/$type"; then
            echo "on $type"
            TMPDIR=$scratch/$type "$target/release/evidence" fuzz --operations "$((operations / 5))" --seed "$seed"
            umount "$scratch/$type"
            rm "$scratch/$type.image"
        fi
    done
    exit
fi

cargo run --release -p evidence --all-features -- fuzz --operations "$operations" --seed "$seed"
in_a_namespace "$0"
