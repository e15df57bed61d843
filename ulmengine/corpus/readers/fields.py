"""Records in blocks of lines, each line a field behind its name, "review/score: 5.0", with a blank line or one of
dashes between two of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import polars as pl

from ulmengine.corpus import limits
from ulmengine.corpus.column_names import LABEL_NAMES, POLES, is_label_name, is_name_of_texts, key_of
from ulmengine.corpus.errors import CorpusError

from .delimited import SUFFIXES as TABLES
from .frames import frames_of_records
from .heading import are_texts, few_values, is_measure
from .reading import Look, Pass, Reading, plan_text
from .textlines import text_lines

_FIELD = re.compile(r"([^\W\d_][\w/.() -]{0,39}?)[ \t]*:(?!//)[ \t]*(.*)", re.DOTALL)
_BETWEEN = re.compile(r"([-=*_#~+])\1{2,}")
_PREFIX = re.compile(r"([^\W\d_]\w*[/_.])[\w/.-]+")
"""How programs name the fields of one thing alike: review/score, review/text."""
_LOOKED, _LEAST = 3_000, 5
_NEARLY, _NOW_AND_THEN = 0.9, 0.1


def plan(look: Look, reason: str = "") -> Reading | None:
    """Plan the reading of such blocks. :raises CorpusError: it is no text; there are none, though they are set."""
    if not reason and look.source.suffix in TABLES:
        return None
    names = field_names(look.lines)
    if not names and reason:
        raise CorpusError(f"'{look.source.path.name}' holds no blocks of lines of the form 'name: value'.")
    if not names:
        return None
    told = (f"Each block of lines is read as a row of a table, and what stands before a colon ({', '.join(names[:4])}) "
            "as the name of a column. If the blocks are texts as they stand, choose the format 'blocks'.")
    reading = plan_text("fields", look, reason or "blocks of lines have the same names before a colon",
                        partial(_frames, names))
    return replace(reading, columns=names, notes=(*reading.notes, told))


def field_names(lines: Sequence[str]) -> tuple[str, ...]:
    """The names of the fields of blocks that are the rows of a table, the one with which each begins first; () of other
    lines, as those of conversations, whose names say who speaks."""
    blocks = _blocks(lines[:_LOOKED])
    first = next((name for name, _ in blocks[0]), "") if blocks else ""
    begun = [dict(block) for block in blocks if first and block[0][0] == first]
    if len(begun) < _LEAST or len(begun) < _NEARLY * len(blocks):
        return ()
    counts = Counter(name for block in begun for name in block if name)
    usual = [name for name, count in counts.items() if count >= _NEARLY * len(begun)]
    twice = sum(max(Counter(name for name, _ in block if name in usual).values(), default=0) > 1 for block in blocks)
    if len(usual) < 2 or twice > (1 - _NEARLY) * len(begun) or POLES.issuperset(map(str.lower, usual)):
        return ()
    columns = {name: [cell for block in begun if (cell := block.get(name, ""))] for name in usual}
    return tuple(name for name, count in counts.items() if count >= _NOW_AND_THEN * len(begun)) if _is_table(
        columns) else ()


def _is_table(columns: dict[str, list[str]]) -> bool:
    """Whether one column holds texts and another what is no text, and they are called so: each of two; of more but one,
    or none where a single one holds texts and another numbers or dates, as what somebody says never does."""
    texts = [name for name, cells in columns.items() if are_texts(cells)]
    measures = [name for name, cells in columns.items() if cells and all(map(is_measure, cells))]
    marks = measures or [name for name, cells in columns.items() if cells and few_values(cells)]
    named = [name for name in texts if is_name_of_texts(_last(name))]
    labels = [name for name in columns if is_label_name(key_of(_last(name))) or key_of(_last(name)) in LABEL_NAMES]
    told = named or (len(columns) > 2 and (labels or (measures and len(texts) == 1)))
    return bool((named and labels and set(named) != set(labels)) or (texts and marks and told))


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _blocks(lines: Sequence[str]) -> list[list[tuple[str, str]]]:
    """Blocks of lines, each line as the name before its colon, "" for none, and the rest of it."""
    blocks: list[list[tuple[str, str]]] = [[]]
    for line in lines:
        bare = line.strip()
        if not bare or _BETWEEN.fullmatch(bare):
            blocks.append([])
        else:
            match = _FIELD.fullmatch(bare)
            blocks[-1].append((match[1], match[2]) if match else ("", bare))
    return [block for block in blocks if block]


def _frames(
    names: tuple[str, ...], blocks: Iterator[str], reading: Reading, going: Pass
) -> Iterator[pl.DataFrame]:
    rows = _rows(text_lines(blocks, reading.source.path.name), names)
    yield from frames_of_records(rows, going.faults)


def _rows(lines: Iterator[str], names: tuple[str, ...]) -> Iterator[dict[str, str | None]]:
    """The records: one begins at a line with the first of the ``names`` behind a blank one or one of dashes, or there
    with a name that the record has already, and goes on until the next does; what stands in a line without a name goes
    on with the field above it."""
    prefixes = {prefix for name in names if (prefix := _prefix(name))}
    record: dict[str, list[str]] = {}
    name, gap, size = "", True, 0
    for line in lines:
        bare = line.strip()
        if not bare or _BETWEEN.fullmatch(bare):
            gap = True
            continue
        match = _FIELD.fullmatch(bare)
        found = match[1] if match and (match[1] in names or _prefix(match[1]) in prefixes) else ""
        if gap and (found in record or (found == names[0] and record)):
            yield _joined(record)
            record, size = {}, 0
        if match and found and found not in record:
            name, record[found] = found, [match[2]]
        elif name:
            record[name] += ["", bare] if gap else [bare]
        gap, size = False, size + len(bare)
        if size > limits.MAX_FIELD:
            raise CorpusError(f"A record of '{name}' is longer than {limits.MAX_FIELD:,} characters. If each line is a "
                              "document, choose the format 'lines'.")
    if record:
        yield _joined(record)


def _prefix(name: str) -> str | None:
    match = _PREFIX.fullmatch(name)
    return match[1] if match else None


def _joined(record: dict[str, list[str]]) -> dict[str, str | None]:
    return {name: "\n".join(lines) for name, lines in record.items()}
