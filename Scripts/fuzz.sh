#!/usr/bin/env bash
# Fuzzes each entry point of Tests/FuzzTargets with libFuzzer under AddressSanitizer and fails if any has a finding.
# Usage: fuzz.sh [SECONDS [TARGET…]]; 600 seconds for each target and all targets when not given.
# What is learnt is kept in .build-fuzz/corpus, findings in .build-fuzz/findings; Tests/Fuzz/README.md says what then.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=${1:-600}
shift $(($# > 0))
scratch=$PWD/.build-fuzz

# On the command line, so that the libraries are instrumented too and not the fuzzer alone.
Scripts/swift.sh build --package-path Tests/Fuzz --scratch-path "$scratch" -c release --product Fuzz \
  -Xswiftc -sanitize=address,fuzzer -Xcc -fsanitize=address,fuzzer-no-link -Xswiftc -use-ld=lld
fuzzer=$scratch/release/Fuzz
rm -rf "$scratch/seeds"
Tests/Fuzz/seeds.py "$scratch/seeds"

# Swift's crash handler would take the signals that libFuzzer needs to write down the input.
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}
failed=()
ran=0
while IFS=$'\t' read -r name length; do
  [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
  ran=$((ran + 1))
  corpus=$scratch/corpus/$name
  findings=$scratch/findings/$name
  log=$scratch/$name.log
  mkdir -p "$corpus" "$findings" "Tests/Fuzz/corpus/$name" "$scratch/seeds/$name"
  flags=(-max_total_time="$seconds" -max_len="$length" -timeout=25 -rss_limit_mb=4096 -print_final_stats=1)
  [ ! -e "Tests/Fuzz/$name.dict" ] || flags+=(-dict="Tests/Fuzz/$name.dict")
  printf -- '-- %s for %s s\n' "$name" "$seconds"
  if "$fuzzer" --target="$name" "${flags[@]}" -artifact_prefix="$findings/" \
    "$corpus" "Tests/Fuzz/corpus/$name" "$scratch/seeds/$name" >"$log" 2>&1 </dev/null; then
    sed -nE 's/^stat::(number_of_executed_units|average_exec_per_sec|peak_rss_mb): */   \1 /p' "$log"
    grep -E 'DONE' "$log" | sed 's/^/   /'
  else
    failed+=("$name")
    tail -n 60 "$log"
  fi
done < <("$fuzzer" --list)

if [ "$ran" -eq 0 ]; then
  echo "fuzz: there is no target among: $*" >&2
  exit 64
fi
if [ "${#failed[@]}" -gt 0 ]; then
  echo "fuzz: findings in ${failed[*]}: the inputs are in $scratch/findings, the reports in $scratch/*.log" >&2
  exit 1
fi
echo "fuzz: $ran targets, no findings"
