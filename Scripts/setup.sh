#!/usr/bin/env bash
# Installs the Debian packages that this machine lacks for building (`setup.sh build`) or testing (`setup.sh test`).
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

# Tools, as COMMAND:PACKAGE: a command that is on the path is good enough, whoever installed it.
build_tools=(git:git g++:g++ pkg-config:pkg-config python3:python3 gzip:gzip cmp:diffutils readelf:binutils xz:xz-utils)
test_tools=(shellcheck:shellcheck strace:strace valgrind:valgrind chromium:chromium pip3:python3-pip)
# Libraries that are linked, as PKG-CONFIG-NAME:PACKAGE.
development=(zlib:zlib1g-dev libcrypto:libssl-dev)
# Those of the plugins in the tree, which are not built where theirs is missing, and tested all.
plugin_development=(libdeflate:libdeflate-dev libisal:libisal-dev libzstd:libzstd-dev liblz4:liblz4-dev)
# What the Swift toolchain itself loads but does not bring, as SONAME:PACKAGE.
runtime=(libcurl.so.4:libcurl4 libncurses.so.6:libncurses6 libxml2.so.2:libxml2)
# What git needs to fetch the dependencies by https, as FILE:PACKAGE.
files=(/etc/ssl/certs/ca-certificates.crt:ca-certificates)
# The oldest compiler that reads Package.swift.
swift_minimum=6.3

say() { printf 'setup: %s\n' "$*" >&2; }

installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]
}

# Prints the packages that are missing, one a line.
missing_packages() {
  local entry name package libraries
  libraries=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null || true)
  for entry in "$@"; do
    name=${entry%%:*} package=${entry#*:}
    command -v "$name" >/dev/null || installed "$package" || echo "$package"
  done
  for entry in "${development[@]}"; do
    name=${entry%%:*} package=${entry#*:}
    installed "$package" || pkg-config --exists "$name" 2>/dev/null || echo "$package"
  done
  for entry in "${runtime[@]}"; do
    name=${entry%%:*} package=${entry#*:}
    installed "$package" || grep -qF "$name " <<<"$libraries" || echo "$package"
  done
  for entry in "${files[@]}"; do
    name=${entry%%:*} package=${entry#*:}
    [ -e "$name" ] || echo "$package"
  done
}

# Runs apt-get as root, however root is reached from here; 77 when it is not.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    sudo -- "$@"
  else
    return 77
  fi
}

install_packages() {
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends install "$@")
  if ! command -v apt-get >/dev/null; then
    say "missing: $*"
    say "this machine has no apt-get: install these packages (named as in Debian) by its own means, then run this again"
    exit 69
  fi
  if ! as_root true; then
    say "missing: $*"
    say "neither root nor able to use sudo here; let an administrator run: apt-get install --no-install-recommends $*"
    exit 77
  fi
  say "installing: $*"
  # The package lists are fetched only when what they say now is not enough.
  as_root "${apt[@]}" && return
  say "fetching the package lists and trying once more"
  as_root apt-get -q update
  as_root "${apt[@]}"
}

check_swift() {
  local swift=${SWIFT:-swift} line version
  if ! command -v "$swift" >/dev/null; then
    say "no Swift toolchain: install Swift $swift_minimum or newer (https://www.swift.org/install)"
    say "and put its bin folder on the path"
    exit 69
  fi
  if ! line=$("$swift" --version 2>&1); then
    say "the Swift toolchain does not start: $line"
    exit 69
  fi
  version=$(sed -nE 's/.*Swift version ([0-9]+\.[0-9]+).*/\1/p' <<<"$line")
  if [ "$(printf '%s\n' "$swift_minimum" "${version:-0}" | sort -V | head -n 1)" != "$swift_minimum" ]; then
    say "Swift ${version:-of an unknown version} is too old: $swift_minimum or newer is needed"
    exit 69
  fi
}

case ${1:-build} in
  build) tools=("${build_tools[@]}") ;;
  test)
    tools=("${build_tools[@]}" "${test_tools[@]}")
    development+=("${plugin_development[@]}")
    # A word of the shell, so that looking for the command would find it anywhere.
    files+=(/usr/bin/time:time)
    ;;
  *)
    say "unknown group '$1': build or test"
    exit 64
    ;;
esac
mapfile -t missing < <(missing_packages "${tools[@]}")
if [ "${#missing[@]}" -gt 0 ]; then
  install_packages "${missing[@]}"
  mapfile -t missing < <(missing_packages "${tools[@]}")
  if [ "${#missing[@]}" -gt 0 ]; then
    say "still missing after the installation: ${missing[*]}"
    exit 69
  fi
fi
check_swift
if [ "${1:-build}" = test ]; then
  # Without them their suite is skipped, and says so.
  "$(dirname "${BASH_SOURCE[0]}")/cavp.sh" || say "NIST's vectors are not here: the tests of CAVPTests will be skipped"
fi
