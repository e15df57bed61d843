"""One part's answers with a filter over them: plain numbers, so that a filter over 20,000 documents answers at once."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ulmengine.events import Event, Progress
from ulmengine.inference import Predictions
from ulmengine.inference.calibrate import alike, chosen
from ulmengine.inference.evaluate import document_losses, intervals_of_classes, wilson
from ulmengine.inference.predictions import Who
from ulmengine.inference.ranking import BINS, Bin, Reliability
from ulmengine.training.metrics import Tally

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

GIVEN, SAID, RIGHT, CONFIDENCE, LENGTH, UNKNOWN = "given", "said", "right", "confidence", "length", "unknown"
COLUMN = "column:"
"""Stands before the name of a column of the source that divides the documents."""
RESAMPLES = 1_000
MOST_WITH_INTERVALS = 30
"""Classes up to which the intervals of a filtered table are worked out at once; all of the part have theirs."""
AT_ONCE = 200_000
"""Answers (documents times classes) up to which all reliability diagrams are worked out in some 10 ms."""
GROUPS = 6
MOST_VALUES = 200
"""Different values of a column that can be told apart; one with more (an id, a text) has no groups."""
Picks = Mapping[str, int]
"""The filter: the chosen group of each dimension."""


@dataclass(frozen=True, eq=False)
class Dimension:
    """What documents are divided by. ``codes``: (n,) the group of each document, -1 for none; ``names``: the groups.

    Where documents may bear several labels, "given" and "said" have no codes: group ``2 * label + 1`` holds those that
    have the label, ``2 * label`` those that do not.
    """

    codes: Ints
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ClassRow:
    """Figures of one class. ``spans``: (low, high) of precision, recall and F1, None where not worked out."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int
    predicted: int
    spans: tuple[tuple[float, float], ...] | None = None


@dataclass(frozen=True, eq=False)
class Group:
    """Documents of one group of a dimension, and the share that is right, with a 95 % interval (Wilson 1927)."""

    name: str
    count: int
    right: int
    share: float
    low: float
    high: float


