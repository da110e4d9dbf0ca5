#!/usr/bin/env bash
# Builds and runs each example, a package of its own, and its check.sh, which compares it with the system's tools.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# One folder for all the packages that use this one, so that it is compiled once for them.
scratch=${SCRATCH:-.build-consumers}
count=0

for manifest in Examples/*/Package.swift; do
  [ -f "$manifest" ] || continue
  folder=$(dirname "$manifest")
  name=$(basename "$folder")
  Scripts/swift.sh build --package-path "$folder" --scratch-path "$scratch" --product "$name" --disable-index-store
  executable=$PWD/$scratch/debug/$name

  printf -- '-- %s\n' "$name"
  output=$("$executable" </dev/null)
  [ -n "$output" ] || { echo "examples: $name printed nothing" >&2 && exit 1; }
  printf '%s\n' "$output"
  [ ! -f "$folder/check.sh" ] || "$folder/check.sh" "$executable"
  count=$((count + 1))
done
[ "$count" -gt 0 ] || { echo 'examples: none found in Examples/' >&2 && exit 1; }
echo "examples: $count built, run and checked"
