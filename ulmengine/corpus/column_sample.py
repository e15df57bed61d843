"""What a sample says of one column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from .cells import (
    ALPHABETS,
    ANGLED,
    DATE,
    FALSE,
    SIGNS,
    TRUE,
    as_text,
    guess_label_delimiter,
    is_angled,
    is_number,
    is_object,
    is_plural,
    is_unnamed,
    listed,
    named_in,
    repeats,
    text_lists,
)
from .column_names import (
    LABEL_NAMES,
    PLAIN_TEXT_NAMES,
    POLES,
    SCALE_NAMES,
    TEXT_NAMES,
    Nearness,
    called_like_label,
    in_words,
    is_about_labelling,
    is_about_name,
    is_aside_name,
    is_person_name,
    is_topic_name,
    is_verdict_name,
    key_of,
)

LONGEST_SCALE = 11
"""From 0 to 10. A rating or score of more values is a measure."""
_LISTING = re.compile("[\n|;,/+#\uff0c\u3001\u060c\uff1b]")
_TOKENS = re.compile(r"(^|[_.])(tokens?|words)$")
_STATE = re.compile(
    r"(^|[_. ])(answer|answered|status|assignmentstatus|verified|verified_purchase|vine|truncated|was_cancelled|"
    r"deleted|archived|reviewed|edited|escalated|reopened|closed|resolved|read|opened|seen|public|private|vip|active|overdue|"
    r"retweeted|favorited|first_contact_resolution|timely|timely_response|disputed|refunded|"
    r"(consent|consent_provided|consent_given)|(made_|met_|in_)?sla|sla_(met|breached|violated)|"
    r"erledigt|gelöst|geschlossen|beantwortet|bearbeitet|traité|résolu|resuelto|cerrado|risolto|chiuso|resolvido)$"
)
"""Names of the flags of a desk: rather kept beside a text than its class."""
_MEASURE = re.compile(
    r"[-+]?[\d.,]+ ?[%€$£]?|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(?:\D.*)?|\d{1,2}:\d\d.*|[0-9a-f]{8}-[0-9a-f-]{27}|"
    r"[a-z]{1,6}[-_# ]?\d+", re.IGNORECASE)
"""A number, a date, a time, a number of a row or a case: never a text."""
_ADDRESS = re.compile(r"(?>.*?[^\W\d_]).*[./@]\S.*|\+?\d[\d ()/-]{6,}")
"""An address or the number of a telephone: it may be what a label speaks of, though its column is named aside."""


@dataclass(frozen=True)
class Sampled:
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
    running: bool = False
    """Its cells are lists of the sentences or words of a text; ``length`` and ``letters`` are those of the text."""

    @property
    def key(self) -> str:
        return key_of(self.name)

    @property
    def called(self) -> Nearness | None:
        """What its name says of it as a label; None where it says nothing."""
        called = called_like_label(self.key)
        scale = called == Nearness.SCALE or (self.key in SCALE_NAMES and all(map(is_number, self.values)))
        return None if scale and self.names > LONGEST_SCALE else called

    @property
    def aside(self) -> bool:
        """Named like bookkeeping, or like a state; or it holds dates."""
        named = is_aside_name(self.name) and self.key not in LABEL_NAMES | TEXT_NAMES
        return self.state or (named and not self.running) or self._dated or is_about_labelling(self.key)

    @property
    def _dated(self) -> bool:
        """Whether all it holds are dates."""
        return bool(self.values) and all(map(DATE.fullmatch, self.values))

    @property
    def state(self) -> bool:
        """Named like a flag of a desk: is it closed, seen, answered?"""
        return _STATE.search(self._words) is not None and self.key not in LABEL_NAMES | TEXT_NAMES

    @property
    def _words(self) -> str:
        """Its name with "_" between words that only a capital parts: IsClosed."""
        return in_words(self.name)

    @property
    def is_prose(self) -> bool:
        """Holds words, and neither codes nor lists."""
        return self.letters >= 0.5 and not self.coded and self.names == self.distinct and not (
            self.aside and self.key != "answer")

    @property
    def recurs(self) -> bool:
        """Holds a few short values, each of them in several rows, under no name of a text."""
        return self.distinct <= min(20, self.filled // 5) and self.length < 60 and self.key not in TEXT_NAMES

    @property
    def may_be_read(self) -> bool:
        """Whether its cells differ and could be what a label speaks of: no numbers, times or codes of the rows."""
        some = sorted(self.values)[:200]
        return 2 * self.distinct > self.filled and not 2 * sum(_MEASURE.fullmatch(v) is not None for v in some) > len(
            some) and (not self.aside or 2 * sum(_ADDRESS.match(v) is not None for v in some) > len(some))

    @property
    def about(self) -> bool:
        """Named like what is asked of people and places; "type.name" is no person's name."""
        return is_about_name(self.key) and not self.name.lower().endswith(".name")

    @property
    def person(self) -> bool:
        """Named like who wrote or said a text."""
        return is_person_name(self.name)

    @property
    def marks(self) -> frozenset[int]:
        """Which marks of yes and no its cells are, as numbers of their alphabets; none where other things are there."""
        low = {value.lower() for value in self.values}
        if len(low) > 1 and low <= SIGNS:
            return frozenset((len(ALPHABETS),))
        if not low <= TRUE | FALSE:
            return frozenset()
        return frozenset(number for number, marks in enumerate(ALPHABETS) if low & marks)

    @property
    def poles(self) -> bool:
        """Whether most of its values are names of labels as such: true, half-true, false."""
        named = sum(not POLES.isdisjoint(re.split(r"[\W_]+", value.lower())) for value in self.values)
        return 2 * named > self.distinct

    @property
    def verdict(self) -> bool:
        """Whether it says with yes and no what a text is, under a name such as is_fraud."""
        return bool(self.marks) and is_verdict_name(self.key)

    @property
    def topic(self) -> bool:
        """Whether it holds words and is called like what texts of a desk are sorted by."""
        return self.letters > 0.5 and self.names > 1 and not self.marks and is_topic_name(self.key)

    @property
    def unnamed(self) -> bool:
        """Whether its cells are objects of which it is not clear what names a label."""
        some = sorted(self.values)[:200]
        return 2 * sum(map(is_unnamed, some)) > len(some)

    @property
    def counts(self) -> bool:
        """A number of its own in nearly every row: a counter or a measure, never a class."""
        return self.distinct > 20 and self.names > 0.5 * self.filled and all(map(is_number, self.values))


