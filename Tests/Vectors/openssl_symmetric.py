"""Turns OpenSSL's tests of ciphers without authentication and of MACs into vectors, or into the reason why not."""
# SPDX-License-Identifier: Apache-2.0

import re

# Modes over block ciphers, by OpenSSL's names; what is not here is not served under a name of its own.
MODES = re.compile(r"(?:(aes|camellia|aria)-(?:128|192|256)|(sm4|des-ede3?))-(ecb|cbc|ctr|cfb|ofb)")
XTS = re.compile(r"aes-(128|256)-xts")
STEALING = re.compile(r"(aes|camellia)-(128|192|256)-cbc-cts")
WRAP = re.compile(r"(?:id-)?aes-?(?:128|192|256)-wrap(-pad)?(-inv)?")
NARROW = re.compile(r"(?:aes|camellia|aria|sm4|des-ede3)-[\w-]*cfb(1|8)")
SEMIBLOCK = 8

ONE_SIZE = {"cmac", "gmac", "poly1305"}
SIZES = {"siphash": 8, "kmac128": 32, "kmac256": 64, "blake2bmac": 64, "blake2smac": 32}
CMAC = re.compile(r"(aes|camellia)-(?:128|192|256)-cbc|(des-ede3)-cbc")


def cipher(stanza, operations):
    """Returns a row, or the reason why not, for a cipher without authentication; None for any other."""
    name = stanza.subject
    if match := MODES.fullmatch(name):
        base = match[1] or {"des-ede3": "des3_ede", "des-ede": "des3_ede"}.get(match[2], match[2])
        return row(stanza, operations, f"{match[3]}({base})")
    if XTS.fullmatch(name):
        return row(stanza, operations, "xts(aes)")
    if match := STEALING.fullmatch(name):
        if (mode := stanza.one("CTSMode") or "CS1") != "CS3":
            return f"ciphertext stealing in the form {mode}: the kernel has CS3 alone"
        return row(stanza, operations, f"cts(cbc({match[1]}))")
    if match := WRAP.fullmatch(name):
        return wrap(stanza, operations, match)
    if name == "chacha20":
        return row(stanza, operations, "chacha20")
    if match := NARROW.fullmatch(name):
        return f"CFB with {match[1]}-bit feedback: the kernel has that of whole blocks alone"
    return None


def row(stanza, operations, algorithm):
    """Returns the row of a cipher; a request that libcrypto must refuse is `refused`."""
    stanza.require_known("Key", "IV", "Operation", "Plaintext", "Ciphertext", "NextIV", "CTSMode", "Result")
    key, failure = stanza.hex("Key"), stanza.one("Result") or ""
    if stanza.subject.startswith("des-ede-"):
        # Two-key triple DES: the third key is the first.
        key += key[:16]
    refused, comment = bool(failure), failure
    if algorithm == "xts(aes)" and key[: len(key) // 2] == key[len(key) // 2 :]:
        refused, comment = True, "equal keys, which libcrypto refuses for encrypting alone"
    fields = {"algorithm": algorithm, "key": key, "iv": stanza.hex("IV"), "nextIV": stanza.hex("NextIV")}
    fields |= {"plaintext": stanza.hex("Plaintext"), "ciphertext": stanza.hex("Ciphertext"), "comment": comment}
    fields |= {"op": operations(stanza, "encrypt", "decrypt"), "result": "refused" if refused else "valid"}
    if stanza.one("Ciphertext") is None:
        fields["op"] = "encrypt"
    return "ciphers", fields


def wrap(stanza, operations, match):
    """Returns the row of AES key wrap: the integrity check value, RFC 3394's first semiblock, is the IV."""
    if match[2]:
        return "key wrap with the inverse of AES: the kernel has that of RFC 3394 alone"
    if match[1]:
        return "key wrap with padding (RFC 5649): the kernel has that of RFC 3394 alone"
    stanza.require_known("Key", "Operation", "Plaintext", "Ciphertext", "Result")
    wrapped, failure = stanza.hex("Ciphertext"), stanza.one("Result") or ""
    fields = {"algorithm": "kw(aes)", "key": stanza.hex("Key"), "plaintext": stanza.hex("Plaintext")}
    fields |= {"iv": wrapped[: 2 * SEMIBLOCK], "ciphertext": wrapped[2 * SEMIBLOCK :], "comment": failure}
    fields |= {"op": operations(stanza, "encrypt", "decrypt"), "result": "invalid" if failure else "valid"}
    return "ciphers", fields


def mac(stanza, octets):
    """Returns a row, or the reason why not, for a MAC that is not HMAC; None for any other."""
    # The same vector again through another of OpenSSL's interfaces is as good a vector.
    name = stanza.subject.removesuffix(" by evp_pkey").replace("-", "")
    if name not in ONE_SIZE and name not in SIZES:
        return None
    stanza.require_known(
        "Algorithm", "Key", "IV", "Input", "Output", "OutputSize", "BlockSize", "Result", "Ctrl", "Custom", "Salt",
        "XOF", "NoReinit")  # fmt: skip
    controls = dict(value.split(":", 1) for value in stanza.all("Ctrl"))
    if (controls.pop("c-rounds", "2"), controls.pop("d-rounds", "4")) != ("2", "4"):
        return "SipHash of other rounds than 2 and 4: no algorithm of the registry"
    extendable = (stanza.one("XOF") or controls.pop("xof", "0")) == "1"
    size = int(controls.pop("size", None) or controls.pop("digestsize", None) or 0)
    if controls:
        raise ValueError(f"line {stanza.line}: controls {controls} are not understood")
    over = CMAC.fullmatch((stanza.one("Algorithm") or "").lower())
    if name == "cmac":
        if not over:
            return "CMAC over a mode that is not CBC cannot be named"
        algorithm = f"cmac({over[1] or 'des3_ede'})"
    elif name == "gmac":
        if not re.fullmatch(r"aes-\d+-gcm", stanza.one("Algorithm").lower()):
            return "GMAC over a mode that is not GCM cannot be named"
        algorithm = "gmac(aes)"
    else:
        algorithm = name.replace("kmac", "kmacxof") if extendable else name
    failure = stanza.one("Result") or ""
    fields = {"algorithm": algorithm, "key": stanza.hex("Key"), "in": stanza.hex("Input"), "tag": stanza.hex("Output")}
    fields |= {"iv": stanza.hex("IV"), "salt": stanza.hex("Salt"), "comment": failure}
    fields |= {"customization": octets(stanza.one("Custom") or "").hex(), "result": "refused" if failure else "valid"}
    size = size or len(fields["tag"]) // 2
    if size and name in SIZES and size != SIZES[name]:
        fields["size"] = size
    return "macs", fields
