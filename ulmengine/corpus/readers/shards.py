"""One table in several files of a folder or archive, as programs write them: train-00000-of-00002.parquet and the data
sets that Hugging Face saves, part-00000.csv of Spark, label=pos/... of Hive."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import polars as pl

from ulmengine.config import CorpusConfig
from ulmengine.corpus.column_names import part_in
from ulmengine.corpus.errors import CorpusError, Faults

from . import lists
from .layout import is_about
from .lists import MARKED, Shard
from .reading import Look, Pass, Reading
from .tree_files import laid_down, walk_files

_SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".arrow")
_PACKED = (".gz", ".gzip", ".bz2", ".xz")
_COUNTED = re.compile(r"(.+?)[-_]\d{3,6}[-_]of[-_]\d{3,6}(?:-[0-9a-f]+)?(?:\.[a-z]\w*)?")
_SPARK = re.compile(r"part-(?:[mr]-)?\d{5}(?:-[\w-]+)?(?:\.[a-z]\w*)*")
_HIVE = re.compile(r"([A-Za-z_]\w*)=(.+)")
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


def _value(text: str) -> str:
    return "" if text == _NO_VALUE else unquote(text)


def plan(recognised: Recognise, look: Look, _reason: str = "") -> Reading | None:
    """Plan the reading of a folder or archive in which all tables are the pieces of one, by the first of them.

    :raises CorpusError: it cannot be read.
    """
    shards = _shards(look) if look.source.is_tree else []
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
        first.dialect, columns, text_place=first.text_place, hints=first.hints,
        notes=(*first.notes, *lists.left_out(look, shards)), reasons={**first.reasons, "format": reason},
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
