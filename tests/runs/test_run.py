"""A whole run: what it says, what it leaves on disk, and how it goes on after being put down."""

from __future__ import annotations

import dataclasses
import errno
import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from studio.engine.host import RunRequest
from studio.engine.training_run import training_run
from tests.record.test_from_elsewhere import written
from ulmengine import events as ev
from ulmengine.config import with_settings
from ulmengine.inference import Predictor
from ulmengine.models import load_bundle
from ulmengine.nets import LanguageModel
from ulmengine.plan import Move, RunControl, TrainingError, drive
from ulmengine.record import CheckpointError, RunFolder, RunFolderError, cause_of, run_line, summary
from ulmengine.runs import Run, find_learning_rate
from ulmengine.runs.networks import new_language_model
from ulmengine.training import Checkpoints

from .made import tiny_config, tiny_run, write_corpus


def timeless(event: ev.Event) -> ev.Event:
    """The event without what depends on the clock and on where the run lies."""
    names = {field.name for field in dataclasses.fields(event)}  # type: ignore[arg-type]
    blank: dict[str, object] = {"seconds": 0.0, "path": "", "model": ""}
    return dataclasses.replace(event, **{name: value for name, value in blank.items() if name in names})  # type: ignore[type-var]


def logged(folder: RunFolder) -> list[ev.Event]:
    return [timeless(event) for event in folder.events()]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = tiny_run(tmp_path_factory.mktemp("whole") / "run")
    for _ in Run(folder).events():
        pass
    return folder


def test_a_run_says_its_stages_in_order_and_ends_with_its_result(whole: RunFolder) -> None:
    events = list(whole.events())
    stages = [event for event in events if isinstance(event, ev.StageEnded)]
    assert [stage.name for stage in stages] == ["language model", "classifier: head", "classifier: all layers"]
    assert [stage.unfrozen for stage in stages][1:] == [1, 4]
    started = next(event for event in events if isinstance(event, ev.RunStarted))
    assert len(started.stages) == 3
    steps = [event.total for event in events if isinstance(event, ev.Step)]
    assert steps == list(range(1, len(steps) + 1))
    assert isinstance(events[-1], ev.Finished)
    assert whole.state() == "finished"


def test_the_result_is_measured_on_held_back_documents_beside_the_baseline(whole: RunFolder) -> None:
    result = next(event for event in whole.events() if isinstance(event, ev.Evaluated))
    assert (result.part, result.documents) == ("test", 8)
    assert result.interval[0] <= result.accuracy <= result.interval[1]
    assert result.baseline_accuracy >= 0.75
    assert result.accuracy * 8 == pytest.approx(round(result.accuracy * 8))


def test_the_saved_model_opens_and_predicts(whole: RunFolder) -> None:
    predictor = Predictor(load_bundle(whole.model_path))
    predictions = list(predictor.predict(["the apple is nice", "my old hammer"]))
    assert all(set(p.probabilities) == {"fruit", "tool"} for p in predictions)
    assert all(sum(p.probabilities.values()) == pytest.approx(1.0) for p in predictions)


def test_the_summary_holds_what_the_command_line_promises(whole: RunFolder) -> None:
    result = summary(whole)
    assert result["type"] == "finished"
    assert {"name", "unfrozen_groups", "epochs", "train_loss", "valid_loss", "accuracy", "seconds"} <= set(
        result["stages"][1]
    )
    assert result["stages"][0]["accuracy"] is None
    assert result["stages"][1]["accuracy"] is not None
    assert Path(result["model"]).exists()


