"""What kind of file it is, by its first bytes, its first characters and, last, its name."""

from __future__ import annotations

import re
from pathlib import Path

from .encoding import detect
from .errors import CorpusError
from .source import Source

_FOREIGN = (
    (b"%PDF", "a PDF document", "Save its text as a .txt file first."),
    (b"\x89PNG", "a picture", "Choose a file with texts."),
    (b"\xff\xd8\xff", "a picture", "Choose a file with texts."),
    (b"GIF8", "a picture", "Choose a file with texts."),
    (b"\x7fELF", "a program", "Choose a file with texts."),
    (b"SQLite format 3", "a SQLite database", "Export the table as CSV first."),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "Unpack it first."),
    (b"Rar!", "a RAR archive", "Unpack it first."),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file", "Unpack it first."),
    (b"ARROW1", "an Arrow file", "Save it as Parquet first."),
    (b"{\\rtf", "a rich-text document", "Save it as a .txt file first."),
)
_CONTROLS = bytes({*range(0x00, 0x09), 0x0B, *range(0x0E, 0x20), 0x7F} - {0x1A, 0x1B, 0x1C, 0x1D, 0x1E, 0x1F})
_CSV = (".csv", ".tsv", ".tab", ".psv", ".ssv")


def recognise_bytes(sample: bytes, source: Source) -> tuple[str, str]:
    """The format of a source that begins with ``sample`` and the reason; "text" leaves the kind of text open."""
    if sample.startswith(b"PAR1"):
        return "parquet", "begins with the mark of Parquet"
    if sample.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "excel", "begins with the mark of an old Excel workbook"
    if sample.startswith(b"PK\x03\x04"):
        return "excel", "a zip archive with a workbook in it"
    if source.suffix in (".jsonl", ".ndjson"):
        return "jsonl", f"the file's name ends in {source.suffix}"
    if source.suffix in _CSV:
        return "csv", f"the file's name ends in {source.suffix}"
    text = sample[:65_536].decode(detect(sample[:65_536]).name, "replace").lstrip("\ufeff \t\r\n")
    if source.suffix == ".json" or text[:1] in ("{", "["):
        found = _json_kind(text)
        if found or source.suffix == ".json":
            return found or "json", "begins like JSON" if found else "the file's name ends in .json"
    prose = source.suffix in (".txt", ".text", ".label", ".md", ".tokens", ".raw")
    if _looks_delimited(text, "\t" if prose else "\t;|,"):  # prose has commas, but no tab in every line
        return "csv", "the lines are cut evenly by a delimiter"
    return "text", "plain text"


def _json_kind(text: str) -> str:
    """ "jsonl" where each line is a value of its own, "json" where one value spans the file, else nothing."""
    import json

    first = text.split("\n", 1)[0].strip()
    try:
        value = json.loads(first)
    except ValueError:
        return "json" if re.match(r'[\[{]\s*(["{\[\]}\d-]|$)', text) else ""
    second = text.split("\n", 2)[1].strip() if text.count("\n") else ""
    if second[:1] in ("{", "["):
        return "jsonl"
    return "json" if isinstance(value, list) else "jsonl" if isinstance(value, dict) and _flat(value) else "json"


def _flat(value: dict[str, object]) -> bool:
    """A single object is one document where none of its values is itself a list of objects or of many values."""
    return not any(isinstance(item, list | dict) and len(item) > 0 for item in value.values())


def _looks_delimited(text: str, delimiters: str) -> bool:
    """Whether some delimiter stands equally often in nearly all of the first lines."""
    lines = [line for line in text.split("\n")[:50] if line.strip()][:-1]
    if len(lines) < 2:
        return False
    for delimiter in delimiters:
        counts = [line.count(delimiter) for line in lines]
        if counts[0] and sum(count == counts[0] for count in counts) > 0.9 * len(counts):
            return True
    return False


def refuse_binary(sample: bytes, path: Path, forced: bool) -> None:
    """:raises CorpusError: ``sample`` is no text (``forced``: the person has chosen an encoding; only marks count)."""
    for mark, what, advice in _FOREIGN:
        if sample.startswith(mark):
            raise CorpusError(f"'{path.name}' is {what}, whatever its name says. {advice}")
    if not forced and is_binary(sample):
        raise CorpusError(
            f"'{path.name}' is not text: many of its first bytes are control characters, so it is a binary file, "
            "whatever its name says. Choose a table or text file; if it is text in an unusual encoding, set the "
            "encoding."
        )


def is_binary(sample: bytes) -> bool:
    """More than one byte in fifty is a control character, and it is not UTF-16 or UTF-32."""
    if len(sample) - len(sample.translate(None, _CONTROLS)) <= max(3, 0.02 * len(sample)):
        return False
    return not detect(sample).name.startswith(("utf-16", "utf-32"))
