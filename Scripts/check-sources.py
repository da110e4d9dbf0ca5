#!/usr/bin/env python3
"""Checks each source file's head, length and forbidden words; exits 1 with one line for each finding.

These are the house rules that swift-format has no rule for.
"""
# SPDX-License-Identifier: Apache-2.0

import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
FOLDERS = ("Sources", "Plugins", "Tests", "Examples", "Scripts", ".ci")
TOP_LEVEL = ("Package.swift", "Makefile")
CODE = {".swift", ".c", ".h", ".modulemap"}
SCRIPTS = {".sh", ".py"}
LICENCE = "SPDX-License-Identifier: Apache-2.0"
# Long enough to be a sentence about the file, short enough for any honest one.
SHORTEST_SENTENCE = 20
HEAD_LINES = 8
MOST_LINES = 600
MOST_COLUMNS = 120

# Spelt in two halves, so that this table is not a finding of its own.
ANYWHERE = [
    (re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b"), "unfinished work belongs in an issue"),
]
IN_SWIFT = [
    (re.compile(r"\btry!"), "try! traps: throw, or handle the error"),
    (re.compile(r"\bfatalError\s*\("), "fatalError: report a ProviderError"),
    (re.compile(r"\bas!\s"), "as! traps: cast with as? and handle nil"),
    (re.compile(r"^\s*//\s*swiftlint:"), "no directives to other linters"),
    (re.compile(r"swift-format-ignore(?!: \w)"), "name the one rule that is not to apply"),
]


def files():
    for name in TOP_LEVEL:
        if (ROOT / name).exists():
            yield ROOT / name
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            parts = path.relative_to(ROOT).parts
            hidden = any(part.startswith(".") for part in parts[1:])
            if path.is_file() and not hidden and (path.suffix in CODE | SCRIPTS or folder == ".ci"):
                yield path


def head_finding(path, lines):
    """Returns what the file's first lines lack, or None."""
    head = lines[:HEAD_LINES]
    # What a tool requires in the first line comes before our own.
    if head and (head[0].startswith("#!") or head[0].startswith("// swift-tools-version")):
        head = head[1:]
    comment = head[0].strip() if head else ""
    opener = re.match(r'(?:///?|#|/\*\*?|""")\s*', comment)
    if not opener or LICENCE in comment or len(comment) - opener.end() < SHORTEST_SENTENCE:
        return "the file does not begin with a sentence on what it is for"
    docstring = comment.startswith('"""')
    if not any(LICENCE in line for line in (lines[: 3 * HEAD_LINES] if docstring else head)):
        return f"no '{LICENCE}' among the first lines"
    return None


def main():
    findings, count = [], 0
    for path in files():
        count += 1
        name = path.relative_to(ROOT)
        lines = path.read_text().splitlines()
        if reason := head_finding(path, lines):
            findings.append(f"{name}:1: {reason}")
        if len(lines) > MOST_LINES:
            findings.append(f"{name}:{len(lines)}: {len(lines)} lines; split by concern, {MOST_LINES} at most")
        rules = ANYWHERE + (IN_SWIFT if path.suffix == ".swift" else [])
        if path.suffix != ".swift":  # Swift's columns are swift-format's.
            wide = (number for number, line in enumerate(lines, 1) if len(line) > MOST_COLUMNS)
            findings += [f"{name}:{number}: wider than {MOST_COLUMNS} columns" for number in wide]
        for number, line in enumerate(lines, 1):
            findings += [f"{name}:{number}: {reason}" for pattern, reason in rules if pattern.search(line)]
    for line in findings:
        print(line)
    print(f"check-sources: {count} files, {len(findings)} findings")
    return 1 if findings or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
