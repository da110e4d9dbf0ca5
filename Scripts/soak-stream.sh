#!/usr/bin/env bash
# Proves that memory stays flat: a long stream through `wdprov compress | wdprov decompress` comes out as it went in.
# Usage: soak-stream.sh [SIZE], SIZE as head(1) takes it; 1G when not given. WDPROV names the command.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
size=$(numfmt --from=iec "${1:-1G}")
wdprov=$(realpath "${WDPROV:-.build/release/wdprov}")
# The goal for a stream of any length, in KiB.
memory_limit=$((16 * 1024))

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Prints SIZE bytes, the same in each call: half noise, half text, so that stored and compressed blocks both occur.
generate() {
  python3 -I -S - "$size" <<'PYTHON'
import random
import sys

left, source, block = int(sys.argv[1]), random.Random(20), 0
while left:
    noise = source.randbytes(1 << 17)
    text = b"".join(b"%d bottles of beer on the wall\n" % n for n in range(block, block + 4096))
    chunk = (noise + text[: 1 << 17])[:left]
    sys.stdout.buffer.write(chunk)
    left, block = left - len(chunk), block + 1
PYTHON
}

expected=$(generate | sha256sum)
actual=$(
  generate |
    Scripts/peak-memory.py "$work/compress" "$wdprov" compress -a gzip -c - |
    Scripts/peak-memory.py "$work/decompress" "$wdprov" decompress -c - |
    sha256sum
)
if [ "$actual" != "$expected" ]; then
  echo "soak-stream: the stream came out changed: $actual, not $expected" >&2
  exit 1
fi
for direction in compress decompress; do
  peak=$(<"$work/$direction")
  printf '%-10s %d bytes: peak memory at most %d KiB\n' "$direction" "$size" "$peak"
  if [ "$peak" -gt "$memory_limit" ]; then
    echo "soak-stream: $direction: peak memory $peak KiB, $memory_limit at most" >&2
    exit 1
  fi
done
