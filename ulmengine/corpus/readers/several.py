"""Rows without a heading whose labels, one or several, stand in a cell each behind the text, as Google's AutoML and
Vertex AI have them: "text,label" and "text,label,label"."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from .heading import Rows, are_texts, few_values, is_measure

_MOST_BEFORE = 3
"""Columns that stand before the text at most: a part, a number."""
_LEAST, _LONGEST = 10, 40
NOTE = ("Behind each text stands its label, or several in a cell each: they are read together as the labels of the "
        "text. If they are columns of another kind, put a heading with their names above them.")


def labels_behind(rows: Rows, is_aside: Callable[[Sequence[str]], bool]) -> int | None:
    """The column of the texts behind which stand nothing but labels, one in some ``rows`` and several in others; None
    where there is none.

    Behind rows that are all of one width, filled up with empty cells, they must be labels that stand in the first place
    as well: otherwise the last column may be another thing that only some rows have.

    :param is_aside: whether the cells of a column are such as stand before the text.
    """
    if len(rows) < _LEAST:
        return None
    for place in range(min(_MOST_BEFORE + 1, min(map(len, rows)))):
        texts = [row[place].strip() for row in rows]
        if not is_aside(texts):
            return place if are_texts(texts) and _are_labels(rows, place + 1) else None
    return None


def _are_labels(rows: Rows, begin: int) -> bool:
    found = [_filled(row[begin:]) for row in rows]
    several = [labels for labels in found if len(labels) > 1]
    given = [label for labels in found for label in labels]
    if len(several) < 3 or len(several) == len(rows) or not few_values(given):
        return False
    known = {label for label, count in Counter(given).items() if count > 1}
    if max(map(len, known), default=_LONGEST) >= _LONGEST or all(map(is_measure, known)):
        return False
    whole = sum(known.issuperset(labels) and len(set(labels)) == len(labels) for labels in several)
    packed = all(row[begin : begin + len(labels)] == labels for row, labels in zip(_stripped(rows), found, strict=True))
    if whole < 0.9 * len(several) or not packed:
        return False
    later = [label for labels in several for label in labels[1:]]
    first = {labels[0] for labels in found if labels}
    return len(set(map(len, rows))) > 1 or 2 * sum(label in first for label in later) > len(later)


def _stripped(rows: Rows) -> list[list[str]]:
    return [[cell.strip() for cell in row] for row in rows]


def _filled(cells: Sequence[str]) -> list[str]:
    return [bare for cell in cells if (bare := cell.strip())]


def with_labels_together(lines: Iterable[str], mark: str, place: int) -> Iterator[str]:
    """The rows of ``lines`` with all cells behind that in ``place`` in one, as a list where they are several."""
    for row in csv.reader(lines, delimiter=mark):
        labels = _filled(row[place + 1 :])
        cell = json.dumps(labels, ensure_ascii=False) if len(labels) > 1 else "".join(labels)
        written = io.StringIO()
        csv.writer(written, delimiter=mark, lineterminator="\n").writerow([*row[: place + 1], cell])
        if row:
            yield written.getvalue()
