"""Labels in forms of people's own: before or behind the text of each line, in a line above or below each text, as a
heading above many. They are read where they are names of labels beyond doubt, and otherwise told of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from ulmengine.corpus.column_names import POLES

from .heading import few_values

_LOOKED, _LEAST, _MOST = 500, 20, 20
"""Lines that are looked at; of these there are at least so many; labels at most."""
_LONG = 12
"""Characters of a text on average, at least."""
_LABEL = r"(?P<label>[^\W\d_][^\[\]():]{0,29}?)"
_MARK = r"(?:[-\u2013\u2014]+|[-=]>)"
_NAMES = POLES - {"human", "machine"}
"""Names of labels, but for those that stand before the turns of a conversation."""
_FORMS = tuple(map(re.compile, (
    rf"\[\s*{_LABEL}\s*\][\s:-]*(?P<text>\S.*)", rf"\(\s*{_LABEL}\s*\)[\s:-]*(?P<text>\S.*)",
    rf"{_LABEL}\s*:\s*(?P<text>\S.*)", rf"{_LABEL}\s+{_MARK}\s+(?P<text>\S.*)",
    rf"(?P<text>.*\S)\s*\[\s*{_LABEL}\s*\]", rf"(?P<text>.*\S)\s*\(\s*{_LABEL}\s*\)",
    rf"(?P<text>.*\S)\s*:\s*{_LABEL}", rf"(?P<text>.*\S)\s+{_MARK}\s+{_LABEL}",
)))
_BEFORE = 4
"""So many forms have the label before the text, the others behind it."""
_HEADING = re.compile(rf"(?:#+\s*{_LABEL}[\s:#]*|\[{_LABEL.replace('label', 'own')}\]:?"
                      rf"|=+\s*{_LABEL.replace('label', 'other')}\s*=+|{_LABEL.replace('label', 'last')}:)")


def are_marked(lines: Sequence[str]) -> bool:
    """Whether a name of a label stands before or behind the text of each line: "positive: ...", "... (negative)"."""
    form, labels = _form(lines)
    return form is not None and _are_poles(labels)


def are_pairs(lines: Sequence[str]) -> bool:
    """Whether each text has a line above or below it with the name of its label."""
    place, labels = _paired(lines)
    return place is not None and _are_poles(labels)


def are_headed(lines: Sequence[str]) -> bool:
    """Whether the names of labels are headings, each above many texts: "# positive"."""
    labels = _headings(lines)
    return bool(labels) and _are_poles(labels)


def marked_rows(lines: Iterator[str]) -> Iterator[list[str]]:
    """(label, text) of each line; no label where none stands in it."""
    first = list(islice(lines, _LOOKED))
    form, _ = _form(first)
    for line in chain(first, lines):
        match = form.fullmatch(line.strip()) if form is not None else None
        if line.strip():
            yield [match["label"], match["text"].strip()] if match else ["", line.strip()]


def paired_rows(lines: Iterator[str]) -> Iterator[list[str]]:
    """(label, text) of every two lines."""
    first = list(islice(lines, _LOOKED))
    place, _ = _paired(first)
    filled = (line.strip() for line in chain(first, lines) if line.strip())
    for line in filled:
        pair = (line, next(filled, ""))
        yield [pair[0], pair[1]] if place == 0 else [pair[1], pair[0]]


def headed_rows(lines: Iterator[str]) -> Iterator[list[str]]:
    """(label, text) of each line below a heading."""
    label = ""
    for line in filter(None, map(str.strip, lines)):
        found = _heading(line)
        if found and found.lower() in _NAMES:
            label = found
        else:
            yield [label, line]


def labels_note(lines: Sequence[str]) -> tuple[str, ...]:
    """A sentence where lines seem to bear labels in such a form, whose names do not show that they are some."""
    form, labels = _form(lines)
    if form is not None:
        where = f"{'before' if _FORMS.index(form) < _BEFORE else 'behind'} each stands one of"
    elif (paired := _paired(lines))[0] is not None:
        labels = paired[1]
        where = f"every {'first' if paired[0] == 0 else 'second'} line is one of"
    elif (labels := _headings(lines)) and all(label == label.lower() and " " not in label for label in labels):
        where = "above many of them stands as a heading one of"
    else:
        return ()
    names = dict.fromkeys(labels)
    if max(map(len, names)) < 2:  # questions and answers, and whoever speaks
        return ()
    return (f"The lines are read as texts, though {where} {len(names)} values such as '{next(iter(names))}'. If it is "
            "their label, write label and text of each into two columns of a table (CSV).",)


def _are_poles(labels: Sequence[str]) -> bool:
    return all(label.lower() in _NAMES for label in labels)


def _filled(lines: Sequence[str]) -> list[str]:
    return [bare for line in lines[:_LOOKED] if (bare := line.strip())]


def _fit(labels: Sequence[str], texts: Sequence[str]) -> bool:
    """Whether ``labels`` are a few values that come again and ``texts`` are longer ones."""
    long = sum(map(len, texts))
    return (few_values(labels) and 2 <= len(set(labels)) <= _MOST and len(set(texts)) > 0.5 * len(texts)
            and long > max(_LONG * len(texts), 2 * sum(map(len, labels))))


def _form(lines: Sequence[str]) -> tuple[re.Pattern[str] | None, list[str]]:
    """The form in which nearly all lines bear a label, and these; None where they bear none."""
    filled = _filled(lines)
    for form in _FORMS if len(filled) >= _LEAST else ():
        if form.fullmatch(filled[0]) is None and form.fullmatch(filled[1]) is None:
            continue
        found = [match for match in map(form.fullmatch, filled) if match]
        labels = [match["label"] for match in found]
        if len(found) >= 0.98 * len(filled) and _fit(labels, [match["text"] for match in found]):
            return form, labels
    return None, []


def _paired(lines: Sequence[str]) -> tuple[int | None, list[str]]:
    """Which line of every two is a label, and these; None where none is."""
    filled = _filled(lines)
    filled = filled[: len(filled) // 2 * 2]
    for place in (1, 0) if len(filled) >= _LEAST else ():
        labels, texts = filled[place::2], filled[1 - place :: 2]
        if max(map(len, labels)) <= 30 and all(any(map(str.isalpha, label)) for label in labels) and (
                not set(labels) & set(texts)) and _fit(labels, texts):
            return place, labels
    return None, []


def _heading(line: str) -> str:
    match = _HEADING.fullmatch(line) if len(line) <= 40 else None
    return next(filter(None, match.groups()), "") if match else ""


def _headings(lines: Sequence[str]) -> list[str]:
    """The headings of lines that begin with one and have at least five others below each; [] of others."""
    filled = _filled(lines)
    places = [place for place, line in enumerate(filled) if _heading(line)]
    if len(filled) < _LEAST or not places or places[0] or any(
            after - place < 6 for place, after in zip(places, [*places[1:], len(filled)], strict=True)):
        return []
    labels = [_heading(filled[place]) for place in places]
    return labels if 2 <= len(set(labels)) <= _MOST else []
