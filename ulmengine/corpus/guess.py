"""Which columns hold the texts, the labels and the parts: guesses, each with its reason."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import polars as pl


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
PARTS = {
    "train": "train", "training": "train", "tr": "train",
    "valid": "validation", "validation": "validation", "val": "validation", "dev": "validation",
    "test": "test", "testing": "test", "eval": "test", "evaluation": "test",
    "unsup": "unlabelled", "unlabelled": "unlabelled", "unlabeled": "unlabelled", "unsupervised": "unlabelled",
}
_TRUTH = frozenset({"0", "1", "true", "false", "0.0", "1.0"})


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

    @property
    def key(self) -> str:
        return self.name.strip().lower().replace(" ", "_").replace("-", "_")


def guess_columns(frame: pl.DataFrame) -> Guess:
    """Guess from ``frame``, the first rows of a table, all columns strings."""
    seen = [_look(frame[name]) for name in frame.columns]
    guess = Guess()
    guess.split = _split_column(seen, guess)
    free = [column for column in seen if column.name != guess.split and column.filled]
    _guess_text(free, guess)
    rest = [column for column in free if column.name not in guess.text]
    _guess_label(rest, frame.height, guess)
    if len(guess.label) == 1:
        guess.label_delimiter = guess_label_delimiter(frame[guess.label[0]])
        if guess.label_delimiter:
            guess.reasons["label_delimiter"] = "cells hold several values that also stand alone"
    return guess


def _look(column: pl.Series) -> _Seen:
    values = [value.strip() for value in column.drop_nulls().to_list() if value.strip()]
    joined = "".join(values[:200])[:20_000]
    letters = sum(c.isalpha() or c.isspace() for c in joined) / max(1, len(joined))
    mean = sum(map(len, values)) / max(1, len(values))
    coded = joined.isascii() and mean > 15 and " ".join(values[:200])[:20_000].count(" ") < 0.05 * len(joined)
    return _Seen(column.name, len(values), len(set(values)), mean, letters, coded, frozenset(values))


def _split_column(seen: list[_Seen], guess: Guess) -> str:
    for column in seen:
        values = {value.lower() for value in column.values}
        if column.key in SPLIT_NAMES and values and values <= (set(PARTS) | _TRUTH):
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
        return min(column.length, 400.0) * known * varied * prose

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
    """A column named like a label with few values; else one-hot columns; else any column with few values."""
    few = [c for c in seen if c.distinct >= 1 and c.distinct <= max(20, min(1000, rows // 3)) and c.length < 60]
    named = [c for c in few if _is_label_name(c.key)]
    exact = [c for c in named if c.key in LABEL_NAMES]
    chosen = min(exact or named, key=lambda c: (_rank(c.key), c.distinct), default=None)
    if chosen is not None:
        guess.label = (chosen.name,)
        guess.reasons["label_columns"] = f"named '{chosen.name}', with {chosen.distinct} different values"
        return
    hot = [c for c in few if c.values <= _TRUTH and c.filled == rows and not _is_id(c.key)]
    if len(hot) >= 2:
        guess.label = tuple(c.name for c in hot)
        guess.reasons["label_columns"] = f"{len(hot)} columns of 0 and 1: several labels a document"
        return
    plain = [c for c in few if 2 <= c.distinct <= min(50, max(2, rows // 4)) and c.filled > 0.5 * rows
             and not _is_id(c.key)]
    if plain:
        best = min(plain, key=lambda c: (-(c.letters > 0.5), c.distinct))
        guess.label = (best.name,)
        guess.reasons["label_columns"] = f"only {best.distinct} different values"


def _is_label_name(key: str) -> bool:
    return key in LABEL_NAMES or any(key.endswith(f"_{name}") or key.startswith(f"{name}_") for name in
                                     ("label", "class", "category", "sentiment", "target"))


def _rank(key: str) -> int:
    """Which name wins where several columns are named like a label."""
    for rank, names in enumerate((("label", "labels", "target", "class"), ("sentiment", "category", "polarity", "v1"))):
        if key in names:
            return rank
    return 2


def _is_id(key: str) -> bool:
    return key in ("id", "index", "row", "order", "number", "rank", "unnamed:_0") or key.endswith("_id")


def guess_label_delimiter(column: pl.Series) -> str:
    """The character between several labels in one cell: its pieces must stand alone or recur elsewhere."""
    cells = [cell.strip() for cell in column.drop_nulls().to_list() if cell.strip()]
    if not cells or any(listed(cell) is not None for cell in cells):
        return ""
    alone = set(cells)
    for delimiter in ("|", ";", ",", " "):
        split = [[part.strip() for part in cell.split(delimiter)] for cell in cells if delimiter in cell]
        pieces = [piece for parts in split for piece in parts]
        known = sum(piece in alone for piece in pieces)
        if split and pieces and known >= 0.8 * len(pieces):
            return delimiter
    return ""


def listed(cell: str) -> list[str] | None:
    """The labels of a cell that holds a list, as JSON or as Python writes it; None where it holds none."""
    if not (cell.startswith("[") and cell.endswith("]")):
        return None
    for text in (cell, cell.replace("'", '"')):
        try:
            values = json.loads(text)
        except ValueError:
            continue
        if all(isinstance(value, str | int | float | bool) for value in values):
            return [str(value) for value in values]
    return None
