"""Which columns hold the texts, the labels and the parts: guesses, each with its reason."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import polars as pl

from .cells import ANGLED, FALSE, TRUE, guess_label_delimiter, is_angled, label_delimiters, listed, pieces, repeats
from .names import (
    FIRST_LABEL_NAMES,
    LABEL_NAMES,
    PART_CELLS,
    PLAIN_SPLIT_NAMES,
    PLAIN_TEXT_NAMES,
    SPLIT_NAMES,
    TEXT_NAMES,
    TITLE_NAMES,
    WEAK_LABEL_NAMES,
    is_about_name,
    is_label_name,
    key_of,
    label_rank,
    second_of_pair,
)

LONG_LABEL = 200
_RIVALS = 4
"""Columns that are named at most where the label is not certain."""
_TRUTH = frozenset({"0", "1", "true", "false", "0.0", "1.0"})
_LISTING = re.compile(r"[\n|;,/+#]")
_ASIDE = re.compile(
    r"(^|[_. ])(id|ids|uuid|guid|hash|index|idx|row|order|number|nr|no|rank|count|counts|num|n|page|line|offset|time|"
    r"timestamp|date|datetime|created|updated|modified|created_at|updated_at|completed_at|lead_time|duration|annotator|"
    r"annotators|annotation_id|annotated_by|completed_by|worker|user|username|reviewer|agent|url|uri|link|file|"
    r"filename|path|version|answer|status|session|project|task|batch|confidence|probability|length|tokens|"
    r"verified|truncated|seed|author_id|was_cancelled|ground_truth)$|^_|^unnamed"
)
"""Names of what is kept beside a text and is no class: numbers of rows, times, a labelling tool's bookkeeping."""


@dataclass(frozen=True)
class Hints:
    """What a source itself says of its columns: the texts, the labels, those that are only ``aside`` (a labelling
    tool's bookkeeping), and why."""

    text: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    reason: str = ""


@dataclass
class Guess:
    """The guessed columns and, under the same names, why.

    ``rivals``: columns that could be the label as well, or where there is none. ``other_delimiter``: what may stand
    between several labels, though each cell is read as one.
    """

    text: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    label_delimiter: str = ""
    split: str = ""
    rivals: tuple[str, ...] = ()
    other_delimiter: str = ""
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Seen:
    """What the sample says of one column."""

    name: str
    filled: int
    distinct: int
    length: float
    letters: float
    coded: bool
    values: frozenset[str]
    names: int
    """Different labels where the cells hold lists of them; otherwise different cells."""

    @property
    def key(self) -> str:
        return key_of(self.name)

    @property
    def aside(self) -> bool:
        """Named like bookkeeping."""
        return _ASIDE.search(self.key) is not None and self.key not in LABEL_NAMES | TEXT_NAMES

    @property
    def marks(self) -> bool:
        """Holds yes and no alone, or marks and nothing."""
        low = {value.lower() for value in self.values}
        return bool(low) and low <= (TRUE | FALSE) and (bool(low & TRUE) or bool(low & FALSE))

    @property
    def counts(self) -> bool:
        """A number of its own in nearly every row: a counter or a measure, never a class."""
        return self.distinct > 20 and self.names > 0.5 * self.filled and all(map(is_number, self.values))


def guess_columns(frame: pl.DataFrame, hints: Hints | None = None) -> Guess:
    """Guess from ``frame``, the first rows of a table, all columns strings; what the source itself says comes first."""
    hints = hints if hints is not None and hints.reason else _tool_hints(frame.columns)
    seen = [_look(frame[name]) for name in frame.columns]
    guess = Guess()
    guess.split = _split_column(seen, guess)
    free = [c for c in seen if c.name != guess.split and c.filled and c.name not in hints.aside]
    there = {column.name for column in seen if column.filled}
    guess.text = tuple(name for name in hints.text if name in frame.columns)
    if guess.text:
        guess.reasons["text_columns"] = hints.reason
    else:
        _guess_text([column for column in free if column.name not in hints.label], guess)
    rest = [column for column in free if column.name not in guess.text]
    guess.label = tuple(name for name in hints.label if name in there and name not in guess.text)
    if guess.label:
        guess.reasons["label_columns"] = hints.reason
    else:
        _guess_label(rest, frame.height, guess)
    if len(guess.label) == 1:
        guess.label_delimiter, guess.other_delimiter = label_delimiters(frame[guess.label[0]])
        _doubt_delimiter(frame[guess.label[0]], guess)
        if guess.label_delimiter == ANGLED:
            guess.reasons["label_delimiter"] = "cells hold tags written <a><b>"
        elif guess.label_delimiter:
            guess.reasons["label_delimiter"] = "cells hold several values that also stand alone or come again"
    return guess


