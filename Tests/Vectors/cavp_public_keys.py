#!/usr/bin/env python3
"""Makes tables of NIST's CAVP vectors of public keys: python3 cavp_public_keys.py FOLDER PACKAGE.

PACKAGE is the folder of the Python package cryptography-vectors. The tables go to FOLDER beside those of cavp.py, which
is run before and leaves these three empty or out.
"""
# SPDX-License-Identifier: Apache-2.0

import collections
import hashlib
import pathlib
import re
import sys

import tables

CURVES = {"P-256": ("p256", 32, "sha256"), "P-384": ("p384", 48, "sha384"), "P-521": ("p521", 66, "sha512")}
COLUMNS = {
    "signatures": ["id", "algorithm", "op", "input", "result", "half", "key", "in", "signature", "comment"],
    "keypairs": ["id", "algorithm", "result", "privateKey", "publicKey", "comment"],
    "points": ["id", "algorithm", "result", "publicKey"],
}


def records(path):
    """Yields (line, section, fields) of each record of a CAVP file; what stands alone in front of records stays."""
    section, fields, kept, start = "", {}, {}, 0
    for number, line in enumerate([*path.read_text().splitlines(), ""], 1):
        if header := re.fullmatch(r"\[(.*?)\]", line.strip()):
            # Of key pairs a second line names the method.
            section, kept = section if header[1].startswith("B.4") else header[1], {}
        elif pair := re.match(r"\s*(\w+)\s*=\s*(.*?)\s*$", line):
            start = start if fields else number
            fields[pair[1]] = pair[2]
        elif not line.strip() and fields:
            # The modulus and its primes are paragraphs of their own, for all records that follow.
            if set(fields) <= {"n", "p", "q"}:
                kept |= fields
            else:
                yield start, section, kept | fields
            fields = {}


def octets(digits, size=0):
    return bytes.fromhex(digits.rjust(len(digits) + len(digits) % 2, "0")).lstrip(b"\0").rjust(size, b"\0")


def der(tag, content):
    size = len(content)
    head = bytes([size]) if size < 128 else bytes([0x80 | (size.bit_length() + 7) // 8])
    return bytes([tag]) + head + (b"" if size < 128 else size.to_bytes((size.bit_length() + 7) // 8, "big")) + content


def integer(digits):
    content = octets(digits)
    return der(2, (b"\0" if not content or content[0] & 0x80 else b"") + content)


def ecdsa(source, name, rows):
    path = source / "ECDSA/FIPS_186-3" / name
    for line, section, fields in records(path):
        curve, _, digest = section.partition(",")
        if curve not in CURVES or "Qx" not in fields:
            continue
        short, size, own = CURVES[curve]
        point = octets(fields["Qx"], size) + octets(fields["Qy"], size)
        identifier = f"cavp/{name}:{line}"
        if name == "KeyPair.rsp":
            row = {"algorithm": f"ecdh-nist-{short}", "privateKey": octets(fields["d"], size).hex()}
            rows["keypairs"].append(row | {"id": identifier, "result": "valid", "publicKey": point.hex()})
            continue
        if name == "PKV.rsp":
            result = "valid" if fields["Result"].startswith("P") else "refused"
            row = {"id": identifier, "algorithm": f"ecdsa-nist-{short}", "result": result, "publicKey": point.hex()}
            rows["points"].append(row)
            continue
        message, hash_name = bytes.fromhex(fields["Msg"]), digest.lower().replace("-", "")
        row = {"id": identifier, "algorithm": f"p1363(ecdsa-nist-{short},{own})", "op": "verify", "half": "public"}
        row |= {"key": point.hex(), "comment": fields.get("Result", "P")}
        row["signature"] = (octets(fields["R"], size) + octets(fields["S"], size)).hex()
        row["result"] = "valid" if row["comment"].startswith("P") else "invalid"
        is_own = hash_name == own
        row["input"] = "message" if is_own else "digest"
        row["in"] = (message if is_own else hashlib.new(hash_name, message).digest()).hex()
        rows["signatures"].append(row)


def rsa(source, name, rows):
    for line, _, fields in records(source / "RSA/FIPS_186-2" / name):
        row = {"id": f"cavp/{name}:{line}", "op": "verify", "input": "message", "half": "public"}
        row["algorithm"] = f"pkcs1(rsa,{fields['SHAAlg'].lower()})"
        row["key"] = der(0x30, integer(fields["n"]) + integer(fields["e"])).hex()
        row |= {"in": fields["Msg"], "signature": fields["S"], "comment": fields["Result"]}
        row["result"] = "valid" if row["comment"].startswith("P") else "invalid"
        rows["signatures"].append(row)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder, source = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]) / "asymmetric"
    rows = collections.defaultdict(list)
    for name in ("SigVer.rsp", "SigGen.rsp", "KeyPair.rsp", "PKV.rsp"):
        ecdsa(source, name, rows)
    # SigVerPSS has salts of 10 bytes alone, which no algorithm here has.
    rsa(source, "SigVer15_186-3.rsp", rows)
    for kind, columns in COLUMNS.items():
        tables.write(folder / f"{kind}.tsv", columns, rows[kind])
        counts = collections.Counter(tables.source_of(row["id"]) for row in rows[kind])
        print(f"{kind}.tsv:", ", ".join(f"{source} {count}" for source, count in sorted(counts.items())))


if __name__ == "__main__":
    main()
