#!/usr/bin/env bash
# The main job on a real file: lists the drivers, compresses with each gzip driver, lets the system's gzip judge.
# Usage: run-demo.sh [FILE]; without one, the built command itself. WDPROV names the command.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
export LC_ALL=C

wdprov=${WDPROV:-.build/release/wdprov}
file=${1:-$wdprov}
[ -f "$file" ] || { echo "run-demo: $file: no such file" >&2 && exit 66; }
size=$(stat -L -c %s "$file")
[ "$size" -gt 0 ] || { echo "run-demo: $file: empty, nothing to show" >&2 && exit 65; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# microseconds COMMAND…: runs it and sets `elapsed`; bytes per microsecond are megabytes per second.
microseconds() {
  local start=${EPOCHREALTIME/./}
  "$@"
  elapsed=$((${EPOCHREALTIME/./} - start))
}
compress() { "$wdprov" compress -a gzip --driver "$1" -c "$file" >"$work/own.gz"; }
decompress() { "$wdprov" decompress -a gzip --driver "$1" -c "$work/own.gz" >"$work/own"; }
decimal() { printf '%d.%03d' $(($1 / $2)) $(($1 * 1000 / $2 % 1000)); }

echo "\$ wdprov list"
"$wdprov" list

"$wdprov" list --json >"$work/list.json"
mapfile -t drivers < <(python3 - "$work/list.json" <<'PYTHON'
import json
import sys

with open(sys.argv[1]) as source:
    listing = json.load(source)
for algorithm in listing["algorithms"]:
    if algorithm["name"] == "gzip":
        print(algorithm["driver"])
PYTHON
)
[ "${#drivers[@]}" -gt 0 ] || { echo "run-demo: wdprov list names no gzip driver" >&2 && exit 69; }

printf '\n%s: %d bytes through every gzip driver; gzip -t and cmp check each result\n' "$file" "$size"
printf '%-24s %12s %7s %14s %16s  %s\n' driver bytes ratio 'compress MB/s' 'decompress MB/s' checked
gzip -c "$file" >"$work/system.gz"
for driver in "${drivers[@]}"; do
  microseconds compress "$driver"
  compress_time=$elapsed
  microseconds decompress "$driver"
  decompress_time=$elapsed

  # The system's gzip reads what the driver wrote; the driver reads its own and what the system's gzip wrote.
  gzip -t "$work/own.gz"
  gzip -dc "$work/own.gz" | cmp - "$file"
  cmp "$work/own" "$file"
  "$wdprov" decompress -a gzip --driver "$driver" -c "$work/system.gz" | cmp - "$file"

  packed=$(stat -c %s "$work/own.gz")
  printf '%-24s %12d %7s %14s %16s  %s\n' "$driver" "$packed" "$(decimal "$size" "$packed")" \
    "$(decimal "$size" "$compress_time")" "$(decimal "$size" "$decompress_time")" 'gzip -t, cmp, both ways'
done
printf '%-24s %12d %7s %14s %16s  %s\n' "(the system's gzip)" "$(stat -c %s "$work/system.gz")" \
  "$(decimal "$size" "$(stat -c %s "$work/system.gz")")" - - 'for comparison'
