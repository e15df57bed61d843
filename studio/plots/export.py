"""The whole of a run's curves as a table, every step, not only what the pixels showed."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from ulmengine.disk import whole

from .history import RunHistory, StageRecord


def table(history: RunHistory) -> Iterator[list[str | float | int]]:
    """A heading, then a row a step; validation figures stand in the row of the step they were taken after."""
    groups = list(dict.fromkeys(name for stage in history.stages for name in stage.groups))
    metrics = sorted({name for stage in history.stages for end in stage.ends for name in end.metrics})
    yield ["step", "stage", "loss", "grad_norm", "tokens_per_second", *(f"lr {name}" for name in groups), *metrics]
    for stage in history.stages:
        yield from _rows(stage, groups, metrics)


def save_table(history: RunHistory, path: Path) -> None:
    """Write :func:`table` as CSV (UTF-8), whole or not at all.

    :raises OSError: it cannot be written.
    """
    with whole(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(table(history))


def _rows(stage: StageRecord, groups: list[str], metrics: list[str]) -> Iterator[list[str | float | int]]:
    ends = {end.total: end.metrics for end in stage.ends}
    rates = dict(zip(stage.learning, stage.rates, strict=True))
    for n, total in enumerate(stage.loss.x):
        lrs = [float(rates[name].y[n]) if name in rates else "" for name in groups]
        measured = ends.get(int(total), {})
        yield [
            int(total), stage.name, float(stage.loss.y[n]), float(stage.grad_norm.y[n]),
            round(float(stage.throughput.y[n]), 1), *lrs, *(measured.get(name, "") for name in metrics),
        ]
