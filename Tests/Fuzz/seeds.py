#!/usr/bin/env python3
"""Writes inputs for the fuzzers, mostly made from Tests/Vectors: seeds.py FOLDER; each target gets a folder in it.

An input begins with the choices that its entry point in Tests/FuzzTargets reads, in that order; the numbers here are
the places in the lists there. A seed that has become meaningless is only a worse seed.
"""
# SPDX-License-Identifier: Apache-2.0

import hashlib
import pathlib
import struct
import sys
import tarfile
import zlib

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "Vectors"
sys.path.insert(0, str(VECTORS))

import tables  # noqa: E402

# Longer inputs teach the fuzzers nothing that shorter ones do not.
LONGEST = 1024
# Pieces: none asked for, some of each size of input and room, one byte at a time.
PIECES = [b"\0", b"\2\x75\x3a", b"\1\x11"]

COMPRESSION = ["deflate", "zlib-deflate", "gzip"]
HASHES = "md5 sha1 sha224 sha256 sha384 sha512 sha512-224 sha512-256 rmd160 crc32 adler32".split()
MACS = "md5 sha1 sha224 sha256 sha384 sha512 sha512-224 sha512-256 sha3-224 sha3-512 sm3 rmd160".split()
CIPHERS = "ctr(aes) cbc(aes) aes-128-ctr aes-192-cbc aes-256-cbc".split()
CIPHERS += "cfb(aes) ofb(aes) ctr(camellia) cfb(camellia) cbc(aria) ofb(aria)".split()
AEADS = "gcm(aes) rfc7539(chacha20,poly1305) ccm(aes) ocb(aes) siv(aes) gcm(aria) ccm(aria)".split()
TAGS = [16, 15, 14, 13, 12, 8, 4]
NAMES = """sha256 SHA-256 sha256-openssl hmac(sha256) hmac(sha256-openssl) hmac(crc32) hmac(shake128) hmac(sha3-512)
gzip gz zlib pcrypt(gzip) pcrypt(deflate-zlib) pcrypt(zlib-deflate) pcrypt(pcrypt(gzip)) gcm(aes) aes-256-gcm cbc(aes)
rfc7539(chacha20,poly1305) authenc(hmac(sha256),cbc(aes)) stdrng gzpi sha512/256 1.2.840.113549.2.5 hmac() a( a(b,)
a(b)c x(y(z))""".split()
QUERIES = """hw=yes ?hw provider=zlib provider!=zlib,?priority=300 exportable,reference=no kind=hash,,name=sha256 hw=
driver!=gzip-zlib async=no,?fallback=yes,instance=yes,internal=no,emulated""".split()
POLICIES = [
    "sha256\n-sha256-openssl", "gzip\n+gzip-zlib\n+provider:openssl", "gzip\n=gzip gzip-zlib", "sha256\n=sha256 other",
    "hmac(sha256)\n+sha256", "crc32\n<* provider:openssl crc32-zlib\n!provider=zlib", "md5\n?exportable=yes,?hw",
    "pcrypt(gzip)\n-provider:zlib",
]

FILES = [
    '{"pin": {"gzip": "gzip-zlib"}, "deny": ["md5", "provider:openssl"], "query": "?hw,provider!=openssl"}',
    '{"order": {"*": ["provider:zlib"], "crc32": ["crc32-zlib"]}, "allow": ["provider:zlib"]}',
    '{"larvalTimeLimitSeconds": 0.5}', '{"larvalTimeLimitSeconds": 86401}', '{"larvalTimeLimitSeconds": -1e-9}', "null",
    "[]", "{}", '{"pins": {}}', '{"deny": null}', '{"deny": "md5"}', '{"pin": {"a": 1}}', '{"query": "no=such"}',
    '\ufeff{"deny": ["\\u0067zip"]}', '{"deny": ["gzip"], "deny": []}',
]


def counted(data):
    """A byte for the length, and the data."""
    return bytes([len(data)]) + data


