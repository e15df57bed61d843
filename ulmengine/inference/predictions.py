"""What a classifier answered, document by document, kept as a table: every figure is a reading of it.

Columns: ``document`` (its key as in the corpus' repairs), ``row`` (from 0, in its own file), ``part`` ("validation" or
"test"), ``label`` (as given; a list where a document bears several), probabilities ``network.<label>``,
``baseline.<label>`` and, where network and counts answer together, ``counts.<label>`` and ``blend.<label>``, and
``loss`` (of the network, in nats). Order of the labels, corpus and temperature stand in the file's own description.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.special import logit

from ulmengine.disk import parsed, whole

from .calibrate import Floats, alike, chosen, one_hot, probabilities
from .errors import InferenceError
from .evaluate import document_losses

FORMAT = 1
MEASURED_PARTS = ("validation", "test")
Who = Literal["network", "baseline", "counts", "blend"]
WHO: tuple[Who, ...] = ("network", "baseline", "counts", "blend")
MOST_BYTES = 4 << 30
"""A file beyond this is no table of predictions, or none that fits into memory."""
_DESCRIPTION = b"ulmfit"
_ARRAYS = ("keys", "rows", "parts", "targets", "losses")
_ROUNDING = 1e-4  # a baseline may reckon in single precision


class PredictionsError(InferenceError):
    """Predictions that cannot be used: not ours, altered, or of something else; the message says what to try."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions of n documents; all arrays in the same order.

    ``keys``: (n,) str, see :mod:`ulmengine.corpus.repairs`. ``rows``: (n,) int64. ``parts``: (n,) str.
    ``targets``: (n,) int64 class numbers, or (n, classes) bool for several labels. ``given``: the probabilities
    (n, classes) float64 of each of "network", "baseline", "counts" and "blend" that there is, in the order of the
    labels. ``losses``: (n,) nats. ``corpus``: the fingerprint of the corpus. ``temperature``: by which the network's
    scores were divided.
    """

    labels: tuple[str, ...]
    multi_label: bool
    corpus: str
    temperature: float
    keys: NDArray[np.object_]
    rows: NDArray[np.int64]
    parts: NDArray[np.object_]
    targets: NDArray[Any]
    given: Mapping[Who, Floats]
    losses: Floats

    def __len__(self) -> int:
        return len(self.keys)

    def take(self, chosen: NDArray[Any]) -> Predictions:
        """Only the documents ``chosen``: a mask (n,) or positions."""
        return _merged([self], lambda arrays: arrays[0][chosen])

    def part(self, name: str) -> Predictions:
        """The documents of one part."""
        return self.take(self.parts == name)

    def has(self, part: str) -> bool:
        """Whether there are documents of ``part``."""
        return bool((self.parts == part).any())

    @property
    def headline_part(self) -> str:
        """The part that a result is told of: the test documents, without any the validation ones."""
        return "test" if self.has("test") else "validation"

    @property
    def saved(self) -> Who:
        """Whose answers the saved model gives: the headline is theirs."""
        return "blend" if "blend" in self.given else "network"

    def predicted(self, who: Who = "network") -> NDArray[Any]:
        """(n,) the likeliest class' number, or (n, classes) bool: which labels have 0.5 or more."""
        return chosen(self.given[who], self.multi_label)

    def right(self, who: Who = "network") -> NDArray[np.bool_]:
        """(n,) whether the answer is right, all labels of it where there are several."""
        return alike(self.predicted(who), self.targets)

    def confidence(self, who: Who = "network") -> Floats:
        """(n,) probability of the likeliest class; of several labels that of the least certain decision."""
        values = self.given[who]
        return np.asarray(np.maximum(values, 1 - values).min(1) if self.multi_label else values.max(1))

    def truth(self) -> Floats:
        """(n, classes) of 0.0 and 1.0."""
        return one_hot(self.targets, (len(self), len(self.labels)), self.multi_label)

    def names(self, numbers: NDArray[Any]) -> list[str]:
        """Labels in words: of (n,) class numbers, or of (n, classes) bool, joined by commas."""
        if self.multi_label:
            return [", ".join(self.labels[place] for place in np.flatnonzero(row)) for row in numbers]
        return [self.labels[number] for number in numbers.tolist()]

    def untempered(self, who: Who) -> Floats | None:
        """(n, classes) what ``who`` would say had the network no temperature; None where the network has no part in
        it, or the other part is not kept."""
        if who == "network":
            return self.uncalibrated()
        if who != "blend" or "counts" not in self.given:
            return None
        # The weight is not kept beside the answers, but is in them: blend = weight * network + (1 - weight) * counts.
        network, counts = self.given["network"], self.given["counts"]
        apart = network - counts
        if not np.abs(apart).max(initial=0.0) > 0:
            return None
        weight = float((apart * (self.given["blend"] - counts)).sum() / (apart**2).sum())
        return np.clip(weight * self.uncalibrated() + (1 - weight) * counts, 0.0, 1.0)

    def uncalibrated(self) -> Floats:
        """(n, classes) the network's probabilities as they would be without the temperature."""
        tiny = np.finfo(np.float64).tiny
        values = self.given["network"]
        scores = logit(np.clip(values, tiny, 1 - 1e-16)) if self.multi_label else np.log(np.maximum(values, tiny))
        return probabilities(scores * self.temperature, multi_label=self.multi_label)


