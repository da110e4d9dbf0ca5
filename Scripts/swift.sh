#!/usr/bin/env bash
# Runs swift without what make and these scripts put into the environment: the package manager keys its caches by the
# environment, and would compile the package's plugins anew in each stage (15 s each time).
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

swift=${SWIFT:-swift}
unset BUILT MAKE MAKEFLAGS MAKELEVEL MAKEOVERRIDES MFLAGS RESULTS FILTER SKIP SWIFT TEST_TIMEOUT WDPROV
exec "$swift" "$@"
