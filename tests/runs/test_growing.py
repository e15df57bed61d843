"""A run whose loss grows: its log says so, and on the command line it stops with words about what to try."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.plots.history import RunHistory
from ulmengine.cli import main
from ulmengine.cli.train import _grown
from ulmengine.config import RunConfig, save, with_settings
from ulmengine.events import Diverging, Finished, Note, StageStarted, Step
from ulmengine.record import RunFolder
from ulmengine.runs import Run
from ulmengine.runs.checks import start_notes
from ulmengine.training import Checkpoints

from .made import tiny_config, tiny_run, write_corpus

FAST = ("language_model.lr=10", "language_model.epochs=6", "language_model.optimizer.clip=100", "classifier.epochs=[1]")


def test_it_is_said_logged_and_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tiny_config(write_corpus(tmp_path / "corpus.csv"), *FAST), tmp_path / "run.toml")
    assert main(["train", str(tmp_path / "run.toml"), "--out", str(tmp_path / "run")]) == 1
    told = capsys.readouterr().err
    folder = RunFolder.open(tmp_path / "run")
    (grew,) = folder.events(Diverging)
    assert isinstance(grew, Diverging)
    assert grew.loss > 1.5 * grew.began
    last = max(event.total for event in folder.events(Step))
    assert last == grew.total  # not a step more
    assert "error: The loss grows instead of falling" in told
    back, on = [line.split()[3:] for line in told.splitlines() if line.strip().startswith("python -m ulmengine train")]
    assert back[-1].startswith("language_model.lr=")
    assert float(back[-1].partition("=")[2]) == pytest.approx(0.004)
    assert on[-1] == "--resume"
    capsys.readouterr()
    assert main([*back, "--set", "language_model.lr=0.01"]) == 0
    assert not list(folder.events(Diverging))
    assert list(folder.events(Finished))


def test_a_run_that_was_stopped_meanwhile_says_the_same(tmp_path: Path) -> None:
    def grown(folder: RunFolder, *, resume: bool = False) -> Diverging:
        run = Run(folder).events(resume=resume)
        found = next(event for event in run if isinstance(event, Diverging))
        run.close()
        return found

    told = grown(tiny_run(tmp_path / "whole", *FAST))
    folder = tiny_run(tmp_path / "stopped", *FAST)
    run = Run(folder).events()
    next(event for event in run if isinstance(event, Step) and event.total == told.total - 2)
    run.close()
    assert told.since < told.total - 2  # it was growing when it was stopped
    assert grown(folder, resume=True) == told


def test_it_is_told_again_to_who_takes_the_run_up(tmp_path: Path) -> None:
    """Who reads of it and stops has not chosen to go on: not by taking the run up, but by letting it go on then."""
    folder = tiny_run(tmp_path / "run", *FAST)
    run = Run(folder).events()
    first = next(event for event in run if isinstance(event, Diverging))
    run.close()
    run = Run(folder).events(resume=True)
    again = next(event for event in run if isinstance(event, Diverging))
    assert (again.stage, again.total, again.began, again.since) == (
        first.stage, first.total + 1, first.began, first.since)
    next(event for event in run if isinstance(event, Step))
    run.close()
    assert not any(isinstance(event, Diverging) and event.stage == 0 for event in Run(folder).events(resume=True))


def test_who_resumes_it_on_the_command_line_goes_on(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run", *FAST, "classifier.epochs=[0]")
    run = Run(folder).events()
    told = next(event for event in run if isinstance(event, Diverging))
    run.close()
    assert main(["train", str(folder.config_path), "--out", str(folder.path), "--resume"]) == 0
    assert max(event.total for event in folder.events(Step)) > told.total + 1


@pytest.mark.parametrize(("settings", "names"), [
    (("classifier.lr=10",), ["classifier"]), (("language_model.lr=0.3", "classifier.lr=0.1"),
                                              ["language model", "classifier"]),
    ((), []), (("classifier.lr=0.03",), []), (("language_model.lr=5", "language_model.optimizer.kind=sgd"), []),
    (("language_model.lr=5", "language_model.epochs=0"), []),
])
def test_a_rate_far_above_what_is_usual_is_told_of(settings: tuple[str, ...], names: list[str]) -> None:
    told = start_notes(with_settings(RunConfig(), settings))
    assert [note.text.partition(" is ")[0] for note in told] == [f"The peak rate of the {name}" for name in names]


def test_it_is_told_before_the_first_step(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run", *FAST)
    run = Run(folder).events()
    seen = [next(run)]
    while not isinstance(seen[-1], Step):
        seen.append(next(run))
    run.close()
    assert [event.text for event in seen if isinstance(event, Note) and event.level == "warning"] == [
        "The peak rate of the language model is 10, where 0.004 is usual: its loss may well grow instead of falling."]


def test_what_to_try_is_said_where_the_log_was_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tiny_run(tmp_path / "run", *FAST)
    for total in (2, 3):
        run = Run(folder).events(resume=total == 3)
        next(event for event in run if isinstance(event, Step) and event.total == total)
        run.close()
        if total == 2:
            folder.log_path.write_bytes(b"")
    assert not list(folder.events(StageStarted))
    _grown(folder, Diverging(0, 3, 9.0, 3.0, 2))
    assert "--set language_model.lr=0.004\n" in capsys.readouterr().err


def test_a_rate_that_is_told_of_and_changed_is_told_of_no_more(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run", "classifier.lr=5", "classifier.epochs=[2]")
    run = Run(folder).events()
    next(event for event in run if isinstance(event, Step) and event.stage == 1)
    run.close()
    back = Checkpoints(folder.checkpoints).all()[0].name

    def warnings() -> list[str]:
        history = RunHistory()
        history.extend(folder.events())
        return [note.text.partition(", where")[0] for note in history.notes if note.level == "warning"]

    def goes_on(rate: str) -> None:
        config = with_settings(folder.config(), [f"classifier.lr={rate}"])
        run = Run(folder, config=config).events(resume=True, checkpoint=back)
        next(event for event in run if isinstance(event, Step))
        run.close()

    assert warnings() == ["The peak rate of the classifier is 5"]
    goes_on("4")
    assert warnings() == ["The peak rate of the classifier is 4"]
    goes_on("0.004")
    assert warnings() == []
    assert isinstance(list(Run(folder).events(resume=True))[-1], Finished)
    assert warnings() == []
