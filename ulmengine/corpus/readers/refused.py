"""Formats that are known by name and not read: each is refused with what to do instead, never taken for lines."""

from __future__ import annotations

import re
from typing import NamedTuple

from ulmengine.corpus.errors import CorpusError

from .reading import Look, Reading


class _Refusal(NamedTuple):
    suffixes: tuple[str, ...]
    start: re.Pattern[str]
    what: str
    advice: str
    in_prose: bool = True  # told by its first lines though its name says that it is prose


_KINDS = {
    "arff": _Refusal(
        (".arff",), re.compile(r"(?:\s*(?:%[^\n]*)?\n)*\s*@relation\b", re.IGNORECASE),
        "an ARFF file, as Weka writes it", "Open it in Weka and save it as CSV.",
    ),
    "svmlight": _Refusal(
        (".svmlight", ".libsvm", ".svm"), re.compile(
            r"(?:#[^\n]*\n)*"
            r"(?:[+-]?\d[\d.,]*(?:[ \t]+(?:qid|\d+):[\d.eE+-]+){3,}[ \t]*(?:#[^\n]*)?\r?\n){2}"),
        "a table of numbers in the form of SVMlight, without texts", "Choose the file with the texts.",
    ),
    "sql": _Refusal(
        (".sql",), re.compile(
            r"(?:/\*M?![^\n]*\n\s*)?(?:--[ \t]*\n)*--[ \t]*(?:MySQL dump|MariaDB dump|phpMyAdmin SQL Dump|"
            r"PostgreSQL database (?:cluster )?dump|Adminer \S+ (?:MySQL|PostgreSQL|SQLite)|SQLite (?:database )?dump)"
            r"|PRAGMA foreign_keys ?= ?OFF;\s*BEGIN TRANSACTION;", re.IGNORECASE),
        "a dump of a database in SQL",
        "Load it into a database, and export the table with the texts as CSV.",
    ),
    "rasa": _Refusal(
        (), re.compile(
            r"(?:[^\n]*\n)*?nlu:\s*(?:#[^\n]*\n\s*)*- (?:intent|lookup|synonym|regex):"
            r"|(?:[^\n]*\n){0,5}?## ?(?:intent|synonym|lookup|regex): ?\S+[^\n]*\n\s*[-*+] "),
        "a training file of Rasa",
        "Convert it: rasa data convert nlu --data '{name}' --out nlu.json -f json. The JSON is read.",
    ),
    "yaml": _Refusal(
        (".yaml", ".yml"), re.compile(
            r"(?:%YAML[^\n]*\n)?(?:---[^\n]*\n)?"
            r"(?:- +[\w\"'-]+:(?: [^\n]*)?\r?\n(?: +[\w\"'-]+:(?: [^\n]*)?\r?\n)+){2}"),
        "a YAML file", "Save the same list as JSON, or as a table (CSV).", in_prose=False,
    ),
}
NAMES = tuple(_KINDS)
_PROSE = (".txt", ".text", ".md", ".markdown", ".rst", ".log")


def recognise(kind: str, look: Look) -> str:
    """By its name or its first lines."""
    found, suffix = _KINDS[kind], look.source.suffix
    by_content = (found.in_prose or suffix not in _PROSE) and found.start.match(look.start[:20_000])
    return found.what if suffix in found.suffixes or by_content else ""


def plan(look: Look, reason: str) -> Reading:
    """:raises CorpusError: always."""
    advice = next((found.advice for found in _KINDS.values() if found.what == reason), "Save it as CSV.")
    name = look.source.path.name
    raise CorpusError(f"'{name}' is {reason}, which is not read here. {advice.format(name=name)}")