def _doubt_delimiter(column: pl.Series, guess: Guess) -> None:
    """Say how a cell was read that may hold several labels."""
    delimiter = guess.label_delimiter or guess.other_delimiter
    if not delimiter or delimiter == ANGLED:
        return
    shown = repr(next(cell for cell in column.drop_nulls() if delimiter in cell)[:80])
    mark = repr(delimiter)
    guess.reasons["delimiter_doubt"] = (
        f"Cells of '{column.name}' such as {shown} are read as several labels with {mark} between them. If such a cell "
        "is one label, set the label delimiter to 'none'." if guess.label_delimiter else
        f"Cells of '{column.name}' such as {shown} are read as one label each. If they hold several labels, set the "
        f"label delimiter to {mark}."
    )


def _tool_hints(columns: list[str]) -> Hints:
    """What the names of the columns of a labelling tool's table say."""
    names = set(columns)
    if {"annotation_id", "lead_time"} <= names:
        own = ("id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement")
        return Hints(aside=own, reason="as Label Studio exports it")
    asked = [name for name in columns if name.endswith(".responses")]
    if asked:
        aside = tuple(name for name in columns if ".suggestion" in name or ".responses." in name)
        return Hints(label=(asked[0],), aside=(*aside, "id", "status", "_server_id"), reason="as Argilla exports it")
    if {"_task_hash", "_input_hash"} & names and {"accept", "answer"} <= names:
        return Hints(text=("text",), label=("accept",), aside=("answer",), reason="as Prodigy exports it")
    return Hints()


def _look(column: pl.Series) -> _Seen:
    values = [value.strip() for value in column.drop_nulls().to_list() if value.strip()]
    joined = "".join(values[:200])[:20_000]
    letters = sum(c.isalpha() or c.isspace() for c in joined) / max(1, len(joined))
    mean = sum(map(len, values)) / max(1, len(values))
    coded = joined.isascii() and mean > 15 and " ".join(values[:200])[:20_000].count(" ") < 0.05 * len(joined)
    different = frozenset(values)
    lists = [value for value in values[:50] if listed(value) is not None or is_angled(value)]
    names = len(different)
    if values and len(lists) >= 0.8 * len(values[:50]) and not repeats([listed(value) or () for value in lists]):
        names = len({piece for value in different for piece in pieces(value, ANGLED if is_angled(value) else "")})
    elif names > 5 and mean < 80 and key_of(column.name) not in PLAIN_TEXT_NAMES:
        some = [value for value in values[:400] if _LISTING.search(value)]
        between = guess_label_delimiter(pl.Series(column.name, values[:400])) if len(some) > 5 else ""
        if between:
            names = len({piece for value in different for piece in pieces(value, between)})
    return _Seen(column.name, len(values), len(different), mean, letters, coded, different, names)


def _split_column(seen: list[_Seen], guess: Guess) -> str:
    for column in seen:
        values = {value.lower() for value in column.values}
        if column.key in SPLIT_NAMES and values and values <= set(PART_CELLS) | (
            _TRUTH if column.key in PLAIN_SPLIT_NAMES else set()
        ):
            guess.reasons["split_column"] = f"named '{column.name}' and holds {', '.join(sorted(values)[:4])}"
            return column.name
    if not any(is_label_name(column.key) for column in seen):  # it may be the label itself
        return ""
    for column in seen:  # under another name, where its values are those of parts and of nothing else
        if column.distinct > 8:
            continue
        parts = {PART_CELLS.get(value.lower(), "") for value in column.values}
        if "" not in parts and "train" in parts and len(parts) > 1 and not is_label_name(column.key):
            guess.reasons["split_column"] = f"holds {', '.join(sorted(column.values)[:4])}"
            return column.name
    return ""


