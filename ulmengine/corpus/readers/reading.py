"""How a source is to be read, and what it has come to on the way."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import PurePosixPath

import polars as pl

from ulmengine.config import CorpusConfig
from ulmengine.corpus import limits
from ulmengine.corpus.errors import CorpusError, Faults
from ulmengine.corpus.guess import Hints
from ulmengine.events import Event, Progress

from .dialect import Dialect
from .encoding import Encoding, TextDecoder, detect, known_encoding, refuse_binary
from .source import Source
from .textlines import text_blocks, text_lines
from .tree_files import files_of, heads_of

_FEW_FILES, _HEAD_BYTES = 60, 1 << 18


@dataclass(frozen=True)
class Reading:
    """The plan by which a source becomes a table of strings with ``columns``.

    ``read``: its rows, frame by frame, out of what the plan has found; it is given the plan, whose encoding may have
    been settled since. ``settle``: finds what a look at the beginning leaves open, by a look at the whole, and tells
    how far its task is; None where nothing is open. ``rows``: their number where the source itself states it.
    ``text_place``: the column into which the surplus cells of an uneven row go. ``hints``: what the source says of its
    columns. ``notes``: sentences for the person about the reading chosen.
    """

    source: Source
    format: str
    read: Callable[[Reading, Pass], Iterator[pl.DataFrame]]
    encoding: str = ""
    dialect: Dialect | None = None
    columns: tuple[str, ...] = ()
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    rows: int | None = None
    text_place: int | None = None
    settle: Callable[[Reading, str], Generator[Event, None, Reading]] | None = None
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
    def heads(self) -> dict[str, Look]:
        """The beginnings of the files of a tree that holds a few files alone; {} of any other."""
        files, complete = self.files if self.source.is_tree else ({}, False)
        if not complete or len(files) > _FEW_FILES:
            return {}
        config = CorpusConfig(encoding=self.config.encoding)
        return {name: Look(Source(self.source.path, "", "", PurePosixPath(name).name), config, data,
                           len(data) == files[name]) for name, data in heads_of(self.source, list(files), _HEAD_BYTES)}

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


def plan_text(
    kind: str, look: Look, reason: str, frames: Callable[[Iterator[str], Reading, Pass], Iterator[pl.DataFrame]],
    *, whole: bool = False,
) -> Reading:
    """The plan of a source that is text. :raises CorpusError: it is binary, or nothing but blank lines.

    :param frames: what is made of its blocks. :param whole: it decides for itself how far a preview reads.
    """
    refuse_no_text(look)
    found = look.encoding
    return Reading(look.source, kind, partial(_text_frames, frames, whole), found.name,
                   settle=None if found.sure else _with_encoding, notes=encoding_notes(look.source, found),
                   reasons={"format": reason, "encoding": found.reason})


def _with_encoding(reading: Reading, task: str) -> Generator[Event, None, Reading]:
    """``reading``, of a source whose beginning is plain ASCII, in the encoding of the bytes beyond it that follow."""
    high: list[bytes] = []
    with reading.source.open() as stream:
        while data := stream.read():
            if not data.isascii():
                high.append(data)
            if len(high) == 4:
                break
            yield Progress(task, stream.position, stream.size, "bytes")
    if not high:
        return reading
    found = detect(b"".join(high))
    return replace(reading, encoding=found.name, reasons={**reading.reasons, "encoding": found.reason},
                   notes=(*reading.notes, *encoding_notes(reading.source, found)))


def refuse_wide(what: str, count: int, advice: str = "") -> None:
    """:raises CorpusError: ``what``, a table, has far too many columns."""
    if count > limits.MAX_COLUMNS:
        raise CorpusError(f"{what} {count:,} columns; at most {limits.MAX_COLUMNS:,} are read.{advice}")


def refuse_no_text(look: Look) -> None:
    """:raises CorpusError: a source is binary, or nothing but blank lines."""
    refuse_binary(look.sample, look.source.path, bool(look.config.encoding))
    if not any(line.strip() for line in look.lines):
        raise CorpusError(f"'{look.source.path.name}' holds nothing but blank lines. Choose a file with texts in it.")


def encoding_notes(source: Source, found: Encoding) -> tuple[str, ...]:
    """What a person should look at where several encodings are likely."""
    if not found.others:
        return ()
    (_, own), *others = found.others
    told = "; ".join(f"{other} would read '{line}'" for other, line in others)
    return (f"The encoding of '{source.path.name}' is not certain: {found.name} reads '{own}', {told}. If another one "
            "is right, set it as the encoding; if none is, save the file as UTF-8.",)


def _text_frames(
    frames: Callable[[Iterator[str], Reading, Pass], Iterator[pl.DataFrame]], whole: bool, reading: Reading, going: Pass
) -> Iterator[pl.DataFrame]:
    """What ``frames`` makes of the blocks of a text source, with ``going`` kept up."""
    with reading.source.open() as stream:
        going.size = stream.size
        most = None if whole else going.most
        blocks = text_blocks(stream, reading.encoding, going.faults, most, small=going.most is not None)
        for frame in frames(blocks, reading, going):
            going.position, going.given = stream.position, stream.given
            yield frame
        going.position, going.given, going.digest = stream.position, stream.given, stream.digest
