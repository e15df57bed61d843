"""One table in several files of a folder or archive, as programs write them: train-00000-of-00002.parquet and the data
sets that Hugging Face saves, part-00000.csv of Spark, label=pos/... of Hive, a file a label: True.csv and Fake.csv."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path, PurePosixPath
from posixpath import commonpath
from urllib.parse import unquote

import polars as pl

from ulmengine.config import CorpusConfig
from ulmengine.corpus.column_names import PART_WORDS, POLES, Nearness, called_like_label, key_of, part_in
from ulmengine.corpus.errors import CorpusError, Faults, some_of
from ulmengine.corpus.guess import Hints

from . import lists
from .layout import is_about
from .lists import MARKED, Shard
from .reading import Look, Pass, Reading
from .tree_files import laid_down, walk_files

_SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".arrow")
_PACKED = (".gz", ".gzip", ".bz2", ".xz")
_COUNTED = re.compile(r"(.+?)[-_]\d{3,6}[-_]of[-_]\d{3,6}(?:-[0-9a-f]+)?(?:\.[a-z]\w*)?")
_SPARK = re.compile(r"part-(?:[mr]-)?\d{5}(?:-[\w-]+)?(?:\.[a-z]\w*)*")
_WORD = re.compile(r"[^\W_]+")
_HIVE = re.compile(r"([A-Za-z_]\w*)=(.+)")
_BOOKS = (".xlsx", ".xls", ".ods")
_MOST_NAMED = 30
_NEGATIONS = ("not", "non", "no", "un", "very")
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"

Recognise = Callable[[Path, CorpusConfig], Reading]


def _shards(look: Look) -> list[Shard]:
    files, complete = look.files
    found = shards_in(files)
    if found and not complete:
        for _ in walk_files(look.source, files):
            pass
        found = shards_in(files)
    found = found or lists.shards_in(look)
    return sorted(found) if look.source.compression == "zip-tree" else found


def shards_in(files: Mapping[str, int]) -> list[Shard]:
    """The pieces of the table that a tree with these ``files`` (name -> bytes) holds, in their order; none where there
    is anything else."""
    shards: list[Shard] = []
    kinds: set[tuple[str, str]] = set()
    for name, size in files.items():
        path = PurePosixPath(name)
        if path.name.startswith("_") or is_about(name) or any(part.startswith(".") for part in path.parts):
            continue
        bare = path.with_suffix("") if path.suffix.lower() in _PACKED else path
        cells = {key: _value(value) for key, value in (
            found.groups() for found in map(_HIVE.fullmatch, path.parts[:-1]) if found)}
        counted = _COUNTED.fullmatch(bare.stem)
        if bare.suffix.lower() not in _SUFFIXES or not (counted or cells or _SPARK.fullmatch(bare.stem)):
            return []
        words = (counted[1] if counted else "", *reversed(path.parts[:-1]))
        part = next((part for part in map(part_in, words) if part), "")
        kinds.add((bare.suffix.lower(), "" if part or cells or not counted else counted[1]))
        shards.append(Shard(name, {"split": part, **cells} if part else cells, size))
    columns = {tuple(shard.cells) for shard in shards}
    if len(kinds) != 1 or len(columns) != 1:
        return []
    alone = len({shard.cells.get("split") for shard in shards}) == 1
    return [shard._replace(cells={key: cell for key, cell in shard.cells.items() if key != "split" or not alone})
            for shard in shards]


def named_tables(files: Mapping[str, int], columns: Collection[str] = ()) -> list[Shard]:
    """The tables of a tree of a few, all of one kind, with the word in which their names differ as a cell of the column
    "file", or of another where they have one themselves, and their part where words tell it; none where there is
    anything else."""
    names = [name for name in files if not is_about(name) and not PurePosixPath(name).name.startswith((".", "_"))]
    bare = {name: path.with_suffix("") if path.suffix.lower() in _PACKED else path
            for name, path in zip(names, map(PurePosixPath, names), strict=True)}
    kinds = {path.suffix.lower() for path in bare.values()}
    if not 2 <= len(names) <= _MOST_NAMED or len(kinds) != 1 or not kinds <= {*_SUFFIXES, *_BOOKS}:
        return []
    above = len(PurePosixPath(commonpath(path.parent for path in bare.values())).parts) if bare else 0
    words = {name: _WORD.findall("/".join(path.with_suffix("").parts[above:])) for name, path in bare.items()}
    parts = {name: next((PART_WORDS[word.lower()] for word in own if word.lower() in PART_WORDS), "")
             for name, own in words.items()}
    own = [[word for word in words[name] if word.lower() not in PART_WORDS] for name in names]
    common = set.intersection(*map(set, own))
    if any(common >= set(one) for one in own):  # toxic beside not_toxic
        common = set()
    called = {name: " ".join(word for word in one if word not in common) for name, one in zip(names, own, strict=True)}
    told = set(parts.values())
    if not all(called.values()) or ("" in told and len(told) > 1) or len(set(called.values())) < 2 or len(
            {(called[name], parts[name]) for name in names}) < len(names):
        return []
    column = next(name for name in ("file", "file name", "name of the file", "its file") if name not in columns)
    return [Shard(name, {column: called[name], **({"split": parts[name]} if told != {""} else {})}, files[name])
            for name in names]


def are_poles(names: Iterable[str]) -> bool:
    """Whether all ``names`` are those of labels wherever they stand: true, fake, not spam."""
    words = [set(_WORD.findall(name.lower())) - {*_NEGATIONS} for name in names]
    return all(own and own <= POLES for own in words)


def _by_name(recognised: Recognise, look: Look) -> tuple[list[Shard], Hints, tuple[str, ...]]:
    """The tables of a tree that are one corpus, each called by its label, what that says of the columns, and in
    sentences; none where their names are no labels beyond doubt and it is not set that they are one."""
    asked = look.config.format == "shards"
    files, complete = look.files
    shards = named_tables(files) if complete else []
    labels = list(dict.fromkeys(shard.cells["file"] for shard in shards))
    if not shards or not (asked or are_poles(labels)):
        return [], Hints(), ()
    columns = list(_columns_of(recognised, look, shards))
    alike = len(set(map(frozenset, columns))) == 1
    told = [name for name in columns[0] if called_like_label(key_of(name)) in (Nearness.FIRST, Nearness.PLAIN)]
    if not asked and (not alike or told):
        return [], Hints(), ()
    shards = named_tables(files, columns[0])
    column = next(iter(shards[0].cells))
    note = (f"The {len(shards)} tables are read as one, and '{column}' holds what each file is called: "
            f"{some_of(labels, 6)}.")
    if told or any(any(letter.isdigit() for letter in label) for label in labels):
        return shards, Hints(), (note,)
    doubt = f"{note} It is read as the label. If it is none, choose another label column or 'none'."
    return shards, Hints(label=(column,), reason="the files are called by it", doubt=doubt), ()


def _columns_of(recognised: Recognise, look: Look, shards: Sequence[Shard]) -> Iterator[tuple[str, ...]]:
    """The columns of each of the tables."""
    with closing(laid_down(look.source, [shard.name for shard in shards])) as pieces:
        for _, path in pieces:
            piece = recognised(path, _settings(look.config, None))
            with closing(piece.read(piece, Pass(1 << 18))) as frames:  # type: ignore[type-var]
                yield piece.columns or tuple(next((frame.columns for frame in frames), ()))


def _value(text: str) -> str:
    return "" if text == _NO_VALUE else unquote(text)


def plan(recognised: Recognise, look: Look, _reason: str = "") -> Reading | None:
    """Plan the reading of a folder or archive in which all tables are the pieces of one, by the first of them.

    :raises CorpusError: it cannot be read.
    """
    shards = _shards(look) if look.source.is_tree else []
    named, notes = Hints(), tuple[str, ...]()
    if not shards and look.source.is_tree:
        shards, named, notes = _by_name(recognised, look)
    if not shards:
        return None
    with closing(laid_down(look.source, [shards[0].name])) as pieces:
        first = recognised(next(pieces)[1], _settings(look.config, None))
    settings = _settings(look.config, first)
    told = [name for name in shards[0].cells if name not in first.columns]
    columns = (*first.columns, *told) if first.columns else ()
    reason = f"one table in {len(shards):,} file{'s' * (len(shards) > 1)}: {first.reasons.get('format', first.format)}"
    return Reading(
        look.source, "shards", partial(_chunks, shards, lambda path: recognised(path, settings)), first.encoding,
        first.dialect, columns, text_place=first.text_place,
        hints=named if named.label else first.hints, notes=(*first.notes, *notes, *lists.left_out(look, shards)),
        reasons={**first.reasons, "format": reason},
    )


def _settings(config: CorpusConfig, first: Reading | None) -> CorpusConfig:
    """How each piece is to be read: as is set, and as the first one was found to be."""
    config = config.model_copy(update={"format": "", "member": "", "sheet": ""})
    if first is None or first.dialect is None:
        return config.model_copy(update={"format": first.format}) if first and first.format in MARKED else config
    return config.model_copy(update={
        "format": "csv", "delimiter": first.dialect.delimiter, "header": "yes" if first.dialect.header else "no",
    })


def _chunks(
    found: Sequence[Shard], recognised: Callable[[Path], Reading], reading: Reading, going: Pass
) -> Iterator[pl.DataFrame]:
    """The rows of all pieces, one after another, with what their names say in columns of its own.

    :raises CorpusError: a piece cannot be read, or has other columns than the first one.
    """
    shards = {shard.name: shard for shard in found}
    going.size = sum(shard.size for shard in found)
    digest = hashlib.blake2b(digest_size=16)
    rows = before = given = 0
    with closing(laid_down(reading.source, list(shards))) as pieces:
        for name, path in pieces:
            cells = shards[name].cells
            piece = recognised(path)
            _refuse_other_columns(piece, reading, name, found[0])
            own = Pass(None if going.most is None else max(1, going.most - given))
            first = rows
            for frame in piece.read(piece, own):
                rows += frame.height
                told = {key: cell or None for key, cell in cells.items() if key not in frame.columns}
                going.hints, going.said = own.hints, own.said
                going.position, going.given = min(going.size, before + own.position), given + own.given
                yield frame.with_columns(pl.lit(cell, pl.String).alias(key) for key, cell in told.items())
            _gather(own.faults, going.faults, first)
            before += shards[name].size
            given += own.given
            digest.update(f"{name}\0{own.digest}\n".encode("utf-8", "surrogateescape"))
            if going.most is not None and given >= going.most:
                return
    going.position, going.digest = going.size, digest.hexdigest()


def _refuse_other_columns(piece: Reading, whole: Reading, name: str, first: Shard) -> None:
    """:raises CorpusError: ``piece`` has other columns than the first one."""
    known = {column for column in whole.columns if column not in first.cells}
    if piece.columns and whole.columns and set(piece.columns) - set(first.cells) != known:
        raise CorpusError(
            f"'{name}' in '{whole.source.path.name}' has other columns ({', '.join(piece.columns[:10])}) than "
            f"'{first.name}' ({', '.join(whole.columns[:10])}), so they are no pieces of one table. Choose one of the "
            "files as the corpus."
        )


def _gather(own: Faults, all_of_them: Faults, first: int) -> None:
    """Add what was lost in one piece, whose rows begin with the ``first``, to what was lost before."""
    for name in ("undecodable", "skipped", "mended", "joined", "headings"):
        setattr(all_of_them, name, getattr(all_of_them, name) + getattr(own, name))
    before = first + len(all_of_them.lost) + len(all_of_them.blank)
    all_of_them.lost += [before + place for place in own.lost]
    all_of_them.blank += [before + place for place in own.blank]
    all_of_them.ragged += [first + place for place in own.ragged]
    all_of_them.notes += [note for note in own.notes if note not in all_of_them.notes]
