"""Which columns are the label: all that could be, in one order; how sure that is; which others could be it as well."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from .cells import FALSE
from .column_names import FIRST_LABEL_NAMES, LANGUAGE_NAMES, TEXT_NAMES, Nearness, is_grade_name, is_label_name
from .column_sample import Sampled

_SHORT, _LONG_LABEL = 60, 200
"""Characters of a usual label, and of the longest, on average."""
_RIVALS = 4
"""Columns that are named at most where the label is not certain."""
_NEARLY_EMPTY = 0.2
_LANGUAGE_ALONE = 2
"""Columns of a corpus of languages beside the text: the language and a number. Of more it is kept by the way."""
_MANY = 3
"""Of more columns of a few values it is their names that tell which the label is."""
_KINDS = frozenset(("type", "typ", "tipo", "art"))
"""Names that alone say little: mail, web and chat may be types as well."""


@dataclass(frozen=True)
class ChosenLabel:
    """The ``columns`` of the label and ``why``; ``rivals``: others that could be it, and the sentence that says so."""

    columns: tuple[str, ...] = ()
    why: str = ""
    rivals: tuple[str, ...] = ()
    doubt: str = ""


def choose_label(seen: Sequence[Sampled], rows: int, whole: bool = True, beside: Collection[str] = ()) -> ChosenLabel:
    """The label among the columns ``seen``, of which ``rows`` were looked at: the ``whole`` table, or its beginning,
    which may be of one class alone, where it is sorted.

    :param beside: columns at the side of the text, where no names tell what they are.
    """
    refused = {c.name: why for c in seen if c.called == Nearness.FIRST and (why := _no_label(c))}
    able = [c for c in seen if c.called == Nearness.FIRST or 1 <= c.names <= max(20, min(1000, rows // 3))]
    able = [c for c in able if c.name not in refused]
    hot = _one_hot([c for c in able if c.called != Nearness.FIRST and not c.aside], rows)
    if _are_flags(hot, able):
        hot = []
    near = {c.name: found for c in able
            if (found := Nearness.MARKS if c in hot else _nearness(c, rows, whole)) is not None}
    few = [c for c in able if near.get(c.name) == Nearness.FEW]
    worded = any(c.poles and not c.marks for c in few)  # good and bad say it sooner than a flag such as helpful
    verdicts = {c.name for c in few if c.verdict and not worded}
    topics = {c.key for c in few if c.topic}
    behind = {c.name for c in few if topics and (c.marks or (is_grade_name(c.key) and topics - _KINDS))}
    if topics:
        near.update({c.name: Nearness.ABOUT for c in able if c.name in near and c.key in LANGUAGE_NAMES})
    names_tell = bool(topics) and len(few) > _MANY
    ranked = sorted((c for c in able if c.name in near),
                    key=lambda c: _place(c, near[c.name], beside, verdicts, behind, names_tell))
    once = {c.name for c in seen if f"{c.name} (2)" not in {other.name for other in seen}}
    chosen = _chosen(ranked, near, hot, rows, once) if ranked else _none(seen, able, rows)
    if ranked and ranked[0].key in LANGUAGE_NAMES and not chosen.doubt and len(seen) > _LANGUAGE_ALONE:
        name = f"'{ranked[0].name}' ({ranked[0].names} values)"
        chosen = replace(chosen, doubt=f"Whether {name} is the label is not certain: it says in which language each "
                         "text is written, and no other column could be it. If the texts are not to be sorted by their "
                         "language, set the label column to 'none'.")
    if ranked and ranked[0].person and ranked[0].called is None and not chosen.doubt:
        name = f"'{ranked[0].name}' ({ranked[0].names} values)"
        chosen = replace(chosen, doubt=f"Whether {name} is the label is not certain: by its name it says who wrote or "
                         "said each text, and no other column could be it. If the texts are not to be told apart by "
                         "that, set the label column to 'none'.")
    if refused:
        name, why = next(iter(refused.items()))
        other = chosen.why if chosen.columns else "no other column looks like a label"
        return ChosenLabel(chosen.columns, f"{other}; not '{name}': {why}", chosen.rivals, chosen.doubt)
    return chosen


def _nearness(column: Sampled, rows: int, whole: bool) -> Nearness | None:
    """How near a column is to being the label by itself; None: it is none."""
    called = column.called
    if called == Nearness.FIRST and (column.names > 1 or not whole):
        return called
    if called is not None and (column.length < _SHORT or called == Nearness.FIRST or (
            column.length < _LONG_LABEL and column.names <= 0.5 * column.filled)):
        if whole and column.names < 2 and called in (Nearness.SCALE, Nearness.WEAK):
            return None
        bare = column.names < 2 or (called in (Nearness.SCALE, Nearness.WEAK) and column.filled <= 0.5 * rows)
        return Nearness.BARE if bare else called
    if called is None and _comes_again(column, rows) and not column.aside:
        return Nearness.ABOUT if column.about else Nearness.FEW
    return None


def _comes_again(column: Sampled, rows: int) -> bool:
    """Whether most rows hold one of a few short values."""
    return (column.length < _SHORT and 2 <= column.names <= min(50, max(2, rows // 4)) and column.filled > 0.5 * rows
            and not column.counts)


def _place(
    column: Sampled, near: Nearness, beside: Collection[str], verdicts: Collection[str], behind: Collection[str],
    names_tell: bool,
) -> tuple[int, ...]:
    """Where a column stands among all that could be the label: the lowest comes first.

    :param verdicts: what goes before all others: yes and no to what a text is.
    :param behind: what goes behind those columns by which texts are sorted: yes and no, and how much they press.
    :param names_tell: there are so many columns that the latter go before all others.
    """
    if near == Nearness.FIRST:
        return near, FIRST_LABEL_NAMES.index(column.key)
    if near in (Nearness.FEW, Nearness.ABOUT):
        return (near, column.key in TEXT_NAMES, column.name not in verdicts, column.name in behind,
                names_tell and not column.topic, not column.poles, column.letters <= 0.5, column.name not in beside,
                column.distinct)
    return near, column.aside, column.distinct


def _chosen(
    ranked: list[Sampled], near: dict[str, Nearness], hot: list[Sampled], rows: int, once: set[str]
) -> ChosenLabel:
    """The first of ``ranked``, the nearest, and those that could as well be it.

    :param once: the columns of which no other bears the name.
    """
    best, others = ranked[0], ranked[1:]
    rivals = [c for c in others if _is_rival(c, best, near, hot, rows, once=best.name in once)]
    if best in hot:
        return _told(tuple(c.name for c in hot), _marks_told(hot), rivals)
    why = f"named '{best.name}', with {_values(best)}" if best.called is not None else f"only {_values(best)}"
    if best.length >= _SHORT:
        why += f", of {best.length:.0f} characters on average"
    if rivals and best.called is None:
        why += f"; so have {', '.join(repr(c.name) for c in rivals[:_RIVALS])}"
    return _told((best.name,), why, rivals, f" ({best.names} values)")


def _is_rival(
    column: Sampled, best: Sampled, near: dict[str, Nearness], hot: list[Sampled], rows: int, *, once: bool
) -> bool:
    """Whether a column could be the label as well as the ``best``: the surer that is, the nearer it must be.

    :param once: no other column bears the name of the best.
    """
    own, other, scant = near[best.name], near[column.name], best.filled <= _NEARLY_EMPTY * rows
    named = own == Nearness.FIRST or (own < Nearness.SCALE and best.names > 1 and best.filled > 0.5 * rows)
    if best in hot:
        return column not in hot and other <= Nearness.FEW and (
            len(hot) == 2 or (not column.marks and column.letters > 0.5))
    if other == Nearness.BARE:
        return column.called == Nearness.FIRST and column.key == column.name.lower()
    if not once or not named:
        return True
    if own == Nearness.FIRST and best.key == "target" and best.letters > 0.5:  # a word may say what the text is about
        return other < Nearness.BARE and column not in hot
    if own == Nearness.FIRST:
        return scant and other <= Nearness.FEW and column.filled > best.filled
    return other <= Nearness.PARTLY and column not in hot


def _told(columns: tuple[str, ...], why: str, rivals: Sequence[Sampled], values: str = "") -> ChosenLabel:
    """The chosen ``columns``, and in a sentence that ``rivals`` could be the label as well."""
    shown = [f"'{c.name}' ({c.names} value{'s' * (c.names != 1)})" for c in rivals[:_RIVALS]]
    return ChosenLabel(columns, why, tuple(c.name for c in rivals[:_RIVALS]), label_doubt(columns, shown, values))


def label_doubt(columns: Sequence[str], rivals: Sequence[str], values: str = "") -> str:
    """That ``rivals`` could be the label as well as the ``columns`` that are, or where none is; "" without any.

    :param values: how many there are of the one column, in brackets.
    """
    if not rivals:
        return ""
    could = f"it could be {', '.join(rivals)}"
    if not columns:
        return f"No column is read as the label, but {could}. If so, choose it as the label column."
    several = 1 < len(columns) < 4
    chosen = f"a group of {len(columns)} columns" if len(columns) > 3 else ", ".join(map(repr, columns))
    return (f"Which column holds the labels is not certain: {chosen}{values} {'are' if several else 'is'} read as the "
            f"label, but {could} as well. If it is another one, choose it as the label column.")


def _values(column: Sampled) -> str:
    return f"{column.names} different values" if column.names != 1 else "a single value"


def _marks_told(hot: Sequence[Sampled]) -> str:
    values = ", ".join(sorted({value for column in hot for value in column.values})[:4])
    return f"{len(hot)} columns of yes and no ({values}), one a label"


def _none(seen: Sequence[Sampled], able: list[Sampled], rows: int) -> ChosenLabel:
    """No column is plainly the label: a state is taken, in doubt, whatever marks it holds; what else could be the label
    is only named."""
    beside = [c for c in able if c.aside and c.names <= 20 and _comes_again(c, rows) and (c.state or c.letters > 0.5)]
    long = [c for c in able if _SHORT <= c.length < _LONG_LABEL and 2 <= c.names <= min(20, rows // 5)
            and c.filled > 0.5 * rows and not c.aside and not c.coded and c.letters > 0.5]
    states = [c for c in beside if c.state]
    taken = _one_hot(states, rows) or states
    if len(taken) == len(states) and not long and (len(taken) == 1 or taken is not states):
        names = " and ".join(f"'{c.name}' ({c.names} values)" for c in taken)
        are, their, they = ("are", "their names", "they are") if len(taken) > 1 else ("is", "its name", "it is")
        why = _marks_told(taken) if len(taken) > 1 else f"only {_values(taken[0])}"
        return ChosenLabel(tuple(c.name for c in taken), why, (), (
            f"Whether {names} {are} the label is not certain: by {their} {they} rather kept beside the texts, but no "
            "other column could be it. If the texts have no label, set the label column to 'none'."))
    return _told((), _why_none(seen) if seen else "", long or beside)


def _why_none(seen: Sequence[Sampled]) -> str:
    """Why no column is the label, by the one that is nearest to it."""
    nearest = min(seen, key=lambda c: (c.called is None, c.names))
    if nearest.names < 2:
        return "no column holds several values that come again"
    held = f"{nearest.names} different values in {nearest.filled} rows"
    if nearest.aside:
        return (f"no column looks like a label; '{nearest.name}' holds {held} and is called like what is kept beside "
                "texts and is no class of them")
    return f"no column looks like a label; '{nearest.name}' holds {held}, of {nearest.length:.0f} characters on average"


def _one_hot(columns: list[Sampled], rows: int) -> list[Sampled]:
    """The columns of yes and no that are one label each: those in the commonest alphabet, of these those whose names
    begin alike, where some do. One of three must hold both, and of two both, if no word for a label begins them."""
    alphabets: dict[frozenset[int], list[Sampled]] = {}
    for column in columns:
        if column.marks and column.called not in (Nearness.PLAIN, Nearness.SAID) and column.length < _SHORT and (
                column.filled == rows or not {value.lower() for value in column.values} & FALSE):
            alphabets.setdefault(column.marks, []).append(column)
    whole = max(alphabets.values(), key=len, default=[])
    heads: dict[str, list[Sampled]] = {}
    for column in whole:
        name = column.name.strip().lower()
        head = re.split(r"[_.:\- ]", name, maxsplit=1)[0]
        if head != name:
            heads.setdefault(head, []).append(column)
    alike = max(heads.items(), key=lambda item: (len(item[1]) > 1 and is_label_name(item[0]), len(item[1])),
                default=("", []))
    named = len(alike[1]) > 1 and is_label_name(alike[0])
    found = alike[1] if named or len(alike[1]) > 2 else whole
    varied = [c for c in found if c.distinct > 1 or c.filled < rows]
    return found if named or len(varied) > 1 or (varied and len(found) > 2) else []


def _are_flags(hot: Sequence[Sampled], able: Sequence[Sampled]) -> bool:
    """Whether the columns ``hot`` of yes and no are rather flags beside the label than one label each: two beside a
    topic or a scale, or one that says what a text is beside those that say what it has."""
    verdicts = sum(c.verdict for c in hot)
    if verdicts > 1 or len({re.split(r"[_.:\- ]", c.key)[0] for c in hot}) == 1:
        return False
    if len(hot) == 2 and any(c.topic or c.called == Nearness.SCALE for c in able):
        return True
    return verdicts == 1 and any(c.key.startswith(("has_", "have_")) for c in hot)


def _no_label(column: Sampled) -> str:
    """Why a column cannot be the label although it is called so; "" where it can."""
    if column.names > 20 and column.names > 0.9 * column.filled:
        return f"nearly every row of it holds another value ({column.names} in {column.filled})"
    if column.counts:
        return f"it holds {column.names} different numbers: a measure or a counter"
    if sum(value.startswith(("[[", "[{\"start", "[{\"end")) for value in column.values) > 0.5 * column.distinct:
        return "its cells mark passages of the texts, not whole texts"
    if column.length >= _LONG_LABEL:
        return f"its cells are texts of {column.length:.0f} characters on average"
    return ""
