"""Branches and exports of a run."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from studio.pages.train import going_on
from studio.pages.train.going_back import Point
from tests.record.test_listing import made
from ulmengine.config import RunConfig
from ulmengine.plan.control import RunState
from ulmengine.record import RunFolder, export_run
from ulmengine.record.copies import branch
from ulmengine.training import Checkpoints

from .help import WAIT, Bench, logged


@pytest.fixture
def copier(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the engine was asked to branch."""
    asked: list[tuple[Any, ...]] = []

    def noted(source: RunFolder, checkpoint: str, target: Path, config: RunConfig | None = None) -> RunFolder:
        asked.append((source, checkpoint, target, config))
        return branch(source, checkpoint, target, config)

    monkeypatch.setattr(going_on, "branch", noted)
    return asked


def test_a_new_run_is_branched_from_a_checkpoint(bench: Bench, copier: list[tuple[Any, ...]]) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    page, source = bench.page, bench.page.folder
    assert source is not None
    before = {path: path.read_bytes() for path in source.path.rglob("*") if path.is_file()}
    page._list_points()
    branches = page.view.buttons.branch_menu.actions()
    assert branches[-1].text() == "Step 10: Language model, after epoch 1"
    branches[-1].trigger()
    bench.qtbot.waitUntil(lambda: page.folder != source and bench.run.state is RunState.FINISHED, timeout=WAIT)
    assert bench.ask.asked == []  # the project's settings are the run's: there is nothing to choose
    assert [run.path for run in bench.project.run_folders()] == [source.path, page.folder.path]  # type: ignore[union-attr]
    assert copier[0][0] == source
    assert copier[0][1] == Checkpoints(source.checkpoints).all()[0].name
    assert copier[0][3] is None
    assert bench.run.folder == copier[0][2]
    assert {path: path.read_bytes() for path in source.path.rglob("*") if path.is_file()} == before


def test_a_branch_can_take_the_projects_new_settings(bench: Bench, copier: list[tuple[Any, ...]]) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    bench.project.change({"classifier.lr": 0.002})
    page = bench.page
    page._list_points()
    bench.ask.answers = ["cancel"]
    page.view.buttons.branch_menu.actions()[0].trigger()
    assert copier == []
    bench.ask.answers = ["branch", "new"]  # going back offers it as well
    page.view.buttons.back_menu.actions()[1].trigger()
    bench.qtbot.waitUntil(lambda: bool(copier) and not bench.run.active and len(bench.project.run_folders()) == 2,
                          timeout=WAIT)
    assert copier[0][3].classifier.lr == 0.002
    assert [keys for _, keys in bench.ask.asked] == [
        ("new", "same", "cancel"), ("branch", "back", "cancel"), ("new", "same", "cancel")]


def test_settings_that_a_branch_cannot_take_are_not_offered(bench: Bench, copier: list[tuple[Any, ...]]) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    bench.project.change({"seed": 7, "corpus.relabelled": ("main:01=sweet",)})
    bench.page._list_points()
    bench.ask.answers = ["cancel"]
    bench.page.view.buttons.branch_menu.actions()[0].trigger()
    assert bench.ask.asked[-1][1] == ("same", "cancel")
    told = bench.ask.details[-1]
    assert "differ in: “Seed”, “Corpus / Corrected labels”." in told
    assert "corpus.relabelled" not in told


def test_a_branch_that_cannot_be_made_says_why(bench: Bench, copier: list[tuple[Any, ...]]) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    news: list[Any] = []
    bench.shell.noticed.connect(news.append)
    assert bench.page.folder is not None
    info = Checkpoints(bench.page.folder.checkpoints).all()[-1]
    for entry in info.files.values():  # as long as it was
        path = bench.page.folder.checkpoints / entry["file"]
        path.write_bytes(bytes(byte ^ 1 for byte in path.read_bytes()))
    bench.page.branch(Point(info.name, "", f"step {info.total}", info.total))
    bench.qtbot.waitUntil(lambda: bool(news), timeout=WAIT)
    assert news[0].level == "error"
    assert "missing or damaged" in news[0].text
    assert len(bench.project.run_folders()) == 1


