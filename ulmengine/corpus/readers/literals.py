"""Lines as a program in Python prints its records: {'text': ..., 'label': ...} or ('text', 'label'), which are nearly
JSON and none."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence
from typing import Any

from ulmengine.disk import parsed

_LOOKED, _LEAST, _WIDEST = 50, 3, 50
_LONGEST = 1 << 17
"""Characters of a line at most: a parsed one takes a hundred times as much memory."""
_ENDS = ("{}", "()", "[]")


def are_literals(lines: Sequence[str]) -> bool:
    """Whether lines are dicts with a field in common, or tuples or lists of one length, with a text in most of them,
    and are not all JSON."""
    filled = [line.strip() for line in lines if line.strip()][:_LOOKED]
    if len(filled) < _LEAST or not all(line[0] + line[-1] in _ENDS for line in filled) or all(map(_is_json, filled)):
        return False
    try:
        values = list(map(literal, filled))
    except ValueError:
        return False
    if all(isinstance(value, dict) for value in values):
        fields = [{key for key in value if isinstance(key, str)} for value in values]
        rows = [list(value.values()) for value in values]
        alike = bool(set.intersection(*fields)) and list(map(len, fields)) == list(map(len, rows))
    else:
        rows = [value for value in values if isinstance(value, list)]
        alike = len(rows) == len(values) and len(set(map(len, rows))) == 1
    alike = alike and all(1 < len(row) <= _WIDEST for row in rows)
    texts = sum(any(isinstance(one, str) and (" " in one or not one.isascii()) for one in row) for row in rows)
    return alike and texts > 0.5 * len(rows)


def literal(line: str) -> Any:
    """The value that a line is, a tuple as a list. :raises ValueError: it is none, or far too long."""
    if len(line) > _LONGEST:
        raise ValueError(f"longer than {_LONGEST:,} characters")
    try:
        with warnings.catch_warnings(action="ignore", category=SyntaxWarning):  # of a backslash within a text
            value = ast.literal_eval(line.strip())
    except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError("not as Python writes values") from error
    return list(value) if isinstance(value, tuple) else value


def _is_json(line: str) -> bool:
    try:
        parsed(line)
    except ValueError:
        return False
    return True
