"""Which language model a run starts from is said before it begins as the run has it, a person's own among them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.pages.corpus.page import CorpusPage
from studio.pages.model.page import ModelPage
from studio.shown.plan import planned
from tests.gui.corpus.help import opened, settle
from tests.gui.pages_help import Desk
from tests.runs.test_own_texts import GERMAN, german_lines, labelled, own_model
from ulmengine.config import RunConfig, with_settings
from ulmengine.events import outcome
from ulmengine.models import ModelFile, catalogue, delete_model, describe_bundle, models_folder, pretrained_path
from ulmengine.runs.explained import explain
from ulmengine.runs.prepare import find_pretrained, with_best_pretrained

LINES = german_lines(60)
WORDS = [*GERMAN, *(line.split()[-1] for line in LINES)]


def of_the_run(config: RunConfig, cache: Path) -> str:
    """The title of the model that a run of ``config`` starts from in the end; "" for none."""
    settled = outcome(with_best_pretrained(config, cache, models_folder()))
    found = outcome(find_pretrained(settled, LINES))
    told = {one.name: one.value for one in outcome(explain(config, cache, models_folder()))}
    title = "" if found is None else found.description.title
    assert told["model.pretrained"] == (title or "none: from scratch")
    return title


@pytest.fixture
def model(page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot) -> ModelPage:
    """The Model page beside a corpus in German, of which the shipped model knows next to nothing."""
    opened(qtbot, page, Path(labelled(tmp_path / "german.csv", LINES).corpus.path))
    made = ModelPage(desk.project, desk.shell)
    qtbot.addWidget(made)
    return made


def shown(model: ModelPage, desk: Desk) -> str:
    """The title of the model that the pages say a run would start from; the plan must say the same."""
    model.activated()
    name = model.network.pretrained
    project = desk.project
    plans = planned(project.config, project.folder, project.facts)
    assert {plan.pretrained for plan in plans if plan.task == "language_model"} == {bool(name)}
    assert (name or "from scratch") in model.pretrained.told.text()
    return name


def test_a_model_of_ones_own_is_told_as_soon_as_it_is_there(
    page: CorpusPage, model: ModelPage, desk: Desk, qtbot: QtBot
) -> None:
    project, cache = desk.project, desk.project.cache
    assert shown(model, desk) == of_the_run(project.run_config(), cache) == ""
    path = own_model(models_folder(), WORDS)
    qtbot.waitUntil(lambda: str(path) in (project.facts or pytest.fail("no facts")).shares, timeout=30_000)
    settle(qtbot, page)
    assert project.facts is not None
    assert project.facts.shares[str(path)] == 1.0
    assert shown(model, desk) == of_the_run(project.run_config(), cache) == "German"
    assert tuple(model.network.sizes) == tuple(describe_bundle(path).sizes)
    assert "takes one of your own" not in model.pretrained.told.text()
    assert page.analysis.profile is not None
    assert page.analysis.profile.pretrained == "German"
    project.change({"model.direction": "backward"})  # which it does not read
    assert shown(model, desk) == of_the_run(project.run_config(), cache) == ""
    settle(qtbot, page)
    project.undo.undo()
    settle(qtbot, page)
    assert shown(model, desk) == "German"
    delete_model(path)
    qtbot.waitUntil(lambda: str(path) not in (project.facts or pytest.fail("no facts")).shares, timeout=30_000)
    settle(qtbot, page)
    assert shown(model, desk) == of_the_run(project.run_config(), cache) == ""


@pytest.mark.parametrize(("shipped", "own", "taken"), [
    (0.7, 0.79, "shipped"),  # not clearly more
    (0.7, 0.85, "own"),
    (0.59, 0.65, "own"),  # what is refused anyway is nothing to be compared with
    (0.7, None, "shipped"),
    (None, 0.85, "shipped"),  # nobody has looked yet: taken to know its words
    (0.5, 0.59, None),
])
def test_which_one_is_taken_goes_by_the_words_that_each_knows(
    tmp_path: Path, shipped: float | None, own: float | None, taken: str | None
) -> None:
    config, path = RunConfig(), own_model(tmp_path / "own", GERMAN)
    there = pretrained_path(config)
    assert there is not None
    known = {place: share for place, share in ((there, shipped), (path, own)) if share is not None}
    names = {there: "shipped", path: "own", None: None}
    assert names[catalogue.starting_model(config, known, path.parent)] == taken
    assert catalogue.starting_model(config, known) in (there, None)
    set_already = with_settings(config, [f"model.pretrained='{path}'"])
    assert catalogue.starting_model(set_already, known, path.parent) == path
    alone = with_settings(config, ["classifier.epochs=0"])  # a language model is made from a shipped one
    assert catalogue.starting_model(alone, known, path.parent) != path


def test_where_nothing_is_shipped_ones_own_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing: tuple[ModelFile, ...] = ()
    monkeypatch.setattr(catalogue, "shipped_models", lambda: nothing)
    path = own_model(tmp_path / "own", GERMAN)
    assert catalogue.starting_model(RunConfig(), {path: 0.6}, path.parent) == path
    assert catalogue.starting_model(RunConfig(), {path: 0.59}, path.parent) is None
