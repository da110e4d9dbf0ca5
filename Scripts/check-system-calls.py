#!/usr/bin/env python3
# Counts the system calls of a program that polls its queue for 100,000 requests; those of its host are shown too.
# SPDX-License-Identifier: Apache-2.0
"""usage: check-system-calls.py [WDPROV [QUEUE-CLIENT]]; exits 1 where a request costs a system call.

Where programs may not be traced it says so, and exits 0.
"""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

REQUESTS = 100_000
# Starting and ending take some 400; a device that falls asleep since this process had no processor is woken by one.
LIMIT = 1_000
DEPTH = 1_000
# A loaded machine takes the processor away from one of the two all the time, so that the best run counts.
RUNS = 5
DEVICE = "hisi_zip-0"
TIME_LIMIT = 120


def say(text):
    print("check-system-calls: " + text, flush=True)


def count(path):
    """The calls of a summary of strace's, by name; "total" is all of them."""
    calls = {}
    for line in pathlib.Path(path).read_text().splitlines():
        # % time, seconds, usecs/call, calls, errors (may be missing), name.
        fields = line.split()
        if len(fields) >= 5 and fields[3].isdigit():
            calls[fields[-1]] = int(fields[3])
    return calls


def most(calls):
    names = sorted((name for name in calls if name != "total"), key=calls.get, reverse=True)
    return ", ".join(f"{calls[name]} {name}" for name in names[:5])


def start_host(wdprov, folder):
    host = subprocess.Popen([wdprov, "serve", "--run-dir", folder], stderr=subprocess.DEVNULL)
    ready = [pathlib.Path(folder, name) for name in ("version", f"{DEVICE}.sock", f"class/uacce/{DEVICE}/api")]
    deadline = time.monotonic() + TIME_LIMIT
    while not all(path.exists() for path in ready):
        if host.poll() is not None or time.monotonic() > deadline:
            host.kill()
            sys.exit(f"check-system-calls: {wdprov} does not serve")
        time.sleep(0.02)
    return host


def run(client, folder, summary):
    command = [client, folder, DEVICE, "polled", str(REQUESTS), str(DEPTH)]
    traced = subprocess.run(
        ["strace", "-c", "-f", "-o", summary, *command], capture_output=True, text=True, timeout=TIME_LIMIT
    )
    if traced.returncode != 0 or f"done {REQUESTS}" not in traced.stdout:
        sys.exit(f"check-system-calls: the client failed: {traced.stdout} {traced.stderr}")
    return count(summary)


def run_with_host(client, folder, host, summary):
    """The calls of the host during one run, from outside; None where that does not work."""
    tracer = subprocess.Popen(
        ["strace", "-c", "-f", "-o", summary, "-p", str(host.pid)], stderr=subprocess.PIPE, text=True
    )
    if "attached" not in tracer.stderr.readline():
        tracer.kill()
        return None
    command = [client, folder, DEVICE, "polled", str(REQUESTS), str(DEPTH)]
    subprocess.run(command, stdout=subprocess.DEVNULL, timeout=TIME_LIMIT, check=True)
    tracer.send_signal(signal.SIGINT)
    tracer.communicate(timeout=TIME_LIMIT)
    return count(summary)


def main():
    wdprov = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("WDPROV", ".build/release/wdprov")
    client = sys.argv[2] if len(sys.argv) > 2 else ".build/release/QueueClient"
    with tempfile.TemporaryDirectory(prefix="wdprov-calls-") as folder:
        summary = os.path.join(folder, "summary")
        trial = subprocess.run(["strace", "-c", "-f", "-o", summary, "true"], capture_output=True, text=True)
        if trial.returncode != 0:
            say(f"SKIPPED: this machine lets nobody trace programs: {trial.stderr.strip()}")
            return 0
        run_directory = os.path.join(folder, "run")
        host = start_host(wdprov, run_directory)
        try:
            calls = {}
            for _ in range(RUNS):
                calls = run(client, run_directory, summary)
                say(f"{calls['total']} system calls for {REQUESTS} requests ({most(calls)})")
                if calls["total"] < LIMIT:
                    break
            hosts = run_with_host(client, run_directory, host, summary)
            if hosts:
                say(f"{hosts['total']} system calls of the host meanwhile ({most(hosts)})")
        finally:
            host.terminate()
            host.wait(TIME_LIMIT)
    if calls["total"] < LIMIT:
        return 0
    say(f"{LIMIT} at most")
    return 1


if __name__ == "__main__":
    sys.exit(main())
