#!/usr/bin/env python3
"""Runs every deflate input of this folder through `wdprov decompress`: python3 deflate_inputs.py PATH-TO-WDPROV.

The bytes come on stdin, the format is named. What is expected:

- an input that ends well: exit 0 and the right bytes. What follows a gzip member and is another member is decompressed
  too, as gzip(1) does; what follows and is none, is ignored with a warning;
- where such a following member is corrupt: exit 65, or exit 0 with the bytes of those before it, if the command takes
  what follows for trailing data (8 inputs);
- a corrupt or truncated input: exit 65 and a message.

Prints `N passed, N failed` and exits 1 if anything failed, with the failures on stderr.
"""
# SPDX-License-Identifier: Apache-2.0

import concurrent.futures
import hashlib
import subprocess
import sys
import tarfile

import tables

CORRUPT = 65
PARALLEL = 2
SECONDS = 60


def problem(command, row, data):
    """Returns what is wrong with the command's answer to one input, or None."""
    arguments = [command, "decompress", "-a", row["format"], "-c", "-"]
    try:
        run = subprocess.run(arguments, input=data, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"no answer in {SECONDS} s"
    output = hashlib.sha256(run.stdout).hexdigest()
    right = row["concatenatedSHA256"] or row["outputSHA256"]
    if row["verdict"] != "ok":
        if run.returncode != CORRUPT:
            return f"{row['verdict']}, yet exit {run.returncode}"
        return None if run.stderr.strip() else "exit 65 without a message"
    if row["concatenatedVerdict"] not in ("", "ok") and run.returncode == CORRUPT:
        return None if run.stderr.strip() else "exit 65 without a message"
    if run.returncode != 0:
        return f"ok, yet exit {run.returncode}: {run.stderr.decode(errors='replace').strip()[:200]}"
    return None if output == right else f"{len(run.stdout)} bytes of SHA-256 {output}, not {right}"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    rows = tables.read("deflate-inputs.tsv")
    with tarfile.open(tables.FOLDER / "deflate-inputs.tar.xz") as tar:
        files = {member.name: tar.extractfile(member).read() for member in tar.getmembers()}
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        problems = list(pool.map(lambda row: problem(sys.argv[1], row, files[row["name"]]), rows))
    failed = [(row["name"], text) for row, text in zip(rows, problems, strict=True) if text]
    for name, text in failed[:20]:
        print(f"{name}: {text}", file=sys.stderr)
    print(f"{len(rows) - len(failed)} passed, {len(failed)} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
