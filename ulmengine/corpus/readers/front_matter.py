"""The fields that stand between two lines of --- above a text, as the posts of a blog and the notes of a vault have
them: category: sport."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Sequence

_FIELD = {"---": re.compile(r"([A-Za-z_][\w -]{0,30}):(?:[ \t]+(.*))?"),
          "+++": re.compile(r"([A-Za-z_][\w-]{0,30}) *= *(.*)")}
_MOST_LINES, _MOST_FIELDS = 100, 30


def front_matter(text: str) -> tuple[dict[str, str], str] | None:
    """The fields above ``text`` in small letters, and the text without them; None where none stand there."""
    lines = text.split("\n", _MOST_LINES + 1)
    mark = lines[0].rstrip()
    end = next((place for place, line in enumerate(lines[1:], 1) if line.rstrip() == mark), 0)
    if mark not in _FIELD or not end:
        return None
    found: dict[str, list[str]] = {}
    last = ""
    for line in map(str.rstrip, lines[1:end]):
        if match := _FIELD[mark].fullmatch(line):
            last = match[1].strip().lower()
            found[last] = _values(match[2] or "")
        elif line and not last:
            return None
        elif line.lstrip().startswith("- "):
            found[last] += _values(line.lstrip()[2:])
        elif line and not line[0].isspace() and line[0] != "#":
            return None
    cells = {name: json.dumps(values, ensure_ascii=False) if len(values) > 1 else "".join(values)
             for name, values in found.items()}
    return (cells, "\n".join(lines[end + 1 :]).strip()) if cells else None


def fields_above(texts: Sequence[str], taken: Collection[str]) -> tuple[str, ...] | None:
    """The fields that stand above most of the ``texts``, but for those that are called as what is ``taken``; None where
    above one in five there are none, or they have no field in common."""
    found = [above[0] for above in map(front_matter, texts) if above is not None]
    counts = Counter(name for fields in found for name in fields)
    if not counts or max(counts.values()) < 0.8 * len(texts):
        return None
    return tuple(name for name, count in counts.most_common(_MOST_FIELDS)
                 if 2 * count > len(found) and name not in taken)


def _values(cell: str) -> list[str]:
    """What a field holds: one value, or those of a list in brackets."""
    cell = cell.strip()
    if cell in ("|", ">", "|-", ">-"):
        return []
    cells = cell[1:-1].split(",") if cell[:1] == "[" and cell[-1:] == "]" else [cell]
    return [bare for one in cells if (bare := one.strip().strip("\"'").strip())]
