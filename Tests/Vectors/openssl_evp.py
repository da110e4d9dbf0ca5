"""Turns the test files of OpenSSL's evp_test into this project's vectors, or into the reason why not.

The format is described at the head of each file and by test/evp_test.c of OpenSSL: stanzas of `Key = value`, separated
by blank lines, the first key of which (past conditions) says what is tested.
"""
# SPDX-License-Identifier: Apache-2.0

import re

import openssl_evp_kdf
import openssl_symmetric
import public_keys

# Keys that open a test. `PrivateKey`, `PublicKey` and the like open key material for later tests, which is no vector.
TESTS = {
    "Cipher", "Decrypt", "Derive", "Digest", "DigestSign", "DigestVerify", "Encoding", "KDF", "KeyGen", "MAC",
    "OneShotDigestSign", "OneShotDigestVerify", "PBE", "PKEYKDF", "PrivPubKeyPair", "Sign", "Verify", "VerifyRecover",
}  # fmt: skip
# Conditions of OpenSSL's build, before the key that opens the test.
CONDITIONS = {"Availablein", "FIPSversion", "Securitycheck"}
# `Ctrl.NAME` has a name of its own in each pair; what counts is the parameter in its value.
PAIR = re.compile(r"\s*([A-Za-z]+)(?:\.[\w-]+)?\s*=\s*(.*?)\s*$")

# OpenSSL's digests by the names of the kernel crypto API; the two SHA-512/t and RIPEMD-160 differ in spelling alone.
DIGESTS = {
    name: name for name in (
        "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512-224", "sha512-256", "sha3-224", "sha3-256",
        "sha3-384", "sha3-512", "shake128", "shake256", "sm3")
} | {"ripemd160": "rmd160", "blake2b512": "blake2b-512", "blake2s256": "blake2s-256"}  # fmt: skip

CIPHERS = [
    (re.compile(r"aes-(128|192|256)-gcm"), "gcm(aes)"),
    (re.compile(r"aes-(128|192|256)-ccm"), "ccm(aes)"),
    (re.compile(r"aes-(128|192|256)-ocb"), "ocb(aes)"),
    (re.compile(r"aes-(128|192|256)-siv"), "siv(aes)"),
    (re.compile(r"aria-(128|192|256)-gcm"), "gcm(aria)"),
    (re.compile(r"aria-(128|192|256)-ccm"), "ccm(aria)"),
    (re.compile(r"chacha20-poly1305"), "rfc7539(chacha20,poly1305)"),
]

LATER = "not registered yet"
LEGACY = "libcrypto's legacy provider, not served"
# Why a cipher is left out, by its name in lower case: the first pattern that matches.
CIPHERS_LEFT = [
    (r"sm4-(gcm|ccm)", "{}(sm4): every libcrypto from 3.2 on has it; a known answer of the self-test"),
    (r"aes-\d+-cbc-hmac-|rc4-hmac-", "authenc of TLS records, with MAC and padding inside the cipher: not served"),
    (r"aes-\d+-([\w-]+)", f"aes in mode {{}}: {LATER}"),
    (r"des3-wrap", f"des3-wrap: {LEGACY}"),
    (r"(desx|des(?!-ede)|bf|cast5|idea|rc2|rc4|rc5|seed)", f"{{}}: {LEGACY}"),
    (r"(des-ede|aria|camellia|sm4|chacha20)", f"{{}}: {LATER}"),
]
# Why a test of another kind is not here, by the key that opens it.
KINDS_LEFT = {
    "Encoding": "base64 is a text encoding, no algorithm of the registry",
}


class Stanza:
    """One test of a file: the line it begins at and its pairs in order."""

    def __init__(self, line, pairs):
        self.line, self.pairs = line, pairs
        self.kind, self.subject = next(pair for pair in pairs if pair[0] not in CONDITIONS)
        self.subject = self.subject.lower()
        if self.kind not in TESTS:
            raise ValueError(f"line {line}: {self.kind} opens no test")

    def all(self, key):
        return [value for name, value in self.pairs if name == key]

    def one(self, key):
        """Returns the value of `key`, or None; there may be one at most."""
        values = self.all(key)
        if len(values) > 1:
            raise ValueError(f"line {self.line}: several {key}")
        return values[0] if values else None

    def hex(self, key):
        return octets(self.one(key) or "").hex()

    def require_known(self, *keys):
        """Refuses a stanza with a key that its conversion would silently drop."""
        unknown = {name for name, _ in self.pairs} - {self.kind, *keys} - CONDITIONS
        if unknown:
            raise ValueError(f"line {self.line}: keys {unknown} are not understood")


def octets(value):
    """Returns the bytes of a value: hexadecimal, or text in quotes."""
    if value.startswith('"'):
        if "\\" in value:
            raise ValueError(f"an escape in {value}")
        return value[1:-1].encode()
    return bytes.fromhex(value)


