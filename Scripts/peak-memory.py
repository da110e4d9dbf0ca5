#!/usr/bin/env -S python3 -I -S
"""Runs a command and writes its peak resident memory in KiB to a file; exits with the command's own status.

Usage: peak-memory.py REPORT COMMAND [ARGUMENT...]

The kernel counts this launcher's own pages, some 8 MiB, as the least any child can have had: the figure is an upper
bound.
"""
# SPDX-License-Identifier: Apache-2.0

import os
import signal
import sys


def main():
    report, command = sys.argv[1], sys.argv[2:]
    # Python ignores SIGPIPE and a child would inherit that.
    child = os.posix_spawnp(command[0], command, os.environ, setsigdef=[signal.SIGPIPE])
    _, status, usage = os.wait4(child, 0)
    with open(report, "w", encoding="ascii") as output:
        output.write(f"{usage.ru_maxrss}\n")
    # A death by signal is told as a shell would tell it.
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