@dataclass(eq=False)
class Answers:
    """The documents of one part, what ``who`` answered, and what divides them.

    :ivar dimensions: by name; those that need the texts come later.
    """

    kept: Predictions
    who: Who = "network"
    dimensions: dict[str, Dimension] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kept = self.kept
        self.values: Floats = kept.given[self.who]
        self.right: Bools = kept.right(self.who)
        self.said: npt.NDArray[Any] = kept.predicted(self.who)
        self.confidence: Floats = kept.confidence(self.who)
        self.losses: Floats = kept.losses if self.who == "network" else document_losses(
            self.values, kept.truth(), kept.multi_label)
        self.worst: Ints = np.argsort(-self.losses, kind="stable")
        if not kept.multi_label:
            self.dimensions[GIVEN] = Dimension(kept.targets, kept.labels)
            self.dimensions[SAID] = Dimension(self.said, kept.labels)
        self.dimensions[RIGHT] = Dimension(self.right.astype(np.int64), ("wrong", "right"))
        bins = np.clip(np.ceil(self.confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)
        names = tuple(f"{100 * n / BINS:.0f}–{100 * (n + 1) / BINS:.0f} %" for n in range(BINS))
        self.dimensions[CONFIDENCE] = Dimension(bins, names)

    def mask(self, picks: Picks, but: Sequence[str] = ()) -> Bools:
        """(n,) which documents pass the filter, leaving the dimensions ``but`` aside."""
        passing = np.ones(len(self.kept), dtype=bool)
        for name, group in picks.items():
            if name not in but:
                passing &= self._members(name, group)
        return passing

    def _members(self, name: str, group: int) -> Bools:
        if self.kept.multi_label and name in (GIVEN, SAID):
            chosen = self.kept.targets if name == GIVEN else self.said
            return np.asarray(chosen[:, group // 2] == bool(group % 2))
        found = self.dimensions.get(name)
        return np.ones(len(self.kept), dtype=bool) if found is None else np.asarray(found.codes == group)

    def confusion(self, mask: Bools) -> Ints:
        """(classes, classes) counts, given by said; for several labels (classes, 2, 2), see ``Evaluation``."""
        if self.kept.multi_label:
            was, said = self.kept.targets[mask], self.said[mask]
            return np.stack([np.stack([(~was & ~said).sum(0), (~was & said).sum(0)], 1),
                             np.stack([(was & ~said).sum(0), (was & said).sum(0)], 1)], 1).astype(np.int64)
        size = len(self.kept.labels)
        found = np.bincount(self.kept.targets[mask] * size + self.said[mask], minlength=size * size)
        return np.asarray(found.reshape(size, size))

    def classes(self, mask: Bools, known: Sequence[Mapping[str, Any]] = ()) -> list[ClassRow]:
        """Precision, recall and F1 of every class among the documents of ``mask``.

        :param known: the classes of the whole part as evaluation.json holds them, with their intervals.
        """
        sample = self._tally(self.confusion(mask), int(mask.sum()))
        spans: list[tuple[tuple[float, float], ...] | None] = [None] * len(self.kept.labels)
        if known and bool(mask.all()):
            spans = [tuple((one[f"{name}_interval"][0], one[f"{name}_interval"][1])
                           for name in ("precision", "recall", "f1")) for one in known]
        elif not self.kept.multi_label and len(spans) <= MOST_WITH_INTERVALS and mask.any():
            spans = list(self._spans(mask))
        precision, recall, f1 = sample.precision(), sample.recall(), sample.f1()
        return [
            ClassRow(label, float(precision[n]), float(recall[n]), float(f1[n]), int(sample.true[n]),
                     int(sample.predicted[n]), spans[n])
            for n, label in enumerate(self.kept.labels)
        ]

    def _spans(self, mask: Bools) -> list[tuple[tuple[float, float], ...]]:
        """Intervals by drawing the cells of the confusion matrix, which is drawing documents."""
        cells = self.confusion(mask)
        total = int(cells.sum())
        drawn = np.random.default_rng(0).multinomial(total, cells.ravel() / total, size=RESAMPLES)
        spans = intervals_of_classes(self._tally(cells, total), self._tally(drawn.reshape(-1, *cells.shape), total))
        return list(zip(*spans, strict=True))

    def _tally(self, cells: npt.NDArray[Any], total: int) -> Tally:
        counts = cells.astype(np.float64)
        if self.kept.multi_label:
            hits, true, said = counts[..., 1, 1], counts[..., 1, :].sum(-1), counts[..., :, 1].sum(-1)
        else:
            hits = np.diagonal(counts, axis1=-2, axis2=-1)
            true, said = counts.sum(-1), counts.sum(-2)
        return Tally(hits, true, said, hits.sum(-1), total, self.kept.multi_label)

    def groups(self, name: str, mask: Bools) -> list[Group]:
        """How often each group of the dimension ``name`` is right, among the documents of ``mask``."""
        dimension = self.dimensions[name]
        there = mask & (dimension.codes >= 0)
        counts = np.bincount(dimension.codes[there], minlength=len(dimension.names))
        right = np.bincount(dimension.codes[there & self.right], minlength=len(dimension.names))
        return [Group(name, int(count), int(hits), *wilson(int(hits), int(count)))
                for name, count, hits in zip(dimension.names, counts, right, strict=True)]

    def calibration(self, mask: Bools, *, calibrated: bool = True) -> tuple[tuple[Bin, ...], float]:
        """The reliability diagram of the documents of ``mask`` and their expected calibration error.

        :param calibrated: False: as it would be without the temperature of the network; there is nothing of answers
            that the network has no part in.
        """
        found, weights = self._calibrated if calibrated else self._uncalibrated, mask.astype(np.float64)
        if not mask.any() or found is None:
            return (), float("nan")
        return found.diagram(weights), float(found.error(weights))

    @property
    def knows_calibration(self) -> bool:
        """Whether :meth:`calibration` answers at once."""
        return self.values.size <= AT_ONCE or {"_calibrated", "_uncalibrated"} <= vars(self).keys()

    def work_out_calibration(self) -> Generator[Event, None, None]:
        """What the diagrams of all filters have in common, for the background."""
        yield Progress("Working out the calibration", 0, 0)
        _ = self._calibrated, self._uncalibrated

    @cached_property
    def _calibrated(self) -> Reliability:
        return self._reliability(self.values)

    @cached_property
    def _uncalibrated(self) -> Reliability | None:
        values = self.kept.untempered(self.who)
        return None if values is None else self._reliability(values)

    def _reliability(self, values: Floats) -> Reliability:
        if self.kept.multi_label:
            return Reliability(values, self.kept.truth())
        # Of a blend the likeliest class may be another one without the temperature.
        right = alike(chosen(values, False), self.kept.targets)
        return Reliability(values.max(1, keepdims=True), right.astype(np.float64)[:, None])

    def scores(self, label: int, mask: Bools) -> tuple[Floats, Ints]:
        """(probabilities of the class ``label``, whether each document has it) of the documents of ``mask``."""
        truth = self.kept.targets[:, label] if self.kept.multi_label else self.kept.targets == label
        return self.values[mask, label], truth[mask].astype(np.int64)

    def given_to(self, position: int) -> tuple[str, ...]:
        """The labels that one document was given, in the model's order."""
        labels, target = self.kept.labels, self.kept.targets[position]
        if self.kept.multi_label:
            return tuple(label for label, has in zip(labels, target, strict=True) if has)
        return (labels[int(target)],)

    def in_order(self, mask: Bools) -> Ints:
        """Positions of the documents of ``mask``, the largest loss first."""
        return np.asarray(self.worst[mask[self.worst]])


def by_size(values: npt.NDArray[Any], *, percent: bool = False) -> Dimension:
    """Documents in at most six groups of about the same number, by a size (n,); -1 marks an unknown size."""
    known = np.sort(values[values >= 0])
    starts = [known[len(known) * group // GROUPS] for group in range(GROUPS)] if len(known) else []
    edges = np.unique([*starts, *known[-1:]])
    if len(edges) < 2:
        only = [f"{100 * edge:.0f} %" if percent else f"{edge:,.0f}" for edge in edges]
        return Dimension(np.where(values >= 0, 0, -1).astype(np.int64), tuple(only))
    codes = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    codes[values < 0] = -1
    tops = edges[1:] if percent else [*(edges[1:-1] - 1), edges[-1]]
    digits = next((n for n in (0, 1) if len(set(np.round(100 * edges, n))) == len(edges)), 2)  # alike in all groups
    return Dimension(codes.astype(np.int64), tuple(
        _span(low, top, percent, digits) for low, top in zip(edges[:-1], tops, strict=True)))


def by_value(values: Sequence[str]) -> Dimension | None:
    """Documents by what stands in a column of the source, the commonest first; None for too many different values."""
    names, codes, counts = np.unique(np.array(values, dtype=object).astype(str), return_inverse=True,
                                     return_counts=True)
    if len(names) > MOST_VALUES:
        return None
    order = np.argsort(-counts, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return Dimension(place[codes].astype(np.int64), tuple(str(names[number]) for number in order))


def _span(low: float, top: float, percent: bool, digits: int) -> str:
    if percent:
        begins, ends = f"{100 * low:.{digits}f}", f"{100 * top:.{digits}f}"
        return f"{begins}–{ends} %" if begins != ends else f"{begins} %"
    return f"{low:,.0f}–{top:,.0f}" if top > low else f"{low:,.0f}"
