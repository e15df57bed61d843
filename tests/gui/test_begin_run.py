"""Starting a run where there is nothing to train on: told, wherever it is asked for, and no run is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.pages.train.page import TrainPage
from studio.shell import Notice
from studio.window import MainWindow
from ulmengine import events as ev
from ulmengine.plan.control import RunState
from ulmengine.record import RunFolder

from .fakes import FakeRun


@pytest.mark.parametrize("way", ["bar", "action", "page"])
def test_without_a_corpus_no_run_is_made(window: MainWindow, run: FakeRun, tmp_path: Path, way: str) -> None:
    assert window.shell.new_project(tmp_path / "one")
    assert window.shell.project is not None
    news: list[Notice] = []
    window.shell.noticed.connect(news.append)
    begin(window, way)
    assert not run.calls
    assert not window.shell.project.run_folders()
    assert [notice.level for notice in news] == ["warning"]
    assert news[0].action is not None
    news[0].action()
    assert window.rail.items["corpus"].isChecked()
    (tmp_path / "corpus.csv").write_text("text,label\na,b\n", encoding="utf-8")
    window.shell.project.change({"corpus.path": str(tmp_path / "corpus.csv")})
    begin(window, way)
    assert run.calls == ["start"]


def test_a_run_begun_on_another_page_is_shown_before_it_has_written_anything(
    window: MainWindow, run: FakeRun, tmp_path: Path
) -> None:
    """The Train page is made after the run has begun, and its folder is still empty."""
    assert window.shell.new_project(tmp_path / "one")
    project = window.shell.project
    assert project is not None
    project.change({"corpus.path": str(tmp_path / "corpus.csv"), "classifier.epochs": [1, 1, 4]})
    window.go("model")
    news: list[Notice] = []
    window.shell.noticed.connect(news.append)
    window.start_run()
    assert run.calls == ["start"]
    assert run.folder is not None
    assert not run.folder.exists()
    page = next(page for page in window.pages.made() if isinstance(page, TrainPage))
    assert page.isVisible()
    assert news == []
    assert page.folder == RunFolder(run.folder)
    assert page.config == run.config
    assert [card.plan.epochs for card in page.view.strip.cards][1:] == [1, 1, 4, 2]
    run.enter(RunState.RUNNING)
    said = [ev.StageStarted(0, "language model", ("layer 1", "decoder"), 2, 1, 10, "language_model"),
            ev.Step(0, 1, 1, 1, 5.0, (0.1, 0.2), 1.0, 10, 0.1)]
    run.say(*said)
    assert page.history.total == 1
    assert news == []


def begin(window: MainWindow, way: str) -> None:
    if way == "bar":
        window.bar.start.click()
    elif way == "action":
        window.start_run()
    else:
        window.go("train")
        page = next(page for page in window.pages.made() if isinstance(page, TrainPage))
        page.start()
