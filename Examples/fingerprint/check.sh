#!/usr/bin/env bash
# Checks the example's digest against the system's sha256sum. Usage: check.sh EXECUTABLE
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

example=$1
read -r expected _ < <(sha256sum "$example")
"$example" "$example" | grep -qxF "sha256 $expected by sha256-openssl"
