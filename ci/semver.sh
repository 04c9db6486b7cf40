#!/usr/bin/env bash
# Asks cargo-semver-checks whether a change of the interface since the last release would break a user whom Cargo lets
# upgrade. A release is a tag v*. Before the first one there is nothing to compare with; ci/public-api.sh shows every
# change.
#
# `ci/semver.sh REF` compares with any commit. It needs cargo-semver-checks.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/not-checked.sh

if ! shallow=$(git rev-parse --is-shallow-repository) || [ "$shallow" = true ]; then
    not_checked "what a change would break, because this is no clone with all its tags"
    exit
fi
baseline=${1:-$(git describe --tags --abbrev=0 --match 'v*' 2>/dev/null || true)}
if [ -z "$baseline" ]; then
    echo "semver: there is no release to compare with"
    exit
fi
if ! cargo semver-checks --version >/dev/null 2>&1; then
    not_checked "what a change since $baseline would break, because there is no cargo-semver-checks;" \
        "cargo install --locked cargo-semver-checks@0.51.0 brings it"
    exit
fi
cargo semver-checks --package async-write-complete --package async-write-complete-conformance \
    --all-features --baseline-rev "$baseline"
