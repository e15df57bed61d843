from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PySide6.QtCore import QObject

from studio.pages.train.figures import verdict
from studio.pages.train.going_back import Point, points
from studio.pages.train.mender import Mender, last_good
from studio.plots.history import RunHistory
from studio.shown.offers import Facts, facts, offers
from studio.shown.plan import plan_of_run, planned
from studio.shown.run import left_out
from tests.studio import replay
from ulmengine import events as ev
from ulmengine.config import ClassifierConfig, LanguageModelConfig, ModelConfig, RunConfig
from ulmengine.plan.control import RunState
from ulmengine.plan.errors import NanLossError
from ulmengine.plan.stages import plan_stages
from ulmengine.record import START
from ulmengine.record.checkpoints import CheckpointInfo
from ulmengine.record.failures import halved_batch, lower_rate, remedy
from ulmengine.training.checkpoints import Checkpoints
from ulmengine.training.context import Snapshot

S = RunState

# Written out by hand; of a run whose classifier learns and is in a checkpoint.
TABLE = {
    S.IDLE: {"start"},
    S.NEW: {"start"},
    S.STARTING: {"pause", "stop"},
    S.RUNNING: {"pause", "stop", "next_stage", "go_back", "finish"},
    S.PAUSING: {"resume", "stop"},
    S.PAUSED: {"resume", "stop", "step", "next_stage", "go_back", "finish"},
    S.STOPPING: set(),
    S.STOPPED: {"start", "resume", "go_back", "finish"},
    S.INTERRUPTED: {"start", "resume", "go_back", "finish"},
    S.FAILED: {"start", "resume", "go_back", "finish"},
    S.FINISHED: {"start", "go_back"},
}
LEARNT = Facts(begun=True, checkpoints=True, planned=True, learnt=True, saved=True)
AT_WORK = (S.RUNNING, S.PAUSED)
OVER = (S.STOPPED, S.INTERRUPTED, S.FAILED)


def offered(state: RunState, known: Facts) -> set[str]:
    return {name for name, value in vars(offers(state, known)).items() if value}


@pytest.mark.parametrize("state", list(RunState))
def test_what_is_offered_in_every_state(state: RunState) -> None:
    known = Facts() if state in (S.IDLE, S.NEW) else replace(LEARNT, complete=state is S.FINISHED)
    assert offered(state, known) == TABLE[state]


@pytest.mark.parametrize("state", [*OVER, *AT_WORK])
def test_nothing_leads_to_a_checkpoint_that_is_not_there(state: RunState) -> None:
    assert not offered(state, Facts()) & {"go_back", "finish", "too_early"}
    assert ("resume" in offered(state, Facts())) == (state is S.PAUSED)


@pytest.mark.parametrize("state", [*OVER, *AT_WORK])
def test_what_has_begun_can_go_back_to_its_beginning(state: RunState) -> None:
    assert "go_back" in offered(state, Facts(begun=True))


def test_after_the_last_stage_there_is_no_next_one_and_nothing_to_leave_out() -> None:
    known = replace(LEARNT, between=True, last_stage=True)
    assert not offered(S.PAUSED, known) & {"next_stage", "finish", "too_early"}


@pytest.mark.parametrize("state", [*OVER, *AT_WORK])
def test_finishing_waits_for_a_classifier_and_says_so(state: RunState) -> None:
    early = replace(LEARNT, learnt=False, saved=False)
    assert offered(state, early) & {"finish", "too_early"} == {"too_early"}
    assert not offered(state, replace(early, planned=False)) & {"finish", "too_early"}
    # The run was killed before the first checkpoint of its classifier.
    unsaved = {"finish"} if state in AT_WORK else {"too_early"}
    assert offered(state, replace(LEARNT, saved=False)) & {"finish", "too_early"} == unsaved


@pytest.mark.parametrize("state", list(RunState))
def test_a_run_that_finishes_is_not_asked_to_once_more(state: RunState) -> None:
    known = replace(LEARNT, finishing=True, last_stage=True)
    assert not offered(state, known) & {"finish", "too_early", "next_stage"}
    assert "resume" in offered(S.STOPPED, known)  # which goes on finishing


def history_of(stages: int, steps: int = 5, *, ended: bool = False) -> RunHistory:
    """A run in its stage number ``stages``: a language model and three classifier stages."""
    history = RunHistory()
    said = replay.script(replay.small_config(), steps)
    for event in said:
        if isinstance(event, ev.StageStarted) and event.index == stages:
            break
        if ended or not isinstance(event, ev.StageEnded) or event.index < stages - 1:
            history.extend([event])
    return history