def look(column: pl.Series) -> Sampled:
    values = [value.strip() for value in column.drop_nulls().to_list() if value.strip()]
    found = text_lists(values[:400])
    running = found is not None and _are_running(column.name, *found)
    if found is not None and running:
        values = [text for value in values if (text := as_text(value, found[1]))]
    joined = "".join(values[:200])[:20_000]
    letters = sum(c.isalpha() or c.isspace() for c in joined) / max(1, len(joined))
    mean = sum(map(len, values)) / max(1, len(values))
    coded = joined.isascii() and mean > 15 and " ".join(values[:200])[:20_000].count(" ") < 0.05 * len(joined)
    different = frozenset(values)
    able = values[:50] if called_like_label(key_of(column.name)) is not None else [
        value for value in values[:50] if not is_object(value)]  # which a tool keeps beside many a text
    lists = [value for value in able if listed(value) is not None or is_angled(value)]
    names = len(different)
    if values and len(lists) >= 0.8 * len(values[:50]) and not repeats([listed(value) or () for value in lists]):
        named = named_in(different, ANGLED if any(map(is_angled, lists)) else "")
        names = len({piece for within in named.values() for piece in within})
    elif names > 5 and mean < 80 and key_of(column.name) not in PLAIN_TEXT_NAMES:
        some = [value for value in values[:400] if _LISTING.search(value) or (" " in value and is_plural(column.name))]
        between = guess_label_delimiter(pl.Series(column.name, values[:400])) if len(some) > 5 else ""
        if between:
            names = len({piece for within in named_in(different, between).values() for piece in within})
    return Sampled(column.name, len(values), len(different), mean, letters, coded, different, names, running)


def _are_running(name: str, lists: Sequence[Sequence[str]], between: str) -> bool:
    """Whether the ``lists`` of a column hold the sentences of a text, or by its ``name`` the words, and no labels."""
    key = key_of(name)
    if between == " " or _TOKENS.search(key):
        return _TOKENS.search(key) is not None
    if called_like_label(key) not in (None, Nearness.SCALE):
        return False
    items = [item for found in lists for item in found]
    long = sum(map(len, items)) >= 25 * len(items) or not any(item.isascii() for item in items)
    return long and 2 * len(set(items)) > len(items)
