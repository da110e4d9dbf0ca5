#!/usr/bin/env python3
"""Makes generators.tsv from evprand.txt of OpenSSL's tests: python3 drbg.py EVPRAND.TXT [--check].

The file has NIST's vectors of SP 800-90A (drbgtestvectors.zip), 15 a stanza and 8 MiB in all; of each generator of the
registry and each set of inputs the first vector is taken. With --check nothing is written: exits 1 on a difference.
"""
# SPDX-License-Identifier: Apache-2.0

import pathlib
import re
import sys
import tempfile

import tables

COLUMNS = ["id", "driver", "entropy", "nonce", "personalization", "reseedEntropy", "reseedAdditional",
           "additionalA", "entropyA", "additionalB", "entropyB", "out"]  # fmt: skip
DIGESTS = {"SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
# The file's names of what a vector has, by our column.
FIELDS = {
    "entropy": "Entropy", "nonce": "Nonce", "personalization": "PersonalisationString",
    "reseedEntropy": "ReseedEntropy", "reseedAdditional": "ReseedAdditionalInput",
    "additionalA": "AdditionalInputA", "entropyA": "EntropyPredictionResistanceA",
    "additionalB": "AdditionalInputB", "entropyB": "EntropyPredictionResistanceB", "out": "Output",
}  # fmt: skip


def stanzas(text):
    """Yields the line at which a stanza begins, and its pairs."""
    pairs, start = {}, 0
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.strip() and not line.startswith("#"):
            name, value = (part.strip() for part in line.split("=", 1))
            start = start if pairs else number
            pairs[name] = value
        elif not line.strip():
            if "RAND" in pairs:
                yield start, pairs
            pairs = {}


def driver(pairs):
    """Returns the kernel's driver name of the stanza's generator; None for one that the kernel has not."""
    resistance = "pr" if pairs.get("PredictionResistance") == "1" else "nopr"
    if pairs["RAND"] == "CTR-DRBG":
        # The kernel always uses the derivation function.
        if pairs.get("DerivationFunction") != "1":
            return None
        bits = re.fullmatch(r"AES-(\d+)-CTR", pairs["Cipher"])[1]
        return f"drbg_{resistance}_ctr_aes{bits}"
    digest = DIGESTS.get(pairs["Digest"])
    if digest is None:
        return None
    return f"drbg_{resistance}_{'hmac_' if pairs['RAND'] == 'HMAC-DRBG' else ''}{digest}"


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    rows, seen = [], set()
    for line, pairs in stanzas(pathlib.Path(arguments[0]).read_text()):
        name = driver(pairs)
        inputs = frozenset(field for field in FIELDS.values() if f"{field}.0" in pairs)
        if name is None or (name, inputs) in seen:
            continue
        seen.add((name, inputs))
        row = {column: pairs.get(f"{field}.0", "").lower() for column, field in FIELDS.items()}
        rows.append({"id": f"openssl-evp/evprand.txt:{line}", "driver": name} | row)
    here = tables.FOLDER / "generators.tsv"
    with tempfile.TemporaryDirectory() as temporary:
        made = pathlib.Path(temporary) / here.name
        tables.write(made, COLUMNS, rows, "drbg.py")
        same = here.exists() and here.read_bytes() == made.read_bytes()
        if not same and "--check" not in sys.argv:
            here.write_bytes(made.read_bytes())
    print(f"{here.name}: {'unchanged' if same else 'different'}, {len(rows)} vectors")
    if "--check" in sys.argv and not same:
        sys.exit(1)


if __name__ == "__main__":
    main()
