"""Texts a line in one file and their labels in others beside it, line by line: X.txt and Y.txt, train_text.txt and
train_labels.txt with mapping.txt, seq.in and label in a folder for each part."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import NamedTuple

import polars as pl

from ulmengine.corpus.column_names import PART_WORDS, part_in
from ulmengine.corpus.errors import CorpusError, Faults, some_of

from . import lists
from .frames import frames_of
from .heading import column_names, few_values
from .layout import is_table
from .reading import Look, Pass, Reading
from .tree import decoded
from .tree_files import read_tree

_LEAST = 20
_SHORT, _LONG = 40, 12
"""Characters of a label at most; of a text at least, on average."""
_WORD = re.compile(r"[^\W_]+")
_LONGEST = 1_000
_MAPPED = re.compile(r"\s*(\S+)[\t ,:;]+(\S.*?)\s*")


class _Group(NamedTuple):
    """A file with a text a line, the part of the corpus that it is ("": all), and those that hold labels of these texts
    line by line: column -> file."""

    part: str
    text: str
    labels: dict[str, str]


def plan(look: Look, _reason: str = "") -> Reading | None:
    """Plan the reading of a tree of a few files in which one has a line of text for each line of labels of another.

    :raises CorpusError: a file is damaged.
    """
    groups, rows = _groups(look)
    if not groups:
        return None
    first = next(group for group in groups if group.labels)
    roles = list(first.labels)
    parts = any(group.part for group in groups)
    columns = column_names(("text", *roles, *(("split",) if parts else ())), 1 + len(roles) + parts)
    read = {name for group in groups for name in (group.text, *group.labels.values())}
    beside = [name for name in lists.files_in(look) if name not in read]
    mapping, names = _mapping(look, beside, first)
    others = [name for name in beside if name != mapping]
    labels = ", ".join(map(repr, first.labels.values()))
    notes = [f"Line by line, {labels} {'hold' if len(roles) > 1 else 'holds'} the labels of the texts in '{first.text}'"
             f"{' (and so in the other parts)' if len(groups) > 1 else ''}. If not, choose one file alone."]
    if mapping:
        notes.append(f"The labels are called as '{mapping}' says.")
    if others:
        notes.append(f"Not read: {some_of(others, 4)}.")
    reason = "each line of a file is a text, and the same lines of the files beside it are its labels"
    return Reading(look.source, "aligned", partial(_chunks, groups, names), look.config.encoding, columns=columns,
                   rows=rows, notes=tuple(notes), reasons={"format": reason})


def _groups(look: Look) -> tuple[list[_Group], int]:
    """The files of texts, each with those of their labels, a group for each part, and how many texts there are; none
    where it is not so."""
    lines = {name: head.lines for name, head in lists.files_in(look).items() if not is_table(name)}
    labels = {name for name, own in lines.items() if _are_labels(own)}
    if not labels or len(labels) == len(lines):
        return [], 0
    by_part: dict[tuple[str, str], dict[str, str]] = {}
    for name in lines:
        path = PurePosixPath(name)
        words = _WORD.findall(path.name.removesuffix(".txt"))
        part = next(filter(None, map(part_in, (path.name, *reversed(path.parts[:-1])))), "")
        role = "_".join(word for word in words if PART_WORDS.get(word.lower(), "") != part or not part)
        by_part.setdefault((path.parent.as_posix(), part), {})[role] = name
    found = [group for (_, part), own in by_part.items() if (group := _group(part, own, lines, labels)) is not None]
    told = [group.part for group in found]
    if not found or len(set(told)) < len(told) or (len(found) > 1 and "train" not in told):
        return [], 0
    found = sorted(found, key=lambda group: not group.labels)
    roles = set(found[0].labels)
    if not roles or any(group.labels and set(group.labels) != roles for group in found):
        return [], 0
    read = read_tree(look.source, [name for group in found for name in (group.text, *group.labels.values())])
    sizes = {name: len(_lines(data or b"", look.config.encoding, Faults())) for name, data in read}
    equal = all(sizes.get(name) == sizes.get(group.text) for group in found for name in group.labels.values())
    return (found, sum(sizes.get(group.text, 0) for group in found)) if equal else ([], 0)


def _group(part: str, own: dict[str, str], lines: dict[str, list[str]], labels: set[str]) -> _Group | None:
    """The texts and labels among the files ``own`` (role -> name) of a part; None where it has no texts."""
    texts = {role: name for role, name in own.items() if name not in labels and lines[name]}
    beside = {role: name for role, name in own.items() if name in labels}
    if not texts:
        return None
    role = max(texts, key=lambda one: sum(map(len, lines[texts[one]])) / len(lines[texts[one]]))
    text = lines[texts[role]]
    if sum(map(len, text)) < _LONG * len(text) or len(text) < _LEAST or (not beside and not part):
        return None
    shared = set(role.split("_"))
    for one in beside:
        shared &= set(one.split("_"))
    named = {"_".join(word for word in one.split("_") if word not in shared) or one: name
             for one, name in beside.items()}
    return _Group(part, texts[role], named)


def _are_labels(lines: Sequence[str]) -> bool:
    """Whether lines are labels, one a line: short, few, none empty."""
    cells = [line.strip() for line in lines]
    return len(cells) >= _LEAST and all(0 < len(cell) <= _SHORT for cell in cells) and few_values(cells) and (
        len(set(cells)) > 1)


def _mapping(look: Look, names: Sequence[str], group: _Group) -> tuple[str, dict[str, str]]:
    """The file among ``names`` that gives the one label of each text a name ("0 anger"), and these; "" for none."""
    if len(group.labels) != 1:
        return "", {}
    values = {line.strip() for file in group.labels.values() for line in look.heads[file].lines}
    for name in names:
        filled = [line for line in look.heads[name].lines if line.strip()]
        short = [line for line in filled if len(line) < _LONGEST]
        called = {match[1]: match[2] for match in map(_MAPPED.fullmatch, short) if match}
        if len(called) == len(set(called.values())) == len(filled) and values <= called.keys():
            return name, called
    return "", {}


def _lines(data: bytes, encoding: str, faults: Faults) -> list[str]:
    """All lines of a file, the empty ones too, but for those at its end."""
    text = decoded(data, encoding or "utf-8", bool(encoding), faults)
    return text.rstrip("\n").split("\n")


def _chunks(groups: Sequence[_Group], mapping: dict[str, str], reading: Reading, going: Pass) -> Iterator[pl.DataFrame]:
    """The texts with their labels as frames of strings. :raises CorpusError: a file cannot be read any more."""
    digest = hashlib.blake2b(digest_size=16)
    roles = list(groups[0].labels)
    going.unit, going.size = "documents", reading.rows or 0

    def rows() -> Iterator[list[str]]:
        for group in groups:
            names = [group.text, *group.labels.values()]
            files = dict(read_tree(reading.source, names))
            if any(files.get(name) is None for name in names):
                raise CorpusError(f"A file of '{reading.source.path.name}' cannot be read: one of {', '.join(names)}.")
            lines: dict[str, list[str]] = {}
            for name in names:
                data = files[name] or b""
                digest.update(name.encode("utf-8", "surrogateescape") + b"\0" + data)
                going.given += len(data)
                lines[name] = _lines(data, reading.encoding, going.faults)
            columns = [lines[name] for name in names] if group.labels else [lines[group.text], *([] for _ in roles)]
            for text, *labels in zip_longest(*columns, fillvalue=""):
                going.position += 1
                told = [mapping.get(label.strip(), label.strip()) for label in labels]
                yield [text.strip(), *told, *([group.part] if len(reading.columns) > 1 + len(roles) else [])]
            if going.most is not None and going.given > going.most:
                return

    yield from frames_of(rows(), reading.columns, going.faults)
    going.digest = digest.hexdigest()
