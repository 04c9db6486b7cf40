#!/usr/bin/env bash
# Runs the tests that write real files on XFS and on btrfs, since temporary files are seldom there; and those that need
# a device that is full.
#
# The file systems are images in a tmpfs, in a mount namespace of their own: nothing is left behind, whatever happens.
# What cannot be checked here is said.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/mounts.sh

modules=(
    real_ o_dsync:: executor_thread:: close_with_flush:: d1_durability:: fs_ tokio_fs:: bad_input:: o2_ o4_pool::
    sync_writers:: held::
)
# They need a device that is full, and have a run of their own.
on_a_full_device=(o_dsync::a_sync_that_fails_for_another o_dsync::a_full_file_system)

# Runs what is compiled already: tests of which at least $1 are expected.
run() {
    local least=$1 log=$scratch/log
    shift
    cargo test --quiet --all-features "$@" --show-output >"$log" 2>&1 || { sed -n '/^failures:/,$p' "$log"; exit 1; }
    grep '^test result' "$log"
    sed -n 's/^skipped/NOT CHECKED/p' "$log" | sort -u
    passed=$(sed -n 's/^test result: ok\. \([0-9]*\) passed.*/\1/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
    [ "$passed" -ge "$least" ] || { echo "filesystems: only $passed tests ran, not $least or more" >&2; exit 1; }
}

if [ "${1:-}" = inside ]; then
    scratch=$2
    mount -t tmpfs tmpfs "$scratch"

    for type in xfs btrfs; do
        if mount_new "$type" 1G "$scratch/$type"; then
            echo "on $type"
            skip=(--skip "${on_a_full_device[0]}" --skip "${on_a_full_device[1]}")
            filters=("${modules[@]}" a_file_is_written_anew "${skip[@]}")
            TMPDIR=$scratch/$type run 300 --test it --test late_writes -- "${filters[@]}"
            umount "$scratch/$type"
            rm "$scratch/$type.image"
        fi
    done

    # The image finds less room than it is large. XFS learns so when it writes back, which is after write(2) has
    # returned.
    mkdir "$scratch/full"
    mount -t tmpfs -o size=96M tmpfs "$scratch/full"
    if mount_new xfs 320M "$scratch/full/xfs"; then
        echo "on a full device"
        export AWC_STORE=$scratch/full/xfs AWC_STORE_FILLER=$scratch/full/filler
        run 2 --test it -- "${on_a_full_device[@]}"
    fi
    exit
fi

cargo test --quiet --all-features --test it --test late_writes --no-run
in_a_namespace "$0"
