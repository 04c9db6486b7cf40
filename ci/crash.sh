#!/usr/bin/env bash
# Runs the crashes with few kills, and the losses of power and the shutdowns with few of them. It fails unless every
# record that a writer of ours reported is found whole, once and in its place; what the peers lose is only printed.
#
# The full run has 1,000 kills for each row, and as many exits: `cargo run --release -p evidence --features crash --
# crash`, and the same with `--power-loss --copies 300` and with `--shutdown`.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/not-checked.sh

json=$(mktemp)
trap 'rm -f "$json"' EXIT
cargo run --release -p evidence --all-features -- crash --kills 50 --json "$json"
# A run without our rows must not pass.
ours=$(grep -o '"ours": *true' "$json" | wc -l || true)
[ "$ours" -ge 10 ] || { echo "crash: only $ours rows of ours" >&2; exit 1; }

no_power() {
    not_checked "the losses of power and the shutdowns: $*"
    exit
}
[ "$(id -u)" -eq 0 ] || no_power "file systems are mounted by root only"
unshare -m true || no_power "no mount namespace can be made"
for tool in mkfs.ext4 mkfs.xfs mkfs.btrfs xfs_io; do
    command -v "$tool" >/dev/null || no_power "no $tool, whose package ci/install.sh names"
done
# The run needs each type on a loop device, and a second loop device on a file in it. Here they are tried.
image=$(mktemp)
trap 'rm -f "$json" "$image"' EXIT
for type in ext4 btrfs xfs; do
    truncate -s 1G "$image"
    "mkfs.$type" -q "$image" >/dev/null
    unshare -m --propagation private bash -c '
        mount -t "$1" -o loop "$2" /mnt && truncate -s 400M /mnt/image && mkfs.ext4 -q /mnt/image && mount -o loop /mnt/image /mnt
    ' mounts "$type" "$image" || no_power "$type on a loop device, and another one on it, cannot be mounted"
    rm "$image"
done
cargo run --release -p evidence --all-features -- crash --power-loss --copies 20 --json "$json"
ours=$(grep -o '"ours": *true' "$json" | wc -l || true)
[ "$ours" -ge 24 ] || { echo "crash: only $ours rows of ours lost their power" >&2; exit 1; }
cargo run --release -p evidence --all-features -- crash --shutdown --copies 15 --json "$json"
ours=$(grep -o '"ours": *true' "$json" | wc -l || true)
[ "$ours" -ge 16 ] || { echo "crash: only $ours rows of ours were shut down" >&2; exit 1; }
