"""Turns the test files of Wycheproof (one JSON object each) into this project's vectors, or into the reason why not."""
# SPDX-License-Identifier: Apache-2.0

# Wycheproof's MACs by the names of the kernel crypto API.
MACS = {
    "HMACSHA1": "hmac(sha1)",
    "HMACSHA224": "hmac(sha224)",
    "HMACSHA256": "hmac(sha256)",
    "HMACSHA384": "hmac(sha384)",
    "HMACSHA512": "hmac(sha512)",
    "HMACSHA3-256": "hmac(sha3-256)",
    "HMACSM3": "hmac(sm3)",
}
# Wycheproof's HKDFs by the names of this project.
DERIVATIONS = {
    "HKDF-SHA-1": "hkdf(sha1)",
    "HKDF-SHA-256": "hkdf(sha256)",
    "HKDF-SHA-384": "hkdf(sha384)",
    "HKDF-SHA-512": "hkdf(sha512)",
}
BLOCK = 16


def convert(algorithm, test):
    """Returns (kind, row) for a vector of `algorithm`, or the reason why it is left out."""
    row = {"comment": ": ".join(filter(None, [",".join(test["flags"]), test["comment"]])), "result": test["result"]}
    if algorithm in MACS:
        row |= {"algorithm": MACS[algorithm], "key": test["key"], "in": test["msg"], "tag": test["tag"]}
        return "macs", row
    if algorithm == "AES-CBC-PKCS5":
        if test["result"] != "valid":
            return "padding is the caller's business, and this one is about wrong padding"
        # PKCS #5 as Wycheproof means it, for blocks of 16: what cbc(aes) is given is the padded message.
        message = bytes.fromhex(test["msg"])
        missing = BLOCK - len(message) % BLOCK
        row |= {"algorithm": "cbc(aes)", "op": "encrypt,decrypt", "key": test["key"], "iv": test["iv"]}
        row |= {"plaintext": (message + bytes([missing]) * missing).hex(), "ciphertext": test["ct"]}
        return "ciphers", row
    if algorithm in DERIVATIONS:
        row |= {"algorithm": DERIVATIONS[algorithm], "secret": test["ikm"], "salt": test["salt"], "info": test["info"]}
        if test["result"] == "invalid":
            # More than can be derived: the length is all that such a vector has.
            return "derivations", row | {"result": "refused", "out": f"00*{test['size']}"}
        return "derivations", row | {"out": test["okm"]}
    raise ValueError(f"{algorithm} is not understood")


def tests(document):
    """Yields the tests of a file."""
    for group in document["testGroups"]:
        yield from group["tests"]
