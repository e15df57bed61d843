"""Formats that are known by name and not read: each is refused with what to do instead, never taken for lines."""

from __future__ import annotations

import re
from typing import NamedTuple

from ulmengine.corpus.errors import CorpusError

from .reading import Look


class _Refusal(NamedTuple):
    suffixes: tuple[str, ...]
    start: re.Pattern[str]
    what: str
    advice: str
    in_prose: bool = True  # told by its first lines though its name says that it is prose


_KINDS = (
    _Refusal(
        (".arff",), re.compile(r"(?:\s*(?:%[^\n]*)?\n)*\s*@relation\b", re.IGNORECASE),
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
_PROSE = (".txt", ".text", ".md", ".markdown", ".rst", ".log")


def plan(look: Look, _reason: str = "") -> None:
    """:raises CorpusError: by its name or its first lines it is of such a format."""
    suffix, start, name = look.source.suffix, look.start[:20_000], look.source.path.name
    for kind in _KINDS:
        if suffix in kind.suffixes or ((kind.in_prose or suffix not in _PROSE) and kind.start.match(start)):
            raise CorpusError(f"'{name}' is {kind.what}, which is not read here. {kind.advice.format(name=name)}")
