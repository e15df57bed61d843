"""JSON Lines and JSON as rows, streamed: an array is read one element at a time, on one line or on many."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

import polars as pl

from ulmengine.corpus import limits
from ulmengine.corpus.errors import CorpusError, Faults, plain_reason

from .delimited import SUFFIXES as TABLES
from .entries import begins_dump
from .frames import frames_of_records
from .literals import are_literals, literal
from .reading import Look, Pass, Reading, plan_text
from .records import DEPTH, Shaped, cell_of
from .shapes import documents_in, documents_in_list, heading_of
from .textlines import text_lines
from .tools import exported
from .turns import TURNS, glued

MAX_OBJECT = 256_000_000
"""A JSON file that is one single object must be read whole: the most characters it may have."""

LINES = (".jsonl", ".ndjson")
_MOST_DIGITS = 1_000
_OBJECT = re.compile(r"[\[\s]*\{\s*(?:[\"}]|$)")
_LONG_LINE = 10_000
_BLANK = " \t\r\n"
_PIECES = ("data", "parts", "text")
_OF_PIECES = frozenset(("text", "meta", "alias", "entity", "slot_name", "userDefined"))
_WRAPPED = 3
"""Fields of a record that are wrapped in objects with a "label" each: of fewer it may be the label."""
_AS_PYTHON = ("Each line is read as a record in the form in which Python prints it, which is no JSON. If the lines are "
              "texts as they stand, choose the format 'lines'.")
_IN_PYTHON = re.compile(r"[\[\s]*\{\s*'")
_PEEK = 60
"""By so many values it is judged what the records are."""


def plan(kind: str, look: Look, reason: str = "") -> Reading | None:
    """Plan the reading of "jsonl", "json" or "python", known by the first characters or by the file's name.

    :raises CorpusError: it is binary.
    """
    reason = reason or _told(kind, look)
    reading = plan_text(kind, look, reason, _frames, whole=kind == "json") if reason else None
    if reading is None or kind != "python":
        return reading
    return replace(reading, notes=(*reading.notes, _AS_PYTHON))


def _told(kind: str, look: Look) -> str:
    """Why a source is of this ``kind``; "" where it is not."""
    if kind == "python":
        return "each line is a record as Python prints it" if are_literals(look.lines) else ""
    suffix, begins = look.source.suffix, look.start[:1] in ("{", "[")
    found = _json_kind(look.start) if suffix == ".json" or (begins and suffix not in TABLES) else ""
    if found == kind and (suffix not in LINES or kind == "json"):
        return "begins like JSON"
    named = suffix == ".json" if kind == "json" else suffix in LINES and found != "json"
    return f"the file's name ends in {suffix}" if named else ""


def _json_kind(text: str) -> str:
    """ "jsonl" where each line is a value of its own, "json" where one value spans the file, else nothing."""
    first = text.split("\n", 1)[0].strip()
    try:
        value = _understood(first)
    except ValueError:
        return "json" if _may_go_on(text) else ""
    second = text.split("\n", 2)[1].strip() if text.count("\n") else ""
    if second[:1] in ("{", "["):
        return "jsonl"
    following = text[len(first) :].lstrip()
    if following and isinstance(value, list) and not any(isinstance(one, list | dict) for one in value):
        return "jsonl" if following[0] in "{[" else ""  # a mark above a passage, as "[1]"
    return "json" if isinstance(value, list | dict) else "jsonl"


def _may_go_on(text: str) -> bool:
    """Whether the first line with more than brackets may be the beginning of JSON: an object's, or what is JSON to the
    line's end. In brackets stand also times and marks of plain texts, before words: "[01/03/2021, 10:11] Anna: ...",
    "[0] ...", "[[Link]] ...", "{0} ..."."""
    brackets = re.match(r"[\[{\s]*", text)
    end = text.find("\n", brackets.end() if brackets else 0)
    line = text[: end if end >= 0 else None]
    if len(line) > _LONG_LINE:
        line = re.sub(r"[^\s,\[\]{}\"]*$", "", line[:_LONG_LINE])
    line = line.rstrip()
    try:
        return _OBJECT.match(line) is not None or _understood(line) is not None
    except json.JSONDecodeError as error:
        return error.pos >= len(line) or error.msg.startswith(("Unterminated", "Invalid"))


def _frames(blocks: Iterator[str], reading: Reading, going: Pass) -> Iterator[pl.DataFrame]:
    """The documents of a JSON Lines or JSON file as frames of strings.

    For a preview only the beginning is read, so that an unfinished end is no fault. A file that is one single object
    is read to its end nevertheless: only then is it known what it holds.

    :raises CorpusError: hardly a line is JSON, or the array is broken.
    """
    name, cut = reading.source.path.name, going.most is not None
    values = _values(blocks, name, going) if reading.format == "json" else _lines(
        blocks, name, going.faults, cut, *_LINES[reading.format])
    return frames_of_records((as_record(value) for value in _documents(values, going)), going.faults)


def _lines(
    blocks: Iterator[str], name: str, faults: Faults, cut: bool, understood: Callable[[str], Any], kind: str
) -> Iterator[Any]:
    """One value a line, ``understood`` as of this ``kind``; a broken line is counted and the first one named."""
    good = 0  # rows, of which a line may hold a whole list
    last_broken = False
    for number, line in enumerate(text_lines(blocks, name), 1):
        if not line.strip():
            continue
        try:
            value = understood(line)
        except (ValueError, RecursionError) as error:
            faults.lost.append(good + faults.skipped)
            faults.skipped += 1
            last_broken = not line.endswith("\n")
            if faults.skipped == 1:
                faults.notes.append(
                    f"Line {number:,} of '{name}' is not {kind} ({plain_reason(error)}) and was skipped, as are others "
                    "like it."
                )
            if faults.skipped >= 100 and not good:
                break
            continue
        records = value if _are_records(value) else [value]  # lists of records one after another
        good += len(records)
        yield from records
    if cut and last_broken and faults.skipped == 1:
        faults.skipped = 0
        faults.lost.clear()
        faults.notes.clear()
    if not good and faults.skipped:
        raise CorpusError(
            f"No line of '{name}' is {kind}. Choose another format, or leave it empty to have it recognised."
        )


def _are_records(value: Any) -> bool:
    """Whether a line is a list of records; that of the turns of a conversation is one document."""
    return isinstance(value, list) and bool(value) and all(
        isinstance(one, dict) and not any(one.keys() >= {*turn} for turn in TURNS) for one in value)


def _understood(text: str) -> Any:
    """The value that ``text`` is. :raises ValueError: it is not JSON."""
    try:
        return json.loads(text)
    except ValueError as error:
        if isinstance(error, json.JSONDecodeError):
            raise
        return json.loads(text, parse_int=_number)


def _number(digits: str) -> int | str:
    """A whole number; one of more digits than Python turns into a number stays as it is written."""
    return int(digits) if len(digits) < _MOST_DIGITS else digits


_LINES = {"jsonl": (_understood, "JSON"), "python": (literal, "a value as Python writes it")}
"""How a line is understood, and what it is then called."""


class _Buffer:
    """Text that grows by reading on, with a place up to which it has been used."""

    def __init__(self, blocks: Iterator[str]) -> None:
        self._blocks = blocks
        self._read = 0
        self.most: int | None = None  # beyond so many characters nothing more is read
        self.cut = False  # the end is that of what was wanted, not of the file
        self.text = ""
        self.place = 0
        self.ended = False

    def grow(self, least: int) -> None:
        """Read at least ``least`` more characters if there are any, and forget those already used."""
        parts = [self.text[self.place :]]
        self.place = 0
        got = 0
        while got < least and not self.ended:
            self.cut = self.most is not None and self._read >= self.most
            block = None if self.cut else next(self._blocks, None)
            self.ended = block is None
            self._read += len(block or "")
            parts.append(block or "")
            got += len(block or "")
        self.text = "".join(parts)

    def skip(self, characters: str) -> str:
        """Pass over ``characters``; the next one after them, "" at the end."""
        while True:
            while self.place < len(self.text) and self.text[self.place] in characters:
                self.place += 1
            if self.place < len(self.text) or self.ended:
                return self.text[self.place : self.place + 1]
            self.grow(1)


def _values(blocks: Iterator[str], name: str, going: Pass) -> Iterator[Any]:
    """The elements of a JSON array, or of several one after another; else values one after another, or what a single
    object holds."""
    buffer, number, inside, dump = _Buffer(blocks), 0, False, False
    array = buffer.skip(_BLANK) == "["
    buffer.most = going.most if array else None
    while sign := buffer.skip(f"{_BLANK}," if inside or (number and not array) else _BLANK):
        if array and sign == ("]" if inside else "["):
            buffer.place, inside = buffer.place + 1, not inside
            continue
        if array and not inside:
            if buffer.skip(f"{_BLANK},;") and not buffer.cut:
                going.faults.notes.append(f"'{name}' goes on behind its list of {number:,}; what follows was not read.")
            return
        try:
            value = _one(buffer, limits.MAX_FIELD if array else MAX_OBJECT)
        except (ValueError, RecursionError) as error:
            if buffer.cut:
                return
            if not number:
                advice = ("It is written as Python prints it: write it with json.dump, or each record on a line of its "
                          "own." if _IN_PYTHON.match(buffer.text) else "Choose another format, or mend the file.")
                raise CorpusError(f"'{name}' is not valid JSON: {plain_reason(error)}. {advice}") from error
            going.faults.skipped += 1
            going.faults.notes.append(
                f"'{name}' is broken after its document {number:,} ({plain_reason(error)}); what follows was not read."
            )
            return
        number += 1
        dump = dump or (number == 1 and begins_dump(value))
        if array or number > 1 or buffer.skip(_BLANK):
            buffer.most = None if dump else going.most
            yield value
        else:
            _keep(found := documents_in(value), going)
            yield from found.values


def _one(buffer: _Buffer, most: int) -> Any:
    """The next value; reads twice as much each time until it is complete. :raises ValueError: it is not JSON."""
    decoder = json.JSONDecoder()
    while True:
        try:
            value, end = decoder.raw_decode(buffer.text, buffer.place)
        except ValueError as error:
            if not isinstance(error, json.JSONDecodeError):  # a number of very many digits
                decoder = json.JSONDecoder(parse_int=_number)
                continue
            if buffer.ended or len(buffer.text) - buffer.place > most:
                raise
        else:
            if end < len(buffer.text) or buffer.ended or isinstance(value, dict | list | str):
                buffer.place = end
                return value
        buffer.grow(max(limits.BLOCK_BYTES, len(buffer.text) - buffer.place))


def _documents(values: Iterator[Any], going: Pass) -> Iterator[Any]:
    """``values`` as documents: records of a labelling tool, labels with their texts, rows under a heading."""
    first = list(islice(values, _PEEK))
    headed = bool(heading_of(first))
    _keep(found := exported(first, values) or documents_in_list(first, values), going)
    yield from found.values
    going.faults.notes += found.later()
    if headed:
        going.faults.lost[:] = [place - (place > 0) for place in going.faults.lost]  # the heading is no row


def _keep(found: Shaped, going: Pass) -> None:
    """Keep what the shape of a value says, if it says anything."""
    if found.said:
        going.hints, going.said = found.hints, found.said
    going.faults.notes += found.notes


def as_record(value: Any) -> Mapping[str, str | None]:
    """A value as named strings: objects inside are named with dots, lists stay JSON, plain values are the text."""
    if isinstance(value, dict):
        record: dict[str, str | None] = {}
        if sum(map(_is_wrapped, value.values())) >= _WRAPPED:
            value = _unwrapped(value)
        _flatten(value, "", record, 0)
        return record
    if isinstance(value, list):
        return _list_record(value)
    return {"text": cell_of(value)}


def _is_wrapped(item: Any) -> bool:
    """Whether a value is wrapped as in a feed of iTunes: {"label": "5"}, perhaps with its attributes."""
    return isinstance(item, dict) and "label" in item and item.keys() <= {"label", "attributes"}


def _unwrapped(value: dict[str, Any]) -> dict[str, Any]:
    """A record with its values in place of the objects that wrap each of them."""
    found: dict[str, Any] = {}
    for key, item in value.items():
        if _is_wrapped(item):
            found[key] = item["label"]
            found |= {f"{key}.attributes": item["attributes"]} if "attributes" in item else {}
        else:
            found[key] = _unwrapped(item) if isinstance(item, dict) else item
    return found


def _flatten(value: dict[str, Any], prefix: str, record: dict[str, str | None], depth: int) -> None:
    for key, item in value.items():
        if isinstance(item, dict) and item and depth < DEPTH:
            _flatten(item, f"{prefix}{key}.", record, depth + 1)
        else:
            record[f"{prefix}{key}"] = _pieced(item) if key in _PIECES else cell_of(item)
    if len(record) > limits.MAX_COLUMNS:
        raise CorpusError(
            f"A JSON document has more than {limits.MAX_COLUMNS:,} fields; that is not one document a record."
        )


def _list_record(value: list[Any]) -> dict[str, str | None]:
    """A list: words with their tags become a text and its tags, anything else one column a place."""
    if value and all(isinstance(item, list) and len(item) == 2 and isinstance(item[0], str) for item in value):
        return {"text": " ".join(item[0] for item in value), "tags": " ".join(str(item[1]) for item in value)}
    if len(value) > limits.MAX_COLUMNS or any(isinstance(item, list | dict) for item in value):
        return {"text": cell_of(value)}
    return {f"column {place}": cell_of(item) for place, item in enumerate(value, 1)}


def _pieced(value: Any) -> str | None:
    """The text that lies in pieces, as an utterance of Dialogflow or Snips does; or a message of Telegram, whose links
    and mentions are objects with a type between strings."""
    pieces = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    if not pieces or not all(isinstance(one.get("text"), str) for one in pieces):
        return cell_of(value)
    if len(pieces) == len(value) and all(one.keys() <= _OF_PIECES for one in pieces):
        return glued(one["text"] for one in pieces)
    if all(isinstance(one, str) or (isinstance(one, dict) and isinstance(one.get("type"), str)) for one in value):
        return "".join(one if isinstance(one, str) else one["text"] for one in value)
    return cell_of(value)
