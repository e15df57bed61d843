"""What is planned before a run begins is one thing: Train, Rates and the run that follows say the same of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from studio.facts import CorpusFacts, facts_key
from studio.pages.rates.page import RatesPage
from ulmengine.config import RunConfig
from ulmengine.models import pretrained_path
from ulmengine.plan.stages import StagePlan
from ulmengine.record import RunFolder

from .help import Bench


def known(config: RunConfig, share: float = 1.0, **told: int) -> CorpusFacts:
    """A corpus of two labels with validation documents, but for what is ``told``, of whose words the shipped model
    knows a ``share``."""
    facts = CorpusFacts(facts_key(config), 2, 900, 400, 0, 30.0, 30.0, 40, {str(pretrained_path(config)): share})
    return replace(facts, **told)  # type: ignore[arg-type]


def outline(plans: tuple[StagePlan, ...]) -> list[tuple[str, bool, float]]:
    return [(plan.name, plan.pretrained, plan.settings.factor) for plan in plans]


LANGUAGE, FROM_NOTHING = ("language model", True, 1.3), ("language model", False, 1.0)
NAMES = ["classifier: head", "classifier: head + layer 2", "classifier: all layers", "classifier: all labels"]
EXPECTED = [
    ({}, [LANGUAGE, *((name, True, 2.6) for name in NAMES)]),
    ({"share": 0.3}, [FROM_NOTHING, *((name, False, 2.6) for name in NAMES)]),
    ({"classes": 0}, [LANGUAGE]),
    ({"classes": 0, "share": 0.3}, [FROM_NOTHING]),
    ({"held": 0}, [LANGUAGE, *((name, True, 2.6) for name in NAMES[:-1])]),
]


@pytest.mark.parametrize(("told", "expected"), EXPECTED)
@pytest.mark.parametrize("when", ["before", "after"])
def test_train_plans_what_rates_plans(
    bench: Bench, when: str, told: dict[str, Any], expected: list[tuple[str, bool, float]]
) -> None:
    """Whether the corpus was read before the project was opened or is read while it is open."""
    project, shell = bench.project, bench.shell
    project.change({"language_model.factor": 1.3, "classifier.factor": 2.6, "classifier.refit": 2})
    everything = shell.shown.plans
    assert outline(everything) == EXPECTED[0][1]
    facts = known(project.run_config(), **told)
    if when == "before":
        facts.save(project.cache)
        shell.close_project()
        assert shell.open_project(project.folder)
        bench.page = bench.new_page()
        project = bench.project
    else:
        project.keep_facts(facts)
    rates = RatesPage(project, shell)
    bench.qtbot.addWidget(rates)
    assert outline(rates.schedule.plot.plans) == expected
    assert shell.shown.plans == rates.schedule.plot.plans
    assert bench.page.view.heading.below.text() == \
        ("1 stage is planned" if len(expected) == 1 else f"{len(expected)} stages are planned")
    assert ("classifier learns" in bench.page.view.explained.text()) is (len(expected) > 1)
    project.change({"corpus.path": "another.csv"})  # of which nothing is known
    assert shell.shown.plans == everything


def test_the_steps_to_come_are_those_of_the_run_that_is_shown(bench: Bench) -> None:
    """400 documents by 50 are 8 batches, by 100 they are 4: as the run has it, whatever the project says now."""
    project, shell = bench.project, bench.shell
    project.change({"classifier.batch_size": 50, "classifier.epochs": (2,), "language_model.epochs": 0})
    config = project.run_config()
    known(config).save(project.cache)
    folder = RunFolder.create(project.new_run_folder(), config)
    project.change({"classifier.batch_size": 100})
    plot = bench.page.view.plots.loss
    assert set(plot.lengths.values()) == {8}  # two epochs of four: the next run's
    shell.show_run(folder)
    assert set(plot.lengths.values()) == {16}
    other = project.folder.parent / "other"  # whose corpus has 150 documents, three batches
    other.mkdir()
    replace(known(config), train=150).save(other / "cache")
    shell.show_run(RunFolder.create(other / "runs" / "one", config))
    assert set(plot.lengths.values()) == {6}


def test_a_run_that_has_said_nothing_yet_is_planned_by_what_is_known_of_its_corpus(bench: Bench) -> None:
    config = bench.project.run_config()
    known(config, classes=0).save(bench.project.cache)
    bench.shell.show_run(RunFolder.create(bench.project.new_run_folder(), config))
    assert outline(bench.shell.shown.plans) == [LANGUAGE]
