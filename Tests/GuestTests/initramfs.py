#!/usr/bin/env python3
"""Prepares a guest's kernel modules and packs its initramfs; no tool of the machine is needed but Python itself.

Usage: initramfs.py modules UNPACKED-IMAGE INTO NAME…    copies modules and what they depend on, and notes the order
       initramfs.py pack GUEST INIT OUTPUT               makes the initramfs of a guest's folder
"""
# SPDX-License-Identifier: Apache-2.0

import gzip
import lzma
import pathlib
import re
import stat
import subprocess
import sys

# What an ELF file's header says of the machine that it is for.
ELF_MACHINES = {"amd64": 62, "arm64": 183}
ORDER = "order"  # one module a line: "NAME:", then what is to be loaded for it, in this order, itself last


def module_name(path):
    """The kernel's name of a module file: `vfio-pci.ko.xz` is vfio_pci."""
    return re.sub(r"\.ko(\.xz)?$", "", path.name).replace("-", "_")


def dependencies(code):
    """Reads what a module's own .modinfo section says that it needs."""
    match = re.search(rb"\0depends=([^\0]*)\0", code)
    names = match.group(1).decode() if match else ""
    return [name.replace("-", "_") for name in names.split(",") if name]


def load_order(name, needs):
    """What must be loaded for a module, each after what it needs itself."""
    order = []
    for other in needs[name]:
        if other in needs:
            order += [each for each in load_order(other, needs) if each not in order]
    return order + [name]


def copy_modules(image, into, names):
    """Copies image modules, decompressed, until all that they need is there; what the kernel has built in is not."""
    available = {module_name(path): path for path in image.rglob("*.ko*")}
    loaded = {path.stem: path.read_bytes() for path in into.glob("*.ko")}
    needs = {name: dependencies(code) for name, code in loaded.items()}
    pending = [name.replace("-", "_") for name in names] + sum(needs.values(), [])
    while pending:
        name = pending.pop()
        if name in needs or name not in available:
            continue
        code = available[name].read_bytes()
        if available[name].suffix == ".xz":
            code = lzma.decompress(code)
        (into / f"{name}.ko").write_bytes(code)
        needs[name] = dependencies(code)
        pending += needs[name]
    lines = [f"{name}: {' '.join(load_order(name, needs))}\n" for name in sorted(needs)]
    (into / ORDER).write_text("".join(lines))


class Archive:
    """A cpio archive in the kernel's "newc" format."""

    def __init__(self):
        self.parts = []
        self.entries = 0

    def add(self, name, mode, content=b"", device=(0, 0)):
        self.entries += 1
        encoded = name.encode() + b"\0"
        fields = (self.entries, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(encoded), 0)
        header = b"070701" + "".join(f"{field:08x}" for field in fields).encode() + encoded
        self.parts += [header, b"\0" * (-len(header) % 4), content, b"\0" * (-len(content) % 4)]

    def directory(self, name):
        self.add(name, stat.S_IFDIR | 0o755)

    def file(self, name, content, mode=0o644):
        self.add(name, stat.S_IFREG | mode, content)

    def finish(self):
        self.add("TRAILER!!!", 0)
        return b"".join(self.parts)


def pack(guest, init, output):
    archive = Archive()
    for name in ("bin", "dev", "proc", "sys", "modules", "programs", "tmp"):
        archive.directory(name)
    archive.add("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
    archive.file("bin/busybox", (guest / "busybox").read_bytes(), 0o755)
    archive.add("bin/sh", stat.S_IFLNK | 0o777, b"busybox")
    archive.file("init", init.read_bytes(), 0o755)
    for path in sorted((guest / "modules").iterdir()):
        archive.file(f"modules/{path.name}", path.read_bytes())
    for path in sorted((guest / "programs").iterdir()):
        archive.file(f"programs/{path.name}", path.read_bytes(), 0o755)
    # A fixed time stamp: the same content is the same archive.
    output.write_bytes(gzip.compress(archive.finish(), compresslevel=1, mtime=0))


def runs_on(command, architecture):
    """Whether a program of this machine is one for a guest of that architecture."""
    head = command.read_bytes()[:20]
    return head[:4] == b"\x7fELF" and int.from_bytes(head[18:20], "little") == ELF_MACHINES[architecture]


def libraries(command):
    """The shared libraries that a program loads, and the loader, where they are on this machine."""
    listed = subprocess.run(["ldd", str(command)], capture_output=True, text=True, check=True).stdout
    return [pathlib.Path(path) for path in re.findall(r"(/\S+) \(0x", listed)]


def add(initrd, command, output):
    """Packs a program as /bin/NAME, with its libraries where it looks for them, behind a guest's initramfs."""
    archive = Archive()
    archive.file(f"bin/{command.name}", command.read_bytes(), 0o755)
    folders = set()
    for path in libraries(command):
        for folder in reversed(path.parents[:-1]):
            if folder not in folders:
                folders.add(folder)
                archive.directory(str(folder)[1:])
        archive.file(str(path)[1:], path.read_bytes(), 0o755)
    first = initrd.read_bytes()
    # The kernel unpacks one archive after the other; this one is not compressed, which would cost an emulated
    # processor seconds, and has to begin at a multiple of four bytes.
    output.write_bytes(first + b"\0" * (-len(first) % 4) + archive.finish())


def main():
    if len(sys.argv) >= 4 and sys.argv[1] == "modules":
        copy_modules(pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]), sys.argv[4:])
    elif len(sys.argv) == 5 and sys.argv[1] == "pack":
        pack(*map(pathlib.Path, sys.argv[2:5]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
