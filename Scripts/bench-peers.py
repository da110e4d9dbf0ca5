#!/usr/bin/env python3
"""Measures the command beside its peers and prints each ratio, the goal, and whether it holds.

Usage: bench-peers.py WDPROV PLUGINS [MIB], where PLUGINS is the folder that `make plugins` fills. Peers are Debian's
gzip, pigz, igzip (isal), zstd and openssl. Both sides of a ratio are run in turn, the medians are compared. The data
is made of this machine's own files: text, headers, programs, and 6 % of noise.

Exits 1 where a goal is missed, 69 where a peer is missing.
"""
# SPDX-License-Identifier: Apache-2.0

import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

PEERS = ["gzip", "pigz", "igzip", "zstd", "openssl"]
# Where text, source and programs come from, with the share that each has of the data.
SOURCES = [("/usr/share", 0.34), ("/usr/include", 0.2), ("/usr/lib", 0.4)]
NOISE = 0.06
PIECE = 1 << 16
LAUNCHER = str(pathlib.Path(__file__).with_name("peak-memory.py"))


class Peers:
    """The commands, their environment, and the table of what was found."""

    def __init__(self, wdprov, plugins, folder):
        self.wdprov = wdprov
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(folder), "WDPROV_PLUGIN_PATH": plugins,
        }
        self.missed = 0
        print(f"{'row':52} {'ours':>10} {'peer':>10} {'ratio':>7} {'goal':>8}")

    def run(self, command):
        """Runs a command to /dev/null; returns seconds, and fails where it does."""
        sink = os.open(os.devnull, os.O_RDWR)
        start = time.monotonic()
        child = os.posix_spawnp(
            command[0], command, self.environment,
            file_actions=[(os.POSIX_SPAWN_DUP2, sink, 0), (os.POSIX_SPAWN_DUP2, sink, 1)])
        _, status = os.waitpid(child, 0)
        seconds = time.monotonic() - start
        os.close(sink)
        if status != 0:
            sys.exit(f"bench-peers: {' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
        return seconds

    def peak(self, command):
        """Peak resident MiB of a command, by a small launcher: a child's maximum begins with its parent's."""
        report = self.folder / "peak"
        with open(os.devnull, "wb") as sink:
            subprocess.run([LAUNCHER, str(report), *command], env=self.environment, stdout=sink, check=True)
        return int(report.read_text(encoding="ascii")) / 1024

    def pair(self, ours, peer, runs):
        """Median seconds of both, run in turn."""
        times = ([], [])
        for _ in range(runs):
            for side, command in enumerate((ours, peer)):
                times[side].append(self.run(command))
        return statistics.median(times[0]), statistics.median(times[1])

    def size(self, command):
        """Bytes that a command writes."""
        done = subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, check=True)
        return len(done.stdout)

    def row(self, name, ours, peer, goal, unit="", least=False):
        """Prints one row: the ratio must be at most the goal, or at least."""
        ratio = ours / peer
        holds = ratio >= goal if least else ratio <= goal
        self.missed += not holds
        sign = ">=" if least else "<="
        print(
            f"{name:52} {ours:8.3f}{unit:2} {peer:8.3f}{unit:2} {ratio:7.3f} {sign}{goal:6} "
            f"{'holds' if holds else 'MISSED'}", flush=True)


def corpus(path, count):
    """Writes a mix of this machine's files, the same on each run on it."""
    noise = random.Random(1)
    with path.open("wb") as out:
        for folder, share in SOURCES:
            rest = int(count * share)
            for name in sorted(pathlib.Path(folder).rglob("*")):
                if rest <= 0:
                    break
                try:
                    if name.is_symlink() or not name.is_file() or name.suffix in {".gz", ".png", ".a", ".xz"}:
                        continue
                    with name.open("rb") as file:
                        data = file.read(min(rest, 1 << 20))
                except OSError:
                    continue
                out.write(data)
                rest -= len(data)
        while out.tell() < count - int(count * NOISE):
            out.write(b"the machine has too few files of its own; this line stands in for them\n" * 100)
        while out.tell() < count:
            out.write(noise.randbytes(min(PIECE, count - out.tell())))


def speed(row):
    """A row's MB/s."""
    return row["megabytesPerSecond"]


