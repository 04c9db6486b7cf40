#!/usr/bin/env bash
# Prints what each feature adds for whoever builds the library, as the Markdown table of src/book/tuning.md: the
# crates on this target, and the processor time of a build of everything from nothing (`cargo build --lib`, all
# threads together, so that other work on the machine counts for little). Measures for a minute or two; no check, and
# not part of .ci/run.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cargo fetch --quiet
crates() {
    cargo tree --package async-write-complete --edges normal,build --prefix none --format '{lib}' "$@" |
        sed 's/ .*//' | sort -u | grep -vx -e async_write_complete -e '' || true
}
row() {
    local name=$1 names count seconds
    shift
    names=$(crates "$@" | tr '\n' ' ')
    count=$(wc -w <<<"$names")
    rm -rf "$work/target"
    TIMEFORMAT='%U %S'
    seconds=$({ time cargo build --quiet --package async-write-complete --lib --target-dir "$work/target" "$@" \
        >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }; } 2>&1 | awk '{ printf "%.1f", $1 + $2 }')
    # A set of features has nothing that one of them has not.
    names=$(sed 's/ $//; s/ /, /g' <<<"$names")
    [[ $name == *alone ]] || names=
    printf '| %s | %s | %s s | %s |\n' "$name" "$count" "$seconds" "$names"
}

echo '| features | crates | build | which crates |'
echo '|---|---|---|---|'
row 'none' --no-default-features
for feature in $(awk '/^\[/ { table = $0 } table == "[features]" && /^[a-z0-9_-]+ *=/ && $1 != "default" { print $1 }' \
    Cargo.toml | sort); do
    row "\`$feature\` alone" --no-default-features --features "$feature"
done
row 'default'
row 'all' --all-features
