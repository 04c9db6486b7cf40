#!/usr/bin/env bash
# Checks for what the other scripts need, and installs what is missing where it may.
#
# Debian packages: gcc and libc6-dev, because rustc links with `cc`; ca-certificates, because cargo downloads crates.
# util-linux (taskset), for ci/one-core.sh. For ci/filesystems.sh, ci/crash.sh, ci/fuzz.sh and the bench, which say what
# they could not do without them: util-linux and mount (a mount namespace, a loop device), xfsprogs, btrfs-progs,
# e2fsprogs (the file systems on it). For ci/system-calls.sh and ci/faults.sh, likewise: strace; for ci/libraries.sh:
# gzip, tar and zstd; for ci/breaks.sh: patch. Nothing else: what is C in the dependencies of evidence/libraries comes as
# source. From rustup: the components rustfmt and clippy.
#
# A nightly toolchain (ci/docs.sh, ci/minimal-versions.sh, ci/public-api.sh, ci/miri.sh), Miri, cargo-public-api,
# cargo-semver-checks, cargo-mutants and cargo-deny are used where they are, and not installed: those scripts print NOT
# CHECKED without them.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
command -v cc >/dev/null || missing+=(gcc)
[ -e /usr/include/stdio.h ] || missing+=(libc6-dev)
command -v taskset >/dev/null || missing+=(util-linux)
command -v patch >/dev/null || missing+=(patch)
[ -e /etc/ssl/certs/ca-certificates.crt ] || missing+=(ca-certificates)
# As root only: nobody else may mount or install anything.
if [ "$(id -u)" -eq 0 ]; then
    for tool in unshare:util-linux mount:mount strace:strace mkfs.ext4:e2fsprogs mkfs.xfs:xfsprogs \
        mkfs.btrfs:btrfs-progs gzip:gzip tar:tar zstd:zstd; do
        command -v "${tool%%:*}" >/dev/null || missing+=("${tool##*:}")
    done
fi
# Not a Debian system: what counts is that there is a linker.
if [ "${#missing[@]}" -gt 0 ] && ! command -v apt-get >/dev/null; then
    command -v cc >/dev/null || { echo "install: no C compiler (cc), which rustc links with" >&2; exit 1; }
    missing=()
fi
if [ "${#missing[@]}" -gt 0 ]; then
    install=(apt-get install -y --no-install-recommends "${missing[@]}")
    [ "$(id -u)" -eq 0 ] || { echo "install: missing; as root: ${install[*]}" >&2; exit 1; }
    echo "install: ${install[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    "${install[@]}"
fi

command -v cargo >/dev/null || { echo "install: no cargo; rustup brings it" >&2; exit 1; }
for component in rustfmt clippy; do
    if ! cargo "${component/rust/}" --version >/dev/null 2>&1; then
        command -v rustup >/dev/null || { echo "install: the component $component is missing" >&2; exit 1; }
        rustup component add "$component"
    fi
done

rustc --version
cargo --version
cc --version | head -n 1
