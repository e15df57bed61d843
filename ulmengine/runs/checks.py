"""What is looked at before anything is trained: what cannot work stops a run before it has begun."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ulmengine.config import RunConfig
from ulmengine.corpus import Documents
from ulmengine.corpus.repeats import FEWEST, at_the_edge, same_labels
from ulmengine.counting import counted, listed
from ulmengine.events import Note
from ulmengine.plan.errors import CannotBeginError
from ulmengine.plan.usual import usual_rate

_NAMED = 8


@dataclass(frozen=True)
class StartProblem:
    """Something that speaks against beginning: it cannot work. ``kind``: stable, for programs. ``advice``: what to try.

    ``remedy``: settings, by name, with which it can begin all the same.
    """

    kind: str
    text: str
    advice: str
    remedy: dict[str, Any] = field(default_factory=dict)


def start_problems(config: RunConfig, documents: Documents) -> list[StartProblem]:
    """Why no classifier can be trained on ``documents``, the weightiest first; none where none is trained."""
    if not documents.labels or not any(config.classifier.epochs):
        return []
    everywhere, train = class_counts(documents), class_counts(documents, "train")
    return [*_too_few_classes(documents, everywhere, train), *_rare(documents),
            *_unmeasured(config, documents)]


def check_start(config: RunConfig, documents: Documents) -> None:
    """See that a classifier can be learnt and measured.

    :raises CannotBeginError: it cannot.
    """
    problems = start_problems(config, documents)
    if problems:
        raise CannotBeginError(problems[0].text, problems[0].advice, problems[0].remedy)


def start_notes(config: RunConfig) -> list[Note]:
    """What may well go wrong with a run that begins, or goes on with such settings, as warnings."""
    return [Note(f"The peak rate of the {name.replace('_', ' ')} is {part.lr:g}, where {usual:g} is usual: its loss "
                 "may well grow instead of falling.", "warning", (f"{name}.lr",))
            for name, part in (("language_model", config.language_model), ("classifier", config.classifier))
            if (usual := usual_rate(part)) is not None and np.any(part.epochs)]


def class_counts(documents: Documents, part: str = "") -> np.ndarray:
    """How many documents of ``part``, or of all that no repair has left out, bear each label, int64 (classes,)."""
    return documents.label_counts(documents.rows(part) if part else documents.parts >= 0)


def _too_few_classes(documents: Documents, everywhere: np.ndarray, train: np.ndarray) -> list[StartProblem]:
    labels = [label for label, count in zip(documents.labels, everywhere, strict=True) if count]
    if not labels:
        return [StartProblem("one_label", "No document bears a label.", "Choose the label column.")]
    if same := same_labels(documents):
        kind = f"label, {same[0]}" if len(same) == 1 else f"labels, {listed(same, _NAMED)}"
        return [StartProblem(
            "one_label", f"All labelled documents bear the same {kind}: there is nothing to tell apart.",
            "Add documents of another class, or choose another label column.")]
    if documents.multi_label:
        return []
    if int((train > 0).sum()) < 2:
        return [StartProblem(
            "one_label_to_learn", "Only one class has documents to learn from, the others stand in the validation or "
            "test part alone.", "Divide the corpus otherwise.")]
    if int((documents.to_learn() >= FEWEST).sum()) < 2:
        return [StartProblem("too_few", f"Fewer than two classes have {FEWEST} documents or more{_beside(documents)}, "
                             "which is too little to learn from and to measure on.", "Add labelled documents.")]
    return []


def _beside(documents: Documents) -> str:
    return " outside of the test part" if documents.test_given else ""


def _rare(documents: Documents) -> list[StartProblem]:
    rare = [f"{label} ({count:,})" for label, count in zip(documents.labels, documents.to_learn(), strict=True)
            if 0 < count < FEWEST]
    if not rare:
        return []
    return [StartProblem(
        "rare_class", f"Fewer than {FEWEST} documents{_beside(documents)} bear the label {listed(rare, _NAMED)}: that "
        f"can {'hardly be learnt' if documents.test_given else 'be neither learnt nor measured'}."
        f"{at_the_edge(documents)}",
        "Add documents, put such classes together, or leave them out: corpus.min_per_class = "
        f"{FEWEST} does so for all of them.", {"corpus.min_per_class": FEWEST},
    )]


def _unmeasured(config: RunConfig, documents: Documents) -> list[StartProblem]:
    if config.corpus.split.unmeasured or documents.count("validation") or documents.count("test"):
        return []
    split, rows = config.corpus.split, documents.rows("train")
    why, what = "", "Set a validation or test share, or choose a test file."
    if split.validation or split.test:
        texts = counted(len(np.unique(documents.hashes[rows])), "text", "different texts")
        why = (f" The shares that are set come to none of {counted(len(rows), 'document', 'documents')} with {texts}: "
               "what holds the same text stays in one part.")
        what = "Add documents with other texts, or choose a test file."
    return [StartProblem(
        "unmeasured", "No documents are held back for validation or test, so there is nothing to measure the "
        f"classifier on.{why}", f"{what} To train without knowing how good it is, set corpus.split.unmeasured = true.",
        {"corpus.split.unmeasured": True},
    )]
