#!/usr/bin/env bash
# Builds and runs the tests with a report and a time limit, and fails where no test ran: that would prove nothing.
# Usage: run-tests.sh REPORT-NAME [FLAG OF THE BUILD…]; FILTER and SKIP are regular expressions for --filter and --skip.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
report=$PWD/${RESULTS:-.build/results}/$1.xml
shift
mkdir -p "$(dirname "$report")"
rm -f "$report"

selection=()
[ -z "${FILTER:-}" ] || selection+=(--filter "$FILTER")
[ -z "${SKIP:-}" ] || selection+=(--skip "$SKIP")

# NIST's vectors, where setup.sh made tables of them; ThreadSanitizer has nothing to find in a suite on one thread.
if [ -z "${WDPROV_CAVP:-}" ] && [ -z "${WDPROV_LIBRARIES_ONLY:-}" ] && [ -d .build-cavp/tables ]; then
  export WDPROV_CAVP=$PWD/.build-cavp/tables
fi

# Built apart from the run and without the variables that are for the tests; see swift.sh.
env -u ASAN_OPTIONS -u LSAN_OPTIONS -u TSAN_OPTIONS -u SWIFT_BACKTRACE -u WDPROV_BINARY -u WDPROV_SOAK \
  Scripts/swift.sh build --build-tests "$@"

# The interrupt makes swift end the test process too, which a plain kill would leave behind.
status=0
timeout --signal=INT --kill-after=20 "${TEST_TIMEOUT:-900}" \
  Scripts/swift.sh test --skip-build --disable-xctest --xunit-output "$report" "${selection[@]}" "$@" </dev/null ||
  status=$?
if [ "$status" -eq 124 ]; then
  echo "run-tests: not finished after ${TEST_TIMEOUT:-900} s" >&2
elif [ "$status" -eq 0 ] && ! grep -q '<testcase .* time=' "$report"; then
  echo "run-tests: no test ran (filter '${FILTER:-}', skip '${SKIP:-}')" >&2
  status=1
fi
exit "$status"
