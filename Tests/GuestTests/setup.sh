#!/usr/bin/env bash
# Builds what a guest run needs into a cache, once, from Debian's packages alone: QEMU, kernels, the Linux driver.
# Usage: setup.sh CACHE ARCHITECTURE…  Exit status 75: this machine cannot (the reason is the last line of stderr).
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=$(mkdir -p "$1" && cd "$1" && pwd)
shift
architectures=("$@")
root=$cache/root
suite=trixie
# The client device vfio-user-pci is newer than the release's own QEMU.
backports=$suite-backports
source_package=linux-source-6.12
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
# Modules of the kernel image that the guest loads; what they depend on comes with them.
image_modules=(brd zsmalloc vfio-pci vfio_iommu_type1 virtio-iommu virtio_pci)

say() { printf 'guest setup: %s\n' "$*" >&2; }
cannot() {
  say "$*"
  exit 75
}
fail() {
  say "$*"
  exit 1
}

# Each step is done once; a step that was interrupted is done again from its beginning.
done_before() { [ -e "$cache/done.$1" ]; }
is_done() { : >"$cache/done.$1"; }

native=$(dpkg --print-architecture 2>/dev/null) || cannot "not a Debian machine: there is no dpkg"
case $native in
  amd64) foreign=arm64 cross=(gcc-14-aarch64-linux-gnu libc6-dev-arm64-cross) ;;
  arm64) foreign=amd64 cross=(gcc-14-x86-64-linux-gnu libc6-dev-amd64-cross) ;;
  *) cannot "no guest can be built on a machine of the architecture $native" ;;
esac

# The prefix of the compiler for an architecture, and the kernel's name for it.
prefix_of() { case $1 in amd64) echo x86_64-linux-gnu ;; arm64) echo aarch64-linux-gnu ;; esac; }
kernel_architecture() { case $1 in amd64) echo x86 ;; arm64) echo arm64 ;; esac; }

# The mirrors of whole releases that this machine's own configuration names, whether or not their lists were ever read.
mirrors() {
  # shellcheck disable=SC2016 # apt-get fills in these fields, not the shell
  apt-get indextargets --no-release-info --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 !~ /-/ && $2 == "main" && !seen[$3]++ { print $3 }'
}

