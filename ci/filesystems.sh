#!/usr/bin/env bash
# Runs the tests that write real files, and kills that look for each record, on XFS and on btrfs, since temporary files
# are seldom there; and those that need a device that is full, or a file system that is shut down.
#
# The file systems are images in a tmpfs, in a mount namespace of their own: nothing is left behind, whatever happens.
# What cannot be checked here is said.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/mounts.sh

modules=(
    real_ o_dsync:: executor_thread:: close_with_flush:: d1_durability:: fs_ tokio_fs:: bad_input:: o2_ o4_pool::
    sync_writers:: held:: conformance::blocking conformance::offload executors:: w5_outstanding:: w9_close::
    close_answers:: tokio_pool:: poll_write:: adapter_tokio:: forwarding::
)
# Those that have a process of their own.
binaries=(--test child_processes --test commit_crash --test abandoned --test limits)
# They need a device that is full, and have a run of their own.
on_a_full_device=(
    o_dsync::a_sync_that_fails_for_another o_dsync::a_full_file_system real_files::a_full_file_system_takes
    d1_durability::a_sync_that_fails_on_a_full_device
)
# It shuts the file system down.
on_a_shut_down=real_shutdown::

# Runs what is compiled already: tests of which at least $1 are expected.
run() {
    local least=$1 log=$scratch/log
    shift
    # What hangs must not look like what takes long.
    timeout 3600 cargo test --quiet --all-features "$@" --show-output >"$log" 2>&1 || {
        sed -n '/^failures:/,$p' "$log"
        tail -n 3 "$log"
        exit 1
    }
    grep '^test result' "$log"
    sed -n 's/^skipped/NOT CHECKED/p' "$log" | sort -u
    passed=$(sed -n 's/^test result: ok\. \([0-9]*\) passed.*/\1/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
    [ "$passed" -ge "$least" ] || { echo "filesystems: only $passed tests ran, not $least or more" >&2; exit 1; }
}

# The last run was made for tests that find what they need here.
not_skipped() {
    ! grep '^skipped' "$scratch/log" || { echo "filesystems: a test found not what it needs" >&2; exit 1; }
}

if [ "${1:-}" = inside ]; then
    scratch=$2
    mount -t tmpfs -o mode=755 tmpfs "$scratch"

    for type in xfs btrfs; do
        if mount_new "$type" 1G "$scratch/$type"; then
            echo "on $type"
            # Tests that leave root write there too.
            chmod 1777 "$scratch/$type"
            export TMPDIR=$scratch/$type
            skip=()
            for test in "${on_a_full_device[@]}" "$on_a_shut_down"; do skip+=(--skip "$test"); done
            run 1100 --test it --test late_writes -- "${modules[@]}" a_file_is_written_anew "${skip[@]}"
            run 30 "${binaries[@]}" --
            "${CARGO_TARGET_DIR:-target}/release/evidence" crash --subject ours --kills 20 --folder "$TMPDIR"
            unset TMPDIR
            umount "$scratch/$type"
            rm "$scratch/$type.image"
        fi
    done

    # The image finds less room than it is large. XFS learns so when it writes back, which is after write(2) has
    # returned. Each test has a new one: where blocks were written once, the device has room for them.
    for test in "${on_a_full_device[@]}"; do
        full=$scratch/full-$test
        mkdir "$full"
        mount -t tmpfs -o size=96M tmpfs "$full"
        if mount_new xfs 320M "$full/xfs"; then
            echo "on a full device: $test"
            AWC_STORE=$full/xfs AWC_STORE_FILLER=$full/filler run 1 --test it -- "$test"
            not_skipped
            umount "$full/xfs"
        fi
        umount "$full"
    done

    for type in ext4 xfs; do
        command -v xfs_io >/dev/null || { not_checked "$type, shut down: no xfs_io, which xfsprogs has"; continue; }
        if mount_new "$type" 512M "$scratch/shut-$type"; then
            echo "on $type that is shut down"
            AWC_SHUTDOWN=$scratch/shut-$type run 1 --test it -- "$on_a_shut_down"
            not_skipped
            umount "$scratch/shut-$type"
        fi
    done
    exit
fi

cargo test --quiet --all-features --test it --test late_writes "${binaries[@]}" --no-run
cargo build --quiet --release -p evidence --all-features
in_a_namespace "$0"
