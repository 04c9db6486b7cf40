#!/usr/bin/env bash
# Checks that every file is formatted as rustfmt.toml says, so that a diff shows only what was changed.
#
# rustfmt leaves comments alone, so their width is checked here. A table of the documentation and a URL have lines of
# their own length.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo fmt --all --check
# A comment begins before any string; the locale has grep count characters.
long=$(LC_ALL=C.UTF-8 git grep --untracked --line-number -E '^.{121,}' -- '*.rs' |
    grep -E '^[^:]*:[0-9]+:[^"]*//' | grep -vE '^[^:]*:[0-9]+: *//[!/] +\||https?://' || true)
if [ -n "$long" ]; then
    printf 'fmt: these comments are longer than 120 columns:\n%s\n' "$long" >&2
    exit 1
fi
