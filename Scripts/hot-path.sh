#!/usr/bin/env bash
# Counts what one request on a held handle calls: two runs under callgrind, and the difference by function.
# SPDX-License-Identifier: Apache-2.0
#
# usage: Scripts/hot-path.sh [BENCHMARKS-BINARY] [sha256|hmac|gcm|deflate]...
set -euo pipefail
cd "$(dirname "$0")/.."
binary=${1:-Tests/Benchmarks/.build/release/Benchmarks}
shift || true
[ $# -gt 0 ] || set -- sha256 hmac gcm deflate
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# valgrind 3.19 cannot read the debug information of Swift 6; the symbols are enough.
objcopy --strip-debug "$binary" "$folder/benchmarks"
status=0
for name in "$@"; do
  for count in 1000 2000; do
    valgrind --tool=callgrind --callgrind-out-file="$folder/$name.$count" \
      "$folder/benchmarks" profile "$name" "$count" >"$folder/log" 2>&1 || {
      cat "$folder/log"
      exit 1
    }
  done
  python3 Scripts/hot-path.py "$name" "$folder/$name.1000" "$folder/$name.2000" || status=1
done
exit $status
