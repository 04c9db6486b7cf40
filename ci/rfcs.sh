#!/usr/bin/env bash
# Checks the tables, texts and pictures of the RFCs and of the book that are made from data: that each is what the data
# in rfcs/data render to, and that the data are such as the commands of today would leave, with the same cases,
# subjects, rules, sizes and columns. It measures nothing, and does not ask what the figures are. It fails if it finds
# no such part.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo run --release -p evidence --all-features -- rfcs --check
