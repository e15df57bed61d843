"""Which columns hold the texts, the labels and the parts: guesses, each with its reason."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import polars as pl

from .cells import ANGLED, FALSE, TRUE, guess_label_delimiter, is_angled, listed, pieces


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


PLAIN_TEXT_NAMES = _names("text review sentence content body comment message tweet document")
TITLE_NAMES = _names("title headline subject")
TEXT_NAMES = PLAIN_TEXT_NAMES | _names("""
    texts reviews sentences contents comments messages tweets documents description article post question utterance
    abstract headline title summary reviewtext review_text comment_text sms email transcript text_a sentence1 context
    phrase
""")
LABEL_NAMES = _names("""
    label labels class classes category categories sentiment target targets polarity rating stars star score tag tags
    topic topics intent spam y class_index gold annotation emotion genre v1 language lang
""")
SPLIT_NAMES = _names("split is_valid is_validation is_test set part partition subset fold dataset_split")
PART_WORDS = {
    "train": "train", "training": "train", "tr": "train",
    "valid": "validation", "validation": "validation", "val": "validation", "dev": "validation",
    "test": "test", "testing": "test", "eval": "test", "evaluation": "test",
    "unsup": "unlabelled", "unlabelled": "unlabelled", "unlabeled": "unlabelled", "unsupervised": "unlabelled",
}
_TRUTH = frozenset({"0", "1", "true", "false", "0.0", "1.0"})
_FIRST = ("label", "class", "labels", "classes", "target")
"""A column of just this name is the label unless it cannot be one."""
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
    """The guessed columns and, under the same names, why."""

    text: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    label_delimiter: str = ""
    split: str = ""
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
        return self.name.strip().lower().rsplit(".", 1)[-1].replace(" ", "_").replace("-", "_")

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
        guess.label_delimiter = guess_label_delimiter(frame[guess.label[0]])
        if guess.label_delimiter == ANGLED:
            guess.reasons["label_delimiter"] = "cells hold tags written <a><b>"
        elif guess.label_delimiter:
            guess.reasons["label_delimiter"] = "cells hold several values that also stand alone or come again"
    return guess


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
    if values and len(lists) >= 0.8 * len(values[:50]):
        names = len({piece for value in different for piece in pieces(value, ANGLED if is_angled(value) else "")})
    return _Seen(column.name, len(values), len(different), mean, letters, coded, different, names)


def _split_column(seen: list[_Seen], guess: Guess) -> str:
    for column in seen:
        values = {value.lower() for value in column.values}
        if column.key in SPLIT_NAMES and values and values <= (set(PART_WORDS) | _TRUTH):
            guess.reasons["split_column"] = f"named '{column.name}' and holds {', '.join(sorted(values)[:4])}"
            return column.name
    return ""


def _guess_text(seen: list[_Seen], guess: Guess) -> None:
    """The column with the most prose in it; a title beside it is read too."""
    if not seen:
        return
    def weight(column: _Seen) -> float:
        known = (4.0 if column.key in PLAIN_TEXT_NAMES else 1.5 if column.key in TEXT_NAMES - TITLE_NAMES
                 else 0.5 if _is_label_name(column.key) else 1.0)
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
    titles = [c for c in seen if c.key in TITLE_NAMES and c.name != best.name and c.distinct > 0.5 * c.filled]
    if titles and best.key in TEXT_NAMES:
        guess.text = (titles[0].name, best.name)
        guess.reasons["text_columns"] += f"; with its {titles[0].key} before it"


def _guess_label(seen: list[_Seen], rows: int, guess: Guess) -> None:
    """A column called label or class; one named like it with few values; one-hot columns; else any of few values."""
    first = min((c for c in seen if c.key in _FIRST), key=lambda c: _FIRST.index(c.key), default=None)
    refused = "" if first is None else _no_label(first)
    if first is not None and not refused:
        guess.label = (first.name,)
        guess.reasons["label_columns"] = f"named '{first.name}', with {first.names} different values"
        return
    few = [c for c in seen if c is not first and 1 <= c.names <= max(20, min(1000, rows // 3)) and c.length < 60]
    _guess_by_values(few, rows, guess)
    if refused and first is not None:
        other = guess.reasons.get("label_columns", "no other column looks like a label")
        guess.reasons["label_columns"] = f"{other}; not '{first.name}': {refused}"


def _guess_by_values(few: list[_Seen], rows: int, guess: Guess) -> None:
    hot = _one_hot([c for c in few if c.marks and not c.aside], rows)
    named = [c for c in few if _is_label_name(c.key) and c not in hot]
    exact = [c for c in named if c.key in LABEL_NAMES]
    chosen = min(exact or ([] if hot else named), key=lambda c: (_rank(c.key), c.distinct), default=None)
    if chosen is not None:
        guess.label = (chosen.name,)
        guess.reasons["label_columns"] = f"named '{chosen.name}', with {chosen.names} different values"
        return
    if hot:
        guess.label = tuple(c.name for c in hot)
        guess.reasons["label_columns"] = f"{len(hot)} columns of yes and no ({_values_of(hot)}), one a label"
        return
    plain = [c for c in few if 2 <= c.names <= min(50, max(2, rows // 4)) and c.filled > 0.5 * rows
             and not c.aside and not c.counts]
    if plain:
        best, *others = sorted(plain, key=lambda c: (-(c.letters > 0.5), c.distinct))
        guess.label = (best.name,)
        guess.reasons["label_columns"] = f"only {best.names} different values"
        if others:
            guess.reasons["label_columns"] += f"; so have {', '.join(repr(c.name) for c in others[:4])}"


def _one_hot(marked: list[_Seen], rows: int) -> list[_Seen]:
    """The columns of yes and no that are one label each: those whose names begin alike, where some do; else all."""
    whole = [c for c in marked if c.filled == rows or not {value.lower() for value in c.values} & FALSE]
    heads: dict[str, list[_Seen]] = {}
    for column in whole:
        head = re.split(r"[_.:\- ]", column.key, maxsplit=1)[0]
        if head != column.key:
            heads.setdefault(head, []).append(column)
    alike = max(heads.values(), key=len, default=[])
    found = alike if len(alike) >= 2 and (len(alike) > 2 or _is_label_name(alike[0].key)) else whole
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


def _is_label_name(key: str) -> bool:
    return key in LABEL_NAMES or any(key.endswith(f"_{name}") or key.startswith(f"{name}_") for name in
                                     ("label", "class", "category", "sentiment", "target"))


def _rank(key: str) -> int:
    """Which name wins where several columns are named like a label."""
    for rank, names in enumerate((("label", "labels", "target", "class"), ("sentiment", "category", "polarity", "v1"))):
        if key in names:
            return rank
    return 2