# An apt of its own, beside the machine's: it knows nothing installed, so that it names every package that is needed.
configure_apt() {
  local uri uris
  command -v apt-get >/dev/null || cannot "not a Debian machine: there is no apt-get"
  [ -e "$keyring" ] || cannot "there is no $keyring (package debian-archive-keyring)"
  uris=$(mirrors) || true
  [ -n "$uris" ] || cannot "apt knows no mirror on this machine"
  mkdir -p "$cache"/apt/{lists/partial,archives/partial,etc/apt.conf.d}
  : >"$cache/apt/status"
  # The machine's own settings of how to reach the mirror, such as a proxy, stay in force.
  apt-config dump | grep -E '^Acquire::(http|https|ftp|Retries)' >"$cache/apt/apt.conf" || true
  cat >>"$cache/apt/apt.conf" <<CONFIGURATION
Dir "$cache/apt";
Dir::State "$cache/apt";
Dir::State::status "$cache/apt/status";
Dir::Cache "$cache/apt";
Dir::Etc "$cache/apt/etc";
Dir::Etc::main "/dev/null";
Dir::Etc::parts "apt.conf.d";
Dir::Etc::sourcelist "$cache/apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "$native";
APT::Architectures { "$native"; "$foreign"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "3";
CONFIGURATION
  export APT_CONFIG=$cache/apt/apt.conf
  for uri in $uris; do
    printf "deb [signed-by=$keyring] $uri %s main\n" "$suite" "$backports" >"$cache/apt/sources.list"
    say "reading the package lists of $suite and $backports"
    apt-get -qq update >&2 && return
  done
  cannot "no package mirror of this machine answers with $suite"
}

# The version of the kernel that the release's meta package names; headers and source are taken at the same one.
kernel_of() {
  apt-cache depends "linux-image-$1:$1=$kernel_version" | sed -nE 's/^ *Depends: linux-image-([^:]*).*/\1/p' | head -n 1
}

candidate() {
  apt-cache madison "$1" | awk -F' *[|] *' -v suite="$suite/main" 'index($3, suite) { print $2; exit }'
}

download_root() {
  local wanted=(base-files dash bash coreutils sed grep mawk findutils make gcc libc6-dev "${cross[@]}")
  local package
  for package in qemu-system-x86 qemu-system-arm qemu-system-common qemu-system-data seabios libelf1t64 libdw1t64; do
    wanted+=("$package/$backports")
  done
  say "downloading QEMU and the compilers"
  apt-get -qq -y --download-only install "${wanted[@]}" >&2
}

unpack_root() {
  local archive
  rm -rf "$root"
  mkdir -p "$root"
  # Unpacked, not installed: no script of a package runs, nothing outside the cache changes. First comes the package
  # with the links from /bin and /lib into /usr.
  for archive in "$cache"/apt/archives/base-files_*.deb "$cache"/apt/archives/*.deb; do
    dpkg-deb -x "$archive" "$root"
  done
  # What the packages' scripts would have made.
  ln -sf mawk "$root/usr/bin/awk"
  mkdir -p "$root/tmp" "$root/run" "$root/dev"
  chmod 1777 "$root/tmp"
  mknod -m 666 "$root/dev/null" c 1 3 || cannot "device nodes cannot be made here"
  mknod -m 666 "$root/dev/zero" c 1 5
  mknod -m 666 "$root/dev/urandom" c 1 9
  (: >"$root/dev/null") 2>/dev/null || cannot "device nodes have no effect on the file system of $cache"
  chroot "$root" /usr/bin/true || cannot "chroot is not possible here"
  chroot "$root" /usr/bin/qemu-system-x86_64 -device help | grep -q vfio-user-pci ||
    fail "QEMU of $backports has no vfio-user-pci"
}

# Downloads packages into a directory of the cache without what they depend on.
fetch() {
  local into=$1
  shift
  mkdir -p "$into"
  (cd "$into" && apt-get -qq download "$@" >&2)
}

unpack_driver() {
  local package=$cache/packages
  fetch "$package" "$source_package=$kernel_version"
  dpkg-deb --fsys-tarfile "$package/${source_package}"_*.deb |
    tar -xO "./usr/src/$source_package.tar.xz" |
    tar -xJ -C "$cache" "$source_package/drivers/crypto/hisilicon"
  rm -f "$package/${source_package}"_*.deb
}

# Fetches kernel, headers and busybox of one architecture and builds the driver for it, unmodified and out of tree.
build_kernel_parts() {
  local architecture=$1 release common target=$root/guest/$1 unpacked=$cache/unpacked-$1 prefix
  prefix=$(prefix_of "$architecture")
  release=$(kernel_of "$architecture")
  [ -n "$release" ] || fail "linux-image-$architecture $kernel_version names no kernel"
  common=${release%-"$architecture"}
  rm -rf "$target" "$unpacked" "$cache/packages-$architecture"
  mkdir -p "$target/modules" "$unpacked"
  say "$architecture: kernel $release"
  fetch "$cache/packages-$architecture" "linux-image-$release:$architecture=$kernel_version" \
    "linux-headers-$release:$architecture=$kernel_version" "linux-headers-$common-common=$kernel_version" \
    "linux-kbuild-$common:$native=$kernel_version" "busybox-static:$architecture"
  local archive
  for archive in "$cache/packages-$architecture"/*.deb; do
    case ${archive##*/} in
      linux-headers-* | linux-kbuild-*) dpkg-deb -x "$archive" "$root" ;;
      *) dpkg-deb -x "$archive" "$unpacked" ;;
    esac
  done
  cp "$unpacked"/boot/vmlinuz-* "$target/vmlinuz"
  cp "$(find "$unpacked" -path '*/bin/busybox' -type f)" "$target/busybox"
  printf '%s\n' "$release" >"$target/release"

  say "$architecture: building hisi_qm and hisi_zip"
  rm -rf "$root/build/$architecture"
  mkdir -p "$root/build/$architecture"
  cp -r "$cache/$source_package/drivers" "$root/build/$architecture/"
  # Type information for the debugger would need one more tool.
  chroot "$root" /usr/bin/make -s -C "/usr/src/linux-headers-$release" \
    M="/build/$architecture/drivers/crypto/hisilicon" ARCH="$(kernel_architecture "$architecture")" \
    CROSS_COMPILE="$prefix-" CC="$prefix-gcc-14" CONFIG_DEBUG_INFO_BTF_MODULES= \
    CONFIG_CRYPTO_DEV_HISI_QM=m CONFIG_CRYPTO_DEV_HISI_ZIP=m modules \
    >"$cache/driver-$architecture.log" 2>&1 || {
    tail -n 20 "$cache/driver-$architecture.log" >&2
    fail "$architecture: the driver does not build"
  }
  find "$root/build/$architecture" -name '*.ko' -exec cp {} "$target/modules/" \;
  "$here/initramfs.py" modules "$unpacked" "$target/modules" "${image_modules[@]}"
  rm -rf "$unpacked" "$cache/packages-$architecture"
}