def library_rows(peers, data):
    """The drivers of gzip beside zlib's, through `wdprov bench`."""
    command = [
        peers.wdprov, "bench", "gzip", "--sizes", "4K,64K,1M", "--levels", "1,2,6", "--seconds", "0.5", "--file",
        str(data), "--json",
    ]
    done = subprocess.run(command, env=peers.environment, stdout=subprocess.PIPE, check=True)
    rows = json.loads(done.stdout)["rows"]

    def find(driver, level, size, operation):
        for row in rows:
            if (row["driver"], row["level"], row["size"], row["operation"]) == (driver, level, size, operation):
                return row
        return None

    for size, label, best, fast, inflate in [
        (4096, "4 KiB", 1.6, None, 2.0), (65536, "64 KiB", 1.9, 4.5, 2.3), (1 << 20, "1 MiB", 2.0, None, 2.4)
    ]:
        base = find("gzip-zlib", 6, size, "compress")
        ours = find("gzip-libdeflate", 6, size, "compress")
        peers.row(f"gzip-libdeflate : gzip-zlib, level 6, {label}", speed(ours), speed(base), best, least=True)
        peers.row("  its ratio", ours["ratio"], base["ratio"], 1.0, least=True)
        if fast:
            base = find("gzip-zlib", 1, size, "compress")
            ours = find("gzip-isal", 2, size, "compress")
            peers.row(f"gzip-isal 2 : gzip-zlib 1, {label}", speed(ours), speed(base), fast, least=True)
            peers.row("  its ratio", ours["ratio"], base["ratio"], 1.0, least=True)
        base = find("gzip-zlib", 6, size, "decompress")
        ours = find("gzip-libdeflate", 6, size, "decompress")
        peers.row(f"inflate, gzip-libdeflate : gzip-zlib, {label}", speed(ours), speed(base), inflate, least=True)


def file_rows(peers, data, folder):
    """Whole files through the commands."""
    wdprov, name = peers.wdprov, str(data)
    ours, peer = peers.pair([wdprov, "compress", "-c", name], ["pigz", "-p2", "-6", "-c", name], 5)
    peers.row("compress : pigz -p2 -6", ours, peer, 0.55, "s")
    peers.row("  its size, MB", peers.size([wdprov, "compress", "-c", name]) / 1e6,
              peers.size(["pigz", "-p2", "-6", "-c", name]) / 1e6, 1.0)
    ours, peer = peers.pair([wdprov, "compress", "-1", "-c", name], ["igzip", "-1", "-c", name], 5)
    peers.row("compress -1 : igzip -1", ours, peer, 0.65, "s")
    foreign, own = folder / "foreign.gz", folder / "own.gz"
    with foreign.open("wb") as out:
        subprocess.run(["gzip", "-6", "-c", name], stdout=out, check=True)
    with own.open("wb") as out:
        subprocess.run([wdprov, "compress", "-c", name], env=peers.environment, stdout=out, check=True)
    ours, peer = peers.pair([wdprov, "decompress", "-c", str(foreign)], ["igzip", "-d", "-c", str(foreign)], 7)
    peers.row("decompress, a foreign file : igzip -d", ours, peer, 1.1, "s")
    ours, peer = peers.pair([wdprov, "decompress", "-c", str(own)], ["igzip", "-d", "-c", str(own)], 7)
    peers.row("decompress, an own file : igzip -d", ours, peer, 0.65, "s")
    for command, file in [("compress", name), ("decompress", str(own)), ("decompress", str(foreign))]:
        peak = peers.peak([wdprov, command, "-c", file])
        peers.row(f"peak memory of {command} {pathlib.Path(file).name}, MiB : 16", peak, 16, 1.0)


def start_rows(peers, folder):
    """Whole processes with next to nothing to do."""
    tiny = folder / "tiny"
    tiny.write_bytes(b"a few bytes\n")
    ours, peer = peers.pair([peers.wdprov, "compress", "-c", str(tiny)], ["openssl", "dgst", str(tiny)], 41)
    peers.row("compress of a tiny file : openssl dgst", ours * 1e3, peer * 1e3, 1.0, "ms")
    ours, peer = peers.pair([peers.wdprov, "compress", "-c", str(tiny)], ["zstd", "-q", "-c", str(tiny)], 41)
    peers.row("compress of a tiny file : zstd", ours * 1e3, peer * 1e3, 3.0, "ms")
    ours, peer = peers.pair([peers.wdprov, "list"], ["openssl", "dgst", str(tiny)], 21)
    peers.row("list, every known-answer test run : openssl dgst", ours * 1e3, peer * 1e3, 40, "ms")


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    missing = [peer for peer in PEERS if not shutil.which(peer)]
    if missing:
        print(f"bench-peers: missing: {', '.join(missing)}; apt-get install pigz isal zstd openssl")
        sys.exit(69)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        data = folder / "corpus"
        corpus(data, (int(sys.argv[3]) if len(sys.argv) == 4 else 64) << 20)
        peers = Peers(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), folder)
        for level in ("1", "6"):
            subprocess.run([peers.wdprov, "info", "gzip", "--measure", "--level", level], env=peers.environment,
                           stdout=subprocess.DEVNULL, check=True)
        library_rows(peers, data)
        file_rows(peers, data, folder)
        start_rows(peers, folder)
    print(f"bench-peers: {peers.missed} goals missed")
    sys.exit(1 if peers.missed else 0)


main()