@pytest.mark.parametrize("stop_after", [3, 14, 24])
def test_a_run_put_down_and_taken_up_ends_like_one_never_interrupted(
    whole: RunFolder, tmp_path: Path, stop_after: int
) -> None:
    corpus = whole.path.parent / "corpus.csv"
    folder = RunFolder.create(tmp_path / "run", tiny_config(corpus))
    run = Run(folder).events()
    for event in run:
        if isinstance(event, ev.Step) and event.total == stop_after:
            break
    run.close()
    assert folder.state() == "stopped"
    steps = sum(event.seconds for event in folder.events(ev.Step))
    assert run_line(folder).seconds > steps - 0.01  # those of the epoch in hand too
    for _ in Run(folder).events(resume=True):
        pass
    trained = sum(event.seconds for event in folder.events(ev.Step))
    finished = next(folder.events(ev.Finished))
    assert isinstance(finished, ev.Finished)
    assert finished.seconds > trained  # of both times together
    ours, theirs = load_bundle(folder.model_path).state, load_bundle(whole.model_path).state
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    # The numbers of checkpoints differ: stopping wrote one more.
    def without_checkpoints(events: list[ev.Event]) -> list[ev.Event]:
        return [event for event in events if not isinstance(event, ev.Checkpointed)]
    assert without_checkpoints(logged(folder)) == without_checkpoints(logged(whole))


@pytest.mark.parametrize(("checkpoint", "told"), [
    ("000002-epoch", ["epoch_ended"]), ("000003-stage", ["epoch_ended", "stage_ended"])])
def test_an_epoch_at_whose_end_a_run_is_stopped_is_told_at_once_and_once(
    whole: RunFolder, tmp_path: Path, checkpoint: str, told: list[str]
) -> None:
    folder = RunFolder.create(tmp_path / "run", with_settings(whole.config(), ["classifier.epochs=[2, 1]"]))
    said: list[ev.Event] = []
    control = RunControl()

    def show(event: ev.Event) -> None:
        said.append(event)
        if isinstance(event, ev.Checkpointed) and event.name == checkpoint:
            control.stop()

    drive(training_run(RunRequest(folder.config(), folder.path, training_run), control), control, show)
    assert [event.kind for event in said[-1 - len(told):]] == ["checkpointed", *told]
    assert [event.kind for event in logged(folder)[-2 - len(told):]] == ["checkpointed", *told, "stopped"]
    again = list(Run(RunFolder.open(folder.path)).events(resume=True))
    assert [event.kind for event in again if isinstance(event, ev.EpochEnded | ev.StageEnded)][:len(told)] == told
    ends = [(event.stage, event.epoch) for event in folder.events(ev.EpochEnded)]  # type: ignore[union-attr]
    assert ends == [(0, 1), (1, 1), (1, 2), (2, 1)]
    assert [event.index for event in folder.events(ev.StageEnded)] == [0, 1, 2]  # type: ignore[union-attr]
    other = RunFolder.create(tmp_path / "other", folder.config())
    for _ in Run(other).events():
        pass
    assert logged(folder) == logged(other)


