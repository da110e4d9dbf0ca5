#!/usr/bin/env bash
# Checks the sample against the system's gzip and zlib, on a host of its own. Usage: check.sh EXECUTABLE
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

sample=$1
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$(mktemp -d)
host=
finish() {
  [ -z "$host" ] || kill "$host" 2>/dev/null || true
  [ -z "$host" ] || wait "$host" 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT

# Mistakes are told, and nothing is written.
for arguments in '-x' '-d' "-g --run-dir $folder/nowhere"; do
  # shellcheck disable=SC2086
  if echo x | "$sample" $arguments >"$folder/out" 2>"$folder/error"; then
    echo "zip-sample: '$arguments' was taken" >&2
    exit 1
  fi
  [ ! -s "$folder/out" ] && [ -s "$folder/error" ]
done

wdprov=${WDPROV:-$root/.build/debug/wdprov}
if [ ! -x "$wdprov" ]; then
  echo "zip-sample: without $wdprov there is no host to check against"
  exit 0
fi
"$wdprov" serve --run-dir "$folder/run" >"$folder/host.log" 2>&1 &
host=$!
for _ in $(seq 600); do
  [ -S "$folder/run/hisi_zip-0.sock" ] && break
  kill -0 "$host" 2>/dev/null || { cat "$folder/host.log" >&2 && exit 1; }
  sleep 0.1
done

for count in 1 1000 500000 2000000; do
  seq "$count" >"$folder/numbers"
  WDPROV_RUN_DIR=$folder/run "$sample" -g <"$folder/numbers" >"$folder/numbers.gz"
  gzip -t "$folder/numbers.gz"
  gzip -dc "$folder/numbers.gz" | cmp - "$folder/numbers"
  gzip -c "$folder/numbers" | "$sample" -d -g --run-dir "$folder/run" | cmp - "$folder/numbers"
  "$sample" -z --run-dir "$folder/run" <"$folder/numbers" >"$folder/numbers.zz"
  python3 -c 'import sys, zlib; sys.stdout.buffer.write(zlib.decompress(sys.stdin.buffer.read()))' \
    <"$folder/numbers.zz" | cmp - "$folder/numbers"
  "$sample" -d -z --run-dir "$folder/run" <"$folder/numbers.zz" | cmp - "$folder/numbers"
done
for size in 0 $((16 * 1024 * 1024 + 1)); do
  truncate -s "$size" "$folder/wrong"
  if "$sample" -g --run-dir "$folder/run" <"$folder/wrong" >"$folder/out" 2>/dev/null; then
    echo "zip-sample: $size bytes were taken" >&2
    exit 1
  fi
  [ ! -s "$folder/out" ]
done
