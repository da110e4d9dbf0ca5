#!/usr/bin/env python3
"""Turns NIST's response files of the Python package cryptography-vectors into tables: python3 cavp.py OUTPUT [FOLDER].

OUTPUT is a folder to be made, with tables as README.md describes them; FOLDER is the package's, which is looked for
where Python looks for packages if it is not given. The package is not part of this project: `pip install
cryptography-vectors` brings it. Prints how many vectors of each file were taken, and why the others were left.
"""
# SPDX-License-Identifier: Apache-2.0

import collections
import importlib
import importlib.util
import pathlib
import re
import sys

import tables

# By a function, for its name is a word of the language.
importing = importlib.import_module("import")

MONTE = "a Monte Carlo test is a chain of 1,000 digests, no vector"
ONE_KEY = "DES with one key in the place of three, which is weak"
INTERLEAVED = "three interleaved streams, a mode of NIST's tests alone"
# Of messages longer than so many bytes, one in so many: they are most of the data, and one block is like another.
LONG, LONG_EACH = 2048, 8
# Of GCM's 525 sets of lengths a file, this many of the 15 vectors of each.
GCM_EACH = 3

DIGESTS = {
    "SHA1": "sha1", "SHA224": "sha224", "SHA256": "sha256", "SHA384": "sha384", "SHA512": "sha512",
    "SHA512_224": "sha512-224", "SHA512_256": "sha512-256", "SHA3_224": "sha3-224", "SHA3_256": "sha3-256",
    "SHA3_384": "sha3-384", "SHA3_512": "sha3-512", "SHAKE128": "shake128", "SHAKE256": "shake256",
}  # fmt: skip
HMACS = {"md5": "md5", "sha1": "sha1", "ripemd160": "rmd160", "sha224": "sha224", "sha256": "sha256",
         "sha384": "sha384", "sha512": "sha512"}  # fmt: skip


def vectors(text, last):
    """Yields the vectors of a response file: blocks of `name = value` that have the key `last`.

    What comes before, in brackets or in a block of its own, holds for the blocks that follow, and so do a key and a
    nonce that a block sets for itself. A word alone in a line is a pair too.
    """
    scope, block = {}, {}
    for line in [*text.splitlines(), ""]:
        line = line.strip()
        if line.startswith("["):
            for part in line.strip("[]").split(","):
                name, _, value = part.partition("=")
                scope[name.strip()] = value.strip()
            if line in ("[ENCRYPT]", "[DECRYPT]"):
                scope["direction"] = line.strip("[]").lower()
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            block[name.strip()] = value.strip()
        elif block:
            if last in block:
                yield scope | block
                block = {name: block[name] for name in ("Key", "Nonce") if name in block}
            scope |= block
            block = {}


def cut(text, octets):
    """Returns the first `octets` bytes of a field: none at all is written as 00."""
    return text[: 2 * int(octets)].lower()


