"""Files dropped on the window: Home makes a project of them, Corpus asks where runs have read another file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.engine.job import shutdown_jobs
from studio.pages.corpus.page import CorpusPage
from studio.project import Project
from studio.window import MainWindow
from ulmengine.config import save
from ulmengine.plan.control import Move

from .fakes import FakeRun, ScriptedAsk
from .pages_help import FRUIT, write_csv


@pytest.fixture(autouse=True)
def jobs(qtbot: QtBot) -> Iterator[None]:
    """The pages read what is dropped; that is over when the test is."""
    yield
    assert shutdown_jobs(10.0)


def _open(window: MainWindow, tmp_path: Path, corpus: Path) -> Project:
    assert window.shell.new_project(tmp_path / "one")
    project = window.shell.project
    assert project is not None
    project.change({"corpus.path": str(corpus)})
    return project


def _add_run(project: Project) -> None:
    folder = project.new_run_folder()
    folder.mkdir(parents=True)
    save(project.run_config(), folder / "config.toml")


@pytest.mark.parametrize("with_run", [False, True])
def test_a_drop_on_home_makes_a_project_and_leaves_the_open_one_alone(
    window: MainWindow, tmp_path: Path, with_run: bool
) -> None:
    first, second = write_csv(tmp_path / "first.csv", FRUIT), write_csv(tmp_path / "second.csv", FRUIT)
    old = _open(window, tmp_path, first)
    if with_run:
        _add_run(old)
    window.go("home")
    window.rail.items["home"].setFocus()
    window.take_files([second])
    assert window.focusWidget() is window.rail.items["corpus"]  # the ring goes where the mark goes
    new = window.shell.project
    assert new is not None
    assert new.name == "second"
    assert new.config.corpus.path == str(second)
    assert window.pages.key == "corpus"
    assert Project.open(tmp_path / "one").config.corpus.path == str(first)


@pytest.mark.parametrize(("answer", "opened", "corpus"), [
    ("replace", "one", "second.csv"), ("cancel", "one", "first.csv"), ("new", "second", "second.csv"),
])
def test_a_drop_on_corpus_asks_when_there_are_runs(
    window: MainWindow, ask: ScriptedAsk, tmp_path: Path, answer: str, opened: str, corpus: str
) -> None:
    project = _open(window, tmp_path, write_csv(tmp_path / "first.csv", FRUIT))
    _add_run(project)
    window.go("corpus")
    ask.answers = [answer]
    window.take_files([write_csv(tmp_path / "second.csv", FRUIT)])
    assert [keys for _, keys in ask.asked] == [("new", "replace", "cancel")]
    shown = window.shell.project
    assert shown is not None
    assert (shown.name, Path(shown.config.corpus.path).name) == (opened, corpus)


def test_a_drop_on_corpus_without_runs_says_what_it_replaced_and_can_be_undone(
    window: MainWindow, ask: ScriptedAsk, tmp_path: Path
) -> None:
    first = write_csv(tmp_path / "first.csv", FRUIT)
    project = _open(window, tmp_path, first)
    window.go("corpus")
    window.take_files([write_csv(tmp_path / "second.csv", FRUIT)])
    assert ask.asked == []
    notice = window.toasts.shown[-1].notice
    assert "second.csv" in notice.text
    assert "first.csv" in notice.text
    assert notice.action is not None
    notice.action()
    assert project.config.corpus.path == str(first)


def test_undo_says_what_it_undid(window: MainWindow, tmp_path: Path) -> None:
    project = _open(window, tmp_path, write_csv(tmp_path / "first.csv", FRUIT))
    undo = next(action for action in window.actions() if action.text().startswith("Undo"))
    told = project.undo.undoText()
    undo.trigger()
    assert project.config.corpus.path == ""
    assert window.toasts.shown[-1].notice.text == f"Undone: {told}"


@pytest.mark.parametrize("goes_on", [False, True])
def test_a_corpus_chosen_beside_a_run_that_can_go_on_asks_as_a_drop_does(
    window: MainWindow, ask: ScriptedAsk, run: FakeRun, tmp_path: Path, goes_on: bool
) -> None:
    first, second = write_csv(tmp_path / "first.csv", FRUIT), write_csv(tmp_path / "second.csv", FRUIT)
    project = _open(window, tmp_path, first)
    _add_run(project)
    if goes_on:
        window.shell.starter.start()
        run.move(Move.BEGUN)
        run.move(Move.PAUSE)
        run.move(Move.HELD)
    window.go("corpus")
    page = window.pages.page("corpus")
    assert isinstance(page, CorpusPage)
    ask.answers = [second, "cancel"] if goes_on else [second]
    page.files.choose_file()
    assert project.config.corpus.path == str(first if goes_on else second)
    assert ask.answers == []
    if goes_on:
        assert ask.asked[-1][1] == ("replace", "cancel")  # no other project while a run is alive