def stanzas(text):
    """Yields the stanzas of a file that are tests."""
    pairs, start = [], 0
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.startswith("#"):
            continue
        if not line.strip():
            if pairs and any(name in TESTS for name, _ in pairs):
                yield Stanza(start, pairs)
            pairs = []
        elif (match := PAIR.match(line)) and match[1] != "Title":
            start = start if pairs else number
            pairs.append((match[1], match[2]))


def count(text):
    """Counts the tests of a file in another way than `stanzas`: the lines with a key that opens one."""
    return sum(bool((match := PAIR.match(line)) and match[1] in TESTS) for line in text.splitlines())


def digest_input(stanza):
    """Returns the input of a digest test: `HEX`, or `HEX*COUNT` where OpenSSL repeats it."""
    parts = []  # [bytes, count], neighbours of the same bytes merged
    for key, value in stanza.pairs:
        if key == "Input":
            parts.append([octets(value), 1])
        elif key in ("Ncopy", "Count"):
            parts[-1][1] *= int(value)
    merged = []
    for unit, times in parts:
        if merged and merged[-1][0] == unit:
            merged[-1][1] += times
        else:
            merged.append([unit, times])
    if len(merged) == 1 and merged[0][1] > 1:
        return f"{merged[0][0].hex()}*{merged[0][1]}"
    return b"".join(unit * times for unit, times in merged).hex()


def digest(stanza):
    name = DIGESTS.get(stanza.subject)
    if name is None:
        if stanza.subject == "md5-sha1":
            return "md5-sha1 is the pair that TLS 1.0 signs, no hash of the registry"
        return f"{stanza.subject}: {LEGACY}"
    stanza.require_known("Input", "Output", "Ncopy", "Count")
    return "hashes", {"algorithm": name, "in": digest_input(stanza), "out": stanza.hex("Output"), "result": "valid"}


def mac(stanza):
    if converted := openssl_symmetric.mac(stanza, octets):
        return converted
    if stanza.subject.removesuffix(" by evp_pkey") != "hmac":
        return f"{stanza.subject}: {LATER}"
    algorithm, refused = stanza.one("Algorithm").lower(), stanza.one("Result") is not None
    row = {"key": stanza.hex("Key"), "result": "refused" if refused else "valid", "comment": stanza.one("Result") or ""}
    stanza.require_known("Algorithm", "Key", "Input", "Output", "OutputSize", "BlockSize", "Result")
    row |= {"algorithm": f"hmac({DIGESTS[algorithm]})", "in": stanza.hex("Input"), "tag": stanza.hex("Output")}
    return "macs", row


def operations(stanza, encrypt, decrypt):
    return {None: f"{encrypt},{decrypt}", "ENCRYPT": encrypt, "DECRYPT": decrypt}[stanza.one("Operation")]


def cipher(stanza):
    if converted := openssl_symmetric.cipher(stanza, operations):
        return converted
    algorithm = next((name for pattern, name in CIPHERS if pattern.fullmatch(stanza.subject)), None)
    if algorithm is None:
        return cipher_left(stanza.subject)
    row = {"algorithm": algorithm, "key": stanza.hex("Key"), "iv": stanza.hex("IV"), "result": "valid"}
    row |= {"plaintext": stanza.hex("Plaintext"), "ciphertext": stanza.hex("Ciphertext")}
    if algorithm == "siv(aes)" and len(stanza.all("AAD")) != 1:
        return "SIV over no or several strings: an AEAD has one string of associated data"
    # OpenSSL's own order of calls, which no AEAD of the registry has.
    stanza.require_known(
        "Key", "IV", "AAD", "Tag", "Operation", "Plaintext", "Ciphertext", "NextIV", "Result", "SetTagLate"
    )
    row |= {"op": operations(stanza, "seal", "open"), "tag": stanza.hex("Tag")}
    row["aad"] = b"".join(octets(value) for value in stanza.all("AAD")).hex()
    row["comment"] = stanza.one("Result") or ""
    row["result"] = {
        "": "valid", "CIPHERFINAL_ERROR": "invalid", "CIPHERUPDATE_ERROR": "invalid", "INVALID_IV_LENGTH": "refused"
    }[row["comment"]]  # fmt: skip
    if stanza.one("Ciphertext") is None and row["plaintext"]:
        row["op"] = "seal"
    return "aeads", row


def cipher_left(name):
    """Returns why the cipher `name` is left out."""
    for pattern, reason in CIPHERS_LEFT:
        if match := re.match(pattern, name):
            return reason.format(*match.groups())
    raise ValueError(f"no reason why {name} is left out")


def convert(stanza, keys):
    """Returns (kind, row) for a vector, or the reason why it is left out; `keys` are those of its file."""
    if stanza.kind in openssl_evp_kdf.KINDS:
        return openssl_evp_kdf.convert(stanza, DIGESTS, octets)
    if handler := {"Digest": digest, "MAC": mac, "Cipher": cipher}.get(stanza.kind):
        return handler(stanza)
    if stanza.kind in public_keys.KINDS:
        return public_keys.convert(stanza, keys)
    return KINDS_LEFT[stanza.kind]
