#!/usr/bin/env python3
"""Measures the command beside its peers and prints each ratio, the goal, and whether it holds.

Usage: bench-peers.py WDPROV PLUGINS BENCHMARKS [MIB], where PLUGINS is the folder that `make plugins` fills and
BENCHMARKS the program of Tests/Benchmarks, which measures gzip by its name beside zlib itself. The command's peers are
Debian's gzip, pigz, igzip (isal), zstd and openssl. Both sides of a ratio are run in turn, the medians are compared.
The data is a mix of text, source, programs and JSON of this machine, made-up logs, and 6 % of noise: at level 6 it
shrinks as the corpus does that the goals were set with, to a third at 4 KiB.

Exits 1 where a goal is missed, 69 where a peer is missing.
"""
# SPDX-License-Identifier: Apache-2.0

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
# What the data is made of: the share, the folder, and the ends of names; the rest is noise and logs, which are made up.
SOURCES = [
    (0.2, "/usr/share", {"", ".txt", ".html", ".md", ".pod", ".xml", ".rst"}),
    (0.2, "/usr/include", {".h", ".hpp"}),
    (0.2, "/usr/bin", {""}),
    (0.2, "/usr", {".json"}),
]
NOISE = 0.06
# The most of one file, and the least: a mix of very short files is all heads.
PIECE = 256 << 10
SHORT = 2 << 10
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

    @staticmethod
    def head():
        """Prints the names of the columns of what follows."""
        print(f"\n{'row':52} {'ours':>10} {'peer':>10} {'ratio':>7} {'goal':>8}")

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

    def row(self, name, ours, peer, goal, unit=""):
        """Prints one row: the ratio must be at most the goal."""
        ratio = ours / peer
        holds = ratio <= goal
        self.missed += not holds
        print(
            f"{name:52} {ours:8.3f}{unit:2} {peer:8.3f}{unit:2} {ratio:7.3f} <={goal:6} "
            f"{'holds' if holds else 'MISSED'}", flush=True)


def pieces(folder, ends, chance):
    """Files of a folder in an order by chance, the same on each run; each cut at PIECE."""
    names = [name for name in sorted(pathlib.Path(folder).rglob("*")) if name.suffix in ends]
    chance.shuffle(names)
    for name in names:
        try:
            if not name.is_symlink() and name.is_file() and name.stat().st_size >= SHORT:
                with name.open("rb") as file:
                    yield file.read(PIECE)
        except OSError:
            continue


def log_lines(chance):
    """Lines of a web server's log, made up."""
    agents = ["curl/8.5.0", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
              "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0"]
    paths = ["/", "/index.html", "/static/app.js", "/api/v1/items/{}", "/search?q={}", "/login", "/images/{}.png"]
    moment = 1_700_000_000
    while True:
        moment += chance.randrange(4)
        address = ".".join(str(chance.randrange(1, 255)) for _ in range(4))
        stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(moment))
        path = chance.choice(paths).format(chance.randrange(1 << 20))
        yield (f'{address} - - [{stamp}] "GET {path} HTTP/1.1" {chance.choice([200, 200, 200, 304, 404, 500])} '
               f'{chance.randrange(200, 90000)} "-" "{chance.choice(agents)}"\n').encode()


def corpus(path, count):
    """Writes a mix of this machine's files, the same on each run on it, as compressible as the goals' corpus."""
    chance = random.Random(1)
    parts = []

    def fill(rest, source):
        part = b""
        for data in source:
            part += data[:rest - len(part)]
            if len(part) >= min(PIECE, rest):
                parts.append(part)
                rest -= len(part)
                part = b""
            if rest == 0:
                return
        parts.append(part)

    for share, folder, ends in SOURCES:
        fill(int(count * share), pieces(folder, ends, chance))
    fill(int(count * NOISE), iter(lambda: chance.randbytes(PIECE), None))
    # Logs stand in for what a machine with few files lacks.
    fill(count - sum(map(len, parts)), log_lines(chance))
    # Any part of it is like the whole.
    chance.shuffle(parts)
    path.write_bytes(b"".join(parts))


def library_rows(peers, benchmarks, data):
    """gzip by its name beside zlib as C calls it; each line of the table ends with the verdict."""
    command = [benchmarks, "gzip", str(data)]
    with subprocess.Popen(command, env=peers.environment, stdout=subprocess.PIPE, text=True) as run:
        for line in run.stdout:
            print(line, end="", flush=True)
            peers.missed += line.endswith(" MISSED\n")
    if run.returncode != 0:
        sys.exit(f"bench-peers: {' '.join(command)} ended with {run.returncode}")


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
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    missing = [peer for peer in PEERS if not shutil.which(peer)]
    if missing:
        print(f"bench-peers: missing: {', '.join(missing)}; apt-get install pigz isal zstd openssl")
        sys.exit(69)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        data = folder / "corpus"
        corpus(data, (int(sys.argv[4]) if len(sys.argv) == 5 else 64) << 20)
        peers = Peers(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), folder)
        for level in ("1", "6"):
            subprocess.run([peers.wdprov, "info", "gzip", "--measure", "--level", level], env=peers.environment,
                           stdout=subprocess.DEVNULL, check=True)
        library_rows(peers, os.path.abspath(sys.argv[3]), data)
        peers.head()
        file_rows(peers, data, folder)
        start_rows(peers, folder)
    print(f"bench-peers: {peers.missed} goals missed")
    sys.exit(1 if peers.missed else 0)


main()
