"""Where the texts to be classified come from: files, folders of files, tables. What cannot be read is passed over."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from studio.models.document_table import label_of
from ulmengine.corpus import Documents, open_corpus
from ulmengine.disk import whole
from ulmengine.events import Event
from ulmengine.inference.sources import as_learnt, is_lone_text, read_text, rows_in_place, table_in
from ulmengine.models import Columns as Learnt

UNREADABLE = (OSError, ValueError)
"""What reading raises where a file is not what it should be; the engine's own errors on a corpus are among them."""
Columns = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Skipped(Event):
    """A file (or the rest of one) could not be read."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class ColumnsFound(Event):
    """The columns of a table, and in which of them its texts are read; in none where a person has to say it."""

    name: str
    columns: Columns
    text_columns: Columns


@dataclass(frozen=True)
class GivenText:
    """One text, where it comes from, the label it was given there, and all cells of its row by their columns."""

    source: str
    text: str
    given: str = ""
    cells: Mapping[str, str] = field(default_factory=dict)


class PathTexts(NamedTuple):
    """The texts of one path, or that one could not be read, and how many they are."""

    texts: Iterator[GivenText | Skipped]
    total: int


def pasted(text: str, folder: Path) -> Path:
    """What was copied elsewhere as a file in ``folder``: cells of a spreadsheet as its table, else each line a text,
    empty ones between others too, so that the answers can be put beside them."""
    folder.mkdir(exist_ok=True)  # not the project, should it have been moved away
    rows = list(csv.reader(io.StringIO(text), delimiter="\t"))
    table = len({len(row) for row in rows if row}) == 1 and len(rows) > 1 and len(rows[0]) > 1
    path = folder / "clipboard.csv"
    with whole(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if table:
            writer.writerows(row for row in rows if row)
        else:
            writer.writerow(["text"])
            writer.writerows([line.strip()] for line in text.rstrip().splitlines())
    return path


def texts_of(
    path: Path, cache: Path, wanted: Sequence[Columns], learnt: Learnt | None = None, labels: Sequence[str] = (),
) -> Generator[Event, None, PathTexts]:
    """The texts of one path.

    :param wanted: text columns in the order of preference; the first of them that a table has are read. Where it has
        none, and not just one column that can be the text, nothing is read and :class:`ColumnsFound` asks.
    :param learnt: the columns that the model learnt from: in a table with its columns of labels these are the given
        ones.
    :param labels: those that the model can say; a column that holds none of them was wrongly guessed to give any.
    :raises CorpusError: it cannot be read at all.
    """
    first = next((columns for columns in wanted if columns), ())
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file() and is_lone_text(file))
        if files:
            return PathTexts(_files(files, path), len(files))
    seen = table_in(path, first)
    if seen is None:
        return PathTexts(_files([path], path.parent), 1)
    config, understood = seen
    there = understood.columns
    fits = [columns for columns in wanted if columns and set(columns) <= set(there)]
    if fits and learnt is not None and fits[0] == learnt.text != wanted[0] and not as_learnt(learnt, understood):
        fits = []  # a place in a table without a heading, where this one has something else
    chosen: Columns = next(iter(fits), ())
    if not chosen and not _is_plain(there, understood.label_columns, any(wanted)):
        yield ColumnsFound(path.name, there, ())
        return PathTexts(iter(()), 0)
    roles: dict[str, object] = {"text_columns": chosen}
    if learnt is not None and learnt.label and set(learnt.label) <= set(there):
        roles |= {"label_columns": learnt.label, "label_delimiter": learnt.label_delimiter}
    documents = yield from open_corpus(config.model_copy(update=roles), cache)
    yield ColumnsFound(path.name, documents.understood.columns, documents.understood.text_columns)
    given = "label_columns" in roles or not labels or not set(labels).isdisjoint(documents.labels)
    rows, are_documents = rows_in_place(documents)
    places = zip(rows, are_documents, strict=True)
    return PathTexts(_documents(path.name, documents, places, given=given), len(rows))


def _is_plain(columns: Columns, labels: Columns, known: bool) -> bool:
    """Whether it is plain which of ``columns`` holds the texts; ``known``: the model has learnt from others."""
    rest = [name for name in columns if name not in labels]
    return len(columns) < 2 or (not known and (len(rest) == 1 or "text" in rest))


def _files(files: Sequence[Path], base: Path) -> Iterator[GivenText | Skipped]:
    for file in files:
        name = str(file.relative_to(base))
        try:
            text = read_text(file)
        except UNREADABLE as error:
            yield Skipped(name, str(error))
        else:
            yield GivenText(name, text)


def _documents(
    name: str, documents: Documents, rows: Iterable[tuple[np.int64, np.bool_]], *, given: bool
) -> Iterator[GivenText | Skipped]:
    """Every row of a table, blank ones too, called by its number from 1."""
    try:
        everyone = range(len(documents.parts))
        found = zip(everyone, documents.texts_of(np.arange(len(everyone))), _cells(documents), strict=True)
        for row, is_document in rows:
            if is_document:
                place, text, cells = next(found)
                yield GivenText(f"{name}:{row + 1}", text, label_of(documents, place) if given else "", cells)
            else:
                yield GivenText(f"{name}:{row + 1}", "")
    except UNREADABLE as error:
        yield Skipped(name, str(error))


def _cells(documents: Documents) -> Iterator[Mapping[str, str]]:
    """Every row as it stands in its table."""
    for piece in documents.pieces:
        for frame in piece.table.frames(piece.table.columns):
            yield from frame.fill_null("").iter_rows(named=True)
