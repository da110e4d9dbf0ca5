"""Turns OpenSSL's tests of public keys into this project's vectors, or into the reason why not.

Their keys stand in stanzas of their own, as PEM or raw; a vector brings its keys with it, as DER or raw.
"""
# SPDX-License-Identifier: Apache-2.0

import base64
import re

KINDS = {
    "Derive", "Decrypt", "DigestSign", "DigestVerify", "KeyGen", "OneShotDigestSign", "OneShotDigestVerify",
    "PrivPubKeyPair", "Sign", "Verify", "VerifyRecover",
}  # fmt: skip

# Object identifiers of keys, as the content of their DER, and what they are of.
TYPES = {
    "2a864886f70d010101": "rsa", "2a864886f70d01010a": "rsa-pss", "2a8648ce3d030107": "p256", "2b81040022": "p384",
    "2b81040023": "p521", "2a811ccf5501822d": "sm2", "2b656e": "x25519", "2b656f": "x448", "2b6570": "ed25519",
    "2b6571": "ed448", "2a864886f70d010301": "dh", "2a8648ce3e0201": "dh",
}  # fmt: skip
CURVES = {"p256": "sha256", "p384": "sha384", "p521": "sha512"}
AGREEMENTS = {f"p{bits}": f"ecdh-nist-p{bits}" for bits in (256, 384, 521)} | {"x25519": "curve25519", "x448": "x448"}
SIZES = {"sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64, "sm3": 32}
PKCS1_HASHES = {*SIZES, "sha3-256", "sha3-384", "sha3-512"} - {"sm3"}

OTHER_CURVE = "a curve or kind of key that is not served"
FIPS = "only of OpenSSL's FIPS module"


class Key:
    """A key of a file: its bytes, whether it is private, and what it is of."""

    def __init__(self, private, content, kind):
        self.private, self.content, self.type = private, content, kind

    @property
    def hex(self):
        return self.content.hex()

    def number(self):
        """Returns the public octets of a SubjectPublicKeyInfo, or of a raw key the key."""
        if self.content[0] != 0x30 or len(self.content) < 40:
            return self.content
        tag, content, rest = element(element(self.content)[1])  # the algorithm
        return element(rest)[1][1:]  # a bit string of whole bytes

    def prime(self):
        """Returns the length of a Diffie-Hellman key's prime, in bytes."""
        body = element(self.content)[1]
        if body[0] == 0x02:
            body = element(body)[2]  # the version of a private key
        _, algorithm, _ = element(body)
        _, parameters, _ = element(element(algorithm)[2])
        return len(element(parameters)[1].lstrip(b"\0"))


def element(der):
    """Returns the tag and the content of the first element of `der`, and what follows it."""
    length, start = der[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(der[2:start], "big")
    return der[0], der[start : start + length], der[start + length :]


def identifier(der):
    """Returns what a key in DER is of, or None: of its identifiers the last that is known."""
    found = None
    for match in re.finditer(b"\x06(.)", der[:64], re.DOTALL):
        content = der[match.end() : match.end() + match[1][0]].hex()
        found = TYPES.get(content, found)
    return found


def keys(text):
    """Returns the keys of a file by their names."""
    found = {}
    pattern = r"^(Private|Public)Key\s*=\s*(\S+)\n-----BEGIN [A-Z ]+-----\n(.*?)-----END"
    for kind, name, body in re.findall(pattern, text, re.MULTILINE | re.DOTALL):
        der = base64.b64decode("".join(body.split()))
        found[name] = Key(kind == "Private", der, identifier(der))
    for kind, name, of, digits in re.findall(r"^(Private|Public)KeyRaw\s*=\s*([^:]+):(\w+):(\w+)", text, re.MULTILINE):
        found[name] = Key(kind == "Private", bytes.fromhex(digits), of.lower())
    return found


def controls(stanza):
    """Returns the controls of a stanza: `Ctrl = key:value`."""
    return dict(value.split(":", 1) for value in stanza.all("Ctrl"))


def names(stanza):
    """Returns what opens a stanza, in its own case."""
    return next(value for key, value in stanza.pairs if key == stanza.kind)


def convert(stanza, found):
    """Returns (table, row) for a vector, or the reason why it is left out."""
    if "fips" in stanza.all("Availablein"):
        return FIPS
    if stanza.kind == "KeyGen":
        return "a generated key has no answer to compare: the tests go round with fresh keys"
    if stanza.kind == "VerifyRecover":
        return "a digest is not recovered from a signature"
    if stanza.kind == "PrivPubKeyPair":
        return pair(stanza, found)
    if stanza.kind == "Derive":
        return agreement(stanza, found)
    if stanza.kind == "Decrypt":
        return decryption(stanza, found)
    return signature(stanza, found)


def agreement_name(key):
    if key.type == "dh":
        bits = key.prime() * 8
        # OpenSSL's own 2,048-bit group is in the file of dh, the groups of RFC 7919 are in the other.
        return f"ffdhe{bits}(dh)"
    return AGREEMENTS.get(key.type)


def agreement(stanza, found):
    key, peer = found.get(names(stanza)), found.get(stanza.one("PeerKey") or stanza.one("PeerKeyValidate"))
    if key is None or peer is None or agreement_name(key) is None:
        return OTHER_CURVE
    if stanza.one("KDFType"):
        return "a key derivation behind the agreement is a step of its own"
    stanza.require_known("PeerKey", "PeerKeyValidate", "SharedSecret", "Ctrl", "Result", "Reason")
    algorithm = "dh" if names(stanza).endswith("_dh2048") else agreement_name(key)
    secret = bytes.fromhex(stanza.one("SharedSecret") or "")
    result = stanza.one("Result") or ""
    if key.type == "dh" and secret:
        # OpenSSL leaves leading zeros out unless it is told not to; RFC 7919 and the kernel have them.
        secret = secret.rjust(key.prime(), b"\0")
    return "agreements", {
        "algorithm": algorithm, "result": "refused" if result else "valid", "privateKey": key.hex, "peer": peer.hex,
        "secret": secret.hex(), "comment": result,
    }  # fmt: skip


def pair(stanza, found):
    private, public = (found.get(name) for name in names(stanza).split(":"))
    if private is None or public is None or private.type is None:
        return OTHER_CURVE
    if "rsa-pss" in (private.type, public.type):
        return "a key that its identifier restricts to PSS"
    result = stanza.one("Result")
    row = {"privateKey": private.hex, "publicKey": public.hex, "comment": result or ""}
    row["result"] = {None: "valid", "KEYPAIR_MISMATCH": "invalid", "KEYPAIR_TYPE_MISMATCH": "refused"}[result]
    row["algorithm"] = (
        agreement_name(private)
        or {"rsa": "pkcs1(rsa,sha256)", "sm2": "sm2"}.get(private.type, private.type)
    )  # fmt: skip
    if private.type == "dh" and result is None:
        row["publicKey"] = element(public.number())[1].lstrip(b"\0").rjust(private.prime(), b"\0").hex()
    elif private.type in AGREEMENTS and result != "KEYPAIR_TYPE_MISMATCH":
        number = public.number()
        row["publicKey"] = (number[1:] if private.type in CURVES else number).hex()
    elif private.type in ("ed25519", "ed448") and len(public.content) < 60 and public.content[0] != 0x30:
        return "a raw key, which is the same as the one in DER"
    return "keypairs", row


def decryption(stanza, found):
    key, settings = found.get(names(stanza)), controls(stanza)
    if key is None or key.type == "rsa-pss":
        return "a key that its identifier restricts to PSS"
    if key.type == "sm2":
        return "SM2 encryption: not served"
    if settings.pop("rsa_padding_mode", None) != "oaep":
        return "PKCS #1 v1.5 encryption is not offered"
    if settings.pop("rsa_mgf1_md", "sha1") != "sha1" or settings:
        return "OAEP with a label or with two hashes: not served"
    stanza.require_known("Ctrl", "Input", "Output", "Result", "Reason")
    result = stanza.one("Result") or ""
    return "encryptions", {
        "algorithm": "oaep(rsa,sha1)", "result": "invalid" if result else "valid", "privateKey": key.hex,
        "ciphertext": stanza.hex("Input"), "plaintext": stanza.hex("Output"), "comment": result,
    }  # fmt: skip


def signature_name(key, digest, padding):
    """Returns the algorithm of a key with a digest and a padding, or the reason why there is none."""
    if key.type in CURVES:
        return f"x962(ecdsa-nist-{key.type},{CURVES[key.type]})"
    if key.type == "sm2":
        return "sm2" if digest == "sm3" else None
    if key.type in ("ed25519", "ed448"):
        return key.type if digest is None else None
    if key.type != "rsa":
        return None
    if padding == "pkcs1" and digest in PKCS1_HASHES:
        return f"pkcs1(rsa,{digest})"
    if padding == "pss" and digest in SIZES:
        return f"pss(rsa,{digest})"
    return None


def signature(stanza, found):
    is_digest = stanza.kind in ("Sign", "Verify")
    key, settings = found.get(names(stanza) if is_digest else stanza.one("Key")), controls(stanza)
    result = stanza.one("Result") or ""
    if result in ("SIGNATURE_MISMATCH", "KEYOP_MISMATCH"):
        return "a signature that is another each time"
    if result == "DIGESTUPDATE_ERROR":
        return "EdDSA in parts, which only libcrypto's interface has"
    if key is None or key.type in (None, "rsa-pss", "x25519", "x448"):
        named = (names(stanza) if is_digest else stanza.one("Key")) or ""
        if not named.endswith("EXPLICIT"):
            return "a key that its identifier restricts to PSS" if key and key.type == "rsa-pss" else OTHER_CURVE
        key.type = "p256"
    digest = settings.pop("digest", "") if is_digest else names(stanza)
    digest = {"": "sha1", "NULL": None}.get(digest, digest.lower())
    padding = settings.pop("rsa_padding_mode", "pkcs1")
    salt = settings.pop("rsa_pss_saltlen", None)
    generator = settings.pop("rsa_mgf1_md", digest)
    data = b"".join(stanza_octets(value) for value in stanza.all("Input"))
    if padding == "none" and stanza.kind == "Sign" and not result:
        return "encryptions", {
            "algorithm": "rsa", "result": "valid", "privateKey": key.hex, "ciphertext": data.hex(),
            "plaintext": stanza.hex("Output"),
        }  # fmt: skip
    if padding not in ("pkcs1", "pss"):
        return f"signatures with the padding {padding}: not served"
    if salt is not None or generator != digest:
        return "PSS with a salt of another length or with two hashes: not served"
    algorithm = signature_name(key, digest, padding)
    if algorithm is None:
        return "a hash that is not served with this kind of key"
    stanza.require_known("Key", "Ctrl", "Input", "Output", "Result", "Reason")
    verdicts = {"": "valid", "VERIFY_ERROR": "invalid", "KEYOP_ERROR": "refused"}
    if result not in verdicts:
        return "what libcrypto's interface can be set to, and this one not"
    row = {"algorithm": algorithm, "result": verdicts[result], "key": key.hex, "comment": result}
    row["half"] = "private" if key.private else "public"
    row["op"] = "sign" if stanza.kind.endswith("Sign") else "verify"
    row["input"] = "digest" if is_digest else "message"
    if is_digest and key.type == "rsa" and len(data) != SIZES.get(digest):
        row["result"] = "refused"
    if key.type in CURVES and result == "KEYOP_ERROR":
        return "a digest of another length, which ECDSA is defined for"
    if (names(stanza) if is_digest else stanza.one("Key")).endswith("EXPLICIT"):
        row["result"] = "refused"
    return "signatures", row | {"in": data.hex(), "signature": stanza.hex("Output")}


def stanza_octets(value):
    return value[1:-1].encode() if value.startswith('"') else bytes.fromhex(value)
