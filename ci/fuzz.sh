#!/usr/bin/env bash
# Plays random operations, faults and drops on writers of real files, and compares answers and bytes with a model: in
# the folder for temporary files, and on XFS and btrfs, whose images are in a tmpfs and a mount namespace of their own.
# The command fails when it played too little, or had no fault, drop or comparison. The target of cargo-fuzz, which is a
# workspace of its own, is compiled before that; cargo-fuzz itself runs by hand.
#
# AWC_OPERATIONS=N plays N operations on each of the three file systems; the full run is 10,000,000. Without it there
# are 100,000 in the folder, and a fifth of them on each of the others. AWC_SEED=N plays others.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/mounts.sh

operations=${AWC_OPERATIONS:-100000}
elsewhere=${AWC_OPERATIONS:-20000}
seed=${AWC_SEED:-1}
target=${CARGO_TARGET_DIR:-target}

if [ "${1:-}" = inside ]; then
    scratch=$2
    mount -t tmpfs tmpfs "$scratch"
    for type in xfs btrfs; do
        if mount_new "$type" 1G "$scratch/$type"; then
            echo "on $type"
            TMPDIR=$scratch/$type "$target/release/evidence" fuzz --operations "$elsewhere" --seed "$seed"
            umount "$scratch/$type"
            rm "$scratch/$type.image"
        fi
    done
    exit
fi

# The sanitizer of a nightly toolchain is not needed for that.
if ! command -v "${CXX:-c++}" >/dev/null; then
    not_checked "fuzz/ compiles: there is no C++ compiler, which libfuzzer-sys needs"
else
    CARGO_TARGET_DIR="$target/fuzz" cargo check --manifest-path fuzz/Cargo.toml
fi
cargo run --release -p evidence --all-features -- fuzz --operations "$operations" --seed "$seed"
in_a_namespace "$0"
