"""Plain texts and the line formats that mark their labels: TREC, fastText, wiki extracts."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from . import limits
from .errors import CorpusError
from .textlines import Losses

TREC = re.compile(r"^(?:(\d+(?:#\d+)?)\s+)?([A-Z][A-Za-z_]*):([A-Za-z0-9_-]+)[ \t]+(.*)$", re.DOTALL)
FASTTEXT = re.compile(r"^(?:__label__\S+\s*)+")
WIKI = re.compile(r"<doc\b([^>]*)>")
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


class Kind(NamedTuple):
    """A line format: its columns and how a source's lines become rows."""

    columns: tuple[str, ...]
    title: str


KINDS = {
    "lines": Kind(("text",), "each line is a document"),
    "blocks": Kind(("text",), "a blank line stands between two documents"),
    "file": Kind(("text",), "the file is one document"),
    "trec": Kind(("label", "fine", "text"), "lines begin with LABEL:fine"),
    "fasttext": Kind(("label", "text"), "lines begin with __label__"),
    "wiki": Kind(("id", "title", "text"), "documents stand between <doc ...> and </doc>"),
}


def recognise_text(lines: list[str]) -> str:
    """The line format of a text that begins with ``lines``, one of ``KINDS``."""
    filled = [line.rstrip("\r\n") for line in lines if line.strip()][:500]
    if not filled:
        return "lines"
    if any(WIKI.match(line) for line in filled[:3]):
        return "wiki"
    if sum(bool(FASTTEXT.match(line)) for line in filled) >= 0.5 * len(filled):
        return "fasttext"
    if sum(bool(TREC.match(line)) for line in filled) >= 0.9 * len(filled):
        return "trec"
    return "blocks" if _has_blocks(lines) else "lines"


def _has_blocks(lines: list[str]) -> bool:
    """Blank lines separate documents: some blocks have several lines, and none runs on and on."""
    body = "".join(lines).replace("\r\n", "\n").strip("\n")
    blocks = [block for block in re.split(r"\n[ \t]*\n", body) if block.strip()]
    if len(blocks) < 2 or body.count("\n") > 50 * len(blocks):
        return False
    return sum("\n" in block.strip("\n") for block in blocks) >= 0.2 * len(blocks)


def text_rows(kind: str, lines: Iterator[str], losses: Losses) -> Iterator[list[str]]:
    """Rows with the columns of ``KINDS[kind]``."""
    if kind == "trec":
        return _trec(lines, losses)
    if kind == "fasttext":
        return _fasttext(lines)
    if kind == "wiki":
        return _wiki(lines)
    if kind == "blocks":
        return _blocks(lines)
    if kind == "file":
        return iter([[_whole(lines)]])
    return ([line.rstrip("\r\n")] for line in lines if line.strip())


def _trec(lines: Iterator[str], losses: Losses) -> Iterator[list[str]]:
    number = 0
    for line in lines:
        if not line.strip():
            continue
        match = TREC.match(line.rstrip("\r\n"))
        if match:
            yield [match.group(2), match.group(3), match.group(4).strip()]
        else:
            losses.ragged.append(number)
            yield ["", "", line.strip()]
        number += 1


def _fasttext(lines: Iterator[str]) -> Iterator[list[str]]:
    for line in lines:
        if not line.strip():
            continue
        match = FASTTEXT.match(line)
        marks = match.group(0).split() if match else []
        text = line[match.end() :] if match else line
        labels = [mark.removeprefix("__label__") for mark in marks]
        cell = json.dumps(labels, ensure_ascii=False) if len(labels) > 1 else "".join(labels)
        yield [cell, text.strip()]


def _blocks(lines: Iterator[str]) -> Iterator[list[str]]:
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


def _wiki(lines: Iterator[str]) -> Iterator[list[str]]:
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


def _whole(lines: Iterator[str]) -> str:
    parts: list[str] = []
    size = 0
    for line in lines:
        parts.append(line)
        size = _grown(size, line)
    return "".join(parts).strip()


def _grown(size: int, line: str) -> int:
    size += len(line)
    if size > limits.MAX_FIELD:
        raise CorpusError(
            f"A document is longer than {limits.MAX_FIELD:,} characters. Is every line a document of its own? Then "
            "choose "
            "the format 'lines'."
        )
    return size
