"""Plain texts and the line formats that mark their labels: TREC, fastText, wiki extracts."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import polars as pl

from ulmengine.corpus import limits
from ulmengine.corpus.column_sample import LONGEST_SCALE
from ulmengine.corpus.errors import CorpusError, Faults

from .frames import frames_of
from .heading import few_values
from .line_labels import are_headed, are_marked, are_pairs, headed_rows, labels_note, marked_rows, paired_rows
from .reading import Look, Pass, Reading, plan_text
from .textlines import text_lines
from .unusual import delimiter_note

TREC = re.compile(r"^(?:(\d+(?:#\d+)?)\s+)?([A-Z][A-Za-z_]*):([A-Za-z0-9_-]+)[ \t]+(.*)$", re.DOTALL)
FASTTEXT = re.compile(r"^(?:__label__\S+\s*)+")
FASTTEXT_END = re.compile(r"(?<!\s)(?:\s+__label__\S+)+\s*$")  # from the first of many spaces, not each
SCORED = re.compile(r"([+-]?\d(?:\.\d)?)[ \t]+(\S.*)", re.DOTALL)
TREE = re.compile(r"\((\d) \(.*\)\s*")
_LEAF = re.compile(r"\(\d ([^()]+)\)")
_BRACKETS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]"}
SECTION = re.compile(r"([A-Z][A-Z /&-]+)\t(.+)", re.DOTALL)
WIKI = re.compile(r"<doc\b([^>]*)>")
_WIDEST = 2_000
"""Behind so many characters of a line, no fixed columns are looked for."""
_RowsOf = Callable[[Iterator[str], Faults], Iterator[list[str]]]
_ATTRIBUTE = re.compile(r'\b(\w+)="([^"]*)"')


def plan(kind: str, look: Look, reason: str = "") -> Reading | None:
    """Plan the reading of plain text whose lines are of this ``kind``. :raises CorpusError: it is no text."""
    columns, title, fits, _ = KINDS[kind]
    if not (reason or fits(look.lines)):
        return None
    reason = reason or title
    reading = plan_text(kind, look, reason, _frames)
    told = f"Read from the lines: {reason}. If they are texts as they stand, choose the format 'lines'."
    notes: tuple[str, ...] = (told,) if kind in _TOLD else _fixed_note(look.lines) if kind == "lines" else ()
    if kind in ("lines", "blocks") and not look.config.format:
        notes = notes or labels_note(look.lines) or (delimiter_note(look.lines) if kind == "lines" else ())
    return replace(reading, columns=columns, notes=(*reading.notes, *notes))


def _frames(blocks: Iterator[str], reading: Reading, going: Pass) -> Iterator[pl.DataFrame]:
    rows = KINDS[reading.format].rows(text_lines(blocks, reading.source.path.name), going.faults)
    return frames_of(rows, reading.columns, going.faults)


def _fixed_note(lines: Sequence[str]) -> tuple[str, ...]:
    """A sentence where lines look like a table whose columns all begin at the same place, filled up with spaces: such
    a one is not read."""
    filled = [line.rstrip("\r\n")[:_WIDEST] for line in lines if line.strip()][:500]
    gaps = [gap.end() for line in filled[:1] for gap in re.finditer(r"\S  +(?=\S)", line)]
    places = [place for place in gaps
              if all(line[place - 1 : place] == " " and not line[place : place + 1].isspace() for line in filled)]
    for begin, end in pairwise((0, *places, _WIDEST)) if places else ():
        cells = [line[begin:end].strip() for line in filled]
        if few_values(cells) and len(set(cells)) > 1:
            return (f"Each line is read as a text, though a column begins at character {places[0] + 1} in all of them, "
                    f"as in a table of fixed columns, beside which or in which {len(set(cells)):,} values such as "
                    f"'{cells[-1]}' come again. If it is a table, save it as CSV.",)
    return ()


def _share(pattern: re.Pattern[str], lines: Sequence[str]) -> float:
    """How many of the first filled lines ``pattern`` fits."""
    filled = [line.rstrip("\r\n") for line in lines if line.strip()][:500]
    return sum(bool(pattern.search(line)) for line in filled) / max(1, len(filled))


def are_fasttext(lines: Sequence[str]) -> bool:
    return max(_share(FASTTEXT, lines), _share(FASTTEXT_END, lines)) >= 0.5


def bears_labels(lines: Sequence[str]) -> bool:
    """Whether lines bear their labels in a form of their own, which is no table's."""
    return are_fasttext(lines) or _are_sections(lines)


