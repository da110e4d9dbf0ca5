#!/usr/bin/env python3
"""Checks that each test, script and section that a page names exists, so that a claim cannot outlive what shows it.

A page of Docs names tests as `SomeTests` "the sentence", "another": the file SomeTests.swift has a test of each
sentence, up to a … where the page cuts it short. Docs/WarpDrive.md must also have a row for each point of the
system's checklist, with a test, a script, a stage of make or a table of the benchmarks in its last column.
"""
# SPDX-License-Identifier: Apache-2.0

import pathlib
import re
import sys
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The rows of the checklist, by letter.
ROWS = {"A": 6, "B": 3, "C": 3, "D": 3, "E": 6, "F": 7, "G": 6, "H": 12}
PATH = re.compile(r"`((?:Scripts|Examples|Docs|Sources|Tests)/[\w./+-]+)")
LINK = re.compile(r"\]\(([^)\s]*)\)")
TABLES = re.compile(r"`Benchmarks warpdrive ([a-z ]+)`")
SHOWN = re.compile(r"`\w+Tests`|`Scripts/|`Examples/|`make |`Benchmarks ")
NAME = re.compile(r"`(\w+Tests)`((?:[\s,]|and|\"[^\"]*\")*)")


def claims(text):
    """Yields (offset, name, sentence or None) of each test that the text names."""
    for match in NAME.finditer(text):
        sentences = re.findall(r'"([^"]*)"', match[2])
        for sentence in sentences or [None]:
            yield match.start(), match[1], sentence and " ".join(sentence.split())


def sections(text):
    """Returns the anchors that GitHub gives a page's headings."""
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def references(page, text):
    """Yields (offset, what is missing) of each path and link of a page that leads nowhere."""
    for match in PATH.finditer(text):
        # MODULE stands for any.
        if "MODULE" not in match[1] and not (ROOT / match[1]).exists():
            yield match.start(), f"there is no '{match[1]}'"
    for match in re.finditer(r"^@[A-Z]+@$", text, re.MULTILINE):
        yield match.start(), f"{match[0]} waits for its text"
    # Code has brackets of its own.
    for match in LINK.finditer(re.sub(r"`[^`\n]*`", lambda code: "x" * len(code[0]), text)):
        target, _, section = match[1].partition("#")
        if "://" in target:
            continue
        path = page.parent / target if target else page
        if not path.exists():
            yield match.start(), f"the link to '{match[1]}' leads nowhere"
        elif section and section not in sections(path.read_text()):
            yield match.start(), f"'{path.name}' has no section '{section}'"


def checklist(text, tables):
    """Yields what is wrong with the rows of the checklist."""
    rows = re.findall(r"^\| ([A-H]\d+) \|.*\|([^|]*)\|$", text, re.MULTILINE)
    wanted = [f"{letter}{number + 1}" for letter, most in ROWS.items() for number in range(most)]
    if [row for row, _ in rows] != wanted:
        yield "the checklist's rows are not A1 to H12, in their order"
    for row, shown in rows:
        if not SHOWN.search(shown):
            yield f"nothing shows {row}"
        for names in TABLES.findall(shown):
            for name in names.split():
                if name not in tables:
                    yield f"{row}: the benchmarks have no '{name}'"


def main():
    sources = {}
    for path in (ROOT / "Tests").rglob("*.swift"):
        if not any(part.startswith(".build") for part in path.parts):
            sources.setdefault(path.stem, []).append(path.read_text())
    targets = {path.name for path in (ROOT / "Tests").iterdir() if path.is_dir()}
    suites = [(ROOT / "Tests/Benchmarks/Sources/Benchmarks" / f"WarpDrive{name}.swift") for name in ("Suite", "Tables")]
    tables = {name for path in suites for name in re.findall(r'\("(\w+)", \w+\)', path.read_text())}
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
            findings += [f"{page.relative_to(ROOT)}: {problem}" for problem in checklist(text, tables)]
    for page in [ROOT / "README.md", *sorted((ROOT / "Docs").glob("*.md"))]:
        text = page.read_text()
        for offset, problem in references(page, text):
            findings.append(f"{page.relative_to(ROOT)}:{text.count(chr(10), 0, offset) + 1}: {problem}")
    for path in sorted((ROOT / "Docs").glob("*.svg")):
        try:
            xml.etree.ElementTree.parse(path)
        except xml.etree.ElementTree.ParseError as error:
            findings.append(f"{path.relative_to(ROOT)}: {error}")
    print("\n".join([*findings, f"check-claims: {count} tests named in Docs, {len(findings)} findings"]))
    return 1 if findings or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