# Compiles the guest's own programs and packs the initramfs, whenever a source has changed.
pack_guest() {
  local architecture=$1 target=$root/guest/$1 source name prefix sources
  local headers=$here/../../Sources/CHisilicon/include
  sources=$(cat "$here"/{setup.sh,initramfs.py,guest/init.sh,programs/*} "$headers"/*.h | sha256sum)
  [ "$sources" != "$(cat "$target/packed" 2>/dev/null)" ] || return 0
  prefix=$(prefix_of "$architecture")
  rm -rf "$root/build/programs" "$target/programs"
  mkdir -p "$root/build/programs" "$target/programs"
  cp "$here"/programs/*.[ch] "$headers"/*.h "$root/build/programs/"
  for source in "$here"/programs/*.c; do
    name=$(basename "$source" .c)
    chroot "$root" "/usr/bin/$prefix-gcc-14" -std=gnu11 -O2 -Wall -Wextra -Werror -static \
      -o "/build/programs/$name.$architecture" "/build/programs/$name.c"
    cp "$root/build/programs/$name.$architecture" "$target/programs/$name"
  done
  "$here/initramfs.py" pack "$target" "$here/guest/init.sh" "$target/initrd"
  printf '%s\n' "$sources" >"$target/packed"
}

exec {lock}>"$cache/lock"
flock -w 1200 "$lock" || fail "another run holds $cache"

# Settles which kernel is built: the one of the cache while the mirror still has it, else the release's.
choose_kernel() {
  kernel_version=$(cat "$cache/kernel-version" 2>/dev/null) || true
  if [ -z "$kernel_version" ] || ! apt-cache madison "$source_package" | grep -qF " $kernel_version "; then
    rm -f "$cache/done.driver" "$cache/done.amd64" "$cache/done.arm64"
    kernel_version=$(candidate "linux-image-$native")
    [ -n "$kernel_version" ] || fail "$suite has no linux-image-$native"
    printf '%s\n' "$kernel_version" >"$cache/kernel-version"
  fi
}

complete() {
  local step
  for step in root driver "${architectures[@]}"; do
    done_before "$step" || return 1
  done
}

# Only what is missing needs the mirror: a complete cache is used without a network.
if ! complete; then
  configure_apt
  choose_kernel
  if ! done_before root; then
    download_root
    unpack_root
    rm -rf "$cache/apt/archives"
    is_done root
  fi
  if ! done_before driver; then
    unpack_driver
    is_done driver
  fi
  for architecture in "${architectures[@]}"; do
    done_before "$architecture" && continue
    build_kernel_parts "$architecture"
    is_done "$architecture"
  done
fi
for architecture in "${architectures[@]}"; do
  pack_guest "$architecture"
done