def _are_scored(lines: Sequence[str]) -> bool:
    """Whether a small number, one of a few, stands before the words of each line."""
    filled = [line.strip() for line in lines if line.strip()][:500]
    found = [match for match in map(SCORED.fullmatch, filled) if match]
    values = [match[1] for match in found]
    if len(filled) < 20 or len(found) < 0.98 * len(filled) or not 2 <= len(set(values)) <= LONGEST_SCALE:
        return False
    words = sum(letter.isalpha() for match in found for letter in match[2])
    spaces = sum(match[2].count(" ") > 1 or not match[2].isascii() for match in found)
    again = values != sorted(values, key=float) or len(set(values)) <= 0.2 * len(values)
    counted = sum(float(after) == float(value) + 1 for value, after in pairwise(values)) > 0.5 * len(values)
    if counted or not any(value[0] in "0+-" for value in values):  # steps and verses, cups and goals
        return False
    return again and words > 0.5 * sum(len(match[2]) for match in found) and spaces > 0.8 * len(found)


def _are_sections(lines: Sequence[str]) -> bool:
    """Abstracts as PubMed RCT has them: ###24293578, and then each sentence behind the name of its section."""
    filled = [line for line in lines if line.strip()]
    numbers = sum(line.startswith("###") for line in filled)
    return 0 < numbers < len(filled) and filled[0].startswith("###") and all(
        line.startswith("###") or SECTION.fullmatch(line) for line in filled)


def _has_articles(lines: Sequence[str]) -> bool:
    return any(WIKI.match(line) for line in [line for line in lines if line.strip()][:3])


def _has_blocks(lines: Sequence[str]) -> bool:
    """Blank lines separate documents: some blocks have several lines, and none runs on and on."""
    body = "".join(lines).replace("\r\n", "\n").strip("\n")
    blocks = [block for block in re.split(r"\n[ \t]*\n", body) if block.strip()]
    if len(blocks) < 2 or body.count("\n") > 50 * len(blocks):
        return False
    return sum("\n" in block.strip("\n") for block in blocks) >= 0.2 * len(blocks)


def _trec(lines: Iterator[str], faults: Faults) -> Iterator[list[str]]:
    for number, line in enumerate(line for line in lines if line.strip()):
        match = TREC.match(line.rstrip("\r\n"))
        if match:
            yield [match[2], match[3], match[4].strip()]
        else:
            faults.ragged.append(number)
            yield ["", "", line.strip()]


def _each(row: Callable[[str], list[str]]) -> _RowsOf:
    """The rows of lines that are a document each; a blank one is none."""
    return lambda lines, _: (row(line) for line in lines if line.strip())


def _fasttext(line: str) -> list[str]:
    before, after = FASTTEXT.match(line), FASTTEXT_END.search(line)
    text = line[before.end() if before else 0 : after.start() if after else None]
    marks = (before.group(0) if before else "").split() + (after.group(0) if after else "").split()
    labels = list(dict.fromkeys(mark.removeprefix("__label__") for mark in marks))
    cell = json.dumps(labels, ensure_ascii=False) if len(labels) > 1 else "".join(labels)
    return [cell, text.strip().removeprefix(", ")]


def _scored(line: str) -> list[str]:
    match = SCORED.fullmatch(line.strip())
    return [match[1], match[2]] if match else ["", line.strip()]


def _tree(line: str) -> list[str]:
    match = TREE.fullmatch(line)
    words = (_BRACKETS.get(word, word) for word in _LEAF.findall(line))
    return [match[1], " ".join(words)] if match else ["", line.strip()]


