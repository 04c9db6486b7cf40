#!/usr/bin/env bash
# Compares the public items of both crates, with every feature, with the lists in ci/public-api: so a change of the
# interface is seen where it is made, and is never an accident. `ci/public-api.sh --update` writes the lists anew.
# Auto traits are not in them: tests/it/auto_traits.rs has those.
#
# The lists are such as this release of the tool writes them: `cargo install --locked cargo-public-api@0.52.0`. It
# needs a nightly toolchain.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/not-checked.sh

tool="cargo-public-api 0.52.0"
missing=
[ "$(cargo public-api --version 2>/dev/null || true)" = "$tool" ] || missing="there is no $tool"
cargo +nightly --version >/dev/null 2>&1 || missing="there is no nightly toolchain"
if [ -n "$missing" ]; then
    not_checked "the public interface, because $missing"
    exit
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/nightly"
changed=()
for crate in async-write-complete async-write-complete-conformance; do
    list="ci/public-api/$crate.txt"
    cargo public-api --package "$crate" --all-features -ss >"$work/$crate.txt" 2>"$work/log" || {
        cat "$work/log" >&2
        exit 1
    }
    [ "$(wc -l <"$work/$crate.txt")" -ge 300 ] || { echo "public-api: hardly any item of $crate was found" >&2; exit 1; }
    if [ "${1:-}" = --update ]; then cp "$work/$crate.txt" "$list"; fi
    diff -u "$list" "$work/$crate.txt" || changed+=("$crate")
    echo "$crate: $(wc -l <"$list") public items"
done
if [ "${#changed[@]}" -gt 0 ]; then
    echo "public-api: ${changed[*]} changed. If that is meant: ci/public-api.sh --update" >&2
    exit 1
fi
