"""Turns the key derivations of OpenSSL's test files into this project's vectors, or into the reason why not.

`KDF` and `PKEYKDF` stanzas have `Ctrl.NAME = PARAMETER:VALUE` pairs, `PBE` stanzas have keys of their own.
"""
# SPDX-License-Identifier: Apache-2.0

KINDS = {"KDF", "PKEYKDF", "PBE"}
FIELDS = ["secret", "salt", "label", "info", "iterations", "memoryCost", "parallelism", "blockSize"]
HKDF_MODES = {"EXTRACT_AND_EXPAND": "hkdf", "EXTRACT_ONLY": "hkdf-extract", "EXPAND_ONLY": "hkdf-expand"}

NO_HASH = "it names no hash, which is part of the name here"
NO_SECRET = "it gives no secret, which is an argument here and at least empty"
LARGE = "it needs 1 GiB of memory; OpenSSL refuses it for its own smaller limit"
# Why a derivation is left out, by the name in its stanza.
LEFT = {
    "krb5kdf": "KRB5KDF (RFC 3961): not served",
    "pbkdf1": "PBKDF1: obsolete, not served",
    "sskdf": "one-step KDF of SP 800-56C: not served",
    "sshkdf": "SSHKDF (RFC 4253): not served",
    "tls13-kdf": "the labels of TLS 1.3 around HKDF: the caller's business",
    "x942kdf": "X9.42 KDF: not served",
    "x942kdf-asn1": "X9.42 KDF: not served",
    "x942kdf-concat": "X9.42 KDF: not served",
    "x963kdf": "X9.63 KDF: not served",
    "pkcs12": "the key derivation of PKCS #12: not served",
}


class Controls:
    """The `Ctrl` pairs of a stanza in order, as (parameter, bytes or text)."""

    def __init__(self, stanza):
        self.pairs = [value.split(":", 1) for name, value in stanza.pairs if name.startswith("Ctrl")]

    def text(self, *names):
        values = [value for name, value in self.pairs if name in names]
        return values[0] if values else None

    def octets(self, *names):
        """Returns the bytes of the parameter, or None; `hexNAME` is NAME in hexadecimal, several are joined."""
        parts = []
        for name, value in self.pairs:
            if name in names:
                parts.append(value.encode())
            elif name.removeprefix("hex") in names:
                parts.append(bytes.fromhex(value))
        if len(parts) > 1 and names != ("info",):
            raise ValueError(f"several values of {names}")
        return b"".join(parts) if parts else None

    def seeds(self):
        """Returns the label and the rest of TLS's seeds."""
        seeds = [
            value.encode() if name == "seed" else bytes.fromhex(value)
            for name, value in self.pairs
            if name in ("seed", "hexseed")
        ]
        return (seeds[0], b"".join(seeds[1:])) if len(seeds) > 1 else (b"", b"".join(seeds))


def convert(stanza, digests, octets):
    """Returns (kind, row) for a derivation, or the reason why it is left out."""
    name = stanza.subject.removeprefix("id-")
    if name in LEFT:
        return LEFT[name]
    handlers = {"hkdf": hkdf, "tls1-prf": tls, "kbkdf": kbkdf}
    if name in handlers:
        row = handlers[name](Controls(stanza), digests)
    elif stanza.kind == "PBE":
        row = password(
            name, digests, octets(text(stanza.one("Password"))), octets(stanza.one("Salt")), stanza.one("MD"),
            stanza.one("iter"), stanza.one("N"), stanza.one("r"), stanza.one("p"))  # fmt: skip
    else:
        controls = Controls(stanza)
        row = password(
            name, digests, controls.octets("pass"), controls.octets("salt"), controls.text("digest"),
            controls.text("iter"), controls.text("n", "N"), controls.text("r"), controls.text("p"))  # fmt: skip
    if isinstance(row, str):
        return row
    row["result"] = "refused" if stanza.one("Result") else "valid"
    row["out"] = (stanza.one("Output") or stanza.one("Key") or "").lower()
    return "derivations", row | {"comment": stanza.one("Result") or ""}


def text(value):
    """Returns what evp_test reads `NULL` as: nothing."""
    return '""' if value == "NULL" else value


def password(name, digests, secret, salt, digest, iterations, cost, block_size, parallelism):
    row = {"secret": secret.hex(), "salt": salt.hex()}
    if name == "pbkdf2":
        return row | {"algorithm": f"pbkdf2(hmac({digests[digest.lower()]}))", "iterations": iterations}
    if name != "scrypt":
        raise ValueError(f"no reason why {name} is left out")
    exponent = int(cost).bit_length() - 1
    if exponent == 20:
        return LARGE
    row |= {"algorithm": "scrypt", "memoryCost": exponent, "blockSize": block_size, "parallelism": parallelism}
    return row


def hkdf(controls, digests):
    digest, secret = controls.text("digest", "md"), controls.octets("key")
    if digest is None:
        return NO_HASH
    if secret is None:
        return NO_SECRET
    function = HKDF_MODES[controls.text("mode") or "EXTRACT_AND_EXPAND"]
    row = {"algorithm": f"{function}({digests[digest.lower()]})", "secret": secret.hex()}
    # What a part of HKDF does not take is empty in the file, or left out.
    salt, info = controls.octets("salt") or b"", controls.octets("info") or b""
    if (salt and function == "hkdf-expand") or (info and function == "hkdf-extract"):
        raise ValueError(f"{function} with a parameter that it does not have")
    return row | {"salt": salt.hex(), "info": info.hex()}


def tls(controls, digests):
    digest, secret = controls.text("digest", "md"), controls.octets("secret")
    if digest is None:
        return NO_HASH
    if secret is None:
        return NO_SECRET
    label, seed = controls.seeds()
    hashes = digests | {"md5-sha1": "md5-sha1"}
    return {
        "algorithm": f"tls1-prf({hashes[digest.lower()]})",
        "secret": secret.hex(),
        "label": label.hex(),
        "info": seed.hex(),
    }


def kbkdf(controls, digests):
    """These are NIST's of KMAC, and of the counter mode with the fixed input data as a whole."""
    if (mac := controls.text("mac")).startswith("KMAC"):
        secret, label, info = (controls.octets(name).hex() for name in ("key", "salt", "info"))
        return {"algorithm": f"kbkdf-{mac.lower()}", "secret": secret, "label": label, "info": info}
    if (bits := controls.text("r")) != "32":
        return "KBKDF with a counter of {} bits: libcrypto has 32 alone before 3.2, not served".format(bits)
    if controls.text("mode") != "COUNTER" or controls.text("use-l") != "0" or controls.text("use-separator") != "0":
        raise ValueError("another kind of KBKDF than the one that is understood")
    digest = controls.text("digest")
    function = "cmac(aes)" if digest is None else f"hmac({digests[digest.lower()]})"
    secret, info = controls.octets("key"), controls.octets("info")
    return {"algorithm": f"kbkdf-counter({function})", "secret": secret.hex(), "info": info.hex()}
