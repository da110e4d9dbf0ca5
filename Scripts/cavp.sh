#!/usr/bin/env bash
# Installs NIST's vectors, which the Python package cryptography-vectors has, into the build, and makes tables of them.
# They are in .build-cavp/tables, which WDPROV_CAVP names for the tests; nothing is done where they are up to date.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# One version, so that the counts do not change by themselves.
package=cryptography-vectors==50.0.2
folder=.build-cavp
made=$folder/tables/points.tsv

up_to_date() {
  [ "$(cat "$folder/version" 2>/dev/null)" = "$package" ] || return 1
  [ -e "$made" ] || return 1
  [ -z "$(find Tests/Vectors -name '*.py' -newer "$made" -print -quit)" ]
}

if ! up_to_date; then
  rm -rf "$folder"
  mkdir -p "$folder"
  # Into a folder of its own: Debian's Python takes no packages but Debian's.
  python3 -m pip --disable-pip-version-check --quiet install --root-user-action ignore --no-deps \
    --target "$folder/package" "$package"
  python3 Tests/Vectors/cavp.py "$folder/tables" "$folder/package/cryptography_vectors" >"$folder/log"
  python3 Tests/Vectors/cavp_public_keys.py "$folder/tables" "$folder/package/cryptography_vectors" >>"$folder/log"
  rm -r "$folder/package"
  tail -n 2 "$folder/log"
  echo "$package" >"$folder/version"
fi
