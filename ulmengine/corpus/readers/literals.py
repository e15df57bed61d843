"""Lines as a program in Python prints its records: {'text': ..., 'label': ...} or ('text', 'label'), which are nearly
JSON and none."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence
from typing import Any

from ulmengine.disk import parsed

_LOOKED, _LEAST, _WIDEST = 50, 3, 50
_LONGEST = 1 << 17
"""Characters of a line at most: a parsed one takes a hundred times as much memory."""
_ENDS = ("{}", "()", "[]")
_MISSING = ("nan", "inf", "NaT")
"""How values that are none, or no number, are printed."""
_UNUSUAL = re.compile(r"\b(?:nan|inf|NaT)\b|\\u[dD][89a-fA-F]")


def are_literals(lines: Sequence[str]) -> bool:
    """Whether lines are dicts with a field in common, or tuples or lists of one length with a mark in one place, with a
    text in most of them, and are not all JSON."""
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
        alike = alike and any(map(_are_marks, zip(*rows, strict=True)))
    alike = alike and all(1 < len(row) <= _WIDEST for row in rows)
    return alike and sum(any(map(_is_text, row)) for row in rows) > 0.5 * len(rows)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and (" " in value or not value.isascii())


def _are_marks(values: Sequence[Any]) -> bool:
    """Whether the values in one place of the rows are no sentences: none is a text, or they are short and recur."""
    shown = list(map(str, values))
    recur = len(set(shown)) <= 0.8 * len(shown) and max(map(len, shown)) < 60
    return recur or not any(map(_is_text, values))


def literal(line: str) -> Any:
    """The value that a line is, a tuple as a list. :raises ValueError: it is none, or far too long."""
    if len(line) > _LONGEST:
        raise ValueError(f"longer than {_LONGEST:,} characters")
    try:
        with warnings.catch_warnings(action="ignore", category=SyntaxWarning):  # of a backslash within a text
            tree = ast.parse(line.strip(), mode="eval")
        value = ast.literal_eval(_Mended().visit(tree) if _UNUSUAL.search(line) else tree)
    except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError("not as Python writes values") from error
    except ValueError as error:
        raise ValueError("it holds a name or a call in place of a value") from error
    return list(value) if isinstance(value, tuple) else value


class _Mended(ast.NodeTransformer):
    """Values that are missing as None, and the two halves of a character as Python 2 printed it as one."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(None) if node.id in _MISSING else node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        return self.visit_Name(node.operand) if isinstance(node.operand, ast.Name) else node

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if not isinstance(node.value, str):
            return node
        return ast.Constant(node.value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass"))


def _is_json(line: str) -> bool:
    try:
        parsed(line)
    except ValueError:
        return False
    return True
