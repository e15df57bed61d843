from __future__ import annotations

import pytest

from studio.pages.train_parts.mending import halved_batch, lower_rate
from studio.pages.train_parts.offers import offers
from studio.pages.train_parts.plan import plan_of_run, planned
from studio.pages.train_parts.words import verdict
from tests.studio import replay
from ulmengine import events as ev
from ulmengine.config import ClassifierConfig, LanguageModelConfig, ModelConfig, RunConfig
from ulmengine.training.control import RunState
from ulmengine.training.stages import plan_stages

S = RunState
NOTHING = frozenset[str]()

TABLE = {
    S.IDLE: {"start"},
    S.STARTING: {"pause", "stop"},
    S.RUNNING: {"pause", "stop", "next_stage", "go_back"},
    S.PAUSING: {"resume", "stop"},
    S.PAUSED: {"resume", "stop", "step", "next_stage", "go_back"},
    S.STOPPING: set(),
    S.STOPPED: {"start", "resume", "go_back"},
    S.INTERRUPTED: {"start", "resume", "go_back"},
    S.FAILED: {"start", "resume", "go_back"},
    S.FINISHED: {"start", "go_back"},
}


@pytest.mark.parametrize("state", list(RunState))
def test_what_is_offered_in_every_state(state: RunState) -> None:
    fresh = state is S.IDLE
    offered = offers(state, checkpoints=not fresh, complete=state is S.FINISHED, between=False, last_stage=False)
    assert {name for name, value in vars(offered).items() if value} == TABLE[state]


@pytest.mark.parametrize("state", [S.STOPPED, S.FAILED, S.INTERRUPTED, S.RUNNING])
def test_nothing_leads_to_a_checkpoint_that_is_not_there(state: RunState) -> None:
    offered = offers(state, checkpoints=False, complete=False, between=False, last_stage=False)
    assert not offered.go_back
    assert not (offered.resume and offered.start)


def test_after_the_last_stage_there_is_no_next_one() -> None:
    offered = offers(S.PAUSED, checkpoints=True, complete=False, between=True, last_stage=True)
    assert not offered.next_stage


def result(own: float, span: tuple[float, float], plain: float, plain_span: tuple[float, float]) -> ev.Evaluated:
    return ev.Evaluated("test", 500, own, span, {}, plain, plain_span)


def test_the_verdict_is_honest() -> None:
    assert "has not earned its keep" in verdict(result(0.80, (0.76, 0.84), 0.85, (0.81, 0.88)))
    assert "better by 5.0 points" in verdict(result(0.80, (0.76, 0.84), 0.85, (0.81, 0.88)))
    assert "may be chance" in verdict(result(0.86, (0.83, 0.89), 0.84, (0.80, 0.87)))
    assert "more than chance" in verdict(result(0.95, (0.93, 0.97), 0.84, (0.80, 0.87)))
    assert "equally good" in verdict(result(0.84, (0.80, 0.87), 0.84, (0.80, 0.87)))


def test_a_halved_batch_keeps_the_effective_one() -> None:
    config = RunConfig(classifier=ClassifierConfig(batch_size=48))
    assert halved_batch(config, "classifier") == {
        "classifier.batch_size": 24, "classifier.optimizer.accumulation": 2,
    }
    assert halved_batch(RunConfig(classifier=ClassifierConfig(batch_size=1)), "classifier") is None


def test_a_lower_rate() -> None:
    config = RunConfig(language_model=LanguageModelConfig(lr=0.03))
    assert lower_rate(config, "language_model") == {"language_model.lr": 0.01}


def test_the_plan_before_a_run_is_the_engines_own() -> None:
    config = RunConfig(model=ModelConfig(pretrained="none", preset="custom", layers=3))
    assert planned(config) == plan_stages(config, layers=3, pretrained=False)


@pytest.mark.parametrize("pretrained", [True, False])
def test_the_plan_of_a_run_follows_what_the_run_says(pretrained: bool) -> None:
    config = replay.small_config()
    plans = plan_stages(config, layers=4, pretrained=pretrained)
    started = ev.RunStarted("x", "cpu", "float32", 1, tuple(plan.describe() for plan in plans))
    rates = plans[0].schedule(10).rates(0)
    step = ev.Step(0, 1, 1, 1, 1.0, rates, 1.0, 1, 1.0)
    assert plan_of_run(config, started, [step]) == plans


def test_the_plan_of_a_run_without_labels() -> None:
    config = replay.small_config()
    plans = plan_stages(config, layers=2, pretrained=True, classifier=False)
    started = ev.RunStarted("x", "cpu", "float32", 1, tuple(plan.describe() for plan in plans))
    assert [plan.name for plan in plan_of_run(config, started)] == ["language model"]
