#!/usr/bin/env bash
# Checks that the documentation builds without a warning (a broken link is one): what users read, with every feature
# and with none (a link into a feature breaks without it), and then what maintainers read, private items included; at
# last as docs.rs builds it, with nightly, where each item says which feature it needs.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/not-checked.sh

export RUSTDOCFLAGS="-D warnings"
cargo doc --workspace --all-features --no-deps
cargo doc --package async-write-complete --no-default-features --no-deps
cargo doc --workspace --all-features --no-deps --document-private-items

if ! cargo +nightly --version >/dev/null 2>&1; then
    not_checked "the pages as on docs.rs, for which there is no nightly toolchain"
    exit
fi
pages="${CARGO_TARGET_DIR:-target}/nightly"
RUSTDOCFLAGS="--cfg docsrs $RUSTDOCFLAGS" CARGO_TARGET_DIR="$pages" cargo +nightly doc --all-features --no-deps \
    --package async-write-complete --package async-write-complete-conformance
for page in async_write_complete/struct.Offload async_write_complete_conformance/lens/index; do
    grep -q 'Available on .*crate feature' "$pages/doc/$page.html" || {
        echo "docs: $page does not say which feature it needs" >&2
        exit 1
    }
done
echo "the pages as on docs.rs say which features they need"
