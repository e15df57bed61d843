"""The formats that are read: one table, in the order in which a source is tried for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import polars as pl

from ulmengine.config import CorpusConfig
from ulmengine.corpus import limits
from ulmengine.corpus.errors import CorpusError, plain_reason

from . import aligned, columnar, delimited, jsonrows, mail, markup, plain, refused, shards, tree, workbook
from .reading import Look, Pass, Reading
from .source import Source, find_source
from .textlines import without_padding
from .turns import with_turns

ALIASES = {
    "tsv": "csv", "delimited": "csv", "xlsx": "excel", "xls": "excel", "ods": "excel", "txt": "text", "plain": "text",
    "ndjson": "jsonl", "feather": "arrow", "htm": "html", "sgm": "xml",
    "sgml": "xml", "eml": "mail", "aclimdb": "folder", "line": "lines", "block": "blocks",
}


def recognise(path: Path, config: CorpusConfig) -> Reading:
    """Look at the beginning of ``path`` and plan its reading; what ``config`` sets is taken as set.

    :raises CorpusError: not there, unreadable, empty, binary, or of a format that is not known.
    """
    with plain_words(path):
        return _recognise(path, config)


def _recognise(path: Path, config: CorpusConfig) -> Reading:
    wanted = known_format(config.format)
    source = find_source(path, member=config.member)
    if source.is_tree:
        wanted = ""
    elif wanted in ("folder", "shards", "aligned"):
        raise CorpusError(f"'{path.name}' is a file, not a folder of documents. Leave the format empty.")
    look = look_at(source, config)
    for name in (wanted,) if wanted in FORMATS else plain.KINDS if wanted == "text" else FORMATS:
        reading = FORMATS[name](look, "as set" if name == wanted else "")
        if reading is not None:
            return _with_unused(reading, config)
    raise CorpusError(f"'{path.name}' is of no format that is known here.")


FORMATS: dict[str, Callable[[Look, str], Reading | None]] = {
    "shards": partial(shards.plan, _recognise),
    "aligned": aligned.plan,
    "folder": partial(tree.plan, _recognise),
    **{name: partial(columnar.plan, name) for name in ("parquet", "arrow")},
    "excel": workbook.plan,
    "refused": refused.plan,
    **{name: partial(mail.plan, name) for name in ("mbox", "mail")},
    **{name: partial(jsonrows.plan, name) for name in ("jsonl", "json")},
    "html": markup.plan_html,
    "xml": markup.plan_xml,
    "csv": delimited.plan,
    **{name: partial(plain.plan, name) for name in plain.KINDS},
}
"""How a source is read, given why it is of a format; None where it is not: no reason is given, and none is found."""
FORMAT_NAMES = tuple(name for name in FORMATS if name != "refused")
"""The formats that a person may choose."""


def _with_unused(reading: Reading, config: CorpusConfig) -> Reading:
    """``reading`` with a word about what was set for tables, where it is none."""
    if reading.format not in plain.KINDS:
        return reading
    unused = [f"delimiter {config.delimiter!r}"] if config.delimiter else []
    unused += ["heading"] if config.header == "yes" else []
    if not unused:
        return reading
    told = (f"Not used, though set: the {' and the '.join(unused)}. '{reading.source.path.name}' is read as plain "
            "text. If it is a table, set the format to 'csv'.")
    return replace(reading, notes=(*reading.notes, told))


def known_format(name: str) -> str:
    """The format a person called ``name``; "text" stays open. :raises CorpusError: there is none of that name."""
    found = name.strip().lower().lstrip(".")
    found = ALIASES.get(found, found)
    if found and found not in (*FORMAT_NAMES, "text"):
        known = ", ".join(("text", *FORMAT_NAMES))
        raise CorpusError(f"There is no format called '{name}'. Known are: {known}.")
    return found


def look_at(source: Source, config: CorpusConfig) -> Look:
    """The beginning of a source. :raises CorpusError: nothing in it."""
    if source.is_tree:
        return Look(source, config)
    with source.open() as stream:
        sample = stream.read(limits.SAMPLE_BYTES)
    if not sample:
        raise CorpusError(f"'{source.path.name}' is empty: there is nothing in it. Choose a file with texts in it.")
    return Look(source, config, without_padding(sample), len(sample) < limits.SAMPLE_BYTES)


def chunks(reading: Reading, going: Pass) -> Iterator[pl.DataFrame]:
    """The rows of a source as frames of strings. :raises CorpusError: it turns out unreadable on the way."""
    with plain_words(reading.source.path):
        yield from map(with_turns, reading.read(reading, going))


@contextmanager
def plain_words(path: Path) -> Iterator[None]:
    """What a reader of another's making raises at a damaged file becomes a sentence: also the panics of readers in
    Rust, which are no ``Exception``."""
    try:
        yield
    except (CorpusError, OSError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except MemoryError as error:
        raise CorpusError(
            f"'{path.name}' needs more memory than there is. Close other programs, or cut the file into smaller ones."
        ) from error
    except BaseException as error:
        raise CorpusError(
            f"'{path.name}' cannot be read: it is damaged, or not what it seems ({plain_reason(error)}). Fetch it "
            "again, or save it in another format."
        ) from error
