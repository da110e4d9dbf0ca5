#!/usr/bin/env python3
"""Runs every crypto vector of this folder through `wdprov batch`: python3 batch.py PATH-TO-WDPROV.

Prints `FILE: N passed, N failed` for each source file and exits 1 if anything failed, with the failures on stderr.
"""
# SPDX-License-Identifier: Apache-2.0

import collections
import json
import subprocess
import sys

import tables

SHOWN = 20  # failures printed in full


class Check:
    """One request and what its reply must be: `test` returns None, or what is wrong with a reply."""

    def __init__(self, row, request, test):
        self.row, self.request, self.test = row, request, test


def gives(expected):
    """The reply carries exactly the hexadecimal `expected`."""

    def test(reply):
        if reply.get("ok") is not True:
            return f"refused: {reply.get('error')}: {reply.get('message')}"
        if not reply.get("driver"):
            return "names no driver"
        return None if reply.get("out") == expected else f"out is {reply.get('out')}, not {expected}"

    return test


def authenticates(tag, right):
    """The MAC in the reply begins with `tag`, which may be cut, if that is `right`, and does not otherwise."""

    def test(reply):
        if reply.get("ok") is not True:
            return f"refused: {reply.get('error')}: {reply.get('message')}"
        matches = bool(tag) and reply.get("out", "").startswith(tag)
        wrong = "does not match" if right else "matches the forged"
        return None if matches == right else f"out is {reply.get('out')}, which {wrong} tag {tag}"

    return test


def fails(code=None):
    """The reply is an error, with `code` where one is given, and carries no output."""

    def test(reply):
        if reply.get("ok") is not False:
            return f"accepted: out is {reply.get('out')}"
        if "out" in reply:
            return f"an error that releases output: {reply['out']}"
        if not reply.get("error") or not reply.get("message"):
            return "an error without code or message"
        return None if code in (None, reply["error"]) else f"fails with {reply['error']}, not {code}"

    return test


def hash_checks(row):
    data = tables.bytes_of(row["in"]).hex()
    request = {"op": "hash", "alg": row["algorithm"], "in": data}
    if row["algorithm"].startswith("shake"):
        request["length"] = len(row["out"]) // 2
    yield Check(row, request, gives(row["out"]))


def mac_checks(row):
    request = {"op": "mac", "alg": row["algorithm"], "key": row["key"], "in": row["in"]}
    request |= {name: row[name] for name in ("iv", "customization", "salt") if row[name]}
    if row["size"]:
        request["tagLength"] = int(row["size"])
    refused = row["result"] == "refused"
    yield Check(row, request, fails() if refused else authenticates(row["tag"], row["result"] == "valid"))


def cipher_checks(row):
    request = {"alg": row["algorithm"], "key": row["key"], "iv": row["iv"]}
    sides = {"encrypt": (row["plaintext"], row["ciphertext"]), "decrypt": (row["ciphertext"], row["plaintext"])}
    failure = {"valid": None, "invalid": fails("authentication"), "refused": fails()}[row["result"]]
    for operation in row["op"].split(","):
        given, expected = sides[operation]
        yield Check(row, request | {"op": operation, "in": given}, failure or gives(expected))


def aead_checks(row):
    request = {"alg": row["algorithm"], "key": row["key"], "iv": row["iv"], "aad": row["aad"]}
    length = {"tagLength": len(row["tag"]) // 2}
    sealed = row["ciphertext"] + row["tag"]
    failure = {"valid": None, "invalid": fails("authentication"), "refused": fails()}[row["result"]]
    for operation in row["op"].split(","):
        if operation == "seal":
            yield Check(row, request | length | {"op": "seal", "in": row["plaintext"]}, failure or gives(sealed))
        else:
            test = failure or gives(row["plaintext"])
            yield Check(row, request | length | {"op": "open", "in": sealed}, test)
            yield Check(row, request | {"op": "open", "in": row["ciphertext"], "tag": row["tag"]}, test)


def checks():
    """Returns the checks of every vector, in the order of the tables."""
    kinds = {"hashes": hash_checks, "macs": mac_checks, "ciphers": cipher_checks, "aeads": aead_checks}
    return [check for kind, make in kinds.items() for row in tables.read(f"{kind}.tsv") for check in make(row)]


def replies(command, requests):
    """Sends all requests to one `wdprov batch` and returns its replies, one for each."""
    lines = "".join(json.dumps({"id": number} | request) + "\n" for number, request in enumerate(requests))
    run = subprocess.run([command, "batch"], input=lines, stdout=subprocess.PIPE, text=True, check=False)
    answered = [json.loads(line) for line in run.stdout.splitlines()]
    if [reply.get("id") for reply in answered] != list(range(len(requests))):
        what = f"{len(answered)} replies to {len(requests)} requests, or not in their order"
        sys.exit(f"batch.py: {what}; wdprov ended with {run.returncode}")
    return answered


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    every = checks()
    failures = collections.defaultdict(list)
    for check, reply in zip(every, replies(sys.argv[1], [check.request for check in every]), strict=True):
        if problem := check.test(reply):
            failures[check.row["id"]].append(f"{check.request['op']} {check.row['algorithm']}: {problem}")
    for shown, (identifier, problems) in enumerate(failures.items()):
        if shown < SHOWN:
            print(f"{identifier}: {'; '.join(problems)[:400]}", file=sys.stderr)
    vectors = collections.defaultdict(set)
    for check in every:
        vectors[tables.source_of(check.row["id"])].add(check.row["id"])
    for source, identifiers in sorted(vectors.items()):
        failed = len(identifiers & failures.keys())
        print(f"{source}: {len(identifiers) - failed} passed, {failed} failed")
    total = sum(map(len, vectors.values()))
    print(f"all: {total - len(failures)} passed, {len(failures)} failed")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
