#!/usr/bin/env bash
# Replaces Tests/Fuzz/corpus by the fewest inputs that reach all the code that the inputs of .build-fuzz/corpus reach.
# Usage: minimise.sh [TARGET…], after Scripts/fuzz.sh; all targets when not given. Inputs named finding-… stay.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
scratch=$PWD/.build-fuzz
fuzzer=$scratch/release/Fuzz
# Longer inputs are left to the fuzzers.
longest=512
[ -x "$fuzzer" ] || { echo "minimise: no $fuzzer: run Scripts/fuzz.sh first" >&2 && exit 66; }

export SWIFT_BACKTRACE=enable=no
while IFS=$'\t' read -r name _; do
  [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
  kept=Tests/Fuzz/corpus/$name
  chosen=$scratch/chosen/$name
  rm -rf "$chosen"
  mkdir -p "$chosen" "$kept" "$scratch/seeds/$name"
  # Code reached, not how often, which would multiply the inputs. zlib is not instrumented: for what
  # happens in it stands how often the code around it runs.
  counters=0
  [ "$name" != decompression ] || counters=1
  "$fuzzer" --target="$name" -set_cover_merge=1 -use_counters="$counters" -max_len="$longest" -rss_limit_mb=4096 \
    "$chosen" "$kept" "$scratch/corpus/$name" "$scratch/seeds/$name" >"$scratch/$name-merge.log" 2>&1 </dev/null ||
    { tail -n 40 "$scratch/$name-merge.log" && exit 1; }
  find "$kept" -type f ! -name 'finding-*' -delete
  find "$chosen" -type f -exec cp {} "$kept" \;
  printf '%-17s %4d inputs, %6d bytes\n' "$name" "$(find "$kept" -type f | wc -l)" \
    "$(find "$kept" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }')"
done < <("$fuzzer" --list)
