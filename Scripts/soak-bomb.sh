#!/usr/bin/env bash
# Proves that a decompression bomb is stopped: zeros as a thousandth of their size, with a limit, leave nothing behind.
# Usage: soak-bomb.sh [SIZE], SIZE as head(1) takes it; 10G when not given. WDPROV names the command.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
size=$(numfmt --from=iec "${1:-10G}")
wdprov=$(realpath "${WDPROV:-.build/release/wdprov}")
measure=$PWD/Scripts/peak-memory.py
# The goal for any file, in KiB, and the output allowed, in bytes.
memory_limit=$((16 * 1024))
limit=$((1024 * 1024))

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/files"
cd "$work/files"
head -c "$size" /dev/zero | gzip -9 >bomb.gz
packed=$(stat -c %s bomb.gz)
printf 'bomb: %d bytes of zeros as %d bytes of gzip\n' "$size" "$packed"

fail() {
  printf 'soak-bomb: %s\n' "$*" >&2
  sed 's/^/  stderr: /' "$work/stderr" >&2
  exit 1
}

# expect NAME STATUS MOST-OUTPUT ARGUMENT…: runs a decompression and checks its status, output, memory and what it left.
expect() {
  local name=$1 expected=$2 most=$3 status=0 written peak left
  shift 3
  written=$({ "$measure" "$work/peak" "$wdprov" decompress "$@" 2>"$work/stderr" || echo $? >"$work/status"; } | wc -c)
  if [ -e "$work/status" ]; then
    status=$(<"$work/status")
    rm "$work/status"
  fi
  peak=$(<"$work/peak")
  [ "$status" -eq "$expected" ] || fail "$name: exit status $status, not $expected"
  [ "$expected" -eq 0 ] || [ -s "$work/stderr" ] || fail "$name: no message on stderr"
  [ "$written" -le "$most" ] || fail "$name: $written bytes on stdout, $most at most"
  [ "$expected" -ne 0 ] || [ "$written" -eq "$most" ] || fail "$name: $written bytes on stdout, not $most"
  [ "$peak" -le "$memory_limit" ] || fail "$name: peak memory $peak KiB, $memory_limit at most"
  left=$(find . -mindepth 1 ! -name bomb.gz)
  [ -z "$left" ] || fail "$name: left behind: $left"
  [ "$(stat -c %s bomb.gz)" -eq "$packed" ] || fail "$name: the input was changed"
  printf '%-28s status %2d, %d bytes written, peak memory at most %d KiB\n' "$name" "$status" "$written" "$peak"
}

expect 'limit, to a file' 65 0 --limit "$limit" -o out bomb.gz
expect 'limit, beside the input' 65 0 --limit "$limit" bomb.gz
expect 'limit, to stdout' 65 "$limit" --limit "$limit" -c bomb.gz
expect 'ratio limit, to a file' 65 0 --ratio-limit 100 -o out bomb.gz
expect 'a limit that is met exactly' 0 "$size" --limit "$size" -c bomb.gz
