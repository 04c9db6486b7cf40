#!/usr/bin/env bash
# Checks that the traits stand alone (no dependency at all without features, on any target), and that each set of
# features of the library, and each feature of the kit, compiles without a warning. All of that rots unseen, because
# everything else is built with all features.
set -euo pipefail
cd "$(dirname "$0")/.."

tree=$(cargo tree --package async-write-complete --edges normal,build --target all --no-default-features --prefix none)
if [ "$(wc -l <<<"$tree")" -ne 1 ]; then
    printf 'no-default-features: there are dependencies:\n%s\n' "$tree" >&2
    exit 1
fi
echo "no dependency: $tree"

# The names in the [features] table, but for `default`, which is a set of others.
features_of() {
    awk '/^\[/ { table = $0 } table == "[features]" && /^[a-z0-9_-]+ *=/ && $1 != "default" { print $1 }' "$1"
}

# Package $1 with the features $2.
check() {
    if ! cargo clippy --quiet --package "$1" --lib --no-default-features --features "$2" -- -D warnings; then
        echo "no-default-features: $1 with the features '$2'" >&2
        exit 1
    fi
}

mapfile -t features < <(features_of Cargo.toml)
[ "${#features[@]}" -ge 6 ] || { echo "no-default-features: ${#features[@]} features found in Cargo.toml" >&2; exit 1; }
sets=$((1 << ${#features[@]}))
for ((number = 0; number < sets; number++)); do
    set=
    for i in "${!features[@]}"; do
        if (((number >> i) & 1)); then set+="${set:+,}${features[i]}"; fi
    done
    check async-write-complete "$set"
done
echo "async-write-complete: $sets sets of the features ${features[*]}"

# The kit's are those of the library, and three of them turn on code of its own.
mapfile -t features < <(features_of conformance/Cargo.toml)
[ "${#features[@]}" -ge 6 ] || { echo "no-default-features: ${#features[@]} features of the kit found" >&2; exit 1; }
for set in "" "${features[@]}"; do check async-write-complete-conformance "$set"; done
echo "async-write-complete-conformance: none, and each of ${features[*]}"
