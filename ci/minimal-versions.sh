#!/usr/bin/env bash
# Checks that the versions which the manifests ask for are enough: both crates build, and the library passes its unit
# tests, with the oldest release of each direct dependency that its requirement allows. Everything else is built with
# the newest, so a requirement that is too low would be seen by users alone. Cargo chooses the versions by an option
# that only nightly has; what is built is built with the usual toolchain.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/not-checked.sh

if ! cargo +nightly --version >/dev/null 2>&1; then
    not_checked "minimal versions, which only a nightly cargo can choose"
    exit
fi

# In a copy, since a lock file belongs to a directory; without evidence/, whose dependencies are its own affair.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r Cargo.toml README.md src examples conformance "$work"
sed -i 's/^members = .*/members = ["conformance"]/' "$work/Cargo.toml"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/minimal-versions"
cd "$work"
cargo +nightly -Z direct-minimal-versions generate-lockfile
cargo tree --locked --workspace --all-features --depth 1 --edges normal
cargo check --locked --workspace --lib --all-features
cargo test --locked --lib --all-features
