"""Trees of a few files that hold many lines each: tables though they are not called so, lists of texts a label."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import PurePosixPath
from typing import NamedTuple

from ulmengine.corpus.column_names import LABEL_NAMES, PART_WORDS, POLES, TEXT_NAMES, part_in
from ulmengine.corpus.errors import CorpusError, some_of

from . import delimited, plain
from .encoding import is_binary
from .heading import SENTENCE_ENDS
from .layout import DOCUMENT_SUFFIXES, TreeLayout, is_about, is_leaflet, is_table
from .reading import Look

_LEAST = 20
"""Filled lines that a table or list has at least."""
_SHORT, _ALIKE = 250, 4.0
"""Characters of a line of a list at most, on average; how many times longer those of another may be."""
_LONG_WORD, _NARROWEST = 9, 45
"""Letters between two spaces where a script writes none between words; characters of a line of the narrowest page."""
_MOST_LISTS, _LEAST_OF_LABEL, _LONG_LABEL = 30, 40, 24
_SPOKEN = re.compile(r"\[?[^:;\t]{1,30}[:;\t]\s?")
"""What stands before a turn of a conversation."""
_NAME = re.compile(r"[^\W\d_]+(?:[-_ ][^\W\d_]+)?")
_ENDS = (*SENTENCE_ENDS, '"', "\u201d")
MARKED = ("fasttext", "trec", "trees", "scored", "sections", "marked", "pairs", "headed")
"""Kinds of lines that bear a label of their own."""
_ROLES = TEXT_NAMES | LABEL_NAMES | frozenset({"x", "vocab", "vocabulary", "words", "mapping", "index", "readme"})


class Shard(NamedTuple):
    """One of several files of a tree that are one table, what its name says of all its rows (column -> cell), and its
    bytes."""

    name: str
    cells: dict[str, str]
    size: int


def files_in(look: Look) -> dict[str, Look]:
    """The files of a tree of a few files that are neither binary nor tell about the others."""
    return {name: head for name, head in look.heads.items() if head.sample and not is_binary(head.sample)
            and not is_about(name) and not is_leaflet(PurePosixPath(name))}


def tables_in(look: Look, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The columns of those of the files ``names`` that are tables though they are not called so."""
    found = {name: _table(look.heads[name]) for name in names if not is_table(name)}
    tables = {name: table for name, table in found.items() if table is not None}
    told = not are_counted(list(tables)) or any(shown for _, shown in tables.values())
    return {name: columns for name, (columns, _) in tables.items()} if told else {}


def are_counted(names: Sequence[str]) -> bool:
    """Whether several files are called by numbers or dates alone, as chapters and logs are."""
    return len(names) > 1 and len({re.sub(r"\d+", "0", PurePosixPath(name).name) for name in names}) == 1


def _table(look: Look) -> tuple[tuple[str, ...], bool] | None:
    """The columns of a table that is one of a few files, and whether its cells show that, not tabs alone."""
    filled = [line for line in look.lines if line.strip()]
    if len(filled) < _LEAST:
        return None
    # Paragraphs that begin with a tab and verses that end with a comma are no cells.
    if sum(line.startswith("\t") or line.rstrip().endswith((",", ";")) for line in filled) > 0.5 * len(filled):
        return None
    for kind in MARKED:
        if plain.KINDS[kind].fits(look.lines):
            return plain.KINDS[kind].columns, True
    try:
        reading = delimited.plan(look)
    except CorpusError:
        return None
    return (reading.columns, "evenly" not in reading.reasons["format"]) if reading is not None else None


def shards_in(look: Look) -> list[Shard]:
    """The one table in a tree of a few files besides what tells about it, or its parts: train.txt beside test.txt."""
    names = list(files_in(look))
    if not names or any(map(is_table, names)):
        return []
    tables = tables_in(look, names)
    tables |= _small_parts(look, names, tables)
    sizes = look.files[0]
    if len(tables) == 1 == len(names):
        return [Shard(name, {}, sizes[name]) for name in tables]
    parts = {name: part_in(PurePosixPath(name).name) for name in tables}
    told = set(parts.values())
    one = len(set(tables.values())) == 1
    if not one or len(told) < len(tables) or not {"train"} < told or "" in told or len(names) >= 2 * len(tables):
        return []
    return [Shard(name, {"split": part}, sizes[name]) for name, part in parts.items()]


