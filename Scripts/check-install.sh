#!/usr/bin/env bash
# Installs into a temporary root and checks each installed file, then uninstalls and checks that nothing is left.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
make=${MAKE:-make}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
prefix=/usr
base=$root$prefix

fail() {
  printf 'check-install: %s\n' "$*" >&2
  exit 1
}
expect_file() {
  [ -s "$base/$1" ] || fail "$prefix/$1 is missing or empty"
  [ "$(stat -c %a "$base/$1")" = "$2" ] || fail "$prefix/$1 has mode $(stat -c %a "$base/$1"), not $2"
}

"$make" --no-print-directory install PREFIX="$prefix" DESTDIR="$root"

expect_file bin/wdprov 755
expect_file share/bash-completion/completions/wdprov 644
expect_file share/zsh/site-functions/_wdprov 644
expect_file share/fish/vendor_completions.d/wdprov.fish 644
expect_file share/man/man1/wdprov.1 644
for page in "$base"/share/man/man1/*.1; do
  grep -qE "^\.(TH|Dd) " "$page" || fail "$page is not a manual page"
done
if [ -f Sources/CWarpDrivePlugin/include/wdprov.h ]; then
  expect_file include/wdprov.h 644
  echo '#include <wdprov.h>' | cc -std=c11 -Wall -Wextra -Werror -fsyntax-only -I "$base/include" -x c -
fi
# Each plugin that was built is where the loader looks for it, in a folder that none but its owner may write.
for plugin in .build/providers/libwdprov_*.so; do
  expect_file "lib/wdprov/providers/$(basename "$plugin")" 755
  cmp "$plugin" "$base/lib/wdprov/providers/$(basename "$plugin")"
done
expect_file lib/wdprov/providers/libwdprov_null.so 755
[ "$(stat -c %a "$base/lib/wdprov/providers")" = 755 ] || fail "$prefix/lib/wdprov/providers may be written by others"

# Each shell that is there reads its own completions; bash is.
bash -n "$base/share/bash-completion/completions/wdprov"
! command -v zsh >/dev/null || zsh -n "$base/share/zsh/site-functions/_wdprov"
! command -v fish >/dev/null || fish --no-execute "$base/share/fish/vendor_completions.d/wdprov.fish"

# The installed command runs away from the checkout, does the main job, and needs no library that is not Debian's own.
(
  cd "$work"
  env -i PATH=/usr/bin:/bin "$base/bin/wdprov" --help >help
  env -i PATH=/usr/bin:/bin "$base/bin/wdprov" compress -c help >help.gz
  gzip -dc help.gz | cmp - help
)

"$make" --no-print-directory uninstall PREFIX="$prefix" DESTDIR="$root"
left=$(find "$root" ! -type d)
[ -z "$left" ] || fail "left by uninstall: $left"
echo 'check-install: installed, run and uninstalled'