def hashes(name, text):
    digest = DIGESTS[re.match(r"(SHA\d+(?:_\d+)?|SHAKE\d+)(?:Long|Short|Monte|Variable)", name)[1]]
    if "Monte" in name:
        for _ in re.findall(r"^COUNT", text, re.MULTILINE):
            yield MONTE
        return
    field = "Output" if digest.startswith("shake") else "MD"
    for number, vector in enumerate(vectors(text, field)):
        bits = int(vector.get("Len", 4 * len(vector["Msg"])))
        if bits > 8 * LONG and number % LONG_EACH:
            yield f"a message of more than {LONG} bytes, of which one in {LONG_EACH} is taken"
            continue
        if bits % 8:
            yield "a message that is not of whole bytes"
            continue
        row = {"algorithm": digest, "result": "valid", "in": cut(vector["Msg"], bits // 8)}
        yield "hashes", row | {"out": vector[field].lower()}


def hmacs(name, text):
    digest = HMACS[name.split("-")[2].removesuffix(".txt")]
    for vector in vectors(text, "MD"):
        message = cut(vector["Msg"], int(vector["Len"]) // 8)
        row = {"algorithm": f"hmac({digest})", "result": "valid", "key": vector["Key"], "in": message}
        yield "macs", row | {"tag": vector["MD"].lower()}


def cmacs(name, text):
    algorithm = "cmac(des3_ede)" if "3des" in name else "cmac(aes)"
    for vector in vectors(text, "OUTPUT"):
        key = vector["KEY"] if "KEY" in vector else vector["KEY1"] + vector["KEY2"] + vector["KEY3"]
        row = {"algorithm": algorithm, "result": "valid", "key": key, "in": vector["MESSAGE"]}
        yield "macs", row | {"tag": vector["OUTPUT"].lower()}


def aes(name, text):
    mode = re.match(r"(?:aes-\d+-)?(cbc|ctr|ecb|ofb|cfb(?:128|8|1)(?=\D))", name.lower())[1]
    for vector in vectors(text, "KEY"):
        if mode in ("cfb1", "cfb8"):
            yield f"CFB with segments of {mode[3:]} bits: not served"
            continue
        row = {"algorithm": f"{mode.removesuffix('128')}(aes)", "op": vector.get("direction", "encrypt")}
        row |= {"result": "valid", "key": vector["KEY"].lower(), "iv": "" if mode == "ecb" else vector["IV"].lower()}
        plaintext, ciphertext = vector["PLAINTEXT"].lower(), vector["CIPHERTEXT"].lower()
        yield "ciphers", row | {"plaintext": plaintext, "ciphertext": ciphertext}


def xts(name, text):
    for vector in vectors(text, "CT"):
        if int(vector["DataUnitLen"]) % 8:
            yield "a data unit that is not of whole bytes"
            continue
        row = {"algorithm": "xts(aes)", "op": vector["direction"], "result": "valid", "key": vector["Key"]}
        yield "ciphers", row | {"iv": vector["i"], "plaintext": vector["PT"], "ciphertext": vector["CT"]}


def triple_des(name, text):
    mode = re.match(r"T(CBC|CFB|ECB|OFB)(I|P)?(\d*)", name)
    for vector in vectors(text, "CIPHERTEXT1" if "CIPHERTEXT1 " in text else "CIPHERTEXT"):
        if mode[2]:
            yield INTERLEAVED
        elif mode[1] == "CFB" and mode[3] != "64":
            yield f"CFB with segments of {mode[3]} bits: not served"
        elif "KEYs" in vector or vector["KEY1"] == vector["KEY2"]:
            yield ONE_KEY
        else:
            key = vector["KEY1"] + vector["KEY2"] + vector["KEY3"]
            row = {"algorithm": f"{mode[1].lower()}(des3_ede)", "op": vector["direction"], "result": "valid"}
            row |= {"key": key, "iv": vector.get("IV", "")}
            yield "ciphers", row | {"plaintext": vector["PLAINTEXT"], "ciphertext": vector["CIPHERTEXT"]}


def gcm(name, text):
    opening = "Decrypt" in name
    for vector in vectors(text, "Tag"):
        if int(vector["Count"]) >= GCM_EACH:
            yield f"one of 15 with the same lengths, of which {GCM_EACH} are taken"
            continue
        forged = "FAIL" in vector
        row = {"algorithm": "gcm(aes)", "op": "open" if opening else "seal", "result": "invalid" if forged else "valid"}
        row |= {"key": vector["Key"], "iv": vector["IV"], "aad": vector["AAD"], "tag": vector["Tag"]}
        yield "aeads", row | {"plaintext": vector.get("PT", ""), "ciphertext": vector["CT"]}


def ccm(name, text):
    for vector in vectors(text, "CT"):
        forged = vector.get("Result", "").startswith("Fail")
        row = {"algorithm": "ccm(aes)", "op": "open" if "Result" in vector else "seal,open"}
        row |= {"result": "invalid" if forged else "valid", "key": vector["Key"], "iv": vector["Nonce"]}
        length, tag = 2 * int(vector["Plen"]), int(vector["Tlen"])
        if len(vector["CT"]) != length + 2 * tag:
            raise ValueError(f"{name}: a ciphertext that has not the length of payload and tag")
        row |= {"aad": cut(vector["Adata"], vector["Alen"])}
        row |= {"plaintext": cut(vector.get("Payload", ""), vector["Plen"])}
        yield "aeads", row | {"ciphertext": vector["CT"][:length], "tag": vector["CT"][length:]}


def kbkdf(name, text):
    functions = {f"HMAC_SHA{size}": f"hmac(sha{size})" for size in (1, 224, 256, 384, 512)}
    functions |= {f"CMAC_AES{size}": "cmac(aes)" for size in (128, 192, 256)}
    # Two lines in a block show how the input is put together, and are no pairs of their own.
    for vector in vectors(text, "KO"):
        if vector["PRF"] not in functions:
            yield "KBKDF with CMAC of triple DES: not served"
        elif vector["CTRLOCATION"] != "BEFORE_FIXED":
            yield "KBKDF with the counter behind or within the fixed input data: not served"
        elif vector["RLEN"] != "32_BITS":
            yield "KBKDF with a counter of fewer than 32 bits: not served"
        else:
            row = {"algorithm": f"kbkdf-counter({functions[vector['PRF']]})", "result": "valid"}
            row |= {"secret": vector["KI"], "info": vector["FixedInputData"], "out": vector["KO"]}
            yield "derivations", row


def hkdf(name, text):
    for vector in vectors(text, "OKM"):
        digest = vector["Hash"].replace("-", "").lower()
        row = {"algorithm": f"hkdf({digest})", "result": "valid", "secret": vector["IKM"], "salt": vector["salt"]}
        yield "derivations", row | {"info": vector["info"], "out": vector["OKM"]}


def passwords(name, text):
    for vector in vectors(text, "DERIVED_KEY"):
        secret, salt = (vector[field].replace("\\0", "\0").encode().hex() for field in ("PASSWORD", "SALT"))
        row = {"result": "valid", "secret": secret, "salt": salt, "out": vector["DERIVED_KEY"].replace(" ", "")}
        if "N" in vector:
            exponent = int(vector["N"]).bit_length() - 1
            row |= {"algorithm": "scrypt", "memoryCost": exponent, "blockSize": vector["r"], "parallelism": vector["p"]}
            yield "it needs 1 GiB of memory" if exponent == 20 else ("derivations", row)
        elif int(vector["ITERATIONS"]) > 1 << 20:
            yield "16 million iterations take minutes"
        else:
            yield "derivations", row | {"algorithm": "pbkdf2(hmac(sha1))", "iterations": vector["ITERATIONS"]}


# Which files, and what reads them.
READERS = [
    ("hashes/SHA1/*.rsp", hashes), ("hashes/SHA2/*.rsp", hashes), ("hashes/SHA3/*.rsp", hashes),
    ("hashes/SHAKE/*.rsp", hashes), ("HMAC/*.txt", hmacs), ("CMAC/*.txt", cmacs), ("ciphers/AES/CBC/*.rsp", aes),
    ("ciphers/AES/ECB/*.rsp", aes), ("ciphers/AES/CFB/*.rsp", aes), ("ciphers/AES/OFB/*.rsp", aes),
    ("ciphers/AES/CTR/*.txt", aes), ("ciphers/AES/XTS/tweak-128hexstr/*.rsp", xts), ("ciphers/AES/GCM/*.rsp", gcm),
    ("ciphers/AES/CCM/*.rsp", ccm), ("ciphers/3DES/*/*.rsp", triple_des), ("KDF/nist-800-108-KBKDF-CTR.txt", kbkdf),
    ("KDF/rfc-5869-*.txt", hkdf), ("KDF/hkdf-generated.txt", hkdf), ("KDF/rfc-6070-*.txt", passwords),
    ("KDF/scrypt.txt", passwords),
]  # fmt: skip


def package():
    """Returns the folder of the installed package."""
    spec = importlib.util.find_spec("cryptography_vectors")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("cavp: there is no cryptography-vectors here: `python3 -m pip install cryptography-vectors` brings it")
    return pathlib.Path(spec.submodule_search_locations[0])


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    output = pathlib.Path(sys.argv[1])
    folder = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else package()
    output.mkdir(parents=True, exist_ok=True)
    ledger = importing.Ledger()
    for pattern, reader in READERS:
        paths = sorted(folder.glob(pattern))
        if not paths:
            sys.exit(f"cavp: {folder} has no {pattern}: is it another version of the package?")
        for path in paths:
            source, found = f"cavp/{path.relative_to(folder)}", list(reader(path.name, path.read_text()))
            if not found:
                sys.exit(f"cavp: {path} has no vectors that are understood")
            ledger.totals[source] = len(found)
            for number, converted in enumerate(found):
                ledger.add(source, number, converted)
    kinds = collections.Counter()
    for kind, columns in importing.COLUMNS.items():
        tables.write(output / f"{kind}.tsv", columns, ledger.rows[kind], "cavp.py")
        kinds[kind] = len(ledger.rows[kind])
    rows = ledger.table()
    tables.write(output / "NotApplicable.tsv", ["source", "total", "count", "outcome", "reason"], rows, "cavp.py")
    for row in rows:
        print("{source}: {count} of {total} {outcome}: {reason}".format(**row))
    print("cavp:", ", ".join(f"{count} {kind}" for kind, count in kinds.items()))


if __name__ == "__main__":
    main()