def _guess_text(seen: list[_Seen], guess: Guess) -> None:
    """The column with the most prose in it; a title beside it is read too."""
    if not seen:
        return
    def weight(column: _Seen) -> float:
        known = (4.0 if column.key in PLAIN_TEXT_NAMES else 1.5 if column.key in TEXT_NAMES - TITLE_NAMES
                 else 0.5 if is_label_name(column.key) else 1.0)
        varied = min(1.0, 0.1 + column.distinct / max(1, column.filled))
        prose = 0.1 if column.letters < 0.5 or column.coded else 1.0  # numbers, addresses and codes have no words
        beside = 0.2 if column.aside else 1.0
        records = sum(value[:2] in ("[{", '{"', "[[") for value in list(column.values)[:50])
        listing = 0.3 if column.names != column.distinct else 1.0
        if records > 25 or records == len(column.values):
            listing = 0.02
        return min(column.length, 400.0) * known * varied * prose * beside * listing

    best = max(seen, key=weight)
    named = best.key in TEXT_NAMES
    if len(seen) > 1 and best.length < 2 and not named:
        return
    guess.text = (best.name,)
    length = f"the longest texts ({best.length:.0f} characters on average)"
    guess.reasons["text_columns"] = f"named like a text and {length}" if named else length
    pair = _pair_of(best, seen)
    if pair:
        guess.text = tuple(column.name for column in pair)
        names = " and ".join(f"'{column.name}'" for column in pair)
        guess.reasons["text_columns"] += f"; {names} are read together, as a pair of texts"
        return
    titles = [c for c in seen if c.key in TITLE_NAMES and c.name != best.name and c.distinct > 0.5 * c.filled]
    if titles and best.key in TEXT_NAMES:
        guess.text = (titles[0].name, best.name)
        guess.reasons["text_columns"] += f"; with its {titles[0].key} before it"


def _pair_of(best: _Seen, seen: list[_Seen]) -> tuple[_Seen, ...]:
    """The pair of texts that ``best`` is one of; nothing where it stands alone."""
    prose = [c for c in seen if c.letters >= 0.5 and not c.coded and not c.aside and c.distinct > 0.2 * c.filled
             and c.names == c.distinct]
    for first in prose:
        second = next((c for c in prose if c.key in second_of_pair(first.key)), None)
        if second is not None and best in (first, second):
            return first, second
    return ()


