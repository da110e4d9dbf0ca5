#!/usr/bin/env bash
# Checks that each public symbol is documented and each Swift block of the pages is an excerpt of the examples, then
# builds every DocC catalogue with warnings as errors. BUILT names the folder of a debug build that is there already.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
built=${BUILT:-}
if [ -z "$built" ]; then
  Scripts/swift.sh build
  built=.build/debug
fi
docc=$(command -v docc || echo "$(dirname "$(readlink -f "$(command -v "${SWIFT:-swift}")")")/docc")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The compiler's symbol graphs, from the modules as they were built: a folder for each.
maps=()
for map in "$built"/*.build/module.modulemap Sources/*/module.modulemap; do maps+=(-Xcc "-fmodule-map-file=$map"); done
while read -r module; do
  mkdir -p "$work/graphs/$module"
  Scripts/swift.sh symbolgraph-extract -module-name "$module" -I "$built/Modules" "${maps[@]}" \
    -target "$(uname -m)-unknown-linux-gnu" -output-dir "$work/graphs/$module" -minimum-access-level public \
    -skip-synthesized-members -emit-extension-block-symbols
done < <(find Sources -name '*.swift' | cut -d / -f 2 | sort -u | grep -vx wdprov)
Scripts/check-docs.py "$work/graphs"
Examples/check-documentation.py

mapfile -t catalogues < <(find Sources -mindepth 2 -maxdepth 2 -name '*.docc' | sort)
[ "${#catalogues[@]}" -gt 0 ] || { echo 'docs: no DocC catalogue in Sources/' >&2 && exit 1; }
for catalogue in "${catalogues[@]}"; do
  module=$(basename "$(dirname "$catalogue")")
  "$docc" convert "$catalogue" --additional-symbol-graph-dir "$work/graphs/$module" --warnings-as-errors \
    --fallback-display-name "$module" --fallback-bundle-identifier "$module" --output-path "$work/$module"
  echo "docs: $module"
done
