#!/usr/bin/env bash
# Checks what the shipped command loads at start-up: not libcrypto, which is opened on first use, and no Swift or C++
# library.
# Usage: check-linkage.sh [COMMAND]
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

command=${1:-.build/release/wdprov}
dynamic=$(readelf -d "$command")
mapfile -t needed < <(sed -nE 's/.*\(NEEDED\).*\[(.*)\].*/\1/p' <<<"$dynamic")
if [ "${#needed[@]}" -eq 0 ]; then
  echo "check-linkage: $command: no NEEDED entry: a static program could open neither libcrypto nor a plugin" >&2
  exit 1
fi
echo "$command needs: ${needed[*]}"
status=0
for library in "${needed[@]}"; do
  case $library in
    libcrypto* | libssl* | libswift* | libFoundation* | lib_Foundation* | libdispatch* | libBlocksRuntime* | \
      libstdc++* | libgcc_s*)
      echo "check-linkage: $library is loaded at start-up" >&2
      status=1
      ;;
  esac
done
exit "$status"
