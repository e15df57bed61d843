"""What the documents of a table bear, in the words of a model: its labels, as others spell them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ulmengine.corpus import Documents
from ulmengine.corpus.cells import BETWEEN, FALSE, TRUE
from ulmengine.models import TABLES, Columns

from .errors import InferenceError
from .names import as_named, folded, quoted


@dataclass(frozen=True)
class Labelled:
    """What documents bear in the words of a model. ``rows``: those that can be measured, places among the texts given.

    ``targets``: of these, (n,) class numbers or (n, classes) of 0 and 1. ``notes``: what was read how, and left out.
    """

    rows: np.ndarray
    targets: np.ndarray
    notes: tuple[str, ...]


def labelled(documents: Documents, labels: Sequence[str], multi_label: bool) -> Labelled:
    """The labels of the part "train" of ``documents`` as those of a model: of several ``labels`` always as such.

    Another spelling of a label (``GOOD`` for ``good``, ``1.0`` for ``1``, ``yes`` for ``True``) is taken for it where
    only one is meant, and for a model of several labels a list of known ones (``anger|fear``) for these. A document
    whose labels the model does not know is left out.

    :raises InferenceError: there are no labels, the model knows none of them, a document has several and the model one
        a document, or of a model's several labels, a column each, one has no column.
    """
    name = documents.understood.path.name
    if not documents.labels:
        raise InferenceError(f"{name}: no labels were found; name the column with --label")
    places = {label: _meant(label, labels) for label in documents.labels}
    if multi_label:
        places = {label: meant or _listed(label, labels) for label, meant in places.items()}
    unknown = [label for label, meant in places.items() if not meant]
    if len(unknown) == len(places):
        raise InferenceError(f"{name}: the model does not know the label{'s' if len(unknown) > 1 else ''} "
                             f"{quoted(unknown)}; it knows {quoted(labels)}")
    told = {place for meant in places.values() for place in meant}
    lacking = [label for place, label in enumerate(labels) if place not in told]
    if multi_label and lacking and not set(documents.labels).isdisjoint(documents.understood.label_columns[1:]):
        raise InferenceError(f"{name} has no column {quoted(lacking, ' or ')}, a label of the model: which documents "
                             "bear it cannot be known. Add it, with 1 where the label applies and 0 elsewhere.")
    targets = documents.targets("train")
    if targets.ndim == 1:
        targets = np.eye(len(documents.labels), dtype=np.float32)[targets]
    elif not multi_label and (targets.sum(axis=1) > 1).any():
        raise InferenceError(f"{name}: some documents bear several labels, the model gives each document one")
    wide = np.zeros((len(targets), len(labels)), dtype=np.float32)
    for column, label in enumerate(documents.labels):
        for place in places[label]:
            wide[:, place] = np.maximum(wide[:, place], targets[:, column])
    bears, known = targets.any(axis=1), wide.any(axis=1)
    rows = np.flatnonzero(known | ~bears if multi_label else known)
    notes = [f"'{label}' is read as {quoted([labels[place] for place in meant])}." for label, meant in places.items()
             if meant and [labels[place] for place in meant] != [label]]
    if bare := len(documents.rows("unlabelled")):
        notes.append(f"{bare:,} of {bare + len(targets):,} documents bear no label and are left out.")
    if unknown:
        out = len(targets) - len(rows)
        notes.append(f"The model does not know {quoted(unknown)}: {out:,} of {len(targets):,} documents are left out.")
    return Labelled(rows, wide[rows] if multi_label else wide[rows].argmax(axis=1), tuple(notes))


def label_doubt(documents: Documents, roles: Columns | None) -> str:
    """From which column the labels of ``documents`` were taken, where nobody has named it and the model does not know
    it by its name; "" elsewhere."""
    found, learnt = documents.understood, roles.label if roles is not None else ()
    there = as_named(learnt, found.columns)
    if found.format not in TABLES or found.label_columns in (there, ()):
        return ""
    lacking = "" if there or not learnt else f", for there is no {quoted(learnt)}, from which the model learnt them"
    return (f"The labels are read from {quoted(found.label_columns)}{lacking}. If others are meant, name their column "
            "(--label).")


def _meant(label: str, known: Sequence[str]) -> tuple[int, ...]:
    """Which of the ``known`` labels ``label`` is; none where it is none or could be several."""
    if label in known:
        return (known.index(label),)
    for form in (folded, _number, _truth):
        same = [place for place, other in enumerate(known) if form(label) is not None and form(other) == form(label)]
        if same:
            return tuple(same) if len(same) == 1 else ()
    return ()


def _listed(label: str, known: Sequence[str]) -> tuple[int, ...]:
    """The places of the ``known`` labels that ``label`` lists, one sign between them; none where one is unknown."""
    for delimiter in BETWEEN:
        parts = [_meant(part.strip(), known) for part in label.split(delimiter)]
        if len(parts) > 1 and all(parts):
            return tuple(dict.fromkeys(place for part in parts for place in part))
    return ()


def _number(label: str) -> float | None:
    try:
        return float(label.replace(",", ".") if re.fullmatch(r"-?\d+,\d+", label) else label)
    except ValueError:
        return None


def _truth(label: str) -> bool | None:
    """What a mark says: "yes" is "True", and "0" is "False"; but a dash may only say that there is nothing."""
    mark = label.strip().lower()
    return mark in TRUE if mark in (TRUE | FALSE) - {"-"} else None
