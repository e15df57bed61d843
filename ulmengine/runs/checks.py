"""What is looked at before anything is trained: what cannot work stops a run, what is likely wrong is said."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from ulmengine.config import RunConfig
from ulmengine.corpus import Documents
from ulmengine.events import Event, Note
from ulmengine.plan.errors import TrainingError

FEWEST = 3
"""Documents that a class needs: one to learn from, one to choose the best epoch by, one to be measured on."""
_NAMED = 8


@dataclass(frozen=True)
class StartProblem:
    """Something that speaks against beginning. ``kind``: stable, for programs. ``stops``: it cannot work at all."""

    kind: str
    text: str
    stops: bool


def start_problems(config: RunConfig, documents: Documents) -> list[StartProblem]:
    """What is wrong with training a classifier on ``documents``, what stops it first; none where none is trained."""
    if not documents.labels or not any(config.classifier.epochs):
        return []
    counts = {part: class_counts(documents, part) for part in ("train", "validation", "test")}
    everywhere = np.sum(list(counts.values()), axis=0)
    found = [*_too_few_classes(documents, everywhere, counts["train"]), *_rare(documents, everywhere),
             *_unmeasured(documents)]
    return sorted(found, key=lambda problem: not problem.stops)


def check_start(config: RunConfig, documents: Documents) -> Generator[Event, None, None]:
    """Say what is likely wrong.

    :raises TrainingError: it cannot work.
    """
    for problem in start_problems(config, documents):
        if problem.stops:
            raise TrainingError(problem.text)
        yield Note(problem.text, "warning")


def class_counts(documents: Documents, part: str) -> np.ndarray:
    """How many documents of ``part`` bear each label, int64 (classes,)."""
    targets = documents.targets(part)
    if targets.ndim > 1:
        return np.asarray(targets.sum(axis=0), dtype=np.int64)
    return np.bincount(targets[targets >= 0], minlength=len(documents.labels)).astype(np.int64)


def _too_few_classes(documents: Documents, everywhere: np.ndarray, train: np.ndarray) -> list[StartProblem]:
    labels = [label for label, count in zip(documents.labels, everywhere, strict=True) if count]
    learnt = int((train > 0).sum())
    if documents.multi_label and labels:
        return []
    if len(labels) < 2:
        text = (f"All labelled documents bear the same label, {labels[0]}: there is nothing to tell apart. Add "
                "documents of another class, or choose another label column." if labels else
                "No document bears a label. Choose the label column.")
        return [StartProblem("one_label", text, stops=True)]
    if learnt < 2:
        return [StartProblem("one_label_to_learn", "Only one class has documents to learn from, the others stand in "
                             "the validation or test part alone. Divide the corpus otherwise.", stops=True)]
    if int((everywhere >= FEWEST).sum()) < 2:
        return [StartProblem("too_few", f"Fewer than two classes have {FEWEST} documents or more, which is too little "
                             "to learn from and to measure on. Add labelled documents.", stops=True)]
    return []


def _rare(documents: Documents, everywhere: np.ndarray) -> list[StartProblem]:
    rare = [label for label, count in zip(documents.labels, everywhere, strict=True) if count < FEWEST]
    if not rare:
        return []
    names = ", ".join(rare[:_NAMED]) + (f" and {len(rare) - _NAMED:,} more" if len(rare) > _NAMED else "")
    return [StartProblem(
        "rare_class", f"Fewer than {FEWEST} documents bear {names}: that cannot be learnt or measured. Add documents, "
        "or put such classes together.", stops=False,
    )]


def _unmeasured(documents: Documents) -> list[StartProblem]:
    if documents.count("validation") or documents.count("test"):
        return []
    return [StartProblem("unmeasured", "No documents are held back, so it will not be known how good the classifier "
                         "is. Set a validation or test share.", stops=False)]
