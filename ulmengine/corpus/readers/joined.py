"""Texts in one table and their labels in another beside it, whose rows belong together by a column that both have:
texts.csv and labels.csv with an id."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import PurePosixPath

import polars as pl

from ulmengine.config import CorpusConfig
from ulmengine.corpus.column_names import called_like_label, key_of, part_in
from ulmengine.corpus.errors import CorpusError

from .layout import is_about, is_table
from .reading import Look, Pass, Reading
from .shards import Recognise
from .tree_files import laid_down
from .turns import with_turns

_LARGEST = 64 << 20
_LONG, _SHORT = 20, 60
"""Characters on average of the texts of the one table, at least; of all cells of the other, at most."""
_GUESSED = re.compile(r"submission|predict|answer|baseline", re.IGNORECASE)
"""What a table is called that holds no labels but what somebody, or nobody yet, took them for."""


def plan(recognised: Recognise, look: Look, _reason: str = "") -> Reading | None:
    """Plan the reading of a tree of two tables of which one holds the labels of the texts in the other."""
    files, complete = look.files if look.source.is_tree else ({}, False)
    names = [name for name in files if not is_about(name)]
    tables = complete and len(names) == 2 and all(map(is_table, names))
    if not tables or sum(files[name] for name in names) > _LARGEST:
        return None
    stems = [PurePosixPath(name).stem for name in names]
    if any(map(part_in, stems)) or any(map(_GUESSED.search, stems)):
        return None
    read = _tables(recognised, look, names)
    shared = [column for column in read[0].columns if column in read[1].columns] if len(read) == 2 else []
    if len(shared) != 1 or any(table.width < 2 for table in read):
        return None
    key = shared[0]
    long = [max(_length(table[name]) for name in table.columns if name != key) for table in read]
    texts, labels = read if long[0] > long[1] else read[::-1]
    if max(long) < _LONG or min(long) > _SHORT or min(long) > 0.5 * max(long) or not _belong(texts[key], labels[key]):
        return None
    # Numbers in order may be those of other things: what is a label holds values that come again, or is called so; the
    # users beside the posts are told by a column that does neither, as their names.
    told = [called_like_label(key_of(name)) is not None or 2 * labels[name].n_unique() <= labels.height
            for name in labels.columns if name != key]
    if not (all if all(map(_are_counted, (texts[key], labels[key]))) else any)(told):
        return None
    joined = texts.join(labels, on=key, how="left", maintain_order="left")
    note = (f"'{names[0]}' and '{names[1]}' are read as one table: their rows belong together by the column '{key}', "
            "which holds each value once in both.")
    return Reading(look.source, "joined", partial(_chunks, joined), columns=tuple(joined.columns), rows=joined.height,
                   notes=(note,), reasons={"format": f"two tables, joined by '{key}'"})


def _tables(recognised: Recognise, look: Look, names: list[str]) -> list[pl.DataFrame]:
    """The tables in whole; fewer where one cannot be read."""
    found: list[pl.DataFrame] = []
    with closing(laid_down(look.source, names)) as pieces:
        for _, path in pieces:
            try:
                piece = recognised(path, CorpusConfig())
                found.append(pl.concat(map(with_turns, piece.read(piece, Pass())), how="diagonal"))
            except (CorpusError, ValueError):
                break
    return found


def _length(cells: pl.Series) -> float:
    """How long the filled cells are, in characters on average."""
    return float(cells.drop_nulls().str.len_chars().mean() or 0.0)  # type: ignore[arg-type]


def _belong(texts: pl.Series, labels: pl.Series) -> bool:
    """Whether two columns hold each value once, and nearly all of them the same."""
    known, own = set(texts.drop_nulls()), set(labels.drop_nulls())
    alone = len(known) == texts.len() and len(own) == labels.len()
    return alone and len(known) >= 2 and len(known & own) >= 0.9 * max(len(known), len(own))


def _are_counted(keys: pl.Series) -> bool:
    """Whether nearly all values are numbers in order, each one more than that before it, as of any table's rows."""
    numbers = keys.cast(pl.String).str.strip_chars().cast(pl.Int64, strict=False)
    return int((numbers.diff() == 1).sum()) >= 0.9 * (len(numbers) - 1)


def _chunks(joined: pl.DataFrame, _: Reading, going: Pass) -> Iterator[pl.DataFrame]:
    """The rows of both tables as frames."""
    digest = hashlib.blake2b(digest_size=16)
    going.unit, going.size = "documents", joined.height
    for frame in joined.iter_slices(10_000):
        data = frame.write_csv().encode("utf-8", "surrogateescape")
        digest.update(data)
        going.given, going.position = going.given + len(data), going.position + frame.height
        yield frame
        if going.most is not None and going.given > going.most:
            return
    going.digest = digest.hexdigest()
