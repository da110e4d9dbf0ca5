#!/usr/bin/env python3
"""Checks that each public symbol has a documentation comment; exits 1 with one line for each that has none.

Usage: check-docs.py FOLDER, which has a folder for each module with the compiler's symbol graphs of it. Unlike
swift-format's rule this sees enum cases and the requirements of protocols.
"""
# SPDX-License-Identifier: Apache-2.0

import json
import pathlib
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent


def undocumented(graph):
    """Yields (path, line, kind, name) of each symbol that is written in a file and has no comment."""
    for symbol in graph["symbols"]:
        # Without a place the compiler made it (a raw value's initialiser, a synthesised conformance). Of an extension
        # the members are documented.
        if "location" not in symbol or "docComment" in symbol or symbol["kind"]["identifier"] == "swift.extension":
            continue
        path = pathlib.Path(urllib.parse.unquote(urllib.parse.urlparse(symbol["location"]["uri"]).path))
        line = symbol["location"]["position"]["line"] + 1
        yield path, line, symbol["kind"]["displayName"], ".".join(symbol["pathComponents"])


def main():
    folder = pathlib.Path(sys.argv[1])
    findings, symbols, missing = set(), 0, []
    sources = ROOT / "Sources"
    for module in sorted(p.name for p in sources.iterdir() if any(p.rglob("*.swift")) and p.name != "wdprov"):
        own = folder / module
        graphs = [own / f"{module}.symbols.json", *own.glob(f"{module}@*.symbols.json")]
        if not graphs[0].exists():
            missing.append(module)
            continue
        for path in graphs:
            graph = json.loads(path.read_text())
            symbols += len(graph["symbols"])
            findings.update(undocumented(graph))
    for path, line, kind, name in sorted(findings):
        shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        print(f"{shown}:{line}: {kind.lower()} '{name}' is public and has no documentation comment")
    for module in missing:
        print(f"Sources/{module}: no symbol graph of this module")
    print(f"check-docs: {symbols} public symbols, {len(findings) + len(missing)} findings")
    return 1 if findings or missing or symbols == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
