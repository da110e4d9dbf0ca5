#!/usr/bin/env bash
# Checks the example as a filter against the system's gzip, both ways. Usage: check.sh EXECUTABLE
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

example=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp "$example" "$work/file"
for name in gzip gzip-zlib 'pcrypt(gzip)'; do
  "$example" compress "$name" <"$work/file" >"$work/own.gz" 2>"$work/figures"
  gzip -dc "$work/own.gz" | cmp - "$work/file"
  cat "$work/figures"
done
gzip -c "$work/file" | "$example" decompress 2>/dev/null | cmp - "$work/file"

# Half a file is an error, and so is a bomb.
status=0
head -c 1000 "$work/own.gz" | "$example" decompress >"$work/half" 2>"$work/message" || status=$?
[ "$status" -eq 65 ] && [ -s "$work/message" ]
status=0
head -c 16M /dev/zero | gzip -9 | "$example" decompress 2>"$work/message" | wc -c >"$work/count" || status=$?
[ "$status" -eq 65 ] && [ "$(<"$work/count")" -lt 1000000 ]
