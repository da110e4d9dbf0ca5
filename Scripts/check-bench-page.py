#!/usr/bin/env python3
# Opens pages of `wdprov bench --html` in headless Chromium and looks for the charts' marks in their screenshots.
# SPDX-License-Identifier: Apache-2.0
"""usage: check-bench-page.py [WDPROV [FOLDER]]; exits 1 where a page does not show what was measured.

Pages are opened wide and narrow, light and dark. In each, the screenshot must show every mark's colour where the
layout says that the mark is, no text may lie outside of its chart or over another, and the window must not scroll
sideways. The marks are counted against the JSON of the same run. The check also proves itself, on pages that lack a
mark, hide all of them, or are too large. FOLDER keeps the pages and screenshots.
"""

import html
import itertools
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
# A loaded machine takes a minute for what takes a second else.
TIME_LIMIT = 300
# Width of the window in pixels, and whether the scheme is dark.
VIEWS = ((1100, False), (1100, True), (400, False))
# A mark has some 80 pixels wide and 55 narrow; its edges are blended, and another may cover a part of it.
LEAST_PIXELS = 4
# Pixels from the centre of a mark: its middle, which every shape fills, and the edge of another that hides it.
REACH = 2.5
# Of this many pixels texts may overlap: boxes of letters are higher than the letters.
SLACK = 3

# Run in the frame's parent; what it finds is left in the document for --dump-dom.
LAYOUT = """
<script>
addEventListener("load", () => {
  const page = document.querySelector("iframe").contentDocument;
  const box = (node) => { const r = node.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
  const charts = [...page.querySelectorAll("svg.chart")].map((chart) => ({
    id: chart.id, box: box(chart),
    marks: [...chart.querySelectorAll(".mark")].map((mark) => ({
      box: box(mark), color: mark.getAttribute("class").split(" ")[1], ...mark.dataset })),
    lines: chart.querySelectorAll("path.line").length,
    ceilings: chart.querySelectorAll(".ceiling").length,
    texts: [...chart.querySelectorAll("text")].map((text) => ({ box: box(text), words: text.textContent })),
  }));
  const root = page.documentElement;
  const found = { charts, width: root.clientWidth, scrollWidth: root.scrollWidth, height: root.scrollHeight,
    rows: page.querySelectorAll("tbody tr").length };
  const out = document.createElement("script");
  out.type = "application/json";
  out.id = "found";
  out.textContent = JSON.stringify(found).replaceAll("<", "\\\\u003c");
  document.body.append(out);
});
</script>
"""


def say(text):
    print("check-bench-page: " + text, flush=True)


class Picture:
    """A PNG file of 8 bits a sample, RGB or RGBA, without interlacing (PNG, third edition)."""

    def __init__(self, data):
        if data[:8] != b"\x89PNG\r\n\x1a\n":
            raise ValueError("no PNG file")
        position, packed = 8, b""
        while position < len(data):
            length, kind = struct.unpack_from(">I4s", data, position)
            body = data[position + 8 : position + 8 + length]
            if kind == b"IHDR":
                self.width, self.height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", body)
                if depth != 8 or color not in (2, 6) or interlaced:
                    raise ValueError(f"PNG of depth {depth}, colour type {color}, interlacing {interlaced}")
                self.samples = 3 if color == 2 else 4
            elif kind == b"IDAT":
                packed += body
            position += 12 + length
        self.raw = zlib.decompress(packed)
        self.rows = []

    def row(self, index):
        """The bytes of a row; each is the difference to its neighbours, so that those above come first."""
        stride = self.width * self.samples
        while len(self.rows) <= index:
            start = len(self.rows) * (stride + 1)
            line = bytearray(self.raw[start + 1 : start + 1 + stride])
            above = self.rows[-1] if self.rows else bytes(stride)
            self.undo(self.raw[start], line, above, self.samples)
            self.rows.append(line)
        return self.rows[index]

    @staticmethod
    def undo(kind, line, above, step):
        """Undoes the filter of a row in place."""
        if kind == 2:
            line[:] = bytes((a + b) & 255 for a, b in zip(line, above))
        elif kind in (1, 3, 4):
            for first in range(step):
                line[first::step] = Picture.undo_channel(kind, line[first::step], above[first::step])

    @staticmethod
    def undo_channel(kind, line, above):
        """One channel of a row without its filter, which looks at the neighbours to the left, above and in between."""
        if kind == 1:
            return bytes(value & 255 for value in itertools.accumulate(line))
        left = corner = 0
        out = bytearray()
        for value, up in zip(line, above):
            if kind == 3:
                guess = (left + up) // 2
            # Most pixels are like their neighbours: these two cases are what Paeth's rule comes to then.
            elif left == corner:
                guess = up
            elif up == corner:
                guess = left
            else:
                base = left + up - corner
                distances = ((abs(base - left), left), (abs(base - up), up), (abs(base - corner), corner))
                guess = min(distances, key=lambda pair: pair[0])[1]
            left, corner = (value + guess) & 255, up
            out.append(left)
        return out

    def count(self, box, color):
        """How many pixels in a box have a colour."""
        left, top, right, bottom = (int(round(value)) for value in box)
        left, right = max(left, 0), min(right, self.width)
        found = 0
        for y in range(max(top, 0), min(bottom, self.height)):
            line = self.row(y)
            for x in range(left, right):
                at = x * self.samples
                found += tuple(line[at : at + 3]) == color
        return found


