"""How a source will be read: its format, encoding, dialect and columns, each with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from ulmengine.config import CorpusConfig

from . import limits
from .delimited import DelimitedRows
from .dialect import NAMES, Dialect, sniff
from .encoding import detect, known_encoding
from .errors import CorpusError
from .frames import frames_of
from .guess import guess_columns
from .kinds import recognise_bytes, refuse_binary
from .layout import Layout
from .plain import KINDS, recognise_text, text_rows
from .source import Source, find_source
from .textlines import Losses, text_blocks, text_lines
from .tree import is_tree, recognise_tree, tree_chunks

FORMATS = ("csv", "jsonl", "json", "parquet", "excel", "folder", *KINDS)
ALIASES = {
    "tsv": "csv", "delimited": "csv", "xlsx": "excel", "xls": "excel", "ods": "excel", "txt": "text", "plain": "text",
    "ndjson": "jsonl", "aclimdb": "folder", "line": "lines", "block": "blocks",
}


@dataclass(frozen=True)
class Reading:
    """The plan by which a source becomes a table of strings with ``columns``.

    ``rows``: their number where the source itself states it. ``forced``: the encoding was set by the person.
    ``named``: the first row of a sheet holds the names. ``text_place``: the column into which the surplus cells
    of an uneven row go. ``sure``: False where the encoding rests on a sample of plain ASCII.
    """

    source: Source
    format: str
    encoding: str = ""
    dialect: Dialect | None = None
    columns: tuple[str, ...] = ()
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    rows: int | None = None
    text_place: int | None = None
    sure: bool = True
    forced: bool = False
    named: bool = False
    layout: Layout = field(default_factory=Layout)
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass
class Pass:
    """One passage through a source: how far it is (of ``size`` bytes on disk, or documents of a tree: ``unit``) and
    the hash of what was read."""

    position: int = 0
    size: int = 0
    unit: str = "bytes"
    digest: str = ""
    given: int = 0


def recognise(path: Path, config: CorpusConfig) -> Reading:
    """Look at the beginning of ``path`` and plan its reading; what ``config`` sets is taken as set.

    :raises CorpusError: not there, unreadable, empty, binary, or of a format that is not known.
    """
    wanted = known_format(config.format)
    tree = is_tree(path, config.member)
    if tree is not None:
        return recognise_tree(tree, known_encoding(config.encoding) if config.encoding else "")
    if wanted == "folder":
        raise CorpusError(f"'{path.name}' is a file, not a folder of documents. Leave the format empty.")
    source = find_source(path, member=config.member)
    sample, whole = _sample(source)
    kind, reason = (wanted, "as set") if wanted else recognise_bytes(sample, source)
    if kind == "parquet":
        from .columnar import recognise_parquet

        return recognise_parquet(source, reason)
    if kind == "excel":
        from .workbook import recognise_workbook

        return recognise_workbook(source, config, reason)
    return _recognise_text(source, sample, whole, kind, reason, config)


def known_format(name: str) -> str:
    """The format a person called ``name``; "text" stays open. :raises CorpusError: there is none of that name."""
    plain = name.strip().lower().lstrip(".")
    found = ALIASES.get(plain, plain)
    if found and found not in (*FORMATS, "text"):
        raise CorpusError(f"There is no format called '{name}'. Known are: {', '.join(('text', *FORMATS))}.")
    return found


def _sample(source: Source) -> tuple[bytes, bool]:
    """The beginning of a source, and whether that is all of it. :raises CorpusError: nothing in it."""
    parts: list[bytes] = []
    size = 0
    with source.open() as stream:
        while size < limits.SAMPLE_BYTES:
            data = stream.read(limits.SAMPLE_BYTES - size)
            if not data:
                break
            parts.append(data)
            size += len(data)
    if not size:
        raise CorpusError(f"'{source.path.name}' is empty: there is nothing in it. Choose a file with texts in it.")
    return b"".join(parts), size < limits.SAMPLE_BYTES


def _recognise_text(
    source: Source, sample: bytes, whole: bool, kind: str, reason: str, config: CorpusConfig
) -> Reading:
    refuse_binary(sample, source.path, bool(config.encoding))
    reasons = {"format": reason}
    if config.encoding:
        encoding, sure, reasons["encoding"] = known_encoding(config.encoding), True, "as set"
    else:
        found = detect(sample, whole=whole)
        encoding, sure, reasons["encoding"] = found.name, found.sure, found.reason
    lines = _sample_lines(source, sample, whole, encoding)
    if not any(line.strip() for line in lines):
        raise CorpusError(f"'{source.path.name}' holds nothing but blank lines. Choose a file with texts in it.")
    reading = Reading(source, kind, encoding, sure=sure, reasons=reasons)
    if kind in ("json", "jsonl"):
        return replace(reading, reasons={**reasons})
    if kind == "csv":
        return _with_dialect(reading, lines, config)
    if kind == "text":
        kind = recognise_text(lines)
        reasons["format"] = KINDS[kind].title
    return replace(reading, format=kind, columns=KINDS[kind].columns)


def _sample_lines(source: Source, sample: bytes, whole: bool, encoding: str) -> list[str]:
    """The complete lines of the sample."""
    from .encoding import Decoder

    text = Decoder(encoding).decode(sample, whole)
    lines = list(text_lines(iter([text]), source.path.name))
    return lines if whole or len(lines) < 2 else lines[:-1]


def _with_dialect(reading: Reading, lines: list[str], config: CorpusConfig) -> Reading:
    dialect = sniff(lines, config.delimiter, config.header, reading.source.suffix)
    if len(dialect.columns) > limits.MAX_COLUMNS:
        raise CorpusError(
            f"'{reading.source.path.name}' would have {len(dialect.columns):,} columns; at most "
            f"{limits.MAX_COLUMNS:,} are read. "
            f"Is {NAMES.get(dialect.delimiter, dialect.delimiter)} really its delimiter?"
        )
    frame = next(frames_of(iter(DelimitedRows(iter(lines[:500]), dialect, Losses())), dialect.columns, Losses()), None)
    text = config.text_columns or (guess_columns(frame).text if frame is not None else ())
    place = dialect.columns.index(text[-1]) if text and text[-1] in dialect.columns else None
    return replace(reading, dialect=dialect, columns=dialect.columns, text_place=place,
                   reasons={**reading.reasons, **dialect.reasons})


def chunks(reading: Reading, losses: Losses, going: Pass, most: int | None = None) -> Iterator[pl.DataFrame]:
    """The rows of a source as frames of strings; ``most`` limits the bytes read (for a preview).

    :raises CorpusError: the source turns out unreadable on the way.
    """
    if reading.format == "folder":
        yield from tree_chunks(reading, losses, going, most)
    elif reading.format == "parquet":
        from .columnar import parquet_chunks

        yield from parquet_chunks(reading, going)
    elif reading.format == "excel":
        from .workbook import workbook_chunks

        yield from workbook_chunks(reading, going)
    else:
        yield from _text_chunks(reading, losses, going, most)


def _text_chunks(reading: Reading, losses: Losses, going: Pass, most: int | None) -> Iterator[pl.DataFrame]:
    name = reading.source.path.name
    with reading.source.open() as stream:
        going.size = stream.size
        # What a single JSON object holds is known only at its end: it decides for itself how far a preview reads.
        limit = None if reading.format == "json" else most
        blocks = text_blocks(stream, reading.encoding, losses, limit, small=most is not None)
        if reading.format in ("json", "jsonl"):
            from .jsonrows import json_chunks

            frames = json_chunks(reading.format, blocks, name, losses, most)
        else:
            lines = text_lines(blocks, name)
            if reading.dialect is not None:
                rows: Iterator[list[str]] = iter(DelimitedRows(lines, reading.dialect, losses, reading.text_place))
            else:
                rows = text_rows(reading.format, lines, losses)
            frames = frames_of(rows, reading.columns, losses)
        for frame in frames:
            going.position, going.given = stream.position, stream.given
            yield frame
        going.position, going.given, going.digest = stream.position, stream.given, stream.digest
