#!/usr/bin/env python3
"""Checks that each test that a page of Docs names exists, so that a claim cannot outlive what shows it.

A page names tests as `SomeTests` "the sentence", "another": the file SomeTests.swift has a test of each sentence, up to
a … where the page cuts it short. Docs/WarpDrive.md must also have a row for each point of the system's checklist.
"""
# SPDX-License-Identifier: Apache-2.0

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The rows of the checklist, by letter.
ROWS = {"A": 6, "B": 3, "C": 3, "D": 3, "E": 6, "F": 7, "G": 6, "H": 12}
NAME = re.compile(r"`(\w+Tests)`((?:[\s,]|and|\"[^\"]*\")*)")


def claims(text):
    """Yields (offset, name, sentence or None) of each test that the text names."""
    for match in NAME.finditer(text):
        sentences = re.findall(r'"([^"]*)"', match[2])
        for sentence in sentences or [None]:
            yield match.start(), match[1], sentence and " ".join(sentence.split())


def main():
    sources = {}
    for path in (ROOT / "Tests").rglob("*.swift"):
        if not any(part.startswith(".build") for part in path.parts):
            sources.setdefault(path.stem, []).append(path.read_text())
    targets = {path.name for path in (ROOT / "Tests").iterdir() if path.is_dir()}
    findings, count = [], 0
    for page in sorted((ROOT / "Docs").glob("*.md")):
        text = page.read_text()
        for offset, name, sentence in claims(text):
            count += 1
            place = f"{page.relative_to(ROOT)}:{text.count(chr(10), 0, offset) + 1}"
            if sentence is None:
                if name not in sources and name not in targets:
                    findings.append(f"{place}: there is no suite '{name}'")
                continue
            cut = sentence.endswith("…")
            wanted = f'"{sentence.rstrip("…")}' + ("" if cut else '"')
            if not any(wanted in source for source in sources.get(name, [])):
                findings.append(f"{place}: {name} has no test '{sentence}'")
        if page.name == "WarpDrive.md":
            rows = re.findall(r"^\| ([A-H]\d+) \|", text, re.MULTILINE)
            wanted = [f"{letter}{number + 1}" for letter, most in ROWS.items() for number in range(most)]
            if rows != wanted:
                findings.append(f"{page.relative_to(ROOT)}: the checklist's rows are not A1 to H12, in their order")
    print("\n".join([*findings, f"check-claims: {count} tests named in Docs, {len(findings)} findings"]))
    return 1 if findings or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
