#!/usr/bin/env bash
# Checks licenses, sources and advisories of all dependencies, those of evidence/ included, as deny.toml says. It
# needs cargo-deny, and for advisories the database, which it fetches.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/not-checked.sh

if ! cargo deny --version >/dev/null 2>&1; then
    not_checked "licenses, sources and advisories, because there is no cargo-deny"
    exit
fi
cargo deny --workspace check bans licenses sources
if cargo deny --workspace fetch db >/dev/null 2>&1; then
    cargo deny --workspace check advisories
else
    not_checked "advisories, because the database could not be fetched"
fi
