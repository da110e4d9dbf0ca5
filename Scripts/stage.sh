#!/usr/bin/env bash
# Runs one stage of the build: prints its name, runs the command, prints and records the verdict and the time.
# Usage: stage.sh NAME COMMAND [ARGUMENT…]
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

name=$1
shift
results=${RESULTS:-.build/results}
mkdir -p "$results"

printf '== %s\n' "$name"
SECONDS=0
status=0
"$@" || status=$?
printf '%s\t%d\t%d\n' "$name" "$status" "$SECONDS" >>"$results/stages.tsv"
if [ "$status" -eq 0 ]; then
  printf '== %s: passed in %d s\n' "$name" "$SECONDS"
else
  printf '== %s: FAILED (status %d) after %d s\n' "$name" "$status" "$SECONDS"
fi
exit "$status"
