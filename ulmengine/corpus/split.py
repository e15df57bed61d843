"""Which document is for training, validation or test: seeded, stable, and no text in two parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from .column_names import PART_CELLS
from .errors import CorpusError
from .likeness import text_hash

PART_NAMES = ("train", "validation", "test", "unlabelled")
TRAIN, VALIDATION, TEST, UNLABELLED = range(4)
LEFT_OUT = 4
DROPPED = -1
OPEN = -2

EMPTY = np.uint64(text_hash(""))


def draw(keys: np.ndarray, seed: int) -> np.ndarray:
    """A random but repeatable number for each key, uint64: splitmix64 (Steele et al. 2014) of key and seed.

    It depends on the text alone and not on the row, so that leaving out a few rows moves hardly any other.
    """
    with np.errstate(over="ignore"):
        mixed = keys.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15) * np.uint64(seed * 2 + 1)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(mixed ^ (mixed >> np.uint64(31)), dtype=np.uint64)


def stratified(strata: np.ndarray, units: np.ndarray, shares: tuple[float, float], seed: int) -> np.ndarray:
    """Part of each row: of every stratum the share ``shares`` = (validation, test) is held back, whole units at a time.

    :param strata: int64 (n,), the class; a unit belongs to the stratum of its first row.
    :param units: uint64 (n,), rows with the same number stay together (duplicates, groups).
    """
    names, first, unit_of_row, sizes = np.unique(units, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(draw(names, seed), kind="stable")
    part_of_unit = np.full(len(names), TRAIN, dtype=np.int8)
    stratum_of_unit = strata[first]
    carry = [0.5, 0.5]
    for stratum in np.unique(strata):
        members = order[stratum_of_unit[order] == stratum]
        ends = np.cumsum(sizes[members])
        if not len(ends):
            continue
        validation, test = _quotas(int(ends[-1]), shares, carry)
        # A unit goes where its middle falls; the last unit always trains, so that no class is without training texts.
        middle = ends - sizes[members] / 2
        part_of_unit[members[middle < test + validation]] = VALIDATION
        part_of_unit[members[middle < test]] = TEST
        part_of_unit[members[-1]] = TRAIN
    return part_of_unit[unit_of_row]


def _quotas(rows: int, shares: tuple[float, float], carry: list[float]) -> tuple[int, int]:
    """How many of ``rows`` are for validation and for test.

    What is rounded away is carried on to the next class, so that many small classes together give their share; a class
    of five or more gives at least one to each.
    """
    quotas = []
    for place, share in enumerate(shares):
        exact = rows * share + carry[place]
        quota = int(exact)
        carry[place] = exact - quota
        quotas.append(max(1, quota) if share and rows >= 5 else quota)
    return quotas[0], quotas[1]


def grouped(groups: Sequence[str], hashes: np.ndarray, shares: tuple[float, float], seed: int) -> np.ndarray:
    """Part of each row, all rows of a group (and of groups that share a text) in the same one.

    Rows that name no group belong to none: each is by itself.
    """
    names = np.char.strip(np.array(groups, dtype=object).astype(str))
    _, codes = np.unique(names, return_inverse=True)
    bare = np.flatnonzero(names == "")
    codes[bare] = codes.max(initial=0) + 1 + np.arange(len(bare))
    _, texts = np.unique(hashes, return_inverse=True)
    size = len(codes)
    ones = np.ones(size, dtype=np.int8)
    links = coo_matrix((ones, (codes, texts + codes.max(initial=0) + 1)), shape=(3 * size + 2,) * 2)
    _, component = connected_components(links, directed=False)
    return stratified(np.zeros(size, dtype=np.int64), component[codes].astype(np.uint64), shares, seed)


def empties_apart(hashes: np.ndarray) -> np.ndarray:
    """``hashes`` with a number of its own for each empty text: that they are all alike joins nothing."""
    apart = hashes.copy()
    empty = np.flatnonzero(hashes == EMPTY)
    apart[empty] = draw(np.arange(len(empty), dtype=np.uint64), int(EMPTY) & 0xFFFF)
    return apart


def missed_shares(method: str, parts: np.ndarray, shares: tuple[float, float]) -> list[str]:
    """Sentences about parts that got far fewer or more documents than their share, as large groups can make them."""
    if method not in ("grouped", "time"):
        return []
    told = []
    for name, part, share in zip(("validation", "test"), (VALIDATION, TEST), shares, strict=True):
        got, wanted = int((parts == part).sum()), share * len(parts)
        if wanted >= 1 and not 0.5 * wanted <= got <= 1.5 * wanted:
            told.append(
                f"The {name} part got {got:,} of {len(parts):,} documents instead of about {wanted:,.0f}: what must "
                "stay together cannot be divided more evenly. Choose another split column, or split by label."
            )
    return told


def by_time(moments: np.ndarray, hashes: np.ndarray, shares: tuple[float, float]) -> np.ndarray:
    """Part of each row: the latest are for test, those before them for validation. NaN (no date): training.

    A text that comes again later counts as of its first time, so that it stands in one part only.
    """
    _, unit = np.unique(hashes, return_inverse=True)
    first = np.full(unit.max(initial=-1) + 1, np.inf)
    np.minimum.at(first, unit, np.where(np.isnan(moments), -np.inf, moments))
    order = np.lexsort((unit, first[unit]))
    validation, test = _quotas(len(moments), shares, [0.5, 0.5])
    parts = np.full(len(moments), TRAIN, dtype=np.int8)
    parts[order[len(order) - test - validation :]] = VALIDATION
    parts[order[len(order) - test :]] = TEST
    earliest = np.full(len(first), LEFT_OUT, dtype=np.int8)
    np.minimum.at(earliest, unit, parts)
    parts = earliest[unit]
    parts[np.isnan(moments)] = TRAIN
    return parts


def given_parts(column: pl.Series) -> np.ndarray:
    """Part of each row as a column names it, or says with yes and no; OPEN where the cell is empty.

    :raises CorpusError: a value that is not known as the name of a part.
    """
    values = column.fill_null("").str.strip_chars().str.to_lowercase()
    truth = {"1": True, "true": True, "1.0": True, "0": False, "false": False, "0.0": False}
    name = column.name.lower()
    yes, no = (TRAIN, TEST) if "train" in name else (TEST, TRAIN) if "test" in name else (VALIDATION, TRAIN)
    meaning = {"": OPEN, **{name: PART_NAMES.index(part) for name, part in PART_CELLS.items()}}
    meaning |= {mark: yes if true else no for mark, true in truth.items()}
    strange = sorted(set(values.unique().to_list()) - set(meaning))
    if strange:
        raise CorpusError(
            f"The split column '{column.name}' holds '{strange[0]}', which is not the name of a part. Use train, "
            "validation, test or unlabelled (or true and false in a column like is_valid), or split another way."
        )
    return np.array([meaning[value] for value in values.to_list()], dtype=np.int8)


def moments_of(column: pl.Series) -> np.ndarray:
    """Dates and times (microseconds since 1970) or plain numbers as float64; NaN where there is none.

    :raises CorpusError: hardly any is a date.
    """
    cells = column.fill_null("").str.strip_chars()
    numbers = cells.cast(pl.Float64, strict=False)
    filled = max(1, int((cells != "").sum()))
    best = numbers
    for style in (None, "%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%b %d, %Y", "%d %b %Y", "%Y",
                  "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%d.%m.%Y %H:%M",
                  "%d.%m.%Y %H:%M:%S", "%a %b %d %H:%M:%S %z %Y", "%a, %d %b %Y %H:%M:%S %z"):
        if best.count() >= 0.9 * filled:
            break
        try:
            dates = cells.str.to_datetime(style, strict=False, time_zone="UTC").dt.timestamp().cast(pl.Float64)
        except (pl.exceptions.ComputeError, pl.exceptions.InvalidOperationError):
            continue
        best = dates if dates.count() > best.count() else best
    if best.count() < 0.5 * filled:
        example = cells.filter(cells != "")
        raise CorpusError(
            f"The column '{column.name}' does not hold dates (for example '{example[0] if len(example) else ''}'). "
            "Choose a column with dates like 2024-05-31, or split another way."
        )
    return best.fill_null(float("nan")).to_numpy()


def keep_apart(parts: np.ndarray, hashes: np.ndarray) -> np.ndarray:
    """``parts`` with every row LEFT_OUT whose text also stands in a part that must stay unseen.

    The test part stays whole; then validation, then training. This matters where the corpus itself brings the parts.
    Empty texts are all alike and give nothing away: they stay.
    """
    parts = parts.copy()
    filled = hashes != EMPTY
    for kept, others in ((TEST, (VALIDATION, TRAIN, UNLABELLED, OPEN)), (VALIDATION, (TRAIN, UNLABELLED, OPEN))):
        seen = filled & np.isin(hashes, hashes[parts == kept])
        parts[seen & np.isin(parts, others)] = LEFT_OUT
    return parts
