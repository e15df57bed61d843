"""How a source is to be read, what it has come to on the way, and what each format must be able to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import polars as pl

from ulmengine.config import CorpusConfig
from ulmengine.corpus.errors import CorpusError, Faults
from ulmengine.corpus.guess import Hints

from .binary import refuse_binary
from .dialect import Dialect
from .encoding import Encoding, TextDecoder, detect, known_encoding
from .grids import Grid
from .layout import TreeLayout
from .source import Source
from .textlines import text_blocks, text_lines
from .tree_files import files_of, heads_of

_FEW_FILES, _HEAD_BYTES = 60, 1 << 18


class JoinedSheet(NamedTuple):
    """One of several sheets that are read as one table: its rows from ``first`` on, under its own ``columns``."""

    name: str
    first: int
    columns: tuple[str, ...]


class Shard(NamedTuple):
    """One of several files of a tree that are one table, what its name says of all its rows (column -> cell), and its
    bytes."""

    name: str
    cells: dict[str, str]
    size: int


class TableBeside(NamedTuple):
    """The table beside the texts of a folder: its columns without that of the files' names, and file -> its cells."""

    name: str
    columns: tuple[str, ...]
    cells: dict[str, tuple[str | None, ...]]


class LabelledLines(NamedTuple):
    """A file with a text a line, the part of the corpus that it is ("": all), and those that hold labels of these texts
    line by line: column -> file."""

    part: str
    text: str
    labels: dict[str, str]


@dataclass(frozen=True)
class Reading:
    """The plan by which a source becomes a table of strings with ``columns``.

    ``rows``: their number where the source itself states it. ``forced``: the encoding was set by the person.
    ``named``: the first row of a sheet, after ``skip`` others, holds the names. ``text_place``: the column into which
    the surplus cells of an uneven row go. ``sure``: False where the encoding rests on a sample of plain ASCII.
    ``joined``: the sheets of a workbook that are read one after another, where they are several. ``shards``: the files
    of a tree that are one table, each to be read under ``settings``. ``beside``: what a table says of the texts of a
    folder. ``groups``: files with a text a line and those of its labels; ``mapping``: what these are called. ``grid``:
    the table that a page of markup consists of. ``member``: the element that is a document.
    ``hints``: what the source says of its columns. ``notes``: sentences for the person about the reading chosen.
    """

    source: Source
    format: str
    encoding: str = ""
    dialect: Dialect | None = None
    columns: tuple[str, ...] = ()
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    joined: tuple[JoinedSheet, ...] = ()
    shards: tuple[Shard, ...] = ()
    settings: CorpusConfig | None = None
    beside: TableBeside | None = None
    groups: tuple[LabelledLines, ...] = ()
    mapping: dict[str, str] = field(default_factory=dict)
    rows: int | None = None
    text_place: int | None = None
    sure: bool = True
    forced: bool = False
    named: bool = False
    skip: int = 0
    member: str = ""
    grid: Grid | None = None
    layout: TreeLayout = field(default_factory=TreeLayout)
    hints: Hints = field(default_factory=Hints)
    notes: tuple[str, ...] = ()
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass
class Pass:
    """One passage through a source: how far it is (of ``size`` bytes on disk, or documents of a tree: ``unit``), the
    hash of what was read, and what was lost. ``most`` limits the bytes read (for a preview). ``hints``, ``said``: what
    only the reading itself shows of the columns and of the shape of the whole. ``whole``: it went to the end."""

    most: int | None = None
    faults: Faults = field(default_factory=Faults)
    hints: Hints = field(default_factory=Hints)
    said: str = ""
    position: int = 0
    size: int = 0
    unit: str = "bytes"
    digest: str = ""
    given: int = 0
    whole: bool = False


@dataclass(frozen=True)
class Look:
    """The beginning of a source, ``whole`` if that is all of it; nothing of a tree of files."""

    source: Source
    config: CorpusConfig
    sample: bytes = b""
    whole: bool = True

    @cached_property
    def files(self) -> tuple[dict[str, int], bool]:
        """The files of a tree, each with its bytes, and whether these are all."""
        return files_of(self.source)

    @cached_property
    def heads(self) -> dict[str, bytes]:
        """The beginnings of the files of a tree that holds a few files alone; {} of any other."""
        files, complete = self.files if self.source.is_tree else ({}, False)
        few = complete and len(files) <= _FEW_FILES
        return dict(heads_of(self.source, list(files), _HEAD_BYTES)) if few else {}

    @cached_property
    def start(self) -> str:
        """The first characters without white space before them, whatever encoding the person has set."""
        part = self.sample[:65_536]
        return TextDecoder(detect(part).name).decode(part).lstrip("\ufeff \t\r\n")

    @cached_property
    def encoding(self) -> Encoding:
        """As the person has set it, or else as it is found."""
        if self.config.encoding:
            return Encoding(known_encoding(self.config.encoding), "as set")
        return detect(self.sample, whole=self.whole)

    @cached_property
    def lines(self) -> list[str]:
        """The complete lines of the sample."""
        text = TextDecoder(self.encoding.name).decode(self.sample, self.whole)
        lines = list(text_lines(iter([text]), self.source.path.name))
        return lines if self.whole or len(lines) < 2 else lines[:-1]


@dataclass(frozen=True)
class Format:
    """One kind of source.

    :param recognise: why a source is of this format; "" where it is not.
    :param plan: how one that is will be read, given that reason. :raises CorpusError: it cannot.
    :param read: its rows as frames of strings; none where every plan is refused. :raises CorpusError: it turns out
        unreadable on the way.
    :param plain: a kind of plain text, which "text" leaves open.
    """

    name: str
    recognise: Callable[[Look], str]
    plan: Callable[[Look, str], Reading]
    read: Callable[[Reading, Pass], Iterator[pl.DataFrame]] = lambda _reading, _going: iter(())
    plain: bool = False


def plan_text(kind: str, look: Look, reason: str) -> Reading:
    """The plan of a source that is text. :raises CorpusError: it is binary, or nothing but blank lines."""
    refuse_binary(look.sample, look.source.path, bool(look.config.encoding))
    found, name = look.encoding, look.source.path.name
    if not any(line.strip() for line in look.lines):
        raise CorpusError(f"'{name}' holds nothing but blank lines. Choose a file with texts in it.")
    notes = (encoding_note(name, found),) if found.others else ()
    return Reading(look.source, kind, found.name, sure=found.sure, notes=notes,
                   reasons={"format": reason, "encoding": found.reason})


def encoding_note(name: str, found: Encoding) -> str:
    """What a person should look at where several encodings are likely."""
    (_, own), *others = found.others
    told = "; ".join(f"{other} would read '{line}'" for other, line in others)
    return (f"The encoding of '{name}' is not certain: {found.name} reads '{own}', {told}. If another one is right, "
            "set it as the encoding.")


def text_frames(
    reading: Reading, going: Pass, frames: Callable[[Iterator[str]], Iterator[pl.DataFrame]], *, whole: bool = False
) -> Iterator[pl.DataFrame]:
    """What ``frames`` makes of the blocks of a text source, with ``going`` kept up.

    :param whole: ``frames`` decides for itself how far a preview reads.
    """
    with reading.source.open() as stream:
        going.size = stream.size
        most = None if whole else going.most
        blocks = text_blocks(stream, reading.encoding, going.faults, most, small=going.most is not None)
        for frame in frames(blocks):
            going.position, going.given = stream.position, stream.given
            yield frame
        going.position, going.given, going.digest = stream.position, stream.given, stream.digest
