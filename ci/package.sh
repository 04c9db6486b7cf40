#!/usr/bin/env bash
# Checks what would be published: that each crate can be packaged, and builds from its package (the kit from that of
# the library); then that whoever unpacks them can test them. The library is published first, since the kit depends on
# it; the other way round there is a dev-dependency without a version, which cargo leaves out of the package. So the
# tests run twice: without the kit, as from the registry, and with it. What a package does not have (tests/, rfcs/) is
# not run.
set -euo pipefail
cd "$(dirname "$0")/.."

target="${CARGO_TARGET_DIR:-$PWD/target}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# CI packages what is committed; a person may look before that.
cargo package --workspace --exclude evidence --allow-dirty
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml)
for crate in async-write-complete async-write-complete-conformance; do
    tar -xzf "$target/package/$crate-$version.crate" -C "$work"
    mv "$work/$crate-$version" "$work/$crate"
    for file in LICENSE-APACHE LICENSE-MIT Cargo.toml; do
        [ -s "$work/$crate/$file" ] || { echo "package: $crate has no $file" >&2; exit 1; }
    done
done
# Its dependencies are built already.
export CARGO_TARGET_DIR="$target"

echo "== the library, as from the registry"
(cd "$work/async-write-complete" && cargo test)

echo "== both, with the kit and every feature"
cat >>"$work/async-write-complete/Cargo.toml" <<'TOML'

[dev-dependencies.async-write-complete-conformance]
path = "../async-write-complete-conformance"
TOML
cat >"$work/Cargo.toml" <<'TOML'
[workspace]
members = ["async-write-complete", "async-write-complete-conformance"]
resolver = "3"

[patch.crates-io]
async-write-complete = { path = "async-write-complete" }
TOML
cd "$work"
cargo test --all-features --package async-write-complete --doc
cargo build --all-features --package async-write-complete --examples
cargo test --all-features --package async-write-complete-conformance
