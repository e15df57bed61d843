"""Curves of a run: each task counted from its own beginning, by step, token and second."""

from __future__ import annotations

from pathlib import Path

from tests.runs.made import tiny_config
from ulmengine.events import EpochEnded, StageStarted, Step
from ulmengine.record import RunFolder
from ulmengine.record.curves import read_curves


def test_steps_tokens_and_seconds_are_counted_within_each_task(tmp_path):
    run = RunFolder.create(tmp_path / "r", tiny_config(Path("/nowhere/c.csv")))
    with run.open_log() as log:
        log.append(StageStarted(0, "language model", ("embedding", "layer 1", "decoder"), 3, 1, 2, "language_model"))
        log.append(Step(0, 0, 1, 1, 5.0, (.1,), 1.0, 100, .5))
        log.append(Step(0, 0, 2, 2, 4.0, (.1,), 1.0, 50, .25))
        log.append(EpochEnded(0, 0, 2, 4.5, {"valid_loss": 4.2, "perplexity": 66.7}, True, 1.0))
        log.append(StageStarted(1, "classifier: head", ("embedding", "layer 1", "head"), 1, 1, 1, "classifier"))
        log.append(Step(1, 0, 1, 3, .7, (.1,), 1.0, 30, .125))
        log.append(EpochEnded(1, 0, 3, .7, {"valid_loss": .6, "accuracy": .75, "f1": .7}, True, 1.0))
    lines = read_curves(RunFolder(run.path))
    assert set(lines) == {
        ("language_model", "loss"), ("language_model", "valid_loss"), ("language_model", "perplexity"),
        ("classifier", "loss"), ("classifier", "valid_loss"), ("classifier", "accuracy"),
    }
    loss = lines["language_model", "loss"]
    assert [part.tolist() for part in loss] == [[1, 2], [100, 150], [.5, .75], [5, 4]]
    assert [part.tolist() for part in lines["language_model", "perplexity"]] == [[2], [150], [.75], [66.7]]
    assert [part.tolist() for part in lines["classifier", "accuracy"]] == [[1], [30], [.125], [.75]]
