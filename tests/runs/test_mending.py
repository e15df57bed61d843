"""What a run that has failed can go on with."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.runs.made import tiny_config, tiny_run, write_corpus
from ulmengine import events as ev
from ulmengine.cli import main
from ulmengine.config import RunConfig, save, with_settings
from ulmengine.nets import LanguageModel, TextClassifier
from ulmengine.plan.errors import NanLossError
from ulmengine.record import RunFolder, change, describe
from ulmengine.record.failures import lower_rate, remedy
from ulmengine.runs import Run
from ulmengine.runs.networks import new_classifier


def spoil(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the classifier's loss be no number, as after a step that went too far."""
    def spoilt(*arguments: Any) -> TextClassifier:
        model = new_classifier(*arguments)
        with torch.no_grad():
            model.encoder.embedding.weight.fill_(float("nan"))
        return model

    monkeypatch.setattr("ulmengine.runs.stages.new_classifier", spoilt)


def test_a_third_of_the_rate_at_which_it_came_and_at_most_of_the_peak() -> None:
    config = with_settings(RunConfig(), ["classifier.lr=0.03", "language_model.lr=0.09"])
    assert remedy(NanLossError(9, 0.006), config, "classifier") == {"classifier.lr": 0.002}
    assert remedy(NanLossError(9, 0.9), config, "language_model") == {"language_model.lr": 0.03}


@pytest.mark.parametrize(("settings", "task", "lower"), [
    ("language_model.lr=10", "language_model", 0.004), ("classifier.lr=0.1", "classifier", 0.004),
    ("language_model.lr=0.004", "language_model", 0.0013), ("language_model.lr=0.06", "language_model", 0.02),
    ("language_model.lr=10 language_model.optimizer.kind=sgd", "language_model", 3.3),
    ("language_model.lr=10", "classifier", 0.0013),
])
def test_far_above_the_usual_rate_the_usual_one_is_offered_at_once(settings: str, task: str, lower: float) -> None:
    config = with_settings(RunConfig(), settings.split())
    assert lower_rate(config, task) == {f"{task}.lr": lower}
    assert remedy(NanLossError(2, 20.0), config, task) == {f"{task}.lr": lower}
    assert remedy(NanLossError(2, 0.003), config, task) == {f"{task}.lr": min(lower, 0.001)}


def test_half_the_batch_and_twice_the_accumulation() -> None:
    config = with_settings(RunConfig(), ["classifier.batch_size=32", "classifier.optimizer.accumulation=3"])
    assert remedy(MemoryError(), config, "classifier") == {
        "classifier.batch_size": 16, "classifier.optimizer.accumulation": 6,
    }
    assert remedy(MemoryError(), with_settings(config, ["classifier.batch_size=1"]), "classifier") == {}
    assert remedy(ValueError("no such column"), config, "classifier") == {}


def test_the_command_line_says_the_command_and_it_leads_to_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tiny_config(write_corpus(tmp_path / "c.csv"), "classifier.epochs=[1]"), tmp_path / "c.toml")
    with monkeypatch.context() as patch:
        spoil(patch)
        assert main(["train", str(tmp_path / "c.toml"), "--out", str(tmp_path / "a run")]) == 1
    said = capsys.readouterr().err
    [command] = [line for line in said.splitlines() if line.startswith("    python -m ulmengine train")]
    assert "--set classifier.lr=" in command
    assert main(shlex.split(command)[3:]) == 0
    folder = RunFolder(tmp_path / "a run")
    assert folder.state() == "finished"
    # From the end of the language model on, which was good: it was not trained a second time.
    assert [event.index for event in folder.events() if isinstance(event, ev.StageStarted)] == [0, 1]
    assert sum(isinstance(event, ev.Note) and "classifier.lr" in event.text for event in folder.events()) == 1


def test_out_of_memory_is_gone_on_from_with_as_many_optimizer_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tiny_run(tmp_path / "whole", "classifier.epochs=[2]")
    list(Run(whole).events())
    folder = tiny_run(tmp_path / "run", "classifier.epochs=[2]")
    with monkeypatch.context() as patch:
        forward, calls = TextClassifier.forward, []

        def narrow(self: TextClassifier, tokens: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
            calls.append(len(tokens))
            if self.training and len(calls) > 12:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
            return forward(self, tokens, lengths)

        patch.setattr(TextClassifier, "forward", narrow)
        failed = list(Run(folder).events())[-1]
    assert isinstance(failed, ev.Failed)
    assert failed.cause == "out_of_memory"
    assert failed.remedy == {"classifier.batch_size": 4, "classifier.optimizer.accumulation": 2}
    change(folder, with_settings(folder.config(), [f"{name}={value}" for name, value in failed.remedy.items()]))
    assert isinstance(list(Run(folder).events(resume=True))[-1], ev.Finished)
    steps = [[event.total for event in run.events() if isinstance(event, ev.Step)] for run in (whole, folder)]
    assert steps[0] == steps[1]


def test_a_small_corpus_that_gave_fewer_rows_than_asked_for_has_those_halved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny_run(tmp_path / "run", "language_model.batch_size=512")
    rows: list[int] = []

    def too_large(self: LanguageModel, tokens: torch.Tensor, *_: object, **__: object) -> None:
        rows.append(len(tokens))
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr(LanguageModel, "loss", too_large)
    failed = list(Run(folder).events())[-1]
    assert isinstance(failed, ev.Failed)
    assert 2 <= rows[0] < 256  # half of what was asked for would have changed nothing
    assert failed.remedy == {"language_model.batch_size": rows[0] // 2, "language_model.optimizer.accumulation": 2}


def test_a_process_that_is_gone_is_no_error_in_the_program() -> None:
    error = RuntimeError("[/pytorch/gloo/gloo/transport/tcp/pair.cc:537] Read error [127.0.0.1]:24966: "
                         "Connection reset by peer. This is typically caused by a remote worker hanging")
    card = describe(error)
    assert card.cause == "processes"
    assert "processes that train together" in card.title
