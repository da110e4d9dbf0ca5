#!/usr/bin/env python3
"""Makes the data of this folder from the published sources: python3 import.py FOLDER [--check].

FOLDER holds, at any depth, openssl-evp.tar.xz, wycheproof.tar.xz, canterbury.tar.xz, deflate-inputs.tar.xz and
deflate-inputs.jsonl. With --check nothing is written: exits 1 where what would be written differs from what is here.
README.md describes the result.
"""
# SPDX-License-Identifier: Apache-2.0

import collections
import hashlib
import io
import json
import lzma
import pathlib
import sys
import tarfile
import tempfile
import zlib

import openssl_evp
import openssl_evp_kdf
import public_keys
import tables
import wycheproof

COLUMNS = {
    "hashes": ["id", "algorithm", "result", "in", "out"],
    "macs": [
        "id", "algorithm", "result", "key", "in", "tag", "comment", "iv", "customization", "salt", "size",
    ],
    "ciphers": ["id", "algorithm", "op", "result", "key", "iv", "plaintext", "ciphertext", "nextIV", "comment"],
    "aeads": ["id", "algorithm", "op", "result", "key", "iv", "aad", "plaintext", "ciphertext", "tag", "comment"],
    "derivations": ["id", "algorithm", "result", *openssl_evp_kdf.FIELDS, "out", "comment"],
    "agreements": ["id", "algorithm", "result", "privateKey", "peer", "secret", "comment"],
    "keypairs": ["id", "algorithm", "result", "privateKey", "publicKey", "comment"],
    "signatures": ["id", "algorithm", "op", "input", "result", "half", "key", "in", "signature", "comment"],
    "encryptions": ["id", "algorithm", "result", "privateKey", "ciphertext", "plaintext", "comment"],
}
OUTCOME = ["verdict", "outputLength", "outputSHA256", "trailing"]
CONCATENATED = ["concatenatedVerdict", "concatenatedLength", "concatenatedSHA256", "concatenatedTrailing"]
DEFLATE_COLUMNS = ["name", "format", *OUTCOME, *CONCATENATED, "source", "licence"]
# The three formats as the sources, zlib (window bits) and this project name them.
FORMATS = {"deflate": (-15, "deflate"), "zlib": (15, "zlib-deflate"), "gzip": (31, "gzip")}


def archive(folder, name):
    """Returns the files of the one archive `name` below `folder`: path without the archive's own folder -> bytes."""
    (path,) = folder.rglob(f"{name}.tar.xz")
    with tarfile.open(path) as tar:
        return {
            member.name.removeprefix("./").partition("/")[2]: tar.extractfile(member).read()
            for member in tar.getmembers()
            if member.isfile()
        }