def _small_parts(look: Look, names: Sequence[str], tables: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The other parts of the one table for training among ``tables`` that have too few lines to show by themselves that
    they are tables, and are cut as it is."""
    first = [name for name in tables if part_in(PurePosixPath(name).name) == "train"]
    others = [name for name in names if name not in tables and part_in(PurePosixPath(name).name)]
    if len(first) != 1 or not others:
        return {}
    lines = {name: [line for line in look.heads[name].lines if line.strip()] for name in (*first, *others)}
    marked = next((plain.KINDS[kind].fits for kind in MARKED if plain.KINDS[kind].fits(lines[first[0]])), None)
    whole = None if marked else delimited.plan(look.heads[first[0]])
    cells = (whole.dialect.delimiter, len(whole.columns)) if whole is not None and whole.dialect is not None else None
    return {name: tables[first[0]] for name in others if lines[name] and (
        marked(lines[name]) if marked else cells is not None
        and sum(line.count(cells[0]) >= cells[1] - 1 for line in lines[name]) > 0.95 * len(lines[name]))}


def left_out(look: Look, shards: Sequence[Shard]) -> tuple[str, ...]:
    """A sentence about the files beside those that are read."""
    read = {shard.name for shard in shards}
    names = [name for name in look.heads if name not in read and not is_about(name)]
    return (f"Not read beside the table: {some_of(names, 4)}.",) if names else ()


def named_lists(look: Look, layout: TreeLayout, documents: Sequence[str]) -> TreeLayout | None:
    """The layout of files each of which lists many short texts and is called like their label, in folders that name
    none: sports.txt beside politics.txt. None where they are not."""
    paths = list(map(PurePosixPath, documents))
    stems = {path.stem.lower() for path in paths}
    if layout.labelled or not 2 <= len(documents) <= _MOST_LISTS or len(stems) < 2 or not set(documents) <= set(
            look.heads):
        return None
    folders = {path.parts[:-1] for path in paths}
    if len(folders) > 1 and not layout.parts:
        return None
    words = all(_NAME.fullmatch(path.stem) and len(path.stem) <= _LONG_LABEL
                and path.suffix.lower() in DOCUMENT_SUFFIXES for path in paths)
    known = stems & _ROLES or any(stem.removesuffix("s") in _ROLES for stem in stems)
    parts = all(map(part_in, stems)) or any(PART_WORDS.get(stem) == "train" for stem in stems)
    if not words or known or parts or sum(len(stem) > 2 for stem in stems) < 0.5 * len(stems):
        return None
    # Names of people, chapters and works begin with a capital, those of one kind with one word.
    common = all(path.stem.islower() for path in paths) or 2 * len(stems & POLES) >= len(stems)
    if not common or set.intersection(*(set(re.split(r"[-_ ]", stem)) for stem in stems)):
        return None
    lists = [look.heads[name].lines for name in documents]
    if any(2 * sum(bool(_SPOKEN.match(line)) for line in lines) > len(lines) for lines in lists):
        return None
    means = [sum(map(len, lines)) / max(1, len(lines)) for lines in lists]
    if min(map(len, lists)) < _LEAST_OF_LABEL or not all(map(is_list, lists)) or max(means) > _ALIKE * min(means):
        return None
    return as_lists(layout)


def as_lists(layout: TreeLayout) -> TreeLayout:
    """The layout of files of which each line is a document labelled by the file's name; a readme is no label."""
    return replace(layout, labelled=True, lines=True, stems=True, leaflets=False)


def is_list(lines: Sequence[str]) -> bool:
    """Whether lines are a list of short texts, and neither paragraphs nor a text that is broken into lines."""
    filled = [line.rstrip() for line in lines if line.strip()]
    short = sum(map(len, filled)) <= _SHORT * len(filled)
    return len(filled) >= _LEAST and len(filled) >= 0.9 * len(lines) and short and not _is_wrapped(filled)


def _is_wrapped(lines: Sequence[str]) -> bool:
    """Whether lines end where the next word would have been too much for the width of all."""
    words = sum(line.count(" ") + 1 for line in lines)
    if 2 * sum(line.endswith(_ENDS) for line in lines) > len(lines) or sum(map(len, lines)) > _LONG_WORD * words:
        return False
    width = sorted(map(len, lines))[int(0.98 * len(lines))]
    full = sum(len(line) + 1 + len(after.split(" ", 1)[0]) > width for line, after in pairwise(lines))
    return width >= _NARROWEST and full > 0.6 * len(lines)


def unlabelled_note(look: Look, documents: Sequence[str]) -> tuple[str, ...]:
    """That each of a few files is read as one document though each seems to list many."""
    if len(documents) > _MOST_LISTS or are_counted(documents) or not set(documents) <= set(look.heads):
        return ()
    lists = [name for name in documents if is_list(look.heads[name].lines)]
    if not lists or len(lists) < 0.5 * len(documents):
        return ()
    return (f"Each file is read as one document, though {some_of(lists, 4)} hold{'s' * (len(lists) == 1)} many short "
            "lines. If each line is a document labelled by its file's name, set the format to 'lines'; if it has no "
            "label, choose one of the files.",)


def texts_in(look: Look) -> list[str]:
    """The files of a tree of a few that hold several lines of text, whatever they are called."""
    return [name for name, head in files_in(look).items() if sum(bool(line.strip()) for line in head.lines) >= 5]
