"""The curves of a run, for laying those of several runs over one another: by step, by tokens read, by time."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ulmengine.events import EpochEnded, StageStarted, Step
from ulmengine.plan.stages import TaskKind

from .folder import RunFolder

Floats = NDArray[np.float64]
Along = Literal["steps", "tokens", "seconds"]
FIGURES: tuple[tuple[TaskKind, str], ...] = (
    ("classifier", "accuracy"), ("classifier", "valid_loss"), ("classifier", "loss"),
    ("language_model", "perplexity"), ("language_model", "valid_loss"), ("language_model", "loss"),
)
"""What there can be a line of: "loss" of every step, the others at the end of every epoch on validation texts."""


class RunCurve(NamedTuple):
    """Points of one figure in the order they came; ``steps``, ``tokens``, ``seconds`` from the task's beginning on."""

    steps: Floats
    tokens: Floats
    seconds: Floats
    values: Floats


def read_curves(folder: RunFolder) -> dict[tuple[TaskKind, str], RunCurve]:
    """Every line of :data:`FIGURES` that the run in ``folder`` has points of."""
    points: dict[tuple[TaskKind, str], list[list[float]]] = {name: [] for name in FIGURES}
    reached = {"language_model": [0.0, 0.0, 0.0], "classifier": [0.0, 0.0, 0.0]}
    task: TaskKind = "language_model"
    for event in folder.events(StageStarted, Step, EpochEnded):
        if isinstance(event, StageStarted):
            task = "classifier" if event.task == "classifier" else "language_model"
        elif isinstance(event, Step):
            here = reached[task]
            here[0] += 1
            here[1] += event.tokens
            here[2] += event.seconds
            points[task, "loss"].append([*here, event.loss])
        elif isinstance(event, EpochEnded):
            for name, value in event.metrics.items():
                if (task, name) in points:
                    points[task, name].append([*reached[task], value])
    return {name: RunCurve(*np.ascontiguousarray(np.array(rows, dtype=np.float64).T))
            for name, rows in points.items() if rows}
