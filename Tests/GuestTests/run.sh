#!/usr/bin/env bash
# Runs the guest tests: the unmodified Linux driver, on amd64 and arm64, against the model that `wdprov serve` serves.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
cache=${WDPROV_GUEST_CACHE:-$top/.build-guest}
read -r -a architectures <<<"${WDPROV_GUEST_ARCHITECTURES:-amd64 arm64}"
command=$(realpath -m "${WDPROV:-$top/.build/release/wdprov}")
export PYTHONDONTWRITEBYTECODE=1
report=()
[ -z "${RESULTS:-}" ] || report=(--report "$(realpath -m "$RESULTS")/test-guest.xml")
# Seconds: building the guest from nothing, and both guests from boot to power-off.
setup_limit=1500
run_limit=780

skip() {
  printf 'SKIPPED guest tests: %s\n' "$*"
  if [ -n "${RESULTS:-}" ]; then
    mkdir -p "$RESULTS"
    printf '<testsuite><testcase name="guest tests"><skipped/></testcase></testsuite>\n' >"$RESULTS/test-guest.xml"
  fi
  exit 0
}

[ "$(uname -s)" = Linux ] || skip "this is not Linux"
[ "$(id -u)" -eq 0 ] || skip "root is needed (for a chroot)"
for tool in dpkg-deb apt-get setpriv flock timeout xz; do
  command -v "$tool" >/dev/null || skip "this machine has no $tool (it is not Debian, or util-linux is incomplete)"
done
[ -x "$command" ] || {
  printf 'guest tests: there is no %s: run make release first\n' "$command" >&2
  exit 1
}

status=0
mkdir -p "$cache"
timeout --kill-after=20 "$setup_limit" "$here/setup.sh" "$cache" "${architectures[@]}" \
  2> >(tee "$cache/setup.log" >&2) || status=$?
if [ "$status" -eq 75 ]; then
  skip "$(sed -n '$s/^guest setup: //p' "$cache/setup.log")"
elif [ "$status" -ne 0 ]; then
  printf 'guest tests: the guests could not be built (status %d)\n' "$status" >&2
  exit 1
fi

exec timeout --kill-after=20 "$run_limit" \
  nice -n 5 "$here/run_guest.py" --command "$command" --cache "$cache" "${report[@]}" "${architectures[@]}"
