#!/usr/bin/env bash
# Checks that the library builds with the `rust-version` of Cargo.toml, as far as the toolchains at hand can tell.
#
# With any toolchain: no let-chain (they came with 1.88), and no newer std API, which clippy knows. With the old
# toolchain itself: a build.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/not-checked.sh

msrv=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
[ -n "$msrv" ] || { echo "msrv: no rust-version in Cargo.toml" >&2; exit 1; }

# In edition 2021 there are no let-chains, and the parser says so; a search for text would find them in comments.
let_chains() {
    local out
    out=$(rustfmt --edition 2021 --check "$@" 2>&1 >/dev/null || true)
    grep -A 2 'let chains are only allowed' <<<"$out"
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 'fn f(x: Option<u8>) { if let Some(x) = x && x > 0 {} }' >"$work/let_chain.rs"
let_chains "$work/let_chain.rs" >/dev/null || { echo "msrv: this rustfmt does not tell of let-chains" >&2; exit 1; }
mapfile -t files < <(find src conformance/src examples -name '*.rs')
if let_chains "${files[@]}"; then
    echo "msrv: a let-chain, which Rust $msrv does not know" >&2
    exit 1
fi
echo "no let-chain in ${#files[@]} files"

cargo clippy --lib --all-features -- -D warnings -D clippy::incompatible_msrv
echo "no std API newer than $msrv, as far as clippy knows"

if cargo "+$msrv" --version >/dev/null 2>&1; then
    cargo "+$msrv" check --lib --all-features
    cargo "+$msrv" check --lib --no-default-features
    echo "Rust $msrv builds it"
else
    not_checked "a build with Rust $msrv, which is not installed"
fi
