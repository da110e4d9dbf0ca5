"""Reads and writes the tables of this folder, which README.md describes: tab-separated text, a row a line."""
# SPDX-License-Identifier: Apache-2.0

import pathlib

FOLDER = pathlib.Path(__file__).resolve().parent


def write(path, columns, rows, maker="import.py"):
    """Writes `rows`, a list of dictionaries, by the script `maker`; a column that a row lacks is left empty."""
    lines = [f"# {len(rows)} rows. Apache-2.0. Made by {maker}, described in README.md.", "\t".join(columns)]
    for row in rows:
        unknown = set(row) - set(columns)
        fields = [str(row.get(column, "")) for column in columns]
        if unknown or any(c in field for field in fields for c in "\t\n"):
            raise ValueError(f"{path}: a row that cannot be written: {row}")
        lines.append("\t".join(fields))
    path.write_text("\n".join(lines) + "\n")


def read(name):
    """Returns the rows of the table `name` as dictionaries of text."""
    note, header, *lines = (FOLDER / name).read_text().splitlines()
    columns = header.split("\t")
    rows = [dict(zip(columns, line.split("\t"), strict=True)) for line in lines]
    if len(rows) != int(note.split()[1]):
        raise ValueError(f"{name}: {len(rows)} rows where {note.split()[1]} were written")
    return rows


def bytes_of(text):
    """Returns the bytes that a field denotes: `HEX`, or `HEX*COUNT` for HEX repeated."""
    digits, _, count = text.partition("*")
    return bytes.fromhex(digits) * int(count or 1)


def source_of(identifier):
    """Returns the source file that the vector `identifier` is from."""
    return identifier.rpartition(":")[0]
