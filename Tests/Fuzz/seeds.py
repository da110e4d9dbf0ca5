#!/usr/bin/env python3
"""Writes inputs for the fuzzers, made from Tests/Vectors: seeds.py FOLDER; each target gets a folder in it.

An input begins with the choices that its entry point in Tests/FuzzTargets reads, in that order; the numbers here are
the places in the lists there. A seed that has become meaningless is only a worse seed.
"""
# SPDX-License-Identifier: Apache-2.0

import hashlib
import pathlib
import sys
import tarfile

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
CIPHERS = ["ctr(aes)", "cbc(aes)"]
AEADS = ["gcm(aes)", "rfc7539(chacha20,poly1305)"]
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
        choices = bytes([CIPHERS.index(row["algorithm"]), len(data["key"]), 0])
        yield choices + PIECES[number % 3] + data["key"] + data["iv"] + data["plaintext"]


def aead():
    columns = ["key", "iv", "aad", "ciphertext", "tag"]
    for number, (row, data) in enumerate(rows("aeads.tsv", columns)):
        if len(data["tag"]) in TAGS:
            length = [16, 24, 32].index(len(data["key"]))
            choices = bytes([AEADS.index(row["algorithm"]), length, TAGS.index(len(data["tag"])), 2])
            fields = data["key"] + counted(data["iv"]) + counted(data["aad"])
            yield choices + PIECES[number % 3] + fields + data["ciphertext"] + data["tag"]
            # The other mode: what follows is sealed, and opened with these bits flipped.
            yield choices[:3] + b"\3" + PIECES[number % 3] + fields + bytes(7) + b"\1" + data["ciphertext"]


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
