#!/usr/bin/env python3
"""Boots guests against the device model and checks what their unmodified Linux driver does with it.

Usage: run_guest.py [--command COMMAND] [--cache CACHE] [--report FILE] [--revisions R,S…] [--steps A,B…]
                    [--verbose] ARCHITECTURE…
Prints a line for each check and ends with "N passed, N failed"; exits 1 where a check failed.
"""
# SPDX-License-Identifier: Apache-2.0

import argparse
import pathlib
import shlex
import signal
import sys
import threading
import time
import traceback
import xml.etree.ElementTree as ElementTree

import checks
from harness import Broken, Guest, Model, Verdicts

# Seconds without a word from the guest; a slow machine's emulation takes its time.
STEP_LIMIT = 90
LONG_STEPS = {"load": 360, "user_path": 180}
RUN_LIMIT = 600
POWER_OFF = 30


def facts_of(words):
    return dict(word.split("=", 1) for word in words if "=" in word)


class Run:
    """One guest from its boot to its power-off, with a device of one revision."""

    def __init__(self, architecture, revision, options):
        self.architecture = architecture
        self.revision = revision
        self.options = options
        self.name = architecture if revision == checks.NEWEST else f"{architecture}-{revision}"
        self.steps = options.steps.split(",") if options.steps else checks.STEPS[revision]
        self.verdicts = Verdicts(self.name)
        self.root = options.cache / "root"
        logs = options.cache / "logs"
        logs.mkdir(exist_ok=True)
        self.console_log = logs / f"{self.name}-console.log"
        self.server_log = logs / f"{self.name}-server.log"
        self.registers = checks.driver_registers(options.cache)
        self.data = {}
        self.facts = {}
        self.model = None

    def possible_steps(self):
        """The steps that a guest of this architecture can do."""
        has_command = self.model.runs_on(self.architecture)
        return [name for name in self.steps if has_command or name not in checks.WITH_COMMAND]

    def converse(self, guest):
        """Follows the guest step by step until it says that it is done."""
        deadline = time.monotonic() + RUN_LIMIT
        last = started = time.monotonic()
        patience = STEP_LIMIT
        while True:
            limit = min(patience, deadline - time.monotonic())
            if limit <= 0:
                raise Broken(f"the guest took longer than {RUN_LIMIT} s")
            message = guest.next_message(limit)
            if message is None:
                raise Broken(f"QEMU ended in the middle of the test; its last line: {guest.last!r}")
            kind, _, rest = message.partition(" ")
            if kind == "END":
                return
            name, _, rest = rest.partition(" ")
            if kind == "BEGIN":
                patience = LONG_STEPS.get(name, STEP_LIMIT)
            elif kind == "DATA":
                self.data.setdefault(name, []).append(rest)
            elif kind == "SYNC":
                checks.on_sync(self, name, rest)
                guest.answer()
            elif kind == "STEP":
                outcome, *words = rest.split()
                self.facts[name] = facts_of(words)
                now = time.monotonic()
                self.verdicts.say(f"--  {name} took {now - last:.1f} s ({now - started:.0f} s since the start)")
                last = now
                if outcome != "ok":
                    self.verdicts.check(f"step {name} ends well", False, rest)
                    for line in self.data.get(name, [])[-40:]:
                        self.verdicts.say(f"    {line}")
                else:
                    checks.on_step(self, name)

    def run(self):
        guest = None
        try:
            self.model = Model(self.options.command, self.root, self.name, self.revision, self.server_log)
            self.model.start()
            self.steps = self.possible_steps()
            guest = Guest(self.root, self.architecture, self.model, self.console_log, self.steps, self.options.verbose)
            self.converse(guest)
            self.verdicts.equal("the guest powers off", guest.wait(POWER_OFF), 0)
            self.verdicts.equal("SIGTERM ends the server with status 0", self.model.stop(), 0)
            missing = [name for name in self.steps if name not in self.facts]
            self.verdicts.check("no step is missing", not missing, missing)
        except Broken as problem:
            self.verdicts.check("the run ends", False, problem)
        except Exception:  # a defect of the test must not look like a passed test
            self.verdicts.check("the test itself holds", False, traceback.format_exc())
        finally:
            if guest is not None:
                guest.close()
            if self.model is not None:
                self.model.close()
            if self.verdicts.failed:
                self.verdicts.say(f"--  logs: {self.console_log} {self.server_log}")


def write_report(path, runs):
    """The verdicts in the format of the other test stages, which the summary of `make test` reads."""
    suites = ElementTree.Element("testsuites")
    for run in runs:
        suite = ElementTree.SubElement(suites, "testsuite", name=f"GuestTests.{run.name}")
        for name, problem in run.verdicts.cases:
            case = ElementTree.SubElement(suite, "testcase", classname=f"GuestTests.{run.name}", name=name)
            if problem is not None:
                # Characters that XML cannot hold may come from a guest's console.
                text = "".join(c if c.isprintable() or c == "\n" else "?" for c in problem)
                ElementTree.SubElement(case, "failure", message=text)
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(suites).write(path, encoding="utf-8", xml_declaration=True)


def end_by_signal(*_):
    """Ending by SIGTERM runs the clean-up of every guest, too; once, as `timeout` sends it twice."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(143)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--command", default=".build/release/wdprov", type=shlex.split)
    parser.add_argument("--cache", default=".build-guest", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("--steps", help="only these steps of the guest, for work on the tests")
    parser.add_argument("--revisions", default=",".join(checks.STEPS), help="of the device: 30, 21, 20")
    parser.add_argument("--verbose", action="store_true", help="the kernel's messages on the console")
    parser.add_argument("architectures", nargs="+", choices=("amd64", "arm64"))
    options = parser.parse_args()

    signal.signal(signal.SIGTERM, end_by_signal)
    # The architectures run side by side, the guests of one architecture one after the other; a driver that registers
    # no algorithm does the same on each, so that one architecture shows it.
    revisions = options.revisions.split(",")
    queues = [[Run(architecture, revision, options) for revision in (revisions if first else revisions[:1])]
              for first, architecture in zip([True, False], options.architectures)]
    runs = [run for each in queues for run in each]
    threads = [threading.Thread(target=lambda each=each: [run.run() for run in each], daemon=True) for each in queues]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    finally:
        # Reached early only by a signal: what still runs dies with this process, its folders go here.
        for run in runs:
            if run.model is not None:
                run.model.close()
    if options.report:
        write_report(options.report, runs)
    passed = sum(run.verdicts.passed for run in runs)
    failed = sum(run.verdicts.failed for run in runs)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
