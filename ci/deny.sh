#!/usr/bin/env bash
# Checks licenses, sources and advisories of all dependencies, those of evidence/ included, as deny.toml says. It
# needs cargo-deny, and for advisories the database, which it fetches. DENY_REQUIRED=true makes it an error that
# either is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

not_checked() {
    [ "${DENY_REQUIRED:-false}" != true ] || { echo "deny: $1" >&2; exit 1; }
    echo "NOT CHECKED: $2, because $1"
}
if ! cargo deny --version >/dev/null 2>&1; then
    not_checked "there is no cargo-deny" "licenses, sources and advisories"
    exit
fi
cargo deny --workspace check bans licenses sources
if cargo deny --workspace fetch db >/dev/null 2>&1; then
    cargo deny --workspace check advisories
else
    not_checked "the database could not be fetched" advisories
fi
