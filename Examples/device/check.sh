#!/usr/bin/env bash
# Checks what the model's engine compressed against the system's gzip. Usage: check.sh EXECUTABLE
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

example=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for count in 1 1000 500000; do
  seq "$count" >"$folder/numbers"
  "$example" "$folder/numbers" >"$folder/numbers.gz"
  gzip -dc "$folder/numbers.gz" | cmp - "$folder/numbers"
done
# More than the engine takes at once is refused, and nothing is written.
truncate -s 9M "$folder/large"
if "$example" "$folder/large" >"$folder/large.gz" 2>/dev/null; then
  echo 'device: 9 MiB were taken for one request' >&2
  exit 1
fi
[ ! -s "$folder/large.gz" ]
