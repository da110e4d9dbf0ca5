#!/usr/bin/env python3
"""Sums up `make test`: the time of each stage, and the tests passed and failed as the test runners recorded them."""
# SPDX-License-Identifier: Apache-2.0

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def stages(results):
    """Yields (name, status, seconds) in the order in which the stages ran."""
    record = results / "stages.tsv"
    for line in record.read_text().splitlines() if record.exists() else []:
        name, status, seconds = line.split("\t")
        yield name, int(status), int(seconds)


def tests(report):
    """Returns (passed, failed, skipped) of one xUnit report, or None where a crash left none."""
    passed = failed = skipped = 0
    try:
        tree = ElementTree.parse(report)
    except (ElementTree.ParseError, FileNotFoundError):
        return None
    for case in tree.iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def verdict(passed, failed, skipped):
    """Returns the counts in words; skipped tests are named where there are any."""
    return f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")


def main():
    results, status = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    passed = failed = skipped = total = 0
    broken = []
    print("\nstage              seconds  tests")
    for name, stage_status, seconds in stages(results):
        counts = tests(results / f"{name}.xml")
        stage_passed, stage_failed, stage_skipped = counts or (0, 0, 0)
        passed, failed, skipped = passed + stage_passed, failed + stage_failed, skipped + stage_skipped
        total += seconds
        # A stage that fails without a failed test (a leak, a crash, a finding) is not to be hidden by the count.
        if stage_status != 0 and stage_failed == 0:
            broken.append(name)
        shown = verdict(*counts) if counts else "-"
        print(f"{name:<18} {seconds:>7}  {shown}{'' if stage_status == 0 else '  STAGE FAILED'}")
    print(f"{'all':<18} {total:>7}\n")
    if not any(stages(results)):
        print("make test: no stage ran")
        return status or 1
    if broken or (status != 0 and failed == 0):
        print(f"make test: failed in: {', '.join(broken) or 'a stage that left no record'}")
        return status or 1
    print(verdict(passed, failed, skipped))
    return status or (1 if failed else 0)


if __name__ == "__main__":
    sys.exit(main())
