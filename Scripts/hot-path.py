# Compares two callgrind files whose runs differ by 1000 requests: calls and instructions of one request, by function.
# SPDX-License-Identifier: Apache-2.0
"""usage: hot-path.py NAME FILE-OF-1000 FILE-OF-2000; exits 1 where a request allocates, locks, retains or waits."""

import collections
import re
import subprocess
import sys

# What a request on a held handle must not call, as its name in the runtime or the C library.
FORBIDDEN = re.compile(
    r"^(_?swift_(retain|release|bridgeObjectRetain|bridgeObjectRelease|allocObject|deallocObject)(_n|_)?"
    r"|_+swift_(retain|release)_|malloc|calloc|realloc|free|posix_memalign|aligned_alloc|_int_malloc|_int_free"
    r"|pthread_mutex_lock|pthread_rwlock_.*|futex.*|syscall|swift_task_.*)$")


def read(path):
    """Self instructions and number of calls by function name."""
    names, cost, calls = {}, collections.Counter(), collections.Counter()

    def resolve(text):
        match = re.match(r"\((\d+)\)(?: (.*))?", text)
        if not match:
            return text
        if match[2]:
            names[match[1]] = match[2]
        return names.get(match[1], text)

    current, callee, skip = "", "", False
    for line in open(path, encoding="utf-8", errors="replace"):
        line = line.rstrip("\n")
        if line.startswith("fn="):
            current = resolve(line[3:])
        elif line.startswith("cfn="):
            callee = resolve(line[4:])
        elif line.startswith("calls="):
            calls[callee] += int(line[6:].split()[0])
            skip = True  # the next line is the inclusive cost of the call
        elif line[:1] in "0123456789+-*":
            fields = line.split()
            if not skip and len(fields) > 1:
                cost[current] += int(fields[1])
            skip = False
    return cost, calls


def demangled(names):
    text = subprocess.run(["swift", "demangle", "--compact"], input="\n".join(names), capture_output=True, text=True)
    return dict(zip(names, text.stdout.splitlines())) if text.returncode == 0 else {}


def main():
    title, few, many = sys.argv[1:]
    (cost_few, calls_few), (cost_many, calls_many) = read(few), read(many)
    cost = {f: (cost_many[f] - cost_few[f]) / 1000 for f in cost_many}
    calls = {f: (calls_many[f] - calls_few[f]) / 1000 for f in calls_many}
    total = sum(cost.values())
    print(f"{title}: {total:.0f} instructions a request")
    shown = sorted((f for f in cost if cost[f] >= 1), key=lambda f: -cost[f])[:12]
    clear = demangled(shown)
    for function in shown:
        name = clear.get(function, function)[:90]
        print(f"  {cost[function]:9.1f} instructions {calls.get(function, 0):6.2f} calls  {name}")
    bad = {f: n for f, n in calls.items() if n >= 0.01 and FORBIDDEN.match(f.split("'")[0].split("@")[0])}
    for function, count in sorted(bad.items()):
        print(f"  forbidden: {count:.2f} calls of {function}")
    if not bad:
        print("  no allocation, lock, retain, release or system call")
    return 1 if bad else 0


sys.exit(main())
