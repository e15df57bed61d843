"""Reads a workbook in a process of its own: `python workbook_child.py FILE MEGABYTES`.

A workbook can ask for any amount of memory (one stray cell in the last row and column), and the library that reads it
ends its process where it gets none. So the limit stands here, and the program that asked lives on. The answer goes to
stdout: a line of JSON, {"sheets": [{"name", "visible", "bytes", "merged"}]}, {"error"} or {"many": how many sheets,
"most"}, then each sheet as an Arrow stream of so many bytes. Nothing of the package is imported: this must start fast.
"""

from __future__ import annotations

import html
import json
import re
import sys
import zipfile
from typing import Any, BinaryIO

# A file may be made to be slow: each tag is looked through once, and only to its end.
_CELL = re.compile(rb'<c\s(?>[^<>]*?r="([A-Z]{1,3})(\d{1,7})")[^<>]*+(?<!/)>')
_MERGED = re.compile(rb'<mergeCell\s[^<>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_MOST_MERGED = 100_000
_MOST_SHEETS = 500


def main(path: str, megabytes: int, out: BinaryIO) -> None:
    """Answer for the workbook at ``path`` with at most so much memory."""
    _limit(megabytes << 20)
    try:
        head, bodies = _read(path)
    except BaseException as error:  # a reader in Rust raises PanicException, which is no Exception
        head, bodies = {"error": str(error).split("\n", 1)[0][:200] or type(error).__name__}, []
    out.write(json.dumps(head).encode() + b"\n")
    for body in bodies:
        out.write(body)
    out.flush()


def _limit(size: int) -> None:
    """Memory past ``size`` is refused, where the system knows such limits."""
    try:
        import resource
    except ImportError:  # Windows: the asking process watches
        return
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(path: str) -> tuple[dict[str, Any], list[memoryview]]:
    import fastexcel
    import pyarrow as pa

    book = fastexcel.read_excel(path)
    if len(book.sheet_names) > _MOST_SHEETS:
        return {"many": len(book.sheet_names), "most": _MOST_SHEETS}, []
    merged = _merged_cells(path)
    sheets, bodies = [], []
    for name in book.sheet_names:
        sheet = book.load_sheet(name, header_row=None, dtypes="string")
        batch = sheet.to_arrow()
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        body = memoryview(sink.getvalue())
        bodies.append(body)
        sheets.append({"name": name, "visible": sheet.visible == "visible", "bytes": len(body),
                       "merged": merged.get(name, [])})
    return {"sheets": sheets}, bodies


def _merged_cells(path: str) -> dict[str, list[tuple[int, int, int]]]:
    """(column, first row, last row) of the cells merged downwards in each sheet, counted from its first filled one."""
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        if "xl/workbook.xml" not in names or "xl/_rels/workbook.xml.rels" not in names:
            return {}
        links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
        places = {_value(tag, "Id"): _value(tag, "Target") for tag in re.findall(r"<Relationship\s[^<>]*>", links)}
        found, seen = {}, {}
        for tag in re.findall(r"<sheet\s[^<>]*>", archive.read("xl/workbook.xml").decode("utf-8", "replace")):
            target = places.get(_value(tag, "r:id"), "").lstrip("/")
            target = target if target.startswith("xl/") else f"xl/{target}"
            if target in names:
                if target not in seen:
                    seen[target] = _merged_in(archive.read(target))
                found[html.unescape(_value(tag, "name"))] = seen[target]
    return found


def _merged_in(sheet: bytes) -> list[tuple[int, int, int]]:
    spans = [(_column(a), int(top), _column(b), int(bottom)) for a, top, b, bottom in _MERGED.findall(sheet)]
    spans = [span for span in spans if span[3] > span[1]][:_MOST_MERGED]
    if not spans:
        return []
    filled = [(_column(letters), int(row)) for letters, row in _CELL.findall(sheet)]
    if not filled:
        return []
    left, top = min(column for column, _ in filled), min(row for _, row in filled)
    return [(column - left, first - top, last - top) for column, first, _, last in spans
            if column >= left and first >= top]


def _value(tag: str, name: str) -> str:
    match = re.search(rf'\s{name}="([^"]*)"', tag)
    return match[1] if match else ""


def _column(letters: bytes) -> int:
    """A column's number, from 1 for A."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.stdout.buffer)