def joined(kept: Sequence[Predictions]) -> Predictions:
    """Several parts of one classifier's predictions behind each other."""
    return _merged(kept, np.concatenate)


def _merged(kept: Sequence[Predictions], merge: Callable[[list[NDArray[Any]]], NDArray[Any]]) -> Predictions:
    """The first of ``kept``, each of its arrays as ``merge`` makes it of that one of them all."""
    arrays: dict[str, Any] = {name: merge([getattr(one, name) for one in kept]) for name in _ARRAYS}
    given = {who: merge([one.given[who] for one in kept]) for who in kept[0].given}
    return replace(kept[0], given=given, **arrays)


def part_predictions(
    part: str, keys: Sequence[str], rows: NDArray[np.int64], targets: NDArray[Any], given: Mapping[Who, Floats], *,
    labels: Sequence[str], multi_label: bool, corpus: str, temperature: float,
) -> Predictions:
    """Predictions of one ``part``, with the losses worked out. Arguments as of :class:`Predictions`.

    :raises InferenceError: shapes that do not fit.
    """
    network = np.asarray(given["network"], dtype=np.float64)
    truth = one_hot(targets, network.shape, multi_label)
    return Predictions(
        tuple(labels), multi_label, corpus, temperature, np.array(keys, dtype=object), np.asarray(rows, dtype=np.int64),
        np.full(len(keys), part, dtype=object), truth > 0 if multi_label else np.asarray(targets, dtype=np.int64),
        {who: np.asarray(given[who], dtype=np.float64) for who in WHO if who in given},
        document_losses(network, truth, multi_label),
    )


def write_predictions(path: Path, kept: Predictions) -> None:
    """Write ``kept`` to ``path``, whole or not at all. :raises OSError: the disk does not take it."""
    label: pa.Array
    if kept.multi_label:
        label = pa.array([[kept.labels[place] for place in np.flatnonzero(row)] for row in kept.targets],
                         pa.list_(pa.string()))
    else:
        label = pa.array(kept.names(kept.targets), pa.string())
    columns: dict[str, Any] = {
        "document": pa.array(kept.keys.tolist(), pa.string()), "row": pa.array(kept.rows),
        "part": pa.array(kept.parts.tolist(), pa.string()), "label": label,
    }
    for who, values in kept.given.items():
        columns |= {f"{who}.{name}": pa.array(np.ascontiguousarray(values[:, place]))
                    for place, name in enumerate(kept.labels)}
    columns["loss"] = pa.array(kept.losses)
    about = {"format": FORMAT, "labels": list(kept.labels), "multi_label": kept.multi_label, "corpus": kept.corpus,
             "temperature": kept.temperature, "who": list(kept.given)}
    table = pa.table(columns).replace_schema_metadata({_DESCRIPTION: json.dumps(about).encode()})
    with whole(path) as beside, beside.open("wb") as file:  # opened here: the library's errors are no words for people
        pq.write_table(table, file, compression="zstd")


