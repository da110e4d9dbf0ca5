#!/usr/bin/env bash
# Builds the command as it is shipped: the Swift and C++ libraries inside, so that a start loads and relocates only C.
# Usage: build-release.sh [PRODUCT], where another product shares what the command compiled.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Swift's runtime names -lstdc++, which a compiler flag cannot turn into the archive: the first folder that the linker
# searches has the archive alone. Loading and relocating libstdc++ takes an eighth of the start of a short run.
archives=$PWD/.build/archives
mkdir -p "$archives"
ln -sf "$(g++ -print-file-name=libstdc++.a)" "$archives/libstdc++.a"

# Relocations as a bitmap: 9 KB to read at a start instead of 1.1 MB. A loader before glibc 2.36 could not apply them.
packed=()
if printf '%s\n' 2.36 "$(getconf GNU_LIBC_VERSION | cut -d ' ' -f 2)" | sort --check=silent --version-sort; then
  packed=(-Xlinker -z -Xlinker pack-relative-relocs)
fi

# Nothing looks symbols of the program up, so they need not be exported. The toolchain's own linker: gold prints
# hundreds of warnings about a sanitizer's symbols.
exec Scripts/swift.sh build -c release --product "${1:-wdprov}" --static-swift-stdlib -Xswiftc -use-ld=lld \
  -Xswiftc -Xclang-linker -Xswiftc -static-libgcc -Xlinker "-L$archives" -Xlinker --no-export-dynamic \
  "${packed[@]}"
