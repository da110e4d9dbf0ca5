#!/usr/bin/env bash
# Checks that each public symbol is documented and each Swift block of the pages is an excerpt of the examples, then
# builds every DocC catalogue with warnings as errors.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch=${SCRATCH:-.build}
export WDPROV_WITHOUT_TESTS=1

Scripts/swift.sh package --scratch-path "$scratch" dump-symbol-graph \
  --minimum-access-level public --skip-synthesized-members
Scripts/check-docs.py "$scratch"/*/symbolgraph
Examples/check-documentation.py

mapfile -t catalogues < <(find Sources -mindepth 2 -maxdepth 2 -name '*.docc' | sort)
[ "${#catalogues[@]}" -gt 0 ] || { echo 'docs: no DocC catalogue in Sources/' >&2 && exit 1; }
for catalogue in "${catalogues[@]}"; do
  Scripts/swift.sh package --scratch-path "$scratch" generate-documentation \
    --target "$(basename "$(dirname "$catalogue")")" --warnings-as-errors
done
