"""Finishing early: the best weights so far become the model, and nothing that comes in between can prevent it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from ulmengine import events as ev
from ulmengine.inference import Predictor
from ulmengine.models import load_bundle
from ulmengine.plan import Move, RunControl, drive
from ulmengine.record import START, RunFolder, summary
from ulmengine.runs import Run
from ulmengine.runs.early_finish import EarlyFinish
from ulmengine.training import Checkpoints

from .made import tiny_config, tiny_run, write_corpus

PLAN = ["language model", "classifier: head", "classifier: head + layer 2", "classifier: all layers"]
STAGES = "classifier.epochs=[2, 2, 2]"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus") / "corpus.csv")


def make(path: Path, corpus: Path, *settings: str) -> RunFolder:
    return RunFolder.create(path, tiny_config(corpus, STAGES, *settings))


def train(folder: RunFolder, stage: int, steps: int) -> None:
    """Train, and put the run down after so many ``steps`` of a ``stage``."""
    events = Run(folder).events()
    next(e for e in events if isinstance(e, ev.Step) and (e.stage, e.step) == (stage, steps))
    events.close()


def finished_at(folder: RunFolder, stage: int, steps: int) -> list[ev.Event]:
    """Train, and wish for the end in a step; what was said."""
    control, said = RunControl(), []
    control.move(Move.START)

    def sink(event: ev.Event) -> None:
        said.append(event)
        if isinstance(event, ev.Step) and (event.stage, event.step) == (stage, steps):
            control.finish()

    drive(Run(folder, finish=control.take_finish).events(), control, sink)
    return said


def stages(folder: RunFolder) -> list[str]:
    return [e.name for e in folder.events() if isinstance(e, ev.StageEnded)]


def told(folder: RunFolder) -> str:
    return "\n".join(e.text for e in folder.events() if isinstance(e, ev.Note))


def steps(folder: RunFolder) -> int:
    return sum(isinstance(e, ev.Step) for e in folder.events())


def test_a_run_is_finished_while_it_goes_on(tmp_path: Path, corpus: Path) -> None:
    folder = make(tmp_path / "run", corpus)
    said = finished_at(folder, 2, 3)
    assert folder.state() == "finished"
    assert stages(folder) == PLAN[:3]
    ended = [e for e in said if isinstance(e, ev.StageEnded)][-1]
    assert ended.why == "asked"
    assert max(e.step for e in said if isinstance(e, ev.Step) and e.stage == 2) == 3
    kinds = [type(e) for e in said if not isinstance(e, ev.Progress)]
    assert kinds[-5:] == [ev.StageEnded, ev.Note, ev.Evaluated, ev.ModelSaved, ev.Finished]
    assert told(folder).endswith("Finished early, as asked. Left out: classifier: all layers.")
    started = next(e for e in said if isinstance(e, ev.RunStarted))
    assert [stage["name"] for stage in started.stages] == PLAN
    assert folder.finishing
    assert summary(folder)["type"] == "finished"
    bundle = load_bundle(folder.model_path)
    assert "Left out" in str(bundle.description.card["training"])
    assert sum(next(iter(Predictor(bundle).predict(["an apple"]))).probabilities.values()) == pytest.approx(1.0)


def test_a_stopped_run_is_finished_with_its_best_weights_and_without_another_step(tmp_path: Path, corpus: Path) -> None:
    folder = make(tmp_path / "run", corpus)
    train(folder, 2, 3)
    assert folder.state() == "stopped"
    taken = steps(folder)
    said = list(Run(folder).events(resume=True, finish=True))
    assert isinstance(said[-1], ev.Finished)
    assert steps(folder) == taken
    assert not any(isinstance(e, ev.Step) for e in said)
    assert stages(folder) == PLAN[:3]
    epochs = [e for e in folder.events() if isinstance(e, ev.EpochEnded) and e.stage == 2]
    assert len(epochs) == 1  # the one in hand, validated
    latest = Checkpoints(folder.checkpoints).latest()
    assert latest is not None
    assert (latest.stage, latest.finished) == (2, True)
    kept = Checkpoints(folder.checkpoints).load(latest.name).weights()
    ours = load_bundle(folder.model_path).weights("forward")
    # matrices are stored in half precision
    assert all(torch.equal(ours[name], kept[name].half().float() if kept[name].ndim > 1 else kept[name])
               for name in ours)


def test_after_an_epoch_the_stage_ends_with_its_best_one(tmp_path: Path, corpus: Path) -> None:
    folder = make(tmp_path / "run", corpus)
    events = Run(folder).events()
    next(e for e in events if isinstance(e, ev.EpochEnded) and e.stage == 2)
    events.close()
    assert isinstance(list(Run(folder).events(resume=True, finish=True))[-1], ev.Finished)
    ended = [e for e in folder.events() if isinstance(e, ev.StageEnded)][-1]
    assert (ended.index, ended.epochs, ended.why) == (2, 1, "asked")
    assert sum(isinstance(e, ev.EpochEnded) and e.stage == 2 for e in folder.events()) == 1


def test_a_run_put_down_anywhere_while_it_finishes_goes_on_finishing(tmp_path: Path, corpus: Path) -> None:
    whole = make(tmp_path / "whole", corpus)
    after = finished_at(whole, 2, 3)
    wished = next(n for n, e in enumerate(after) if isinstance(e, ev.Step) and (e.stage, e.step) == (2, 3))
    weights = load_bundle(whole.model_path).state
    left = [e for e in after[wished + 1:] if not isinstance(e, ev.Progress)]
    train(make(tmp_path / "before", corpus), 2, 2)
    for number in range(len(left)):
        shutil.copytree(tmp_path / "before", tmp_path / str(number))
        folder, control = RunFolder(tmp_path / str(number)), RunControl()
        events = Run(folder, finish=control.take_finish).events(resume=True)
        next(e for e in events if isinstance(e, ev.Step) and (e.stage, e.step) == (2, 3))
        control.finish()
        for _ in range(number + 1):
            next(e for e in events if not isinstance(e, ev.Progress))
        events.close()
        again = list(Run(folder).events(resume=True))
        assert isinstance(again[-1], ev.Finished)
        assert stages(folder) == PLAN[:3]
        assert told(folder).count("Finished early") == 1
        ours = load_bundle(folder.model_path).state
        assert all(torch.equal(ours[name], weights[name]) for name in weights)


@pytest.mark.parametrize("stage", [1, 2])
def test_a_run_killed_anywhere_while_it_finishes_goes_on_finishing(tmp_path: Path, corpus: Path, stage: int) -> None:
    """In the first classifier stage too, in which nothing was saved before. A copy is what a dead process leaves."""
    folder, control = make(tmp_path / "run", corpus), RunControl()
    left: list[Path] = []
    for event in Run(folder, finish=control.take_finish).events():
        if isinstance(event, ev.Step) and (event.stage, event.step) == (stage, 2):
            control.finish()
        elif folder.finishing and not isinstance(event, ev.Progress | ev.Finished):
            left.append(tmp_path / str(len(left)))
            shutil.copytree(folder.path, left[-1], ignore=shutil.ignore_patterns("lock.json"))
    weights = load_bundle(folder.model_path).state
    assert len(left) >= 5
    for path in left:
        killed = RunFolder(path)
        assert killed.state() == "interrupted"
        assert isinstance(list(Run(killed).events(resume=True))[-1], ev.Finished)
        assert stages(killed) == PLAN[: stage + 1]
        ours = load_bundle(killed.model_path).state
        assert all(torch.equal(ours[name], weights[name]) for name in weights)


@pytest.mark.parametrize("checkpoint", [None, START])
def test_before_the_classifier_it_is_refused_and_nothing_is_touched(
    tmp_path: Path, corpus: Path, checkpoint: str | None
) -> None:
    folder = make(tmp_path / "run", corpus)
    train(folder, 0, 3)
    before = {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file() and path.suffix != ".txt"}
    failed = list(Run(folder).events(resume=True, checkpoint=checkpoint, finish=True))[-1]
    assert isinstance(failed, ev.Failed)
    assert "no classifier to finish with" in failed.title
    assert {path: path.read_bytes() for path in folder.path.rglob("*")
            if path.is_file() and path.suffix != ".txt"} == before
    assert isinstance(list(Run(folder).events(resume=True))[-1], ev.Finished)
    assert stages(folder) == PLAN


def test_a_wish_that_comes_while_only_the_language_model_learns_is_passed_over(tmp_path: Path, corpus: Path) -> None:
    folder = make(tmp_path / "run", corpus)
    finished_at(folder, 0, 2)
    assert stages(folder) == PLAN
    assert not folder.finishing


def test_a_wish_of_which_nothing_was_saved_is_given_up_with_a_word(tmp_path: Path, corpus: Path) -> None:
    folder = make(tmp_path / "run", corpus)
    train(folder, 0, 3)
    with folder.open_log() as log:
        log.append(ev.Finishing(True))
    said = list(Run(folder).events(resume=True))
    assert any(isinstance(e, ev.Note) and e.level == "warning" and "trains on" in e.text for e in said)
    assert stages(folder) == PLAN
    assert not folder.finishing


def test_a_stage_in_which_no_step_was_taken_is_left_out_too(tmp_path: Path, corpus: Path) -> None:
    folder = make(tmp_path / "run", corpus)
    events = Run(folder).events()
    next(e for e in events if isinstance(e, ev.StageStarted) and e.index == 2)
    events.close()
    assert isinstance(list(Run(folder).events(resume=True, finish=True))[-1], ev.Finished)
    assert stages(folder) == PLAN[:2]
    assert [e.index for e in folder.events() if isinstance(e, ev.StageStarted)] == [0, 1]
    assert "Left out: classifier: head + layer 2; classifier: all layers." in told(folder)


@pytest.mark.parametrize("checkpoint", ["last", START])
def test_going_back_takes_the_wish_back(tmp_path: Path, corpus: Path, checkpoint: str) -> None:
    folder = make(tmp_path / "run", corpus)
    finished_at(folder, 2, 3)
    latest = Checkpoints(folder.checkpoints).latest()
    assert latest is not None
    name = latest.name if checkpoint == "last" else checkpoint
    assert isinstance(list(Run(folder).events(resume=True, checkpoint=name))[-1], ev.Finished)
    assert stages(folder) == PLAN
    assert not folder.finishing
    assert "Finished early" not in told(folder)


def test_a_run_that_is_complete_is_only_finished_once_more(tmp_path: Path, corpus: Path) -> None:
    folder = make(tmp_path / "run", corpus)
    list(Run(folder).events())
    assert isinstance(list(Run(folder).events(resume=True, finish=True))[-1], ev.Finished)
    assert stages(folder) == PLAN
    assert "Finished early" not in told(folder)
    assert not folder.finishing


def test_a_last_stage_that_is_cut_short_is_told_once_however_often_it_is_stopped(tmp_path: Path, corpus: Path) -> None:
    folder = make(tmp_path / "run", corpus)
    train(folder, 3, 3)
    for finish in (True, False):
        events = Run(folder).events(resume=True, finish=finish)
        next(e for e in events if isinstance(e, ev.Note) and "Finished early" in e.text)
        events.close()
    assert isinstance(list(Run(folder).events(resume=True))[-1], ev.Finished)
    assert stages(folder) == PLAN
    assert told(folder).count("Finished early, as asked. The last stage was cut short.") == 1


@pytest.mark.parametrize(("stage", "directions"), [
    (1, ("forward",)), (2, ("forward",)), (3, ("forward", "backward")), (4, ("forward", "backward")),
])
def test_of_two_directions_each_that_has_a_classifier_is_used(
    tmp_path: Path, stage: int, directions: tuple[str, ...]
) -> None:
    """Stage 2 is the backward language model: the forward classifier is there already."""
    folder = tiny_run(tmp_path / "run", "model.direction=both", "classifier.epochs=[1, 1]", "language_model.epochs=1")
    started = len(next(e for e in Run(folder).events() if isinstance(e, ev.RunStarted)).stages)
    assert started == 6
    offset = 0 if stage < 3 else 1
    live = tiny_run(tmp_path / "live", "model.direction=both", "classifier.epochs=[1, 1]")
    finished_at(live, stage + offset, 2)
    stopped = tiny_run(tmp_path / "stopped", "model.direction=both", "classifier.epochs=[1, 1]")
    train(stopped, stage + offset, 2)
    list(Run(stopped).events(resume=True, finish=True))
    for one in (live, stopped):
        assert one.state() == "finished"
        assert load_bundle(one.model_path).description.directions == directions
        assert ("reads forward only" in told(one)) == (len(directions) == 1)
        assert next(iter(Predictor(load_bundle(one.model_path)).predict(["an apple"]))).label in ("fruit", "tool")


def test_a_wish_that_is_followed_by_stopping_at_once_is_kept(tmp_path: Path, corpus: Path) -> None:
    folder, wish = make(tmp_path / "run", corpus), RunControl()
    wish.move(Move.START)
    events = Run(folder, finish=wish.take_finish).events()
    next(e for e in events if isinstance(e, ev.Step) and (e.stage, e.step) == (2, 3))
    wish.finish()
    events.close()
    assert folder.finishing
    assert isinstance(list(Run(folder).events(resume=True))[-1], ev.Finished)
    assert stages(folder) == PLAN[:3]


def test_a_checkpoint_in_which_a_stage_had_no_step_is_finished_from_the_one_before(
    tmp_path: Path, corpus: Path
) -> None:
    folder = make(tmp_path / "run", corpus)
    events = Run(folder).events()
    next(e for e in events if isinstance(e, ev.StageStarted) and e.index == 1)
    events.close()
    latest = Checkpoints(folder.checkpoints).latest()
    assert latest is not None
    refused = list(Run(folder).events(resume=True, checkpoint=latest.name, finish=True))[-1]
    assert isinstance(refused, ev.Failed)
    assert "no classifier to finish with yet" in refused.title


def test_only_the_process_that_writes_the_log_writes_the_wish_into_it(tmp_path: Path, corpus: Path) -> None:
    folder = make(tmp_path / "run", corpus)
    assert EarlyFinish(lambda: True).hear(True)
    assert not folder.finishing
    early = EarlyFinish(lambda: True)
    with folder.open_log() as log:
        early.begin(log, folder.finishing)
        assert not folder.finishing
        assert early.hear(True)
        assert early.hear(True)
    assert list(folder.events()) == [ev.Finishing(True)]
    assert folder.finishing


def test_the_wish_is_said_and_logged_when_it_is_heard_and_when_it_is_taken_back(tmp_path: Path, corpus: Path) -> None:
    folder = make(tmp_path / "run", corpus)
    said = finished_at(folder, 2, 3)
    heard = said.index(ev.Finishing(True))
    assert isinstance(said[heard - 1], ev.Step | ev.Progress)
    assert [type(e) for e in said].index(ev.StageEnded, heard) > heard
    logged = [type(e) for e in folder.events() if isinstance(e, ev.Finishing | ev.StageEnded)]
    assert logged == [ev.StageEnded, ev.StageEnded, ev.Finishing, ev.StageEnded]
    again = Run(folder).events(resume=True)
    assert next(e for e in again if isinstance(e, ev.Finishing)).wanted  # a consumer that comes later is told too
    again.close()
    assert sum(isinstance(e, ev.Finishing) for e in folder.events()) == 1
    latest = Checkpoints(folder.checkpoints).latest()
    assert latest is not None
    list(Run(folder).events(resume=True, checkpoint=latest.name))
    assert [e for e in folder.events() if isinstance(e, ev.Finishing)] == [ev.Finishing(True), ev.Finishing(False)]


@pytest.mark.parametrize("stopped", [False, True])
def test_a_wish_that_came_when_the_last_stage_was_over_changes_nothing(
    tmp_path: Path, corpus: Path, stopped: bool
) -> None:
    folder, wish = make(tmp_path / "run", corpus), RunControl()
    wish.move(Move.START)
    events = Run(folder, finish=wish.take_finish).events()
    # The second epoch of the last stage is the last one: what is said next is its validation.
    next(e for e in events if isinstance(e, ev.EpochEnded) and (e.stage, e.epoch) == (3, 1))
    last = next(e for e in events if isinstance(e, ev.StageEnded if stopped else ev.Progress))
    assert stopped or last.task == "validation"
    wish.finish()
    if stopped:
        events.close()
        events = Run(folder).events(resume=True)
    said = list(events)
    assert isinstance(said[-1], ev.Finished)
    ended = [e for e in folder.events() if isinstance(e, ev.StageEnded)]
    assert [e.why for e in ended] == ["epochs"] * 4
    assert "Finished early" not in told(folder)
    assert not folder.finishing


def test_a_last_stage_that_patience_ended_was_not_ended_by_a_wish_that_came_after(tmp_path: Path, corpus: Path) -> None:
    # Nothing is learnt at such a rate, so that some epoch is no better than the one before.
    folder = make(tmp_path / "run", corpus, "classifier.epochs=[1, 1, 30]", "classifier.lr=1e-30",
                  "classifier.early_stopping=1")
    wish = RunControl()
    wish.move(Move.START)
    events = Run(folder, finish=wish.take_finish).events()
    last = next(e for e in events if isinstance(e, ev.StageEnded) and e.index == 3)
    assert last.why == "patience"
    assert last.epochs < 30
    wish.finish()
    assert isinstance(list(events)[-1], ev.Finished)
    assert "Finished early" not in told(folder)
    assert not folder.finishing
