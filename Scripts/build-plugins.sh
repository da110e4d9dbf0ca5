#!/usr/bin/env bash
# Builds the plugins of Plugins/ into .build/providers, each whose library pkg-config finds; checks what they export.
# SPDX-License-Identifier: Apache-2.0
#
# SwiftPM does not build them: it links a product of C by swiftc too, so that the plugin would need Swift's runtime
# wherever it is loaded. CC, CFLAGS and PKG_CONFIG may be set in the environment.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=.build/providers
cc=${CC:-cc}
pkg_config=${PKG_CONFIG:-pkg-config}
flags=(-std=c11 -O2 -Wall -Wextra -Wpedantic -Werror -fPIC -fvisibility=hidden -I Sources/CWarpDrivePlugin/include)
link=(-shared "-Wl,-z,relro,-z,now,-z,defs")

# What there is, as NAME:PKG-CONFIG-NAME:PACKAGE; a plugin that needs no library has its name alone.
plugins=(
  null:: libdeflate:libdeflate:libdeflate-dev isal:libisal:libisal-dev zstd:libzstd:libzstd-dev lz4:liblz4:liblz4-dev
)

say() { printf 'build-plugins: %s\n' "$*"; }

# A loader looks the entry up by its name, and must find nothing else that could clash.
check_exports() {
  local exported
  exported=$(nm -D --defined-only "$1" | awk '{ print $3 }')
  if [ "$exported" != wdprov_provider_init ]; then
    say "$1 exports '$exported', not wdprov_provider_init alone" >&2
    return 1
  fi
}

build() {
  local name=$1 library=$2 target=$out/libwdprov_$1.so
  local definitions=() cflags=() libs=() sources=("Plugins/$1"/*.c)
  if [ -n "$library" ]; then
    read -ra cflags <<<"$("$pkg_config" --cflags "$library")"
    read -ra libs <<<"$("$pkg_config" --libs "$library")"
    definitions=("-DWDPROV_LIBRARY_VERSION=\"$("$pkg_config" --modversion "$library")\"")
  fi
  # Moved when it is complete: a process that has the old one mapped keeps it.
  # shellcheck disable=SC2086 # CFLAGS is a list.
  "$cc" "${flags[@]}" "${definitions[@]}" ${CFLAGS:-} "${cflags[@]}" "${link[@]}" "${sources[@]}" "${libs[@]}" \
    -o "$target.new"
  chmod 755 "$target.new"
  check_exports "$target.new"
  mv -f "$target.new" "$target"
  say "$target"
}

mkdir -p "$out"
# Neither the folder nor what is in it may be written by others: a loader refuses such plugins.
chmod go-w "$out"
# What is no longer built must not be found.
rm -f "$out"/libwdprov_*.so.new
for entry in "${plugins[@]}"; do
  IFS=: read -r name library package <<<"$entry"
  if [ -n "$library" ] && ! "$pkg_config" --exists "$library"; then
    rm -f "$out/libwdprov_$name.so"
    say "$name is skipped: $library is not installed; Debian's package $package adds it"
    continue
  fi
  build "$name" "$library"
done
# When this was done, for make.
touch "$out/.built"
