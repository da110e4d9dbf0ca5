#!/usr/bin/env python3
"""Checks that each Swift code block of the documentation is an excerpt of the examples; exits 1 with one line for each.

The examples are built and run by the tests, so what a page shows compiles and works. Lines are compared without their
indentation; an `import` at the beginning of a block is left out, since an excerpt of a function has none.
"""
# SPDX-License-Identifier: Apache-2.0

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```swift\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def lines(text):
    return [line.strip() for line in text.strip("\n").splitlines()]


def pages():
    yield ROOT / "README.md"
    yield from sorted((ROOT / "Docs").glob("*.md"))
    yield from sorted((ROOT / "Sources").glob("*/*.docc/*.md"))


def excerpt(text):
    """Returns the block's lines from its first one that is neither an import nor empty."""
    block = lines(text)
    while block and (not block[0] or block[0].startswith("import ")):
        block.pop(0)
    return block


def main():
    # A form feed stands in no source, so that no excerpt spans two files.
    sources = sorted((ROOT / "Examples").glob("*/Sources/**/*.swift"))
    code = "\n\f\n".join("\n".join(lines(path.read_text())) for path in sources)
    count, findings = 0, []
    for page in pages():
        text = page.read_text()
        for match in BLOCK.finditer(text):
            count += 1
            if "\n".join(["", *excerpt(match[1]), ""]) not in f"\n{code}\n":
                line = text.count("\n", 0, match.start()) + 1
                findings.append(f"{page.relative_to(ROOT)}:{line}: this code is no excerpt of an example")
    for finding in findings:
        print(finding)
    print(f"check-documentation: {count} blocks of code, {len(findings)} findings")
    return 1 if findings or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