def test_a_stop_removes_no_checkpoint_that_it_may_be_meant_to_go_back_to(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run", "language_model.epochs=3", "saving.keep=2")

    def put_down_after(total: int) -> list[str]:
        """The checkpoints that there were just before it was stopped."""
        run, there = Run(folder).events(resume=folder.log_path.exists()), [""]
        for event in run:
            if isinstance(event, ev.Step) and event.total == total:
                there = [info.name for info in Checkpoints(folder.checkpoints).all()]
                break
        run.close()
        return there

    assert put_down_after(2) == []
    steps = next(folder.events(ev.StageStarted)).steps  # type: ignore[union-attr]
    [stop] = [info.name for info in Checkpoints(folder.checkpoints).all()]
    before = put_down_after(steps // 3 + 1)  # in the second epoch
    assert before[0] == stop
    assert len(before) == 2
    after = [info.name for info in Checkpoints(folder.checkpoints).all()]
    assert after[:2] == before
    assert len(after) == 3
    assert Checkpoints(folder.checkpoints).verify(stop)
    assert put_down_after(steps // 3 + 2) == after[1:]  # no more are kept for being stopped again and again
    assert len(Checkpoints(folder.checkpoints).all()) == 3


def test_a_classifier_of_the_last_state_alone_is_taken_up_saved_and_asked(tmp_path: Path) -> None:
    whole, cut = (tiny_run(tmp_path / name, "model.pooling=last", "language_model.epochs=0") for name in ("a", "b"))
    assert isinstance(list(Run(whole).events())[-1], ev.Finished)
    run = Run(cut).events()
    next(event for event in run if isinstance(event, ev.Step) and event.total == 5)
    run.close()
    assert isinstance(list(Run(cut).events(resume=True))[-1], ev.Finished)
    ours, theirs = load_bundle(cut.model_path), load_bundle(whole.model_path)
    assert all(torch.equal(ours.state[name], theirs.state[name]) for name in theirs.state)
    network, tokens = ours.classifiers()["forward"], torch.tensor([ours.tokenizer.encode("the apple is nice")])
    with torch.no_grad():
        (block,), last = network.head.blocks, network.encoder(tokens).hidden[-1]
        scores = block.linear(block.norm(last[None]))  # the head is one layer over the state after the last token
    assert block.linear.in_features == 32
    assert Predictor(ours, "cpu", "float32").logits(["the apple is nice"]) == pytest.approx(scores.numpy(), abs=1e-5)


def test_resuming_without_a_checkpoint_starts_afresh(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run")
    events = list(Run(folder).events(resume=True))
    assert isinstance(events[-1], ev.Finished)


def test_a_run_goes_back_to_a_checkpoint(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run")
    first = list(Run(folder).events())
    end_of_language_model = next(e for e in first if isinstance(e, ev.Checkpointed) and e.reason == "stage")
    again = list(Run(folder).events(checkpoint=end_of_language_model.name))
    assert [e.index for e in again if isinstance(e, ev.StageStarted)] == [1, 2]
    assert [e.index for e in folder.events() if isinstance(e, ev.StageEnded)] == [0, 1, 2]


def test_a_changed_corpus_refuses_to_go_on(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run")
    run = Run(folder).events()
    for event in run:
        if isinstance(event, ev.Step) and event.total == 3:
            break
    run.close()
    write_corpus(tmp_path / "corpus.csv", count=60, seed=9)
    before = folder.log_path.read_bytes()
    last = list(Run(folder).events(resume=True))[-1]
    assert isinstance(last, ev.Failed)
    assert last.cause == "corpus_changed"
    assert "changed" in last.title
    assert folder.log_path.read_bytes() == before
    assert folder.state() == "stopped"


def test_a_failure_is_the_last_event_and_stands_in_the_log(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", tiny_config(tmp_path / "missing.csv"))
    events = list(Run(folder).events())
    failed = events[-1]
    assert isinstance(failed, ev.Failed)
    assert failed.cause == "data"
    assert "missing.csv" in failed.title
    assert "Traceback" in failed.details
    assert folder.state() == "failed"
    assert list(folder.events()) == events
    assert not (folder.path / "lock.json").exists()


def test_a_run_whose_description_is_spoilt_says_so_as_its_last_event(tmp_path: Path) -> None:
    run = tiny_run(tmp_path / "run")
    run.config_path.write_text("seed = 'x'\n", encoding="utf-8")
    (failed,) = Run(run).events()
    assert isinstance(failed, ev.Failed)
    assert "config.toml" in failed.title
    assert failed.remedy == {}


def test_a_loss_that_is_no_number_stops_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoilt(*arguments: Any) -> LanguageModel:
        model = new_language_model(*arguments)
        with torch.no_grad():
            model.encoder.embedding.weight.fill_(float("nan"))
        return model

    monkeypatch.setattr("ulmengine.runs.stages.new_language_model", spoilt)
    last = list(Run(tiny_run(tmp_path / "run")).events())[-1]
    assert isinstance(last, ev.Failed)
    assert last.cause == "nan_loss"
    assert "lower learning rate" in last.advice


def test_both_directions_make_one_model(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run", "model.direction=both", "classifier.epochs=[1]")
    events = list(Run(folder).events())
    assert isinstance(events[-1], ev.Finished)
    assert load_bundle(folder.model_path).description.directions == ("forward", "backward")


def test_a_language_model_alone_is_saved_and_serves_as_a_start(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "one", "classifier.epochs=[0]")
    events = list(Run(folder).events())
    assert events[-1] == ev.Finished(None, None, str(folder.model_path), events[-1].seconds)  # type: ignore[attr-defined]
    assert load_bundle(folder.model_path).description.kind == "language_model"
    second = tiny_run(tmp_path / "two", f"model.pretrained='{folder.model_path}'", "model.preset=paper")
    started = next(e for e in Run(second).events() if isinstance(e, ev.RunStarted))
    first = next(e for e in events if isinstance(e, ev.RunStarted))
    assert started.parameters == first.parameters


def test_the_same_seed_gives_the_same_result_and_another_does_not(whole: RunFolder, tmp_path: Path) -> None:
    corpus = whole.path.parent / "corpus.csv"
    losses = []
    for number, seed in enumerate((42, 7)):
        folder = RunFolder.create(tmp_path / str(number), with_settings(tiny_config(corpus), [f"seed={seed}"]))
        run = Run(folder).events()
        losses.append(next(e.loss for e in run if isinstance(e, ev.Step)))
        run.close()
    expected = next(e.loss for e in whole.events() if isinstance(e, ev.Step))
    assert losses[0] == expected != losses[1]


def test_driving_a_run_can_skip_a_stage(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run", "language_model.epochs=50")
    control = RunControl()
    control.move(Move.START)

    def sink(event: ev.Event) -> None:
        if isinstance(event, ev.Step) and event.total == 2:
            control.skip_stage()

    drive(Run(folder, skip=control.take_skip).events(), control, sink)
    first = next(e for e in folder.events() if isinstance(e, ev.StageEnded))
    assert (first.index, first.skipped) == (0, True)
    assert folder.state() == "finished"


@pytest.mark.parametrize("task", ["language_model", "classifier"])
def test_the_range_test_of_a_run_gives_points_and_an_end(tmp_path: Path, task: str) -> None:
    config = tiny_config(write_corpus(tmp_path / "corpus.csv"))
    events = list(find_learning_rate(config, task, tmp_path / "cache", steps=20))
    points = [e for e in events if isinstance(e, ev.RangePoint)]
    assert isinstance(events[-1], ev.RangeEnded)
    assert points[0].lr == pytest.approx(1e-6)
    assert [p.step for p in points] == list(range(1, len(points) + 1))


def test_a_run_that_cannot_be_saved_when_it_stops_says_so_and_gives_its_lock_back(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run")
    run = Run(folder)
    events = run.events()
    next(event for event in events if isinstance(event, ev.Step))

    def full(*_arguments: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    run.checkpoints.save = full  # type: ignore[method-assign, assignment]
    with pytest.raises(RunFolderError, match="could not be saved when it stopped: The disk is full"):
        events.close()
    assert folder.state() == "failed"


def test_a_language_model_of_both_directions_keeps_the_first_when_taken_up_in_the_second(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run", "model.direction=both", "classifier.epochs=[0]")
    events = Run(folder).events()
    next(event for event in events if isinstance(event, ev.StageStarted) and event.index == 1)
    events.close()
    kept = Checkpoints(folder.checkpoints).end_of(0)
    assert kept is not None
    weights = Checkpoints(folder.checkpoints).load(kept.name).weights()
    assert isinstance(list(Run(folder).events(resume=True))[-1], ev.Finished)
    bundle = load_bundle(folder.model_path)
    assert bundle.description.directions == ("forward", "backward")
    name = "encoder.layers.0.bias_ih"
    assert torch.equal(bundle.weights("forward")[name], weights[name])


def test_of_two_directions_the_one_that_is_taken_over_is_measured_in_the_numbers_of_the_run(tmp_path: Path) -> None:
    ends = []
    for name in ("whole", "stopped"):
        folder = tiny_run(tmp_path / name, "model.direction=both", "compute.precision=bfloat16",
                          "classifier.epochs=[1]")
        events = Run(folder).events()
        if name == "stopped":
            next(event for event in events if isinstance(event, ev.StageStarted) and event.index == 3)
            events.close()
            events = Run(folder).events(resume=True)
        measured = [event for event in events if isinstance(event, ev.Evaluated)]
        ends.append((measured, load_bundle(folder.model_path).temperature))
    assert ends[0][0]
    assert ends[0] == ends[1]


def test_going_back_to_a_damaged_checkpoint_leaves_the_newer_ones(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run")
    assert isinstance(list(Run(folder).events())[-1], ev.Finished)
    names = [info.name for info in Checkpoints(folder.checkpoints).all()]
    (folder.checkpoints / f"{names[0]}.safetensors").write_bytes(b"short")
    last = list(Run(folder).events(checkpoint=names[0]))[-1]
    assert isinstance(last, ev.Failed)
    assert (last.cause, names[0] in last.title) == ("files", True)
    assert [info.name for info in Checkpoints(folder.checkpoints).all()] == names


def test_a_run_begun_anew_gives_up_the_checkpoints_of_the_attempt_before(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run")
    assert isinstance(list(Run(folder).events())[-1], ev.Finished)
    events = Run(folder).events()
    next(event for event in events if isinstance(event, ev.StageStarted))
    assert Checkpoints(folder.checkpoints).all() == []
    events.close()


def test_what_the_engine_says_in_words_is_no_bug() -> None:
    assert cause_of(TrainingError("use more text or a smaller batch size")) == "data"
    assert cause_of(CheckpointError("damaged; go on from an earlier one")) == "checkpoint"
    assert cause_of(RuntimeError("shapes do not agree")) == "bug"


def test_a_pretrained_model_that_reads_the_other_way_is_refused(whole: RunFolder, tmp_path: Path) -> None:
    start = f"model.pretrained='{whole.model_path}'"
    last = list(Run(tiny_run(tmp_path / "back", start, "model.direction=backward")).events())[-1]
    assert isinstance(last, ev.Failed)
    assert "does not read backward" in last.title
    notes = (e for e in Run(tiny_run(tmp_path / "both", start, "model.direction=both")).events()
             if isinstance(e, ev.Note) and e.level == "warning")
    assert "backward" in next(notes).text


def test_a_skip_asked_while_a_stage_ends_does_not_hit_the_next(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run")
    control = RunControl()

    def sink(event: ev.Event) -> None:
        if isinstance(event, ev.EpochEnded) and event.stage == 0:
            control.skip_stage()

    drive(Run(folder, skip=control.take_skip).events(), control, sink)
    assert [e.skipped for e in folder.events() if isinstance(e, ev.StageEnded)] == [False, False, False]


@pytest.mark.parametrize("file", ["safetensors", "json"])
def test_a_run_that_goes_on_from_an_older_checkpoint_says_so(tmp_path: Path, file: str) -> None:
    folder = tiny_run(tmp_path / "run")
    list(Run(folder).events())
    older, newest = Checkpoints(folder.checkpoints).all()[-2:]
    (folder.checkpoints / f"{newest.name}.{file}").write_bytes(b"short")
    said = list(Run(folder).events(resume=True))
    assert isinstance(said[-1], ev.Finished)
    warnings = [event.text for event in said if isinstance(event, ev.Note) and event.level == "warning"]
    assert any(newest.name in text and older.name in text for text in warnings)


@pytest.mark.parametrize(("changed", "goes_on"), [
    ({"values": {"a": 1}}, False), ({"stage": 999}, False), ({"extra": {"log": -7}}, False),
    ({"extra": {"log": "x"}}, False), ({"extra": {}}, False), ({"values": {"optimizer": []}}, False),
    ({}, True), ({"metrics": {}}, True), ({"extra": {"log": 0, "of a newer version": -1}}, True),
    ({"best": True}, True), ({"files": {}}, False), ({"metrics": {"accuracy": "x"}}, False),
])
def test_a_record_with_which_nothing_can_go_on_counts_as_damaged(
    whole: RunFolder, tmp_path: Path, changed: dict[str, Any], goes_on: bool
) -> None:
    """The one before is taken, and that is said; asked for by its name it is refused."""
    folder = RunFolder(Path(shutil.copytree(whole.path, tmp_path / "run")))
    older, newest = Checkpoints(folder.checkpoints).all()[-2:]
    path = folder.checkpoints / f"{newest.name}.json"
    written(path, {**json.loads(path.read_text())["record"], **changed})
    if not goes_on:
        assert isinstance(list(Run(folder).events(checkpoint=newest.name))[-1], ev.Failed)
    said = list(Run(folder).events(resume=True))
    assert isinstance(said[-1], ev.Finished)
    warnings = [event.text for event in said if isinstance(event, ev.Note) and "damaged" in event.text]
    assert [newest.name in text and older.name in text for text in warnings] == ([] if goes_on else [True])


def test_a_run_stopped_as_soon_as_it_goes_on_still_knows_how_far_it_was(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run")
    for resume in (False, True):
        events = Run(folder).events(resume=resume)
        next(event for event in events if isinstance(event, ev.Step if not resume else ev.StageStarted))
        events.close()
    assert list(folder.events())[-1] == ev.Stopped(1)


WORDS = [3, [1] * 624 + [624], None]


@pytest.mark.parametrize(("field", "value", "goes_on"), [
    ("standing", {"epoch": "x"}, False), ("standing", {"epoch": True}, False), ("standing", {"ends": 1}, False),
    ("best", {"epoch": "x"}, False), ("best", {"epoch": 1}, False), ("batches", [8, 70, 0], False),
    ("batches", [], False),
    ("random", {"python": [3, ["x"], None]}, False), ("random", {"python": [3, [1] * 624 + [625], None]}, False),
    ("random", {"python": WORDS, "numpy": ["MT19937", 625, 0, 0.0]}, False),
    ("optimizer", {"kind": "nt_asgd"}, False), ("state", ["set", 1], False), ("state", "x", False),
    ("outbox", [{"type": "nothing"}], False), ("outbox", [7], False), ("metrics", {"accuracy": "x"}, False),
    ("random", {"python": WORDS, "numpy": ["MT19937", 624, 0, 0.0], "of a newer version": 1}, True),
    ("standing", {}, True), ("standing", {"epoch": 1, "skipped": True, "lowest": math.nan, "seconds": 7}, True),
    ("best", {"epoch": 1, "standing": [math.nan], "metrics": {"a": 1}, "train_loss": 0, "key": ""}, True),
    ("optimizer", {"kind": "adamw", "averages": None}, True), ("state", ["list", ["tuple", 0, 1], None], True),
    ("outbox", [ev.to_json(ev.Stopped(3))], True), ("of a newer version", "x", True),
])
def test_a_record_goes_on_with_values_of_their_kinds_only(
    whole: RunFolder, tmp_path: Path, field: str, value: Any, goes_on: bool
) -> None:
    checkpoints = Checkpoints(Path(shutil.copytree(whole.checkpoints, tmp_path / "checkpoints")))
    name = checkpoints.all()[-1].name
    path = checkpoints.folder / f"{name}.json"
    record = json.loads(path.read_text())["record"]
    assert checkpoints.leads_on(name, 3)
    written(path, {**record, "values": {**record["values"], field: value}})
    assert checkpoints.leads_on(name, 3) is goes_on