@pytest.mark.parametrize(("kind", "name"), [("file", "copy.zip"), ("light", "copy"), ("folder", "copy")])
def test_a_run_is_exported_with_its_commands_and_opens_again(
    bench: Bench, tmp_path: Path, kind: str, name: str
) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    news: list[Any] = []
    bench.shell.noticed.connect(news.append)
    bench.ask.answers = [kind, tmp_path / name]
    buttons = bench.page.view.buttons
    buttons.export.trigger()
    bench.qtbot.waitUntil(lambda: bool(news), timeout=WAIT)
    made = tmp_path / ("copy" if kind == "folder" else "copy.zip")
    assert (news[0].level, news[0].text) == ("ok", f"Exported to {made}.")
    live = [stage.loss.y.tolist() for stage in bench.page.history.stages]
    if kind == "folder":
        assert "python -m ulmengine train config.toml" in (made / "README.txt").read_text(encoding="utf-8")
        assert list((made / "checkpoints").iterdir())
        bench.shell.open_run(made)
        assert bench.page.folder == RunFolder(made)
    else:
        bench.ask.answers = [made]
        buttons.import_run.trigger()
        taken = RunFolder(bench.project.runs / "copy")
        bench.qtbot.waitUntil(lambda: bench.page.folder == taken, timeout=WAIT)
        assert bool(Checkpoints(taken.checkpoints).all()) == (kind == "file")
        bench.ask.answers = [made]
        buttons.import_run.trigger()  # once more: it gets a name of its own
        bench.qtbot.waitUntil(lambda: bench.page.folder not in (None, taken), timeout=WAIT)
        assert bench.page.folder is not None
        assert bench.page.folder.path.parent == bench.project.runs
        assert bench.page.folder.path.name.startswith("copy")
    assert [stage.loss.y.tolist() for stage in bench.page.history.stages] == live


def test_an_import_is_a_step_that_can_be_undone(bench: Bench, tmp_path: Path) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    own = bench.page.folder
    news: list[Any] = []
    bench.shell.noticed.connect(news.append)
    bench.ask.answers = ["file", tmp_path / "copy.zip", tmp_path / "copy.zip"]
    bench.page.view.buttons.export.trigger()
    bench.qtbot.waitUntil(lambda: bool(news), timeout=WAIT)
    bench.page.view.buttons.import_run.trigger()
    taken = RunFolder(bench.project.runs / "copy")
    bench.qtbot.waitUntil(lambda: bench.page.folder == taken, timeout=WAIT)
    assert bench.project.undo.undoText() == "Take up copy"
    assert (news[-1].button, news[-1].undoes) == ("Undo", True)
    news[-1].action()
    assert not taken.path.exists()
    assert bench.page.folder == own
    assert bench.shell.settings.values.deleted == (str(bench.project.runs / ".deleted"),)
    bench.project.undo.redo()
    assert taken.config_path.is_file()


def test_an_import_shown_beside_a_run_under_way_is_shown_no_longer_once_it_is_undone(
    qtbot: QtBot, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.zip"
    export_run(made(tmp_path / "elsewhere" / "run"), copy)
    bench = Bench(qtbot, tmp_path, partial(logged, steps=200, nap=0.05))
    bench.click(bench.page.view.big_start)
    qtbot.waitUntil(lambda: bench.page.history.total > 2, timeout=WAIT)
    own = bench.page.folder
    bench.ask.answers = [copy]
    bench.page.view.buttons.import_run.trigger()
    qtbot.waitUntil(lambda: bench.page.folder not in (None, own), timeout=WAIT)
    bench.project.undo.undo()
    assert bench.page.folder == own
    assert bench.run.shutdown(10.0)
    bench.shell.close_project()


def test_an_export_takes_the_place_of_a_file_only_where_that_was_asked(bench: Bench, tmp_path: Path) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    news: list[Any] = []
    bench.shell.noticed.connect(news.append)
    old = tmp_path / "copy.zip"
    old.write_bytes(b"old")
    bench.ask.answers = ["file", tmp_path / "copy"]  # the dialog has asked about another name
    bench.page.view.buttons.export.trigger()
    assert (news[-1].level, old.read_bytes()) == ("error", b"old")
    bench.ask.answers = ["file", old]
    bench.page.view.buttons.export.trigger()
    bench.qtbot.waitUntil(lambda: news[-1].level == "ok", timeout=WAIT)
    assert old.read_bytes()[:2] == b"PK"
    assert sorted(path.name for path in tmp_path.glob("*copy*")) == ["copy.zip"]
