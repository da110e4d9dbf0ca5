#!/usr/bin/env bash
# Lints Swift by swift-format (documentation comments included), shell by shellcheck, house rules by check-sources.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
status=0

swift_paths=()
for path in Package.swift Sources Plugins Tests Examples; do
  [ -e "$path" ] && swift_paths+=("$path")
done
"${SWIFT:-swift}" format lint --strict --parallel --recursive "${swift_paths[@]}" || status=1

folders=()
for folder in .ci Scripts Tests Examples; do
  [ -d "$folder" ] && folders+=("$folder")
done
mapfile -t shell_scripts < <(
  find "${folders[@]}" -name '.build*' -prune -o -type f \( -name '*.sh' -o -path .ci/run \) -print
)
shellcheck --severity=style "${shell_scripts[@]}" || status=1
mapfile -t python_scripts < <(find "${folders[@]}" -name '.build*' -prune -o -type f -name '*.py' -print)
for script in "${shell_scripts[@]}" "${python_scripts[@]}"; do
  # What names its interpreter is there to be run; the rest is read by others.
  [ -x "$script" ] || [ "$(head -c 2 "$script")" != '#!' ] || { echo "$script: not executable" && status=1; }
done
python3 - "${python_scripts[@]}" <<'PYTHON' || status=1
import sys

for path in sys.argv[1:]:
    with open(path, "rb") as source:
        compile(source.read(), path, "exec")
PYTHON

Scripts/check-sources.py || status=1
Scripts/check-claims.py || status=1
exit "$status"
