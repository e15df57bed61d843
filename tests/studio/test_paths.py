"""A relative path in a description means the same on the pages, in the run and on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.pages.model.sizes import network_of
from studio.project import Project
from studio.shown.plan import planned
from tests.models.made import SIZES, language_model, save
from ulmengine.cli.main import main
from ulmengine.config import RunConfig, load, located, with_settings
from ulmengine.config import save as save_config
from ulmengine.events import outcome
from ulmengine.models import pretrained_path
from ulmengine.record import RunFolder
from ulmengine.runs.prepare import find_pretrained


@pytest.mark.parametrize("written", ["models/own.ulmfit", "./models/own.ulmfit", "~/models/own.ulmfit", "absolute"])
def test_a_pretrained_model_is_the_same_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    elsewhere, project = tmp_path / "elsewhere", tmp_path / "project"
    for folder in (elsewhere, project / "models"):
        folder.mkdir(parents=True)
    model = save(project / "models" / "own.ulmfit", language_model().state_dict(), kind="language_model", labels=())
    monkeypatch.setenv("HOME", str(project))
    monkeypatch.chdir(elsewhere)
    chosen = str(model) if written == "absolute" else written
    config = with_settings(RunConfig(), [f"model.pretrained='{chosen}'", "corpus.path=texts.csv"])
    assert pretrained_path(config, project) == model
    assert network_of(config, None, project).sizes == SIZES
    plans = [plan for plan in planned(config, project) if plan.task == "language_model"]
    assert [len(plan.groups) for plan in plans] == [SIZES.layers + 1]
    save_config(config, project / "run.toml")
    assert main(["train", "../project/run.toml", "--out", "run", "--json"]) == 1  # there is no corpus
    frozen = RunFolder.open(elsewhere / "run").config()
    assert Path(frozen.corpus.path) == project / "texts.csv"
    bundle = outcome(find_pretrained(frozen, []))
    assert bundle.path == model
    assert Path(load(elsewhere / "run" / "config.toml").model.pretrained) == model


def test_a_project_gives_its_runs_absolute_paths(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project", with_settings(
        RunConfig(), ["model.pretrained=models/own.ulmfit", "corpus.path=texts.csv"]))
    config = project.run_config()
    assert Path(config.model.pretrained) == tmp_path / "project" / "models" / "own.ulmfit"
    assert Path(config.corpus.path) == tmp_path / "project" / "texts.csv"
    assert project.config.corpus.path == "texts.csv"


@pytest.mark.parametrize("chosen", ["auto", "none"])
def test_words_are_no_paths(tmp_path: Path, chosen: str) -> None:
    config = with_settings(RunConfig(), [f"model.pretrained={chosen}"])
    path = pretrained_path(config, tmp_path)
    assert path is None or path.parent.name == "models"
    assert located("a", tmp_path) == tmp_path / "a"


