"""The formats that are read: one table, in the order in which a source is tried for them; and those that are known by
name and not read, each refused with what to do instead, never taken for lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import polars as pl

from ulmengine.config import CorpusConfig
from ulmengine.corpus import limits
from ulmengine.corpus.errors import CorpusError, RecordsError, memory_failure, plain_reason
from ulmengine.disk import is_out_of_memory

from . import (
    aligned,
    columnar,
    delimited,
    fields,
    joined,
    json_files,
    jsonrows,
    mail,
    markup,
    plain,
    shards,
    tree,
    workbook,
)
from .heading import column_names
from .reading import Look, Pass, Reading
from .source import Source, find_source
from .textlines import without_padding
from .turns import in_turn

ALIASES = {
    "tsv": "csv", "delimited": "csv", "xlsx": "excel", "xls": "excel", "ods": "excel", "txt": "text", "plain": "text",
    "ndjson": "jsonl", "feather": "arrow", "htm": "html", "sgm": "xml",
    "sgml": "xml", "eml": "mail", "aclimdb": "folder", "line": "lines", "block": "blocks",
}


class _Refusal(NamedTuple):
    suffixes: tuple[str, ...]
    start: re.Pattern[str]
    what: str
    advice: str
    in_prose: bool = True  # told by its first lines though its name says that it is prose
    records: bool = False  # its lines are records, whose marks would be read as words
    also: Callable[[str], bool] = bool  # what else its beginning must be


_STARTED = 20_000
_STATEMENT = re.compile(
    r"(INSERT|REPLACE)\b|(?:VALUES|CREATE|DROP|ALTER|SET|USE|BEGIN|START|COMMIT|LOCK|UNLOCK|GO)\b|[();#]|--|/\*", re.I)
_COMMENT = re.compile(r"--|#|/\*|GO$", re.IGNORECASE)
_GOING_ON = re.compile(r"[,(]$|\bVALUES$", re.IGNORECASE)


def _are_statements(start: str) -> bool:
    """Whether nearly all lines are statements that fill tables, each ended or going on in the next line; others are
    texts with further ones among them, or with a label behind each."""
    whole = start if len(start) < _STARTED else start.rpartition("\n")[0]
    lines = [bare for line in whole.splitlines() if (bare := line.strip())]
    good, in_text, goes_on = 0, False, False
    for line in lines:
        begun, within = _STATEMENT.match(line), goes_on
        odd = line.replace("\\'", "").count("'") % 2 == 1
        in_text = (in_text and not (begun and begun[1])) != odd
        goes_on = in_text or _GOING_ON.search(line) is not None
        ended = goes_on or line[-1] in ");" or _COMMENT.match(line) is not None
        good += ended if begun else within
    return good >= 0.9 * len(lines)


_REFERENCES = "Export it as CSV in a program for references, such as Zotero: titles and abstracts become columns."
_SPOKEN = ("Save what is said as plain text; or, for a label each, write the sentences and their labels into a table "
           "(CSV).")
_REFUSED = (
    _Refusal(
        (".arff",), re.compile(r"(?:[^\S\n]*(?:%[^\n]*)?\n)*+\s*@relation\b", re.IGNORECASE),
        "an ARFF file, as Weka writes it", "Open it in Weka and save it as CSV.",
    ),
    _Refusal(
        (".svmlight", ".libsvm", ".svm"), re.compile(
            r"(?:#[^\n]*\n)*"
            r"(?:[+-]?\d[\d.,]*(?:[ \t]+(?:qid|\d+):[\d.eE+-]+){3,}[ \t]*(?:#[^\n]*)?\r?\n){2}"),
        "a table of numbers in the form of SVMlight, without texts", "Choose the file with the texts.",
    ),
    _Refusal(
        (), re.compile(r"#FORMAT=WebAnno TSV "),
        "a WebAnno TSV of INCEpTION, in which words are marked and not whole texts",
        "Write the text of each document and its class into a table (CSV), one row a document.",
    ),
    _Refusal(
        (".conll", ".conllu", ".iob", ".bio"), re.compile(
            r"(?=[^\0]{0,4000}?[ \t][BIES]-[A-Za-z])(?:-DOCSTART-[^\n]*\n\s*)?"
            r"(?:[^\s]+(?:[ \t][^\s]+){0,3}[ \t](?:O|[BIES]-[\w-]+)[ \t]*\r?\n){4}"),
        "a file in the form of CoNLL, in which words are marked and not whole texts",
        "Write the text of each document and its class into a table (CSV), one row a document.",
    ),
    _Refusal(
        (), re.compile(r"(?={0}\|(\w*)[ \t])(?:{0}\|\1[ \t][^\n]*\n){{3}}".format(
            r"[+-]?\d+(?:\.\d+)?[ \t]+(?:\d+\.\d+[ \t]+[^\s|]*|'[^\s|]*)")),
        "a file of Vowpal Wabbit with a weight or a tag before each text",
        "Write the label and the text of each line into a table (CSV).",
    ),
    _Refusal(
        (".spacy",), re.compile(r"(?!)"),
        "a binary file of spaCy", "Write the text and the cats of each document in it as JSON lines.",
    ),
    _Refusal(
        (".sql",), re.compile(
            r"(?:/\*M?![^\n]*\n\s*)?(?:--[ \t]*\n)*--[ \t]*(?:MySQL dump|MariaDB dump|phpMyAdmin SQL Dump|"
            r"PostgreSQL database (?:cluster )?dump|Adminer \S+ (?:MySQL|PostgreSQL|SQLite)|SQLite (?:database )?dump)"
            r"|PRAGMA foreign_keys ?= ?OFF;\s*BEGIN TRANSACTION;", re.IGNORECASE),
        "a dump of a database in SQL",
        "Load it into a database, and export the table with the texts as CSV.",
    ),
    _Refusal(
        (), re.compile(
            r"(?:(?:--[^\n]*+|(?:DROP|CREATE|USE|SET|BEGIN|START|LOCK)\b[^;]*+;)\s*+)*+"
            r"(?:INSERT|REPLACE)\s+(?:IGNORE\s+)?INTO\s+[`\"\[\w.\]]+\s*(?:\([^)\n]*\)\s*)?VALUES\s*\(", re.IGNORECASE),
        "a table of a database in SQL", "Load it into a database, and export the table with the texts as CSV.",
        records=True, also=_are_statements,
    ),
    _Refusal(
        (), re.compile(
            r"(?:[^\n]*\n)*?nlu:\s*(?:#[^\n]*\n\s*)*- (?:intent|lookup|synonym|regex):"
            r"|(?:[^\n]*\n){0,5}?## ?(?:intent|synonym|lookup|regex): ?\S+[^\n]*\n\s*[-*+] "),
        "a training file of Rasa",
        "Convert it: rasa data convert nlu --data '{name}' --out nlu.json -f json. The JSON is read.",
    ),
    _Refusal(
        (".yaml", ".yml"), re.compile(
            r"(?:%YAML[^\n]*\n)?(?:---[^\n]*\n)?"
            r"(?:- +[\w\"'-]+:(?: [^\n]*)?\r?\n(?: +[\w\"'-]+:(?: [^\n]*)?\r?\n)+){2}"),
        "a YAML file", "Save the same list as JSON, or as a table (CSV).", in_prose=False,
    ),
)
_RECORDS = (
    _Refusal(
        (".ris",), re.compile(r"TY  - [A-Z]{3,5}\s*\r?\n(?:[A-Z][A-Z0-9]  -[^\n]*\n)"),
        "a list of references in the form of RIS", _REFERENCES, records=True,
    ),
    _Refusal(
        (".bib", ".bibtex"), re.compile(
            r"(?:%[^\n]*\n\s*)*@(?:article|book|booklet|conference|inbook|incollection|inproceedings|manual|mastersthesis|"
            r"misc|online|phdthesis|proceedings|techreport|thesis|report|unpublished|string)\s*\{", re.IGNORECASE),
        "a list of references in the form of BibTeX", _REFERENCES, records=True,
    ),
    _Refusal(
        (".nbib",), re.compile(r"PMID- ?\d+\s*\r?\n(?:[A-Z]{2,4} *- [^\n]*\n)"),
        "a list of articles as PubMed exports it (NBIB)", "Export them as CSV in a program for references, such as "
        "Zotero, or fetch PubMed's XML, which is read, abstracts and all.", records=True,
    ),
    _Refusal(
        (".srt",), re.compile(r"\d+[ \t]*\r?\n\d+:\d\d:\d\d[,.]\d+ +--> +\d"),
        "a file of subtitles (SubRip)", _SPOKEN, records=True,
    ),
    _Refusal(
        (".vtt",), re.compile(r"WEBVTT(?:[ \t]+(?:-|Kind:|X-)[^\n]*)?\r?\n"), "a file of subtitles (WebVTT)", _SPOKEN,
        records=True,
    ),
    _Refusal(
        (), re.compile(r"window\.YTD\.[\w.]+ ?= ?\["),
        "a program in JavaScript out of an archive of X (Twitter)",
        "Delete all before the first [ and save it as .json: the JSON is read.", records=True,
    ),
    _Refusal(
        (), re.compile(r"(?:var |let |const |export default |module\.exports ?= ?)?\w* ?=? ?\[\s*(?:#[^\n]*\s+)?"
                       r"(?:\(\s*[\"'][^\n]*[\"'][^\n]*\)\s*,\s*){3}"),
        "a list in a program", "Write it out as a table (CSV) or as JSON: in Python, csv.writer(file).writerows(data).",
        records=True,
    ),
    _Refusal(
        (), re.compile(r"(?:[^\n]*\n){0,6}?-{30,}[ \t]*\r?\n\|[^\n]*\|[ \t]*\r?\n-{30,}[ \t]*\r?\n\|[^\n]*\|"),
        "a report with a table that is drawn page by page, as SAP prints it",
        "Save the list itself: in SAP, List > Export > Spreadsheet, or Text with tabs.", records=True,
    ),
    _Refusal(
        (), re.compile(r"(?=[^\n]*\S  +\S[^\n]*\n)[^\n-]+\r?\n-{2,}(?: +-{2,})+[ \t]*\r?\n[^\n]*\S"),
        "a listing with columns of fixed width, as SQL*Plus and sqlcmd print it",
        "Save it as CSV: SET MARKUP CSV ON in SQL*Plus, sqlcmd -s, or any client's export.", records=True,
    ),
)
_PROSE = (".txt", ".text", ".md", ".markdown", ".rst", ".log")


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
    elif wanted in ("folder", "shards", "joined", "aligned", "json_files"):
        raise CorpusError(f"'{path.name}' is a file, not a folder of documents. Leave the format empty.")
    look = look_at(source, config)
    for name in (wanted,) if wanted in FORMATS else plain.KINDS if wanted == "text" else FORMATS:
        reading = FORMATS[name](look, "as set" if name == wanted else "")
        if reading is not None:
            return _with_unused(reading, config)
    raise CorpusError(f"'{path.name}' is of no format that is known here.")


def _refuse(look: Look, _reason: str = "") -> None:
    """:raises CorpusError: by its name or its first lines it is of such a format."""
    suffix, start, name = look.source.suffix, look.start[:_STARTED], look.source.path.name
    for kind in (*_REFUSED, *_RECORDS):
        begins = (kind.in_prose or suffix not in _PROSE) and kind.start.match(start) and kind.also(start)
        if suffix in kind.suffixes or begins:
            told = f"'{name}' is {kind.what}, which is not read here. {kind.advice.format(name=name)}"
            if kind.records:
                raise RecordsError(f"{told} If its lines are to be read as they stand, set the format to 'lines'.")
            raise CorpusError(told)


FORMATS: dict[str, Callable[[Look, str], Reading | None]] = {
    "shards": partial(shards.plan, _recognise),
    "joined": partial(joined.plan, _recognise),
    "aligned": aligned.plan,
    "json_files": json_files.plan,
    "folder": partial(tree.plan, _recognise),
    **{name: partial(columnar.plan, name) for name in ("parquet", "arrow")},
    "excel": workbook.plan,
    "refused": _refuse,
    **{name: partial(mail.plan, name) for name in ("mbox", "mail")},
    **{name: partial(jsonrows.plan, name) for name in ("python", "jsonl", "json")},
    "html": markup.plan_html,
    "xml": markup.plan_xml,
    "fields": fields.plan,
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
        yield from in_turn(map(_named, reading.read(reading, going)), going)


def _named(frame: pl.DataFrame) -> pl.DataFrame:
    """``frame`` without the NUL in its columns' names, which no copy can hold."""
    if not any("\0" in name for name in frame.columns):
        return frame
    given = [name.replace("\0", "") for name in frame.columns]
    return frame.rename(dict(zip(frame.columns, column_names(given, frame.width), strict=True)))


@contextmanager
def plain_words(path: Path) -> Iterator[None]:
    """What a reader of another's making raises at a damaged file becomes a sentence: also the panics of readers in
    Rust, which are no ``Exception``."""
    try:
        yield
    except (CorpusError, OSError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        if is_out_of_memory(error):
            raise memory_failure(path) from error
        raise CorpusError(
            f"'{path.name}' cannot be read: it is damaged, or not what it seems ({plain_reason(error)}). Fetch it "
            "again, or save it in another format."
        ) from error
