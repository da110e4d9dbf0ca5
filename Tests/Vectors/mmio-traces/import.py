#!/usr/bin/env python3
"""Derives the compact traces of this folder from logs of a driver's accesses: import.py LOG > NAME.trace

See README.md for the format. Left out are times, names of registers, dumps of configuration space, and what the logs
tell of the protocol underneath (vfio-user messages, memory maps).
"""
# SPDX-License-Identifier: Apache-2.0

import re
import sys

ACCESS = re.compile(r"\s*[\d.]+ ([RW])\s+BAR2\+([0-9a-f]+)/(\d+) = ([0-9a-f]+)")
CONFIG = re.compile(r"\s*[\d.]+ CFG ([RW]) ([0-9a-f]+)/(\d+) = ([0-9a-f]+)")
MAILBOX = re.compile(r"\s*[\d.]+ MBOX\s+cmd=(\w+) .* base=0x([0-9a-f]+)")
CONTEXT = re.compile(r"\s*[\d.]+ MBOX\s+ctx ([0-9a-f]+)")
REQUEST = re.compile(r"\s*[\d.]+ SQE\s+q(\d+) idx=(\d+) addr=0x([0-9a-f]+) (.*)")
INTERRUPT = re.compile(r"\s*[\d.]+ IRQ\s+msi vec (\d+)")
EXTENDED = 0x100
MAILBOX_START, MAILBOX_LAST = 0x300, 0x30C
EVENT_DOORBELL = 0x2000


def request_bytes(words):
    """The 128 bytes of a request that a log gives as its words that are not 0."""
    values = [0] * 32
    for word in words.split():
        index, value = word.split(":")
        values[int(index)] = int(value, 16)
    return b"".join(value.to_bytes(4, "little") for value in values).hex()


def convert(lines):
    """Yields the lines of a compact trace."""
    output = []
    mailbox = 0  # where in `output` the last mailbox's writes begin
    doorbell = 0  # where in `output` the last doorbell is
    base = None
    interrupts = 0
    for line in lines:
        if match := ACCESS.match(line):
            kind, offset, width, value = match.groups()
            offset = int(offset, 16)
            if kind == "W" and offset == MAILBOX_START:
                mailbox = len(output)
            if kind == "W" and width == "8":
                doorbell = len(output)
                if offset == EVENT_DOORBELL and interrupts:
                    output.append(f"i 0 {interrupts}")
                    doorbell += 1
            output.append(f"{kind.lower()} {offset:x} {width} {int(value, 16):x}")
        elif match := CONFIG.match(line):
            kind, offset, width, value = match.groups()
            if int(offset, 16) < EXTENDED:
                output.append(f"{'c' if kind == 'R' else 'C'} {int(offset, 16):x} {width} {int(value, 16):x}")
        elif match := MAILBOX.match(line):
            base = match.group(2)
        elif match := CONTEXT.match(line):
            # The device reads the context when the command begins: it has to be there before.
            output.insert(mailbox, f"m {base} {match.group(1)}")
        elif match := REQUEST.match(line):
            queue, _, address, words = match.groups()
            output.insert(doorbell, f"m {address} {request_bytes(words)}")
            output.append(f"q {queue}")
        elif INTERRUPT.match(line):
            interrupts += 1
        elif "DEVICE_RESET" in line:
            output.append("x")
    return output


def main():
    with open(sys.argv[1], encoding="utf-8") as log:
        print("\n".join(convert(log)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
