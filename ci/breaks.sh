#!/usr/bin/env bash
# Applies each patch of ci/breaks to a copy of the library, which breaks it in a way that no tool does: a wake before the
# end is published, a waker that is left after the unlocking, a sync that counts for more than it covers. The first line
# of a patch says what it breaks. Its line `run:` is a command, or the models of a file under Loom, that limits without
# the patch, and of which a test fails with it.
#
#   ci/breaks.sh         all of them
#   ci/breaks.sh NAME    one
#
# A patch that no longer applies is made again: change the code so, and take `git diff`.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v patch >/dev/null || { echo "breaks: there is no patch, whose package ci/install.sh names" >&2; exit 1; }
patches=(ci/breaks/${1:-*}.patch)
[ -e "${patches[0]}" ] || { echo "breaks: there is no ${patches[0]}" >&2; exit 1; }
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")/breaks
# Always the same place, since Cargo builds anew what is in another one.
copy=$target/copy
log=$(mktemp)
trap 'rm -rf "$log" "$copy"' EXIT
export CARGO_PROFILE_DEV_DEBUG=0

make_copy() {
    rm -rf "$copy"
    mkdir -p "$copy"
    cp -r Cargo.toml README.md src tests examples conformance rfcs "$copy"
    sed -i 's/^members = .*/members = ["conformance"]/' "$copy/Cargo.toml"
    [ ! -e Cargo.lock ] || cp Cargo.lock "$copy"
}

# Runs cargo in the copy, with what comes before its arguments.
cargo_there() {
    (cd "$copy" && CARGO_TARGET_DIR="$target" "$@") >"$log" 2>&1
}

# Builds what the line `run:` $1 of a patch names, and runs it for at most $2 seconds: 1 if a test fails, or hangs.
run() {
    local what=$1 seconds=$2 command
    read -ra command <<<"$what"
    if [ "${command[0]}" = loom ]; then
        command=(
            env RUSTFLAGS="--cfg awc_loom" LOOM_MAX_PREEMPTIONS=2 CARGO_TARGET_DIR="$target/loom"
            cargo test --config profile.release.package.async-write-complete.debug-assertions=true --release --lib
            --features "offload,commit" "models::${command[1]}"
        )
    fi
    cargo_there "${command[@]}" --no-run || { cat "$log"; echo "breaks: it does not build" >&2; exit 1; }
    cargo_there timeout "$seconds" "${command[@]}" || return 1
}

declare -A limits
for patch in "${patches[@]}"; do
    name=$(basename "$patch" .patch)
    what=$(sed -n 's/^run: //p' "$patch")
    make_copy
    if [ -z "${limits[$what]:-}" ]; then
        began=$SECONDS
        run "$what" 3600 || { cat "$log"; echo "breaks: \`$what\` fails without $name" >&2; exit 1; }
        grep -q '^test result: ok\. [1-9]' "$log" || { echo "breaks: \`$what\` runs no test" >&2; exit 1; }
        # A broken copy may hang. Its limit follows from how long the right one took, so that a slow machine is none.
        limits[$what]=$((300 + 3 * (SECONDS - began)))
    fi
    patch --directory="$copy" --quiet --strip=1 --fuzz=0 <"$patch" ||
        { echo "breaks: $name no longer applies" >&2; exit 1; }
    if run "$what" "${limits[$what]}"; then
        echo "breaks: \`$what\` does not notice $name: $(head -n 1 "$patch")" >&2
        exit 1
    fi
    # A model that fails ends its process, mostly, and then only its panic has a name.
    noticed=$(sed -n "s/^test \(.*\) \.\.\. FAILED\$/\1/p; s/^thread '\([^']*::[^']*\)'.* panicked at .*/\1/p
        s/^test \(.*\) has been running for over .*/\1, which hangs/p" "$log" | sed -n 1p)
    [ -n "$noticed" ] || { cat "$log"; echo "breaks: $name fails, and not by a test" >&2; exit 1; }
    printf '%-24s noticed by %s\n' "$name" "$noticed"
done
echo "${#patches[@]} breaks were noticed"