def _sections(lines: Iterator[str], _: Faults) -> Iterator[list[str]]:
    for line in lines:
        if line.strip() and not line.startswith("###"):
            label, _between, text = line.partition("\t")
            yield [label.strip(), text.strip()] if text else ["", line.strip()]


def _lines(lines: Iterator[str], faults: Faults) -> Iterator[list[str]]:
    row, blank = 0, 0
    for line in lines:
        if not line.strip():
            blank += 1
            continue
        if blank:
            faults.blank += range(row, row + blank)
            row, blank = row + blank, 0
        row += 1
        yield [line.rstrip("\r\n")]


def _blocks(lines: Iterator[str], _: Faults) -> Iterator[list[str]]:
    block: list[str] = []
    size = 0
    for line in lines:
        if line.strip():
            block.append(line)
            size = _grown(size, line)
        elif block:
            yield ["".join(block).strip()]
            block, size = [], 0
    if block:
        yield ["".join(block).strip()]


def _wiki(lines: Iterator[str], _: Faults) -> Iterator[list[str]]:
    head: dict[str, str] | None = None
    body: list[str] = []
    size = 0
    for line in lines:
        match = WIKI.match(line)
        if match or line.startswith("</doc>"):
            if head is not None:
                yield [head.get("id", ""), head.get("title", ""), "".join(body).strip()]
            head = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(match.group(1))} if match else None
            body, size = [], 0
        elif head is not None or line.strip():
            head = {} if head is None else head
            body.append(line)
            size = _grown(size, line)
    if head is not None:
        yield [head.get("id", ""), head.get("title", ""), "".join(body).strip()]


def _file(lines: Iterator[str], _: Faults) -> Iterator[list[str]]:
    parts: list[str] = []
    size = 0
    for line in lines:
        parts.append(line)
        size = _grown(size, line)
    yield ["".join(parts).strip()]


def _grown(size: int, line: str) -> int:
    size += len(line)
    if size > limits.MAX_FIELD:
        raise CorpusError(
            f"A document is longer than {limits.MAX_FIELD:,} characters. Is every line a document of its own? Then "
            "choose the format 'lines'."
        )
    return size


class Kind(NamedTuple):
    """A line format: its columns, what it is, which lines show it, and how a source's lines become rows."""

    columns: tuple[str, ...]
    title: str
    fits: Callable[[Sequence[str]], bool]
    rows: _RowsOf


KINDS = {  # in the order in which they are tried
    "wiki": Kind(("id", "title", "text"), "documents stand between <doc ...> and </doc>", _has_articles, _wiki),
    "fasttext": Kind(("label", "text"), "lines begin or end with __label__", are_fasttext, _each(_fasttext)),
    "trec": Kind(("label", "fine", "text"), "lines begin with LABEL:fine", lambda lines: _share(TREC, lines) >= 0.9,
                 _trec),
    "trees": Kind(("label", "text"), "each line is a tree of words, and the number at its root is the label",
                  lambda lines: _share(TREE, lines) >= 0.98, _each(_tree)),
    "scored": Kind(("label", "text"), "the number at the beginning of each line is its label", _are_scored,
                   _each(_scored)),
    "sections": Kind(("label", "text"), "the name of a section stands before each sentence, as in PubMed RCT",
                     _are_sections, _sections),
    "marked": Kind(("label", "text"), "the label stands before or behind the text of each line", are_marked,
                   lambda lines, _: marked_rows(lines)),
    "pairs": Kind(("label", "text"), "of every two lines one is the label of the other", are_pairs,
                  lambda lines, _: paired_rows(lines)),
    "headed": Kind(("label", "text"), "the headings are the labels of the lines below them", are_headed,
                   lambda lines, _: headed_rows(lines)),
    "blocks": Kind(("text",), "a blank line stands between two documents", _has_blocks, _blocks),
    "file": Kind(("text",), "the file is one document", lambda _: False, _file),
    "lines": Kind(("text",), "each line is a document", lambda _: True, _lines),
}
_TOLD = ("trees", "scored", "sections", "marked", "pairs", "headed")
