#!/usr/bin/env bash
# Runs every example as the README tells a reader to. Each asserts what it shows, so to run is to test; only what
# `early_answers` shows is a race, which no assertion can decide.
set -euo pipefail
cd "$(dirname "$0")/.."

examples=(examples/*.rs)
[ "${#examples[@]}" -ge 8 ] || { echo "examples: only ${#examples[@]} found" >&2; exit 1; }
for example in "${examples[@]}"; do
    name=$(basename "$example" .rs)
    echo "example: $name"
    # What needs a feature has it.
    cargo run --quiet --all-features --example "$name"
done
echo "${#examples[@]} examples ran"
