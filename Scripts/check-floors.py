#!/usr/bin/env python3
"""Checks who imports whom against the architecture's floors and the manifest; exits 1 with one line for each finding.

The floors are read from Docs/floors.json, else from floors.json beside this script. The manifest is asked because the
compiler finds a module that another target happened to build: --explicit-target-dependency-import-check misses that.
"""
# SPDX-License-Identifier: Apache-2.0

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)

# Who may import what lies outside the floors; a module that is named neither here nor there is a finding.
# `None`: everybody. Foundation has its own rule below.
PLATFORM = {
    "Swift": None,
    "Synchronization": None,
    "Glibc": {"LinuxSystem", "wdprov"},
    "ArgumentParser": {"wdprov"},
    "ArgumentParserToolInfo": {"wdprov"},
    "Logging": {"wdprov"},
}
FOUNDATION = {"Foundation", "FoundationEssentials", "FoundationInternationalization", "Dispatch"}
# The module that must not load Foundation, hence nothing below it may either.
CORE = "WarpDriveCore"

# A C module belongs to the modules that wrap it.
OWNERS = {
    "CHisilicon": {"HisiliconModel", "HisiliconQueue", "HisiliconZip"},
    "CLinux": {"LinuxSystem"},
    "COpenSSL": {"OpenSSLProvider"},
    "CWarpDrivePlugin": {"WarpDrivePlugins", "WarpDrivePluginKit"},
    "CZlib": {"ZlibProvider", "HisiliconModel"},
}
# Families whose members never import each other, whatever their floors.
APART = [
    {"ZlibProvider", "OpenSSLProvider", "HisiliconZip"},
    {"HisiliconModel", "HisiliconZip"},
    {"HisiliconModel", "HisiliconQueue"},
]

IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"
    r"import\s+(?:(?:struct|class|enum|protocol|typealias|func|var|let)\s+)?(\w+)"
)


def load_floors():
    for path in (ROOT / "Docs/floors.json", ROOT / "Scripts/floors.json"):
        if path.exists():
            return {name: floor for name, floor in json.loads(path.read_text()).items() if isinstance(floor, int)}
    sys.exit("check-floors: no floors.json")


def finding(module, imported, floors):
    """Returns why `module` may not import `imported`, or None."""
    if imported in FOUNDATION:
        if floors[module] <= floors[CORE]:
            return f"{module} is at or below {CORE}, which has no {imported}"
        return None
    if imported in PLATFORM:
        allowed = PLATFORM[imported]
        if allowed is not None and module not in allowed:
            return f"only {', '.join(sorted(allowed))} may import {imported}"
        return None
    if imported not in floors:
        return f"{imported} has no floor in floors.json and is no platform module known to this check"
    if floors[imported] >= floors[module]:
        return f"{module} (floor {floors[module]}) may not import {imported} (floor {floors[imported]}): arrows go down"
    if imported in OWNERS and module not in OWNERS[imported]:
        return f"{imported} belongs to {', '.join(sorted(OWNERS[imported]))}"
    if any({module, imported} <= family for family in APART):
        return f"{module} and {imported} never import each other"
    return None


def imports(folder):
    """Yields (path, line number, module) of each import below a folder."""
    for path in sorted(folder.rglob("*.swift")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if match := IMPORT.match(line):
                yield path.relative_to(ROOT), number, match[1]


def manifest():
    """Returns {target: (folder, names it depends on)} as Package.swift has it."""
    command = ["Scripts/swift.sh", "package", "dump-package"]
    dump = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
    targets = {}
    for target in dump["targets"]:
        usual = pathlib.Path("Tests" if target["type"] == "test" else "Sources") / target["name"]
        folder = ROOT / (target.get("path") or usual)
        # A dependency is {"byName": [name, …]}, {"target": [name, …]} or {"product": [name, …]}.
        targets[target["name"]] = (folder, {next(iter(entry.values()))[0] for entry in target["dependencies"]})
    return targets


def main():
    floors = load_floors()
    findings, files, arrows = [], set(), set()
    for folder in sorted(p for p in (ROOT / "Sources").iterdir() if p.is_dir()):
        if folder.name not in floors:
            findings.append(f"Sources/{folder.name}: this module has no floor in floors.json")
            continue
        for path, number, imported in imports(folder):
            files.add(path)
            arrows.add((folder.name, imported))
            if reason := finding(folder.name, imported, floors):
                findings.append(f"{path}:{number}: {reason}")
    targets = manifest()
    for name, (folder, dependencies) in targets.items():
        for dependency in sorted(dependencies & floors.keys() if name in floors else ()):
            if reason := finding(name, dependency, floors):
                findings.append(f"Package.swift: target {name} depends on {dependency}: {reason}")
        for path, number, imported in imports(folder):
            if imported in targets and imported not in dependencies | {name}:
                findings.append(f"{path}:{number}: target {name} does not name {imported} as a dependency")
    for line in findings:
        print(line)
    if not files:
        findings.append("no sources")
        print("check-floors: no Swift source with an import found under Sources/")
    print(f"check-floors: {len(files)} files, {len(arrows)} arrows, {len(targets)} targets, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