def read_predictions(path: Path) -> Predictions:
    """What :func:`write_predictions` wrote, with everything about it checked.

    :raises PredictionsError: the file is not there, damaged, altered, or no table of predictions.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise PredictionsError(f"{path} is too large to be a run's predictions; measure the run again")
        with path.open("rb") as file:
            table = pq.read_table(file)
    except FileNotFoundError as error:
        raise PredictionsError(
            f"{path} is not there: the run kept no predictions; measure it again from its model") from error
    except (OSError, pa.ArrowException) as error:
        raise PredictionsError(
            f"{path} cannot be read as a table of predictions ({_why(error)}); measure the run again") from error
    about = _description(table, path)
    labels, multi = tuple(about["labels"]), bool(about["multi_label"])
    needed = ["document", "row", "part", "label", "loss", *(f"{who}.{name}" for who in about["who"] for name in labels)]
    missing = [name for name in needed if name not in table.column_names]
    if missing:
        raise PredictionsError(
            f"{path}: the column {missing[0]} is missing, so it has been altered; measure the run again")
    try:
        kept = Predictions(
            labels, multi, str(about["corpus"]), float(about["temperature"]), _objects(table, "document"),
            table["row"].to_numpy().astype(np.int64), _objects(table, "part"),
            _targets(table["label"].to_pylist(), labels, multi),
            {who: np.column_stack([table[f"{who}.{name}"].to_numpy() for name in labels]).astype(np.float64)
             for who in about["who"]},
            table["loss"].to_numpy().astype(np.float64),
        )
    except (ValueError, TypeError, KeyError, pa.ArrowException) as error:
        raise PredictionsError(f"{path} has been altered ({error}); measure the run again") from error
    _check(kept, path)
    return kept


def _why(error: OSError | pa.ArrowException) -> str:
    """What is wrong, without the name of the file: whoever is told that has it already."""
    return getattr(error, "strerror", None) or str(error).rpartition("'<Buffer>': ")[2]


def _description(table: pa.Table, path: Path) -> dict[str, Any]:
    try:
        about = parsed((table.schema.metadata or {})[_DESCRIPTION])
        newer = about["format"] > FORMAT
        if not (about["labels"] and "network" in about["who"] and set(about["who"]) <= set(WHO)):
            raise ValueError("labels")
    except (KeyError, ValueError, TypeError) as error:
        raise PredictionsError(f"{path} is no table of predictions of this program, or another one has written it "
                               "anew; measure the run again") from error
    if newer:
        raise PredictionsError(
            f"{path} was written by a newer version of the program; update it, or measure the run again")
    return dict(about)


def _objects(table: pa.Table, name: str) -> NDArray[np.object_]:
    return np.array(table[name].to_pylist(), dtype=object)


def _targets(given: list[Any], labels: Sequence[str], multi: bool) -> NDArray[Any]:
    place = {name: number for number, name in enumerate(labels)}
    if not multi:
        return np.array([place[name] for name in given], dtype=np.int64)
    targets = np.zeros((len(given), len(labels)), dtype=bool)
    for row, names in enumerate(given):
        targets[row, [place[name] for name in names]] = True
    return targets


def _check(kept: Predictions, path: Path) -> None:
    """Refuse what a classifier cannot have said, and losses that are not those of the probabilities."""
    values = list(kept.given.values())
    sound = len(kept) > 0 and bool(np.isin(kept.parts, MEASURED_PARTS).all()) and kept.temperature > 0
    sound = sound and all(bool(((one >= 0) & (one <= 1 + _ROUNDING)).all()) for one in values)  # false for NaN too
    if sound and not kept.multi_label:
        sound = all(np.abs(one.sum(1) - 1).max() < _ROUNDING for one in values)
    if sound:
        losses = document_losses(kept.given["network"], kept.truth(), kept.multi_label)
        sound = bool(np.allclose(losses, kept.losses, rtol=1e-9, atol=1e-9))
    if not sound:
        raise PredictionsError(f"{path} holds what no classifier can have answered, so it has been altered; "
                               "measure the run again")