def test_how_far_a_run_has_come() -> None:
    plans = plan_stages(replay.small_config(), pretrained=True)
    assert facts(RunHistory(), plans, None, finishing=False) == Facts(planned=True)
    first = facts(history_of(1), plans, 0, finishing=False)
    assert first == Facts(begun=True, checkpoints=True, planned=True)
    second = facts(history_of(2), plans, 0, finishing=False)
    assert second == Facts(begun=True, checkpoints=True, planned=True, learnt=True)
    between = facts(history_of(3, ended=True), plans, 2, finishing=False)
    assert between == replace(LEARNT, between=True)
    assert facts(history_of(3, ended=True), plans, 2, finishing=True) == replace(
        between, finishing=True, last_stage=True)
    assert facts(history_of(4, ended=True), plans, 3, finishing=False).last_stage


def test_the_stages_that_a_run_leaves_out() -> None:
    plans = plan_stages(replay.small_config(), pretrained=True)
    assert left_out(plans, history_of(2), finishing=True) == {2, 3}
    assert left_out(plans, history_of(2), finishing=False) == set()


def test_every_stage_that_has_trained_can_be_repeated_the_first_one_too(tmp_path: Path) -> None:
    plans = plan_stages(replay.small_config(), pretrained=True)
    assert points(tmp_path, RunHistory(), plans) == []
    assert points(tmp_path, history_of(1), plans) == [Point(START, "Repeat the stage Language model")]
    there = Checkpoints(tmp_path / "checkpoints")
    for stage, total in ((0, 10), (1, 15)):
        there.save(Snapshot("stage", stage, total, True, True, {"weight": torch.zeros(2)}, {},
                            {"epoch": 1, "metrics": {"accuracy": 0.9}}))
    found = [(str(point), point.checkpoint, point.total) for point in points(tmp_path, history_of(3), plans)]
    assert found == [
        ("Repeat the stage + layer 2", "000002-stage", 15), ("Repeat the stage Head", "000001-stage", 10),
        ("Repeat the stage Language model", START, 0),
        ("Go back to step 15: end of Head (best)", "000002-stage", 15),
        ("Go back to step 10: end of Language model (best)", "000001-stage", 10),
    ]


def result(own: float, span: tuple[float, float], plain: float, plain_span: tuple[float, float]) -> ev.Evaluated:
    return ev.Evaluated("test", 500, own, span, {}, plain, plain_span)


def test_the_verdict_is_honest() -> None:
    assert "has not earned its keep" in verdict(result(0.80, (0.76, 0.84), 0.90, (0.86, 0.93)))
    assert "better by 10.0 points" in verdict(result(0.80, (0.76, 0.84), 0.90, (0.86, 0.93)))
    assert "ahead of the network by 5.0 points, but" in verdict(result(0.80, (0.76, 0.84), 0.85, (0.81, 0.88)))
    certain = replace(result(0.80, (0.76, 0.84), 0.85, (0.81, 0.88)), difference_interval=(-0.08, -0.02))
    assert "has not earned its keep" in verdict(certain)
    same = replace(result(1.0, (1.0, 1.0), 1.0, (1.0, 1.0)), difference_interval=(0.0, 0.0))
    assert verdict(same).startswith("The network and the simple baseline are right on the very same ones of these 500")
    assert "may be chance" in verdict(result(0.86, (0.83, 0.89), 0.84, (0.80, 0.87)))
    assert "more than chance" in verdict(result(0.95, (0.93, 0.97), 0.84, (0.80, 0.87)))
    assert "equally good" in verdict(result(0.84, (0.80, 0.87), 0.84, (0.80, 0.87)))
    level = replace(result(0.84, (0.80, 0.87), 0.84, (0.80, 0.87)), difference_interval=(-0.02, 0.02))
    assert "right as often as the simple baseline" in verdict(level)
    assert "+0.0" not in verdict(level)
    few = replace(result(1.0, (1.0, 1.0), 0.0, (0.0, 0.0)), documents=5, difference_interval=(1.0, 1.0))
    assert verdict(few).startswith("Too few documents (5)")
    assert "100.0 to 100.0" not in verdict(few)
    assert "better" in verdict(replace(few, documents=6))


def test_a_halved_batch_keeps_the_effective_one() -> None:
    config = RunConfig(classifier=ClassifierConfig(batch_size=48))
    assert halved_batch(config, "classifier") == {
        "classifier.batch_size": 24, "classifier.optimizer.accumulation": 2,
    }
    assert halved_batch(RunConfig(classifier=ClassifierConfig(batch_size=1)), "classifier") is None


def test_a_lower_rate() -> None:
    config = RunConfig(language_model=LanguageModelConfig(lr=0.03))
    assert lower_rate(config, "language_model") == {"language_model.lr": 0.01}