def _guess_label(seen: list[_Seen], rows: int, guess: Guess) -> None:
    """A column called label or class; one named like it with few values; one-hot columns; else any of few values."""
    known = [c for c in seen if c.key in FIRST_LABEL_NAMES]
    first = min(known, key=lambda c: FIRST_LABEL_NAMES.index(c.key), default=None)
    refused = "" if first is None else _no_label(first)
    if first is not None and not refused:
        guess.label = (first.name,)
        guess.reasons["label_columns"] = f"named '{first.name}', with {first.names} different values"
        return
    others = [c for c in seen if c is not first and 1 <= c.names <= max(20, min(1000, rows // 3))]
    _guess_by_values(others, rows, guess)
    if not guess.label and seen:
        guess.reasons["label_columns"] = _none_of(seen)
    if refused and first is not None:
        other = guess.reasons["label_columns"] if guess.label else "no other column looks like a label"
        guess.reasons["label_columns"] = f"{other}; not '{first.name}': {refused}"


def _none_of(seen: list[_Seen]) -> str:
    """Why no column is the label, by the one that is nearest to it."""
    nearest = min(seen, key=lambda c: (not is_label_name(c.key), c.names))
    if nearest.names < 2:
        return "no column holds several values that come again"
    held = f"{nearest.names} different values in {nearest.filled} rows"
    if nearest.aside:
        return f"no column looks like a label; '{nearest.name}' is named like what is kept beside a text"
    return f"no column looks like a label; '{nearest.name}' holds {held}, of {nearest.length:.0f} characters on average"


def _guess_by_values(few: list[_Seen], rows: int, guess: Guess) -> None:
    short = [c for c in few if c.length < 60]
    hot = _one_hot([c for c in short if c.marks and not c.aside], rows)
    named = [c for c in few if is_label_name(c.key) and c not in hot
             and (c.length < 60 or (c.length < LONG_LABEL and c.names <= 0.5 * c.filled))]
    exact = [c for c in named if c.key in LABEL_NAMES]
    strong = [c for c in exact if c.names > 1 and (c.key not in WEAK_LABEL_NAMES or c.filled > 0.5 * rows)]
    plain = [c for c in short if 2 <= c.names <= min(50, max(2, rows // 4)) and c.filled > 0.5 * rows
             and not c.aside and not c.counts and c not in named]
    others = sorted((c for c in plain if not is_about_name(c.key)), key=lambda c: (-(c.letters > 0.5), c.distinct))
    about = [c for c in plain if is_about_name(c.key)]
    if strong or (not hot and named and not exact):
        _choose(sorted(strong or named, key=lambda c: (c.names < 2, label_rank(c.key), c.aside, c.distinct)), guess,
                plain, rows)
    elif hot:
        guess.label = tuple(c.name for c in hot)
        guess.reasons["label_columns"] = f"{len(hot)} columns of yes and no ({_values_of(hot)}), one a label"
        beside = [c for c in others if c not in hot]
        if beside and len(hot) == 2:  # more are hardly there by chance
            _doubt(", ".join(repr(c.name) for c in hot), beside, guess)
    elif others or exact or about:
        _choose(others or exact or about, guess, plain, rows)
    else:
        long = [c for c in few if 60 <= c.length < LONG_LABEL and 2 <= c.names <= min(20, rows // 5)
                and c.filled > 0.5 * rows and not c.aside and not c.coded and c.letters > 0.5]
        if long:
            guess.rivals = tuple(c.name for c in long[:_RIVALS])
            guess.reasons["label_doubt"] = (
                f"No column is read as the label, but it could be {_told(long)}. If so, choose it as the label column.")


def _choose(candidates: list[_Seen], guess: Guess, plain: list[_Seen], rows: int) -> None:
    """The first of ``candidates``; those that could as well be the label are named, among them the ``plain`` ones
    where its name says little."""
    best = candidates[0]
    named = is_label_name(best.key)
    guess.label = (best.name,)
    guess.reasons["label_columns"] = (f"named '{best.name}', with {best.names} different values" if named
                                      else f"only {best.names} different values")
    if best.length >= 60:
        guess.reasons["label_columns"] += f", of {best.length:.0f} characters on average"
    sure = named and best.key not in WEAK_LABEL_NAMES and best.filled > 0.5 * rows
    rivals = [c for c in candidates[1:] if c.names > 1 and (not sure or c.key in LABEL_NAMES - WEAK_LABEL_NAMES
                                                            or label_rank(c.key) == label_rank(best.key))]
    rivals += [] if sure else [c for c in plain if c is not best and c not in rivals]
    if rivals and not named:
        guess.reasons["label_columns"] += f"; so have {', '.join(repr(c.name) for c in rivals[:4])}"
    if rivals:
        _doubt(f"'{best.name}' ({best.names} values)", rivals, guess)


def _doubt(chosen: str, rivals: list[_Seen], guess: Guess) -> None:
    guess.rivals = tuple(c.name for c in rivals[:_RIVALS])
    guess.reasons["label_doubt"] = (f"Which column holds the labels is not certain: {chosen} is read as the label, "
                                    f"but it could be {_told(rivals)} as well. If it is another one, choose it "
                                    "as the label column.")


def _told(columns: list[_Seen]) -> str:
    return ", ".join(f"'{c.name}' ({c.names} values)" for c in columns[:_RIVALS])


def _one_hot(marked: list[_Seen], rows: int) -> list[_Seen]:
    """The columns of yes and no that are one label each: those whose names begin alike, where some do; else all."""
    whole = [c for c in marked if c.filled == rows or not {value.lower() for value in c.values} & FALSE]
    heads: dict[str, list[_Seen]] = {}
    for column in whole:
        name = column.name.strip().lower()
        head = re.split(r"[_.:\- ]", name, maxsplit=1)[0]
        if head != name:
            heads.setdefault(head, []).append(column)
    alike = max(heads.items(), key=lambda item: (len(item[1]) > 1 and is_label_name(item[0]), len(item[1])),
                default=("", []))
    found = alike[1] if len(alike[1]) > 2 or (len(alike[1]) == 2 and is_label_name(alike[0])) else whole
    return found if len(found) >= 2 and len({v.lower() for c in found for v in c.values}) <= 4 else []


def _values_of(columns: list[_Seen]) -> str:
    return ", ".join(sorted({value for column in columns for value in column.values})[:4])


def _no_label(column: _Seen) -> str:
    """Why a column cannot be the label although it is called so; "" where it can."""
    if column.names > 20 and column.names > 0.9 * column.filled:
        return f"nearly every row of it holds another value ({column.names} in {column.filled})"
    if column.counts:
        return f"it holds {column.names} different numbers: a measure or a counter"
    if sum(value.startswith(("[[", "[{\"start", "[{\"end")) for value in column.values) > 0.5 * column.distinct:
        return "its cells mark passages of the texts, not whole texts"
    if column.length >= 200:
        return f"its cells are texts of {column.length:.0f} characters on average"
    return ""


def is_number(text: str) -> bool:
    """Whether ``text`` is a number as it stands."""
    try:
        float(text)
    except ValueError:
        return False
    return True
