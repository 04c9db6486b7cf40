#!/usr/bin/env bash
# Changes a line of the library at a time, with cargo-mutants, and asks whether a test notices. Each change that
# survives is printed, and fails the run: it wants a test, or, if nobody could notice it, a line with its reason in
# .cargo/mutants.toml.
#
#   ci/mutants.sh --in-diff REF    the lines that differ from the commit or branch REF
#   ci/mutants.sh --shard K/N      the K-th of N parts of all
#   ci/mutants.sh                  all, in hours
#
# Not part of .ci/run: each takes 15 to 60 s. CI runs the first form for what is proposed. First come the random
# sequences of the kit, which notice most within seconds, and then the unit tests, tests/it and the binaries named below
# for what survived. It works in a copy of the tree. Which files are looked at, and why not all, stands in
# .cargo/mutants.toml.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/not-checked.sh

if ! cargo mutants --version >/dev/null 2>&1; then
    not_checked "what the tests would not notice, because there is no cargo-mutants;" \
        "cargo install --locked cargo-mutants@27.1.0 brings it"
    exit
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
chosen=()
case "${1:-}" in
    --in-diff)
        git diff "${2:?a commit or a branch}" -- src >"$scratch/diff"
        chosen=(--in-diff "$scratch/diff")
        ;;
    --shard) chosen=(--shard "${2:?K/N}" --sharding round-robin) ;;
    "") ;;
    *) echo "mutants: what is $1?" >&2; exit 2 ;;
esac

# It answers 2 for survivors and 3 for timeouts, which are changes that a test noticed by hanging.
noticed() {
    local answer=0
    "$@" || answer=$?
    [ "$answer" -eq 0 ] || [ "$answer" -eq 2 ] || [ "$answer" -eq 3 ] || exit "$answer"
}

noticed cargo mutants "${chosen[@]}" --output "$scratch/kit" -C=--package=async-write-complete-conformance \
    -C=--test=random_sequences -C=--test=by_content -- -- --skip each_flaw
found=$scratch/kit/mutants.out
# Of files that may not be there.
count() { { cat "$@" 2>/dev/null || true; } | wc -l; }
if [ "$(count "$found"/{caught,missed,timeout,unviable}.txt)" -eq 0 ]; then
    # Of lines that differ none may be looked at. Of a part of all there are always some.
    [ "${1:-}" = --in-diff ] || { echo "mutants: no line was changed" >&2; exit 1; }
    echo "no line was changed: nothing that is looked at differs"
    exit
fi

survived=()
while IFS= read -r name; do
    # As a regular expression that only this one fits.
    survived+=(-F "^$(sed 's/[][\\.+*?()|{}^$&~#-]/\\&/g' <<<"$name")\$")
done <"$found/missed.txt"
if [ "${#survived[@]}" -gt 0 ]; then
    noticed cargo mutants "${survived[@]}" --output "$scratch/all" -C=--lib -C=--test=it -C=--test=abandoned \
        -C=--test=blocking_pool -C=--test=child_processes -C=--test=commit_crash -C=--test=events -C=--test=late_writes \
        -C=--test=limits -C=--test=memory_use -C=--test=spinning
fi

left=$(count "$scratch/all/mutants.out/missed.txt")
noticed=$(($(count "$found"/{caught,timeout}.txt) + $(count "$scratch"/all/mutants.out/{caught,timeout}.txt)))
share=$((noticed + left > 0 ? 100 * noticed / (noticed + left) : 100))
echo "$noticed changes were noticed, $left were not ($share %), and $(count "$found/unviable.txt") do not compile"
[ "$left" -eq 0 ] || { cat "$scratch/all/mutants.out/missed.txt"; exit 1; }
