from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from studio.plots.export import save_table
from studio.plots.history import RunHistory
from tests.studio import replay
from ulmengine import events as ev


def whole(steps: int = 10) -> list[ev.Event]:
    return list(replay.script(replay.small_config(), steps))


def steps_of(events: list[ev.Event]) -> list[ev.Step]:
    return [event for event in events if isinstance(event, ev.Step)]


def drawn(history: RunHistory) -> list[tuple[float, float]]:
    return [point for stage in history.stages for point in zip(stage.loss.x, stage.loss.y, strict=True)]


@pytest.mark.parametrize("piece", [1, 7, 10_000])
def test_every_step_is_kept_however_the_events_come(piece: int) -> None:
    events = whole()
    history = RunHistory()
    for start in range(0, len(events), piece):
        history.extend(events[start: start + piece])
    assert drawn(history) == [(step.total, step.loss) for step in steps_of(events)]
    assert [stage.before for stage in history.stages] == [0, 20, 30, 40]
    assert history.total == 60
    last = history.stages[-1]
    assert [rates.y[-1] for rates in last.rates] == list(steps_of(events)[-1].lrs)
    assert [end.total for stage in history.stages for end in stage.ends] == [10, 20, 30, 40, 50, 60]
    assert history.finished is not None
    assert history.evaluated is not None


@pytest.mark.parametrize(("known", "again"), [(36, 0), (36, 14), (36, 30), (17, 5), (13, 13), (60, 0)])
def test_what_the_log_and_the_run_that_goes_on_both_tell_counts_once(known: int, again: int) -> None:
    events = whole()

    def after(total: int) -> int:
        return next(n for n, event in enumerate(events) if isinstance(event, ev.Step) and event.total == total) + 1

    history = RunHistory()
    history.extend(events[: after(known)])
    history.extend(events[after(again) if again else 0:])
    assert drawn(history) == [(step.total, step.loss) for step in steps_of(events)]
    assert [end.total for stage in history.stages for end in stage.ends] == [10, 20, 30, 40, 50, 60]
    assert [stage.before for stage in history.stages] == [0, 20, 30, 40]
    assert all(stage.ended is not None for stage in history.stages)
    assert len(history.texts) == 2


def test_a_note_that_is_told_twice_is_one() -> None:
    history = RunHistory()
    said = [ev.Note("The newest checkpoint is damaged.", "warning"), ev.LogLost(4, 9), ev.Note("It trains on.")]
    history.extend(said)
    history.extend(said)
    assert len(history.notes) == 3
    assert history.lost == [ev.LogLost(4, 9)]


def test_a_run_that_goes_on_says_the_stage_in_hand_again() -> None:
    events = whole()
    history = RunHistory()
    at = next(n for n, event in enumerate(events) if isinstance(event, ev.Step) and event.total == 14)
    history.extend(events[:at])  # up to step 13, where the checkpoint is
    stage = next(event for event in events if isinstance(event, ev.StageStarted))
    history.extend([stage])
    history.extend(events[at:])
    assert drawn(history) == [(step.total, step.loss) for step in steps_of(events)]
    assert [end.total for end in history.stages[0].ends] == [10, 20]


def test_a_stage_that_goes_on_with_other_settings_is_as_long_as_it_says_then() -> None:
    events = whole()
    history = RunHistory()
    history.extend(events[: next(n for n, event in enumerate(events) if isinstance(event, ev.Step)) + 3])
    stage = next(event for event in events if isinstance(event, ev.StageStarted))
    history.extend([replace(stage, epochs=stage.epochs + 1, steps=stage.steps + 10)])
    [record] = history.stages
    assert (record.epochs, record.steps) == (3, 30)
    assert len(record.loss) == 3


def test_the_same_event_twice_counts_once() -> None:
    events = whole()
    history = RunHistory()
    history.extend(events)
    history.extend(events[-6:])
    assert [end.total for stage in history.stages for end in stage.ends] == [10, 20, 30, 40, 50, 60]


def test_the_table_holds_every_step(tmp_path: Path) -> None:
    events = whole()
    history = RunHistory()
    history.extend(events)
    save_table(history, tmp_path / "curves.csv")
    with (tmp_path / "curves.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    steps = steps_of(events)
    assert [int(row["step"]) for row in rows] == [step.total for step in steps]
    assert [float(row["loss"]) for row in rows] == [step.loss for step in steps]
    assert float(rows[-1]["lr head"]) == steps[-1].lrs[-1]
    assert rows[0]["lr head"] == ""  # the language model has no head
    assert float(rows[19]["perplexity"]) == next(
        e.metrics["perplexity"] for e in events if isinstance(e, ev.EpochEnded) and e.total == 20
    )
