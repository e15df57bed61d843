"""The order in which the names of classes stand: as people count, and dates in the order of time."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import partial

_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMERIC = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})")
_MONTH_YEAR = re.compile(r"(\d{1,2})[./-](\d{4})")
_QUARTER = re.compile(r"(?:q|quarter\s*)([1-4])[\s./-]*(\d{4})")
_WORDS = re.compile(r"(?:(\d{1,2})(?:st|nd|rd|th|\.)?[\s-]+)?([a-z]{3,9})\.?[\s,'-]+(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?"
                    r"(\d{4}|\d{2})")

Moment = tuple[int, ...]


def in_order(names: Collection[str]) -> tuple[str, ...]:
    """Names sorted as people count (2 before 10), dates and their parts in the order of time."""
    for moment in (_weekday, _month, _quarter, _month_and_year, _spelled, _day_first, _month_first):
        moments = {name: moment(name.strip().lower()) for name in names}
        if len(moments) > 1 and all(one is not None for one in moments.values()):
            return tuple(sorted(names, key=lambda name: (moments[name], name)))
    return tuple(sorted(names, key=_counted))


def _counted(name: str) -> tuple[tuple[int, float, str], ...]:
    """A minus is one at the beginning alone: in 2024-01 it only parts."""
    pieces = re.findall(r"^-\d+(?:\.\d+)?|\d+(?:\.\d+)?|\D+", name) if re.search(r"\d", name) else [name]
    return tuple(
        (0, float(piece), piece) if re.fullmatch(r"-?\d+(?:\.\d+)?", piece) else (1, 0.0, piece) for piece in pieces
    )


def _among(names: tuple[str, ...], name: str) -> Moment | None:
    """The place among ``names`` of what is called so or by the first three letters."""
    bare = name.rstrip(".")
    return next(((place,) for place, long in enumerate(names) if bare in (long, long[:3])), None)


_month, _weekday = partial(_among, _MONTHS), partial(_among, _DAYS)


def _quarter(name: str) -> Moment | None:
    match = _QUARTER.fullmatch(name)
    return (int(match[2]), int(match[1])) if match else None


def _month_and_year(name: str) -> Moment | None:
    match = _MONTH_YEAR.fullmatch(name)
    return (int(match[2]), int(match[1])) if match and 1 <= int(match[1]) <= 12 else None


def _spelled(name: str) -> Moment | None:
    """Jan 2020, Jan-20, 5 March 2021, March 5, 2021."""
    match = _WORDS.fullmatch(name)
    month = _month(match[2]) if match else None
    if match is None or month is None:
        return None
    return (_year(match[4]), *month, int(match[1] or match[3] or 0))


def _numeric(day: int, month: int, name: str) -> Moment | None:
    """A date in figures, of which that many is the ``day`` and that many the ``month``."""
    match = _NUMERIC.fullmatch(name)
    if match is None or not (1 <= int(match[day]) <= 31 and 1 <= int(match[month]) <= 12):
        return None
    return _year(match[3]), int(match[month]), int(match[day])


_day_first, _month_first = partial(_numeric, 1, 2), partial(_numeric, 2, 1)


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 70 else 1900)