def rows(table, columns):
    """The rows of `table` whose `columns`, converted to bytes, each fit into a counted field."""
    for row in tables.read(table):
        if all(len(row[column]) <= 2 * LONGEST and "*" not in row[column] for column in columns):
            data = {column: bytes.fromhex(row[column]) for column in columns}
            if all(len(data[column]) < 256 for column in columns):
                yield row, data


def decompression():
    with tarfile.open(VECTORS / "deflate-inputs.tar.xz") as tar:
        files = {member.name: tar.extractfile(member).read() for member in tar.getmembers()}
    for number, row in enumerate(tables.read("deflate-inputs.tsv")):
        data = files[row["name"]]
        if len(data) <= LONGEST:
            yield bytes([COMPRESSION.index(row["format"]), 0]) + PIECES[number % 3] + data
            if number % 8 == 0:
                # A limit of 64 bytes, and a window of 512.
                yield bytes([COMPRESSION.index(row["format"]), 10]) + PIECES[number % 3] + b"\1\6" + data


def compression():
    text = (VECTORS / "README.md").read_bytes()
    for number in range(60):
        data = text[7 * number : 7 * number + 40 * (number % 9)]
        options = bytes([number % 5, number % 16 * 16 + number % 10, [7, 0, 3, 15, 23][number // 12]])
        extra = counted(b"dictionary") if options[2] & 8 else b"\x1e\3\4name\7comment\5extra\1\x1e"
        pieces = PIECES[number % 3] + b"\2\1\3"
        yield options + (extra if options[2] & 24 else b"") + pieces + bytes([number % 4 * 5]) + data


def lookup():
    for name in NAMES:
        yield b"\x0a\0\0" + name.encode()
    for number, policy in enumerate(POLICIES):
        yield bytes([10, number, number]) + policy.encode()
        yield b"\x0a\0\0" + policy.encode()


def hash_state():
    for number, name in enumerate(HASHES * 3):
        prefix = bytes(range(number * 7))
        flips = [b"", b"\1", bytes(20) + b"\x80"][number // len(HASHES)]
        yield bytes([HASHES.index(name), 1]) + PIECES[number % 3] + counted(prefix) + counted(b"suffix") + flips


def mac():
    for number, (row, data) in enumerate(rows("macs.tsv", ["key", "tag", "in"])):
        name = row["algorithm"][5:-1]
        if name in MACS and number % 12 == 0:
            fields = counted(data["key"]) + counted(data["tag"]) + data["in"]
            yield bytes([MACS.index(name)]) + PIECES[number % 3] + fields


def cipher():
    for number, (row, data) in enumerate(rows("ciphers.tsv", ["key", "iv", "plaintext"])):
        if row["algorithm"] not in CIPHERS:
            continue
        choices = bytes([CIPHERS.index(row["algorithm"]), len(data["key"]), 0])
        yield choices + PIECES[number % 3] + data["key"] + data["iv"] + data["plaintext"]


def aead():
    columns = ["key", "iv", "aad", "ciphertext", "tag"]
    for number, (row, data) in enumerate(rows("aeads.tsv", columns)):
        if row["algorithm"] not in AEADS:
            continue
        # Of the thousands of CCM a few.
        if len(data["tag"]) in TAGS and (row["algorithm"] != "ccm(aes)" or number % 60 == 0):
            lengths = {"siv(aes)": [32, 48, 64], "rfc7539(chacha20,poly1305)": [32]}
            length = lengths.get(row["algorithm"], [16, 24, 32]).index(len(data["key"]))
            choices = bytes([AEADS.index(row["algorithm"]), length, TAGS.index(len(data["tag"])), 2])
            fields = data["key"] + counted(data["iv"]) + counted(data["aad"])
            yield choices + PIECES[number % 3] + fields + data["ciphertext"] + data["tag"]
            # The other mode: what follows is sealed, and opened with these bits flipped.
            yield choices[:3] + b"\3" + PIECES[number % 3] + fields + bytes(7) + b"\1" + data["ciphertext"]


def vfio_user_message():
    """One of each command, as QEMU and this package's client send them, a reply and an error reply."""
    version = b'{"capabilities":{"max_msg_fds":8,"max_data_xfer_size":1048576,"max_dma_maps":65535,"pgsizes":4096,'
    bodies = [
        (1, struct.pack("<HH", 0, 1) + version + b'"write_multiple":true,"migration":{"pgsize":4096}}}\0'),
        (1, struct.pack("<HH", 0, 0)),
        (2, struct.pack("<IIQQQ", 32, 3, 0, 0x10000, 0x4000)),
        (2, struct.pack("<IIQQQ", 32, 1, 4096, 2**64 - 4096, 4096)),
        (3, struct.pack("<IIQQ", 24, 0, 0x10000, 0x4000)),
        (3, struct.pack("<IIQQ", 24, 2, 0, 0)),
        (4, struct.pack("<IIII", 16, 0, 0, 0)),
        (5, struct.pack("<IIIIQQ", 32, 0, 2, 0, 0, 0)),
        (6, struct.pack("<IIII", 16, 0, 2, 0)),
        (7, struct.pack("<IIII", 16, 0, 1, 0)),
        (8, struct.pack("<IIIII", 20, 4 | 32, 1, 0, 1)),
        (8, struct.pack("<IIIII", 20, 1 | 32, 1, 0, 0)),
        (8, struct.pack("<IIIII", 23, 2 | 8, 1, 0, 3) + b"\1\0\1"),
        (8, struct.pack("<IIIII", 20, 1 | 16, 1, 1, 2)),
        (9, struct.pack("<QII", 0x300, 2, 4)),
        (10, struct.pack("<QII", 0x1000, 2, 8) + bytes(range(8))),
        (11, struct.pack("<QQ", 0x10000, 128)),
        (12, struct.pack("<QQ", 0x10000, 16) + bytes(16)),
        (13, b""),
        (15, struct.pack("<QQIIQ", 1, 0x300, 2, 8, 7)),
        (15, struct.pack("<QQIIQQIIQ", 2, 0x300, 2, 4, 7, 0x304, 2, 1, 1)),
        (16, struct.pack("<II", 8, 1 | 1 << 16)),
        (16, struct.pack("<II", 12, 2 | 5 << 16) + bytes(4)),
        (17, struct.pack("<II", 8, 4096)),
        (18, struct.pack("<II", 12, 4) + bytes(4)),
        (99, b"unknown"),
    ]
    for number, (command, body) in enumerate(bodies):
        yield struct.pack("<HHIII", number, command, 16 + len(body), 16 * (command == 10), 0) + body
    yield struct.pack("<HHIII", 7, 9, 36, 1, 0) + struct.pack("<QII", 0x300, 2, 4) + bytes(4)
    yield struct.pack("<HHIII", 7, 2, 16, 33, 22)
    # What can be mapped of a region: behind a capability of another kind, two areas.
    areas = struct.pack("<HHI", 9, 1, 40) + struct.pack("<HHIIIQQQQ", 1, 1, 0, 2, 0, 0, 4096, 8192, 4096)
    body = struct.pack("<IIIIQQ", 32 + len(areas), 15, 2, 32, 1 << 16, 0) + areas
    yield struct.pack("<HHIII", 8, 5, 16 + len(body), 1, 0) + body


def request(kind, source, count, target, room, is_list=0, flags=0):
    """A request's 128 bytes."""
    words = [0] * 32
    words[4], words[7], words[9], words[14] = count, 3 << 28 | flags << 24, kind | is_list << 8, room
    words[18], words[20], words[22], words[26] = source, target, 64, 0xDEAD
    return struct.pack("<32I", *words)


def scatter_list(following, entries):
    """A table of a scatter/gather list."""
    head = struct.pack("<QHHHH", following, len(entries), len(entries), 10, 0) + bytes(48)
    return head + b"".join(struct.pack("<QQIIII", address, 0, length, 0, 0, 0) for address, length in entries)


def zip_request():
    """Requests of each format, flat and in lists, whole and in parts; memory's first bytes follow them."""
    text = b"the quick brown fox jumps over the lazy dog, " * 5
    for kind in (1, 2, 3):
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = packer.compress(text) + packer.flush()
        if kind == 2:
            packed += struct.pack(">I", zlib.adler32(text))
        elif kind == 3:
            packed += struct.pack("<II", zlib.crc32(text), len(text))
        for direction, data in ((0, text), (4, packed)):
            half = len(data) // 2
            yield bytes([direction | 8]) + request(kind, 64, len(data), 20000, 400) + bytes(64) + data
            parts = request(kind, 64, half, 20000, 60, flags=12)
            parts += request(kind, 64 + half, len(data) - half, 41000, 300, flags=6)
            yield bytes([direction | 8 | 64]) + parts + bytes(64) + data
            memory = scatter_list(256, [(640, half), (0, 0)]).ljust(256, b"\0")
            memory += scatter_list(0, [(640 + half, len(data) - half)]).ljust(384, b"\0") + data
            yield bytes([direction | 8]) + request(kind, 0, len(data), 20000, 400, is_list=1) + memory
    yield bytes([8]) + request(1, 64, 1, 20000, 64) + bytes(64) + b"x"


def register_file():
    """A driver's steps on a device of each kind: queues started, requests rung, messages, resets."""
    def mailbox(function, command, queue, place):
        return bytes([7 | function << 4, command, queue, place])

    def start(function, queue):
        return mailbox(function, 0, queue, 2 * queue) + mailbox(function, 1, queue, 2 * queue + 1)

    def ring(function, queue, index):
        return bytes([9 | function << 4, queue, index])

    def write(*registers):
        return b"".join(bytes([0x83, register, 1, 0, 0, 0]) for register in registers)

    done = bytes([10, 0, 0x83, 11, 0, 1])
    flush, get = 8, 0x40
    for kind in range(4):
        first = bytes([kind | 4 | 32, 0])
        yield first + start(0, 0) + ring(0, 0, 1) + done + mailbox(0, 7, 0, 0)
        yield first + start(1, 0) + ring(1, 0, 8) + mailbox(1, get, 0, 8) + mailbox(1, get | 1, 0, 9) + b"\x1c"
        yield first + start(0, 1) + ring(0, 1, 4) + b"\r\0" + ring(0, 1, 9) + b"\r\4" + mailbox(0, flush, 0, 0)
        yield first + mailbox(0, 0, 0, 0) + mailbox(0, 1, 0, 6) + ring(0, 0, 5) + b"\n\0\x81" + ring(0, 0, 9)
        yield first + mailbox(0, 9, 1, 16) + write(11) + mailbox(1, get | 10, 0, 0) + mailbox(1, 9, 0, 3)
        yield first + start(2, 0) + b"\xe6\0\0\x10" + struct.pack("<Q", 2 << 32)
        yield bytes([kind, 3, 0, 4, 1, 2, 0, 8, 12, 4, 255]) + write(*range(0, 128, 9))
        yield bytes([kind | 8, 0]) + b"".join(bytes([0x82, register]) for register in range(0, 140, 5))
        yield bytes([kind, 0, 0x81, 0x48, 0, 0, 0x80, 0, 0, 0x80, 0x48, 0, 0x4E, 1, 14, 2, 0xC5]) + bytes(12)


TARGETS = {
    "algorithm-name": lambda: (name.encode() for name in NAMES),
    "property-query": lambda: (query.encode() for query in QUERIES),
    "lookup": lookup,
    "policy-file": lambda: (text.encode() for text in FILES),
    "decompression": decompression,
    "compression": compression,
    "hash-state": hash_state,
    "mac": mac,
    "cipher": cipher,
    "aead": aead,
    "vfio-user-message": vfio_user_message,
    "zip-request": zip_request,
    "register-file": register_file,
}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for target, make in TARGETS.items():
        folder = pathlib.Path(sys.argv[1]) / target
        folder.mkdir(parents=True, exist_ok=True)
        for seed in make():
            (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)


if __name__ == "__main__":
    main()