def pack(path, files):
    """Writes `files` as a ustar archive, compressed by xz, that depends on names and bytes alone."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(files):
            member = tarfile.TarInfo(name)
            member.size = len(files[name])
            tar.addfile(member, io.BytesIO(files[name]))
    path.write_bytes(lzma.compress(buffer.getvalue()))


class Ledger:
    """What was taken and left of each source file."""

    def __init__(self):
        self.rows = collections.defaultdict(list)
        self.outcomes = collections.defaultdict(collections.Counter)
        self.totals = {}

    def add(self, source, number, converted):
        if isinstance(converted, str):
            self.outcomes[source]["left", converted] += 1
        else:
            kind, row = converted
            self.outcomes[source]["taken", kind] += 1
            self.rows[kind].append({"id": f"{source}:{number}"} | row)

    def table(self):
        """Returns the rows of NotApplicable.tsv, after checking that they account for every vector."""
        rows = []
        for source, total in sorted(self.totals.items()):
            if sum(self.outcomes[source].values()) != total:
                raise ValueError(f"{source}: {dict(self.outcomes[source])} does not add up to {total}")
            for (outcome, reason), count in sorted(self.outcomes[source].items(), reverse=True):
                rows.append({"source": source, "total": total, "count": count, "outcome": outcome, "reason": reason})
        return rows


def crypto(folder, output):
    """Writes the tables of crypto vectors and the table of what is not applicable."""
    ledger = Ledger()
    for name, content in archive(folder, "openssl-evp").items():
        source, text = f"openssl-evp/{name}", content.decode()
        ledger.totals[source] = openssl_evp.count(text)
        keys = public_keys.keys(text)
        for stanza in openssl_evp.stanzas(text):
            ledger.add(source, stanza.line, openssl_evp.convert(stanza, keys))
    for name, content in archive(folder, "wycheproof").items():
        source, document = f"wycheproof/{name}", json.loads(content)
        ledger.totals[source] = document["numberOfTests"]
        for test in wycheproof.tests(document):
            ledger.add(source, test["tcId"], wycheproof.convert(document["algorithm"], test))
    for kind, columns in COLUMNS.items():
        tables.write(output / f"{kind}.tsv", columns, ledger.rows[kind])
    tables.write(output / "NotApplicable.tsv", ["source", "total", "count", "outcome", "reason"], ledger.table())


def inflate(data, window_bits, members):
    """Returns zlib's outcome on `data`; with `members`, as far as gzip members follow one another (RFC 1952 2.2)."""
    output, rest = b"", data
    while True:
        decoder = zlib.decompressobj(window_bits)
        try:
            output += decoder.decompress(rest)
        except zlib.error:
            return "error", 0, "", 0
        if decoder.eof:
            rest = decoder.unused_data
            if members and rest.startswith(b"\x1f\x8b"):
                continue
        verdict = "ok" if decoder.eof else "truncated"
        return verdict, len(output), hashlib.sha256(output).hexdigest(), len(rest) if decoder.eof else 0


def deflate_inputs(folder, output):
    """Writes the inputs and their table, after checking each verdict of the source against zlib."""
    files, rows = archive(folder, "deflate-inputs"), []
    (listing,) = folder.rglob("deflate-inputs.jsonl")
    for entry in map(json.loads, listing.read_text().splitlines()):
        name = entry["file"].removeprefix("deflate-inputs/")
        data, (window_bits, algorithm) = files[name], FORMATS[entry["format"]]
        outcome = (entry["verdict"], entry["output_length"], entry["output_sha256"] or "", entry["trailing"])
        if inflate(data, window_bits, members=False) != outcome:
            raise ValueError(f"{name}: zlib disagrees with the listing")
        if not name.endswith(hashlib.sha256(data).hexdigest()[:24]):
            raise ValueError(f"{name}: is not named by its content")
        row = {"name": name, "format": algorithm, "source": entry["source"], "licence": entry["licence"]}
        row |= zip(OUTCOME, outcome)
        if algorithm == "gzip" and (whole := inflate(data, window_bits, members=True)) != outcome:
            row |= zip(CONCATENATED, whole)
        rows.append(row)
    if {row["name"] for row in rows} != set(files):
        raise ValueError("the listing and the archive name different files")
    tables.write(output / "deflate-inputs.tsv", DEFLATE_COLUMNS, rows)
    pack(output / "deflate-inputs.tar.xz", files)


def content(path):
    """Returns what is compared: xz's output may differ between its versions."""
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    folder = pathlib.Path(arguments[0])
    with tempfile.TemporaryDirectory() as temporary:
        output = pathlib.Path(temporary)
        crypto(folder, output)
        deflate_inputs(folder, output)
        pack(output / "canterbury.tar.xz", archive(folder, "canterbury"))
        different = 0
        for made in sorted(output.iterdir()):
            here = tables.FOLDER / made.name
            same = here.exists() and content(here) == content(made)
            different += not same
            if not same and "--check" not in sys.argv:
                here.write_bytes(made.read_bytes())
            print(f"{made.name}: {'unchanged' if same else 'different'}, {made.stat().st_size} bytes")
    if "--check" in sys.argv and different:
        sys.exit(1)


if __name__ == "__main__":
    main()