class Noting(Mender):
    """Notes what a button does, and does nothing."""

    def __init__(self) -> None:
        QObject.__init__(self)
        self.done: list[tuple[Any, ...]] = []
        self._tried = set()

    def change_and_start(self, values: dict[str, Any]) -> None:
        self.done.append(("start", values))

    def begin_again(self, config: RunConfig) -> None:
        self.done.append(("again", config.language_model.lr))

    def change_and_go_on(self, values: dict[str, Any], checkpoint: str | None = None) -> None:
        self.done.append(("go on", values, checkpoint))

    def go_on(self) -> None:
        self.done.append(("go on",))

    def look(self) -> None:
        self.done.append(("look",))


def saved(name: str, total: int) -> CheckpointInfo:
    return CheckpointInfo(name, total, "epoch", 0, 1, total, False, False, 1, {}, {}, {}, 0.0)


SMALLER = {"language_model.batch_size": 16, "language_model.optimizer.accumulation": 2}


@pytest.mark.parametrize(("cause", "checkpoints", "expected"), [
    ("out_of_memory", 2, [("Halve the batch and continue", ("go on", SMALLER, None))]),
    ("out_of_memory", 0, [("Halve the batch and start again", ("start", SMALLER))]),
    ("nan_loss", 2, [
        ("Go back to step 20 and continue with a peak rate of 0.01", ("go on", {"language_model.lr": 0.01}, "b")),
        ("Start again with a peak rate of 0.01", ("start", {"language_model.lr": 0.01})),
    ]),
    ("nan_loss", 0, [("Start again with a peak rate of 0.01", ("start", {"language_model.lr": 0.01}))]),
    ("disk_full", 2, [("Try again", ("go on",))]),
    ("disk_full", 0, [("Try again", ("start", {}))]),
    ("data", 2, [("Look at the corpus", ("look",))]),
    ("corpus_changed", 2, [("Begin a new run with the changed texts", ("again", .03)),
                           ("Go on: the earlier files are back", ("go on",))]),
    ("corpus_changed", 0, [("Begin a new run with the changed texts", ("again", .03))]),
    ("program_changed", 2, [("Begin again with the same settings", ("again", .03))]),
    ("checkpoint", 2, [("Go on from the last checkpoint", ("go on",))]),
    ("checkpoint", 0, [("Begin again with the same settings", ("again", .03))]),
    ("device", 2, [("Go on from the last checkpoint", ("go on",))]),
    ("device", 0, []),
])
def test_what_can_be_tried_after_a_failure(cause: str, checkpoints: int, expected: list[Any]) -> None:
    config = RunConfig(language_model=LanguageModelConfig(lr=0.03, batch_size=32))
    mender = Noting()
    failed = ev.Failed(cause, "It failed", "", "", "")
    found = mender.tries_of(failed, "language_model", config, [saved("a", 10), saved("b", 20)][:checkpoints])
    for _, action in found:
        action()
    assert list(zip([text for text, _ in found], mender.done, strict=True)) == expected


def test_a_checkpoint_that_led_to_no_number_is_not_gone_back_to_again() -> None:
    infos = [saved("a", 10), saved("b", 20), saved("c", 30)]
    assert last_good(infos, set()) is infos[2]
    assert last_good(infos, {"c"}) is infos[1]
    assert last_good(infos, {"a", "b", "c"}) is infos[0]
    assert last_good([], {"a"}) is None


def test_the_button_alone_names_a_rate() -> None:
    config = RunConfig(language_model=LanguageModelConfig(lr=0.01))
    for lr, rate in ((0.0061, 0.002), (0.00031, 0.0001), (3e-6, 1e-6)):
        error = NanLossError(3, lr)
        assert str(error).endswith("try a lower peak")
        mended = remedy(error, config, "language_model")
        assert mended == {"language_model.lr": rate}
        failed = ev.Failed("nan_loss", str(error), "", "", "", mended)
        (text, _), *_ = Noting().tries_of(failed, "language_model", config, [saved("a", 10)])
        assert text == f"Go back to step 10 and continue with a peak rate of {rate:.2g}"


def test_the_plan_before_a_run_is_the_engines_own() -> None:
    config = RunConfig(model=ModelConfig(pretrained="none", preset="custom", layers=3))
    assert planned(config, Path()) == plan_stages(config, layers=3, pretrained=False)


@pytest.mark.parametrize("pretrained", [True, False])
def test_the_plan_of_a_run_follows_what_the_run_says(pretrained: bool) -> None:
    config = replay.small_config()
    plans = plan_stages(config, layers=4, pretrained=pretrained)
    started = ev.RunStarted("x", "cpu", "float32", 1, tuple(plan.describe() for plan in plans))
    assert plan_of_run(config, started) == plans


def test_the_plan_of_a_run_without_labels() -> None:
    config = replay.small_config()
    plans = plan_stages(config, layers=2, pretrained=True, classifier=False)
    started = ev.RunStarted("x", "cpu", "float32", 1, tuple(plan.describe() for plan in plans))
    assert [plan.name for plan in plan_of_run(config, started)] == ["language model"]
