"""What is no text at all: known by its first bytes, or by the many control characters in it."""

from __future__ import annotations

from pathlib import Path

from ulmengine.corpus.errors import CorpusError

from .encoding import detect

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
    (b"FEA1", "a Feather file of the first version", "Save the table as Parquet first."),
    (b"PGDMP", "a dump of a PostgreSQL database", "Restore it, and export the table as CSV."),
    (b"{\\rtf", "a rich-text document", "Save it as a .txt file first."),
    (b"\x89HDF", "an HDF5 file", "Save the table as CSV or Parquet first."),
    (b"\x93NUMPY", "a NumPy array", "Save the table as CSV or Parquet first."),
    (b"Obj\x01", "an Avro file", "Save the table as CSV or Parquet first."),
    *((mark, "a Python pickle, a binary file which could run any program", "Save the table as CSV or Parquet first.")
      for mark in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")),
    (b"$FL2", "an SPSS file", "Save the table as CSV first."),
)
_CONTROLS = bytes({*range(0x00, 0x09), 0x0B, *range(0x0E, 0x20), 0x7F} - {0x1A, 0x1B, 0x1C, 0x1D, 0x1E, 0x1F})


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