def colors(page, dark):
    """The colours of a scheme, by the name of their custom property."""
    blocks = re.findall(r":root \{\s*(--[^}]*)\}", page)
    return {
        name: tuple(bytes.fromhex(value)) for name, value in re.findall(r"--(\w+): #([0-9a-f]{6});", blocks[dark])
    }


def browse(browser, folder, name, page, width, dark):
    """Opens a page; returns what its layout is and its screenshot."""
    # In a frame, since the window of the browser itself is never narrower than 500 pixels. The height is generous.
    height = 5000 if width > 600 else 7000
    frame = f'<iframe style="border:0;width:{width}px;height:{height}px" srcdoc="{html.escape(page)}"></iframe>'
    wrapper = pathlib.Path(folder, f"{name}.frame.html")
    picture = pathlib.Path(folder, f"{name}.png")
    wrapper.write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f'<body style="margin:0">{frame}{LAYOUT}'
    )
    command = [browser, "--headless", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1"]
    command += ["--no-first-run", "--disable-extensions", "--disable-background-networking", "--disable-sync"]
    command += [f"--user-data-dir={folder}/profile", f"--window-size={width},{height}", f"--screenshot={picture}"]
    command += [f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--dump-dom"]
    if os.geteuid() == 0:
        # The browser refuses to be root in its sandbox; the page is our own and has no script.
        command.append("--no-sandbox")
    run = subprocess.run([*command, wrapper.as_uri()], capture_output=True, text=True, timeout=TIME_LIMIT)
    found = re.search(r'<script type="application/json" id="found">(.*?)</script>', run.stdout, re.S)
    if run.returncode != 0 or not found or not picture.exists():
        sys.exit(f"check-bench-page: {browser} failed ({run.returncode}): {run.stderr.strip()[-600:]}")
    return json.loads(found.group(1)), Picture(picture.read_bytes())


def expected(report):
    """The marks that charts must have, by kind: (driver, operation, level, size) of each."""
    rows = [row for row in report["rows"] if row["operation"] != "copy"]
    sizes, ratios = [], []
    for name in dict.fromkeys(row["name"] for row in rows):
        own = [row for row in rows if row["name"] == name]
        levels = list(dict.fromkeys(row["level"] for row in own))
        drawn = levels
        if len({row["driver"] for row in own}) > 1 and len(levels) > 3:
            drawn = [levels[0], levels[len(levels) // 2], levels[-1]]
        sizes += [row for row in own if row["level"] in drawn]
        largest = max(row["size"] for row in own)
        if any(row["ratio"] is not None for row in own):
            ratios += [row for row in own if row["size"] == largest]

    def keys(rows):
        return sorted(
            (row["driver"], row["operation"], str("" if row["level"] is None else row["level"]), str(row["size"]))
            for row in rows
        )

    return {"size": keys(sizes), "ratio": keys(ratios)}


def overlap(one, other):
    """How far two boxes reach into each other, in the direction in which it is less."""
    return min(min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1]))


def is_hidden(box, later):
    """Whether marks that are drawn later reach the middle of one that lies at about the same place."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    core = (x - REACH, y - REACH, x + REACH, y + REACH)
    return any(overlap(core, mark["box"]) > 0 for mark in later)


def findings(report, page, layout, picture, dark):
    """What is wrong with a page, one line each."""
    problems = []
    wanted = expected(report)
    scheme = colors(page, dark)
    for kind in ("size", "ratio"):
        charts = [chart for chart in layout["charts"] if f"-{kind}-" in chart["id"]]
        drawn = [mark for chart in charts for mark in chart["marks"]]
        marks = sorted((mark["driver"], mark["operation"], mark["level"], mark["size"]) for mark in drawn)
        if marks != wanted[kind]:
            problems.append(f"{len(marks)} marks by {kind}, and {len(wanted[kind])} figures, or others than those")
    if layout["rows"] != len(report["rows"]):
        problems.append(f"{layout['rows']} rows in the table, and {len(report['rows'])} figures")
    if layout["scrollWidth"] > layout["width"]:
        problems.append(f"the page is {layout['scrollWidth']} pixels wide in a window of {layout['width']}")
    if layout["height"] > picture.height:
        problems.append(f"the page is {layout['height']} pixels high: more than the screenshot")
    for chart in layout["charts"]:
        problems += chart_findings(chart, picture, scheme)
    return problems


def chart_findings(chart, picture, scheme):
    """What is wrong with one chart."""
    problems = []
    left, top, right, bottom = chart["box"]
    if right - left < 300 or bottom - top < 200:
        problems.append(f"{chart['id']} is only {right - left:.0f} × {bottom - top:.0f} pixels")
    if not chart["ceilings"]:
        problems.append(f"{chart['id']} has no line for the ceiling")
    for index, mark in enumerate(chart["marks"]):
        box = mark["box"]
        if box[0] < left or box[1] < top or box[2] > right or box[3] > bottom:
            problems.append(f"{chart['id']}: the mark of {mark['driver']} at {mark['size']} lies outside")
        count = picture.count(box, scheme[mark["color"]])
        if count < LEAST_PIXELS and not is_hidden(box, chart["marks"][index + 1 :]):
            problems.append(f"{chart['id']}: {count} pixels of the mark of {mark['driver']} at {mark['size']}")
    for index, text in enumerate(chart["texts"]):
        box = text["box"]
        if box[0] < left - 1 or box[1] < top - 1 or box[2] > right + 1 or box[3] > bottom + 1:
            problems.append(f"{chart['id']}: '{text['words']}' is cut off")
        for other in chart["texts"][index + 1 :]:
            if overlap(box, other["box"]) > SLACK:
                problems.append(f"{chart['id']}: '{text['words']}' lies over '{other['words']}'")
    return problems


def measure(wdprov, folder, name, arguments):
    """Runs the benchmark; returns its JSON and its page."""
    page = pathlib.Path(folder, f"{name}.html")
    command = [wdprov, "bench", *arguments, "--seconds", "0.005", "--json", "--html", str(page), "-f"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIME_LIMIT)
    if run.returncode != 0:
        sys.exit(f"check-bench-page: {' '.join(command)}: {run.stderr}")
    return json.loads(run.stdout), page.read_text()


def prove(browser, folder, report, page):
    """Breaks a page on purpose; returns what the check does not notice."""
    marks = re.compile(r'<path class="mark [^>]*>.*?</path>\n')
    # How it is broken, and the words that each finding has to have.
    broken = {
        "one-missing": (marks.sub("", page, count=1), ["marks by"]),
        "invisible": (page.replace("</style>", ".mark { visibility: hidden; }</style>"), ["0 pixels of the mark"]),
        "too-large": (
            page.replace("</style>", "figure { width: 1300px; } .chart text { font-size: 30px; }</style>"),
            ["in a window of", "lies over", "cut off"],
        ),
    }
    missed = []
    for name, (text, words) in broken.items():
        found = findings(report, text, *browse(browser, folder, name, text, 1100, False), False)
        missed += [f"'{word}' is not noticed in the page '{name}'" for word in words if word not in " ".join(found)]
    say(f"broken on purpose: {len(broken)} pages, {len(missed)} not noticed")
    return missed


def check(wdprov, browser, folder):
    # A name that would be markup, if it were not escaped.
    pathlib.Path(folder, "a<b>&'.txt").write_text("".join(f"line {n} of {n * n % 977}\n" for n in range(20_000)))
    pages = {
        "drivers": ["gzip", "crc32", "--sizes", "1K,8K,64K", "--levels", "1,9", "--device", "model"],
        "levels": [
            "gzip", "--driver", "gzip-zlib", "--sizes", "256,4K,64K", "--levels", "1-9", "--file", "a<b>&'.txt",
        ],
    }  # fmt: skip
    problems = []
    for name, arguments in pages.items():
        report, page = measure(wdprov, folder, name, arguments)
        for width, dark in VIEWS if name == "drivers" else ((400, True),):
            label = f"{name}-{width}-{'dark' if dark else 'light'}"
            layout, picture = browse(browser, folder, label, page, width, dark)
            found = findings(report, page, layout, picture, dark)
            marks = sum(len(chart["marks"]) for chart in layout["charts"])
            say(f"{label}: {len(layout['charts'])} charts, {marks} marks, {len(found)} findings")
            problems += [f"{label}: {problem}" for problem in found]
        if name == "drivers":
            problems += prove(browser, folder, report, page)
    return problems


def main():
    wdprov = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("WDPROV", ".build/release/wdprov"))
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not browser:
        sys.exit("check-bench-page: no Chromium: 'Scripts/setup.sh test' installs it")
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wdprov-page-") as temporary:
        folder = temporary
        if len(sys.argv) > 2:
            folder = os.path.abspath(sys.argv[2])
            os.makedirs(folder, exist_ok=True)
        problems = check(wdprov, browser, folder)
    for problem in problems:
        say(problem)
    say(f"{'FAILED' if problems else 'every mark is where it should be'}, {time.monotonic() - start:.0f} s")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
