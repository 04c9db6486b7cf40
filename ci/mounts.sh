# For other scripts to source: new file systems, in a mount namespace of their own. Nothing is left behind, whatever
# happens. What cannot be checked is said.

. ci/not-checked.sh

# Mounts a new file system of type $1 and size $2 in the directory $3, from a sparse image beside it.
mount_new() {
    command -v "mkfs.$1" >/dev/null || { not_checked "$1: no mkfs.$1, whose package ci/install.sh names"; return 1; }
    mkdir "$3"
    truncate -s "$2" "$3.image"
    "mkfs.$1" -q "$3.image" >/dev/null || { echo "mkfs.$1 failed" >&2; exit 1; }
    mount -t "$1" -o loop "$3.image" "$3" || { not_checked "$1: it cannot be mounted"; return 1; }
}

# Runs the script $1 with `inside` and an empty directory, where it may mount.
in_a_namespace() {
    if [ "$(id -u)" -ne 0 ]; then
        not_checked "XFS, btrfs, a full device: they are mounted by root only"
    elif ! unshare -m true; then
        not_checked "XFS, btrfs, a full device: no mount namespace can be made"
    else
        local directory
        directory=$(mktemp -d)
        # shellcheck disable=SC2064 # The directory of now.
        trap "rmdir '$directory'" EXIT
        unshare -m --propagation private bash "ci/${1##*/}" inside "$directory"
    fi
}
