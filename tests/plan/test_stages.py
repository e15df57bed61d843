"""The plan: gradual unfreezing, directions, what is left out."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ulmengine.config import RunConfig, with_settings
from ulmengine.plan import plan_stages

PAPER = with_settings(RunConfig(), ["model.preset=paper", "classifier.lr=0.01", "classifier.refit=0"])


def test_the_published_order_one_group_more_a_stage() -> None:
    plan = plan_stages(PAPER, pretrained=True)
    assert [stage.task for stage in plan] == ["language_model"] + ["classifier"] * 4
    assert plan[0].groups == ("layer 1", "layer 2", "layer 3", "decoder")
    assert plan[0].unfrozen == 4
    assert plan[1].groups == ("embedding", "layer 1", "layer 2", "layer 3", "head")
    # Three LSTM layers make five groups, the published schedule has four stages; the last trains everything.
    assert [stage.unfrozen for stage in plan[1:]] == [1, 2, 3, 5]
    assert [stage.epochs for stage in plan] == [10, 1, 1, 1, 6]
    assert [stage.index for stage in plan] == [0, 1, 2, 3, 4]
    assert [stage.name for stage in plan] == [
        "language model", "classifier: head", "classifier: head + layer 3", "classifier: head + layer 3 + layer 2",
        "classifier: all layers",
    ]


def test_the_group_names_are_those_of_the_networks() -> None:
    from tests.training import builders
    from ulmengine.nets import layer_groups

    assert tuple(name for name, _ in layer_groups(builders.language_model())) == builders.plans()[0].groups
    assert tuple(name for name, _ in layer_groups(builders.text_classifier())) == builders.plans()[1].groups


def test_a_pretrained_model_brings_its_own_depth() -> None:
    plan = plan_stages(PAPER, layers=1, pretrained=True)
    assert plan[-1].groups == ("embedding", "layer 1", "head")
    assert [stage.unfrozen for stage in plan[1:]] == [1, 2, 3, 3]


def test_from_scratch_all_groups_of_the_language_model_learn_alike() -> None:
    settings = plan_stages(PAPER, pretrained=False)
    assert settings[0].settings.factor == 1.0
    assert plan_stages(PAPER, pretrained=True)[0].settings.factor == 1.3
    schedule = settings[0].schedule(100)
    assert len(set(schedule.rates(50))) == 1


def test_stages_of_no_epochs_are_left_out() -> None:
    config = with_settings(PAPER, ["language_model.epochs=0", "classifier.epochs=[0, 2]"])
    plan = plan_stages(config, pretrained=True)
    assert [(stage.index, stage.unfrozen, stage.epochs) for stage in plan] == [(0, 5, 2)]


def test_in_the_end_it_learns_from_all_labels_where_some_were_held_back() -> None:
    config = with_settings(PAPER, ["classifier.refit=3", "classifier.stage_decay=0.5"])
    *others, last = plan_stages(config, pretrained=True)
    without = plan_stages(with_settings(config, ["classifier.refit=0"]), pretrained=True)
    assert [stage.describe() for stage in others] == [stage.describe() for stage in without]
    assert (last.name, last.refit, last.epochs, last.unfrozen) == ("classifier: all labels", True, 3, 5)
    assert last.peak == others[-1].peak  # as high as the stage before it
    assert plan_stages(config, pretrained=True, held=False) == tuple(others)
    assert plan_stages(config, pretrained=True, classifier=False) == (others[0],)
    untrained = with_settings(config, ["classifier.epochs=[0]"])
    assert not any(stage.refit for stage in plan_stages(untrained, pretrained=True))
    both = plan_stages(with_settings(config, ["model.direction=both"]), pretrained=True)
    assert [(stage.index, stage.direction) for stage in both if stage.refit] == [(5, "forward"), (11, "backward")]


def test_both_directions_one_after_the_other() -> None:
    config = with_settings(PAPER, ["model.direction=both", "classifier.epochs=[1]"])
    plan = plan_stages(config, pretrained=True)
    assert [stage.direction for stage in plan] == ["forward", "forward", "backward", "backward"]
    assert plan[2].name == "language model (backward)"


def test_without_labels_there_is_no_classifier() -> None:
    assert [stage.task for stage in plan_stages(PAPER, pretrained=True, classifier=False)] == ["language_model"]


def test_the_peak_decays_by_stage() -> None:
    config = with_settings(PAPER, ["classifier.stage_decay=0.5"])
    assert [stage.peak for stage in plan_stages(config, pretrained=True)[1:]] == pytest.approx(
        [0.01, 0.005, 0.0025, 0.00125]
    )


def test_steps_count_a_short_last_accumulation() -> None:
    config = with_settings(PAPER, ["language_model.optimizer.accumulation=4"])
    assert plan_stages(config, pretrained=True)[0].steps(10) == 10 * 3


def test_a_plan_needs_no_pytorch() -> None:
    code = ("import sys; sys.modules['torch'] = None\n"
            "from ulmengine.config import RunConfig\n"
            "from ulmengine.plan import plan_stages, RunControl\n"
            "assert plan_stages(RunConfig(), pretrained=True)[0].schedule(10).lr(0, 0) > 0\n")
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("pretrained", [True, False])
def test_a_described_stage_tells_its_factor_and_what_it_starts_from(pretrained: bool) -> None:
    config = with_settings(PAPER, ["language_model.factor=2.6", "classifier.factor=2.6"])
    model, *heads = (plan.describe() for plan in plan_stages(config, pretrained=pretrained))
    assert {stage["pretrained"] for stage in (model, *heads)} == {pretrained}
    assert model["factor"] == (2.6 if pretrained else 1.0)
    assert {head["factor"] for head in heads} == {2.6}
