#!/usr/bin/env python3
# Runs the command as it is shipped under valgrind: what an optimizer made of it reads and frees what it has alone.
# SPDX-License-Identifier: Apache-2.0
"""usage: check-memory.py [WDPROV [PROVIDERS]]; exits 1 where valgrind reports an error or a command's status is wrong.

The sanitizers see a debug build, and never a value that was not set. `wdprov test` is not among the commands: memcheck
takes the sign of a word for unset where its other bits are, which is how Swift tells the cases of some enumerations.
"""

import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

TIME_LIMIT = 300
# What memcheck exits with where it has something to report; no command does.
REPORTED = 99

# Groups run beside each other, the commands of one in their order: the status that is right, and the arguments.
GROUPS = {
    "listings": [
        (0, "list --all"),
        (0, "plugin list"),
        (0, "info gcm(aes)"),
    ],
    "gzip": [
        (0, "compress -k -j 2 text"),
        (0, "decompress -c -j 2 text.gz"),
        (0, "compress -k -c --driver wd-hisi-gzip --device model text"),
        (0, "compress -k -a zlib-deflate -c text"),
        (65, "decompress -c broken.gz"),
        (74, "compress missing"),
    ],
    "frames": [
        (0, "compress -k -j 2 -a zstd text"),
        (0, "decompress -c text.zst"),
        (0, "compress -k -a lz4 text"),
        (0, "decompress -c text.lz4"),
    ],
    "digests": [
        (0, "hash sha256 text"),
        (0, "hash blake2b-512 text --json"),
        (1, "hash sha256 --check wrong.sums"),
        (0, "batch", "requests"),
        (0, "bench sha256 crc32 --sizes 1K --seconds 0.05"),
    ],
    "encryption": [
        (0, "encrypt --key-file key -k -o k.wdenc text"),
        (0, "decrypt --key-file key -c k.wdenc"),
        (65, "decrypt --key-file other -o out k.wdenc"),
        (0, "encrypt --key-file key --padding 4K -a rfc7539(chacha20,poly1305) -k -o p.wdenc text"),
        (0, "decrypt --key-file key -c p.wdenc"),
        (0, "encrypt --key-file key", "text"),
        (65, "decrypt --key-file key", "text"),
        (64, "decrypt --key-file pass -c k.wdenc"),
    ],
}

KEY = bytes(range(16)).hex()
REQUESTS = [
    {"op": "hash", "alg": "sha256", "in": "616263"},
    {"op": "mac", "alg": "hmac(sha256)", "key": KEY, "in": "616263"},
    {"op": "encrypt", "alg": "cbc(aes)", "key": KEY, "iv": "00" * 16, "in": "11" * 16},
    {"op": "seal", "alg": "gcm(aes)", "key": KEY, "iv": "00" * 12, "in": "616263"},
    {"op": "open", "alg": "gcm(aes)", "key": KEY, "iv": "00" * 12, "in": "616263", "tag": "00" * 16},
    {"op": "compress", "alg": "gzip", "in": "616263" * 9},
    {"op": "random", "alg": "stdrng", "length": 16},
    {"op": "hash", "alg": "missing", "in": ""},
]


def write_inputs(folder):
    text = "".join(f"line {n} of a text, {n * n}\n" for n in range(9000)).encode()
    noise = random.Random(1).randbytes
    contents = {
        "text": text,
        "broken.gz": bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]) + noise(500),
        "wrong.sums": b"0" * 64 + b"  text\n",
        "requests": "".join(json.dumps({"id": 1, **request}) + "\n" for request in REQUESTS).encode(),
        "key": noise(32),
        "other": noise(32),
        "pass": b"correct horse\n",
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600)


def failures_of(group, commands, binary, folder, environment):
    """What is wrong with the commands of one group, as texts."""
    own = folder / group
    own.mkdir()
    write_inputs(own)
    failures = []
    for expected, arguments, *source in commands:
        with open(own / source[0] if source else os.devnull, "rb") as standard_input:
            ran = subprocess.run(
                ["valgrind", "--quiet", f"--error-exitcode={REPORTED}", "--num-callers=16", binary, *arguments.split()],
                cwd=own, env=environment, stdin=standard_input, capture_output=True, timeout=TIME_LIMIT,
            )
        if ran.returncode != expected:
            failures.append(
                f"wdprov {arguments}: status {ran.returncode}, not {expected}\n"
                + ran.stderr.decode(errors="replace")[:6000]
            )
    return failures


def main():
    wdprov = sys.argv[1] if len(sys.argv) > 1 else ".build/release/wdprov"
    providers = sys.argv[2] if len(sys.argv) > 2 else ".build/providers"
    if shutil.which("valgrind") is None:
        sys.exit("check-memory: valgrind is missing: `make setup-test` installs it")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        # The debugging information is more than valgrind can read; the names of functions are left.
        binary = str(folder / "wdprov")
        subprocess.run(["strip", "--strip-debug", "-o", binary, wdprov], check=True)
        environment = {
            **os.environ,
            "WDPROV_PLUGIN_PATH": os.path.abspath(providers),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_RUNTIME_DIR": str(folder / "run"),
        }
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            runs = [
                pool.submit(failures_of, group, commands, binary, folder, environment)
                for group, commands in GROUPS.items()
            ]
            failures = [failure for run in runs for failure in run.result()]
    for failure in failures:
        print("check-memory: " + failure, file=sys.stderr)
    print(f"check-memory: {sum(map(len, GROUPS.values()))} commands, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
