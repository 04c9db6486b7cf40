#!/usr/bin/env bash
# Breaks the library on purpose, in ways that no tool makes: a wake before the end is published, a waker that is left
# after the unlocking, a sync that counts for more than it covers. Each patch of ci/breaks says in its first lines what
# it breaks and what has to notice; that has to pass without it, and to name a test that fails with it.
#
# `ci/breaks.sh NAME` tries one. It works in a copy, with a target folder of its own. A patch that fits no more has to
# be written anew: change the code so, and take `git diff`.
set -euo pipefail
cd "$(dirname "$0")/.."

patches=(ci/breaks/${1:-*}.patch)
[ -e "${patches[0]}" ] || { echo "breaks: there is no ${patches[0]}" >&2; exit 1; }
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")/breaks
export CARGO_PROFILE_DEV_DEBUG=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Runs what the line `run:` of a patch says: the models of a file under Loom, or a command.
notice() {
    local what=$1
    case "$what" in
        loom\ *)
            RUSTFLAGS="--cfg awc_loom" LOOM_MAX_PREEMPTIONS=2 CARGO_TARGET_DIR=$target/loom timeout 300 \
                cargo test --config profile.release.package.async-write-complete.debug-assertions=true --release \
                --lib --features offload,commit "models::${what#loom }"
            ;;
        # A hang is noticed as well.
        *) CARGO_TARGET_DIR=$target timeout 300 $what ;;
    esac
}

copy() {
    rm -rf "$work/copy"
    mkdir "$work/copy"
    cp -r Cargo.toml README.md src tests examples conformance rfcs "$work/copy"
    sed -i 's/^members = .*/members = ["conformance"]/' "$work/copy/Cargo.toml"
    [ ! -e Cargo.lock ] || cp Cargo.lock "$work/copy"
}

declare -A sound
for patch in "${patches[@]}"; do
    name=$(basename "$patch" .patch)
    what=$(sed -n 's/^run: //p' "$patch")
    copy
    if [ -z "${sound[$what]:-}" ]; then
        (cd "$work/copy" && notice "$what") >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
        grep -q '^test result: ok\. [1-9]' "$work/log" || { echo "breaks: \`$what\` runs no test" >&2; exit 1; }
        sound[$what]=yes
    fi
    (cd "$work/copy" && patch --quiet --strip=1) <"$patch" || { echo "breaks: $name fits no more" >&2; exit 1; }
    if (cd "$work/copy" && notice "$what") >"$work/log" 2>&1; then
        echo "breaks: nothing notices $name: $(head -n 1 "$patch")" >&2
        exit 1
    fi
    noticed=$(grep -c '^test .* FAILED$\|panicked at\|has been running' "$work/log" || true)
    if [ "$noticed" -eq 0 ] || grep -q '^error.*could not compile' "$work/log"; then
        cat "$work/log"
        echo "breaks: $name fails, and not by a test" >&2
        exit 1
    fi
    printf '%-24s noticed by %s\n' "$name" "$what"
done
echo "${#patches[@]} breaks were noticed"
