"""Home: what it says of runs that did not come to their end, and deleting a project."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QUndoCommand
from PySide6.QtWidgets import QScrollArea
from pytestqt.qtbot import QtBot

from studio.frame.matching import Entry
from studio.pages.home import page as module
from studio.pages.home.deleting import PARTS, purge, set_aside
from studio.pages.home.page import HomePage, InterruptedCard, ProjectRow
from studio.pages.home.recent import RecentProject, _corpus_of, look_at, state_line
from studio.project import FILE, Project
from studio.shell import Notice, Shell
from studio.widgets import Button, DropArea, ElidedLabel, FittingLabel, IconButton
from studio.window import MainWindow
from tests.gui.fakes import FakeRun, ScriptedAsk
from ulmengine.config import CorpusConfig, RunConfig
from ulmengine.events import Evaluated, Event, Failed, Finished, Note, RunStarted, Stopped
from ulmengine.plan.control import RunState
from ulmengine.record import RunFolder, import_run
from ulmengine.record.records import write_record


def _page(shell: Shell, qtbot: QtBot) -> HomePage:
    page = HomePage(shell)
    qtbot.addWidget(page)
    page.show()
    return page


def _button(of: ProjectRow | InterruptedCard, words: str) -> IconButton:
    return next(one for one in of.findChildren(IconButton) if words in one.accessibleName())


@pytest.mark.parametrize(("state", "said"), [
    (RunState.INTERRUPTED, True), (RunState.FAILED, True), (RunState.STOPPED, False)])
def test_home_speaks_of_a_run_that_broke_off_and_not_of_one_that_the_person_stopped(
    shell: Shell, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, state: RunState, said: bool
) -> None:
    run = RunFolder(tmp_path / "one" / "runs" / "r")
    stands = RecentProject(tmp_path / "one", "one", state, None, None, 0.0, run)
    monkeypatch.setattr(module, "look_at", lambda _: stands)
    shell.settings.remember_project(tmp_path / "one")
    page = _page(shell, qtbot)
    cards = page.findChildren(InterruptedCard)
    assert bool(cards) == said
    if said:
        qtbot.mouseClick(_button(cards[0], "Do not say"), Qt.MouseButton.LeftButton)
        page.refresh()
        assert [card for card in page.findChildren(InterruptedCard) if card.isVisible()] == []


@pytest.mark.parametrize(("last", "offered"), [
    (Failed("nan_loss", "The gradient is not a number", "", "", ""), "What to try"), (None, "Resume"),
    (Note("on it went"), "Resume")])
def test_home_offers_what_the_page_train_offers(
    window: MainWindow, run: FakeRun, tmp_path: Path, qtbot: QtBot, last: Event | None, offered: str
) -> None:
    project = Project.create(tmp_path / "one", RunConfig(name="one"))
    folder = RunFolder.create(project.runs / "a", project.config)
    (folder.checkpoints / "one").mkdir()
    with folder.open_log() as log:
        for event in filter(None, (RunStarted("a", "cpu", "float32", 1, ()), last)):
            log.append(event)
    window.shell.settings.remember_project(project.folder)
    window.go("home")
    (card,) = window.pages.page("home").findChildren(InterruptedCard)  # type: ignore[union-attr]
    (button,) = card.findChildren(Button)
    assert button.text() == offered
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.pages.key == "train"
    assert window.shell.shown.folder == folder
    assert run.calls == ([] if offered == "What to try" else ["resume_run"])
    if offered == "What to try":
        assert window.shell.shown.advised
        window.shell.shown.dismiss()  # then the run bar offers to go on
        window.go("home")
        (card,) = (part for part in window.pages.page("home")._parts()  # type: ignore[union-attr]
                   if isinstance(part, InterruptedCard))
        assert card.findChild(Button).text() == "Resume"


def test_enter_on_a_button_of_a_row_presses_it_and_opens_nothing(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    for name in ("one", "two"):
        window.shell.settings.remember_project(Project.create(tmp_path / name, RunConfig(name=name)).folder)
    window.go("home")
    for key, words in ((Qt.Key.Key_Return, "off this list"), (Qt.Key.Key_Enter, "Delete")):
        home = window.pages.page("home")
        assert isinstance(home, HomePage)
        qtbot.keyClick(_button(next(row for row in home._parts() if isinstance(row, ProjectRow)), words), key)
        assert (window.pages.key, window.shell.project) == ("home", None)
    qtbot.waitUntil(lambda: home._parts() == [])
    Project.create(tmp_path / "three", RunConfig(name="three"))
    window.shell.settings.remember_project(tmp_path / "three")
    home.refresh()
    qtbot.keyClick(home._parts()[0], Qt.Key.Key_Return)
    assert window.shell.project is not None
    assert window.shell.project.name == "three"


def test_a_result_that_is_not_the_newest_runs_is_told_as_one_of_before(
    shell: Shell, tmp_path: Path, qtbot: QtBot
) -> None:
    project = Project.create(tmp_path / "one", RunConfig(name="one", corpus=CorpusConfig(path="/now/desk.csv")))

    def told() -> tuple[str, str]:
        row = ProjectRow(look_at(project.folder), shell)  # type: ignore[arg-type]
        qtbot.addWidget(row)
        return state_line(row.project), row._result()

    _run(project.runs, "/now/desk.csv", .9, "a")
    assert told() == ("Finished", "90.0% (baseline 50.0%)")
    _run(project.runs, "/now/desk.csv", .8, "b")
    assert told() == ("Finished", "80.0% (baseline 50.0%)")
    _run(project.runs, "/now/desk.csv", None, "c")
    assert told() == ("Stopped", "before: 80.0% (baseline 50.0%)")
    other = Project.create(tmp_path / "two", RunConfig(name="two"))
    _run(other.runs, "/now/desk.csv", None, "a")
    row = ProjectRow(look_at(other.folder), shell)  # type: ignore[arg-type]
    qtbot.addWidget(row)
    assert row._result() == ""


def test_a_project_is_deleted_with_a_way_back_and_nothing_else_of_its_folder(
    shell: Shell, project: Project, qtbot: QtBot
) -> None:
    folder = project.folder
    run = project.new_run_folder()
    run.mkdir(parents=True)
    (run / "log.jsonl").write_text("kept", encoding="utf-8")
    (folder / "own notes.txt").write_text("mine", encoding="utf-8")
    project.labels.path.write_text("the labels that were corrected", encoding="utf-8")
    page, said = _page(shell, qtbot), list[Notice]()
    shell.noticed.connect(said.append)
    row = page.findChildren(ProjectRow)[0]
    qtbot.mouseClick(_button(row, "Delete"), Qt.MouseButton.LeftButton)
    assert shell.project is None
    assert [path.name for path in folder.iterdir()] == ["own notes.txt"]
    assert str(folder) not in shell.settings.values.recent
    assert len(shell.settings.values.deleted) == 1
    action = said[-1].action
    assert action is not None
    action()
    assert (run / "log.jsonl").read_text(encoding="utf-8") == "kept"
    assert shell.settings.values.recent[0] == str(folder)
    assert shell.settings.values.deleted == ()
    assert shell.open_project(folder)


def _delete(window: MainWindow, name: str, qtbot: QtBot) -> None:
    home = window.pages.page("home")
    assert isinstance(home, HomePage)
    home.refresh()
    rows = [home._rows.itemAt(n).widget() for n in range(home._rows.count())]
    row = next(one for one in rows if isinstance(one, ProjectRow) and one.project.name == name)
    qtbot.mouseClick(_button(row, "Delete"), Qt.MouseButton.LeftButton)


def _focused(window: MainWindow) -> str:
    """The project whose row has the focus, or the name of what else has it."""
    focus = window.focusWidget()
    assert focus is not None
    return focus.project.name if isinstance(focus, ProjectRow) else focus.accessibleName()


def test_where_a_project_goes_the_focus_goes_to_the_next_one(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    for number, name in enumerate(("four", "three", "two", "one")):  # the one used last stands first
        Project.create(tmp_path / name, RunConfig(name=name))
        os.utime(tmp_path / name / FILE, (1_000 + number, 1_000 + number))
        window.shell.settings.remember_project(tmp_path / name)
    _delete(window, "two", qtbot)
    qtbot.waitUntil(lambda: _focused(window) == "three")
    home = window.pages.page("home")
    assert isinstance(home, HomePage)
    row = next(row for row in home._parts() if row.project.name == "four")
    qtbot.mouseClick(_button(row, "off this list"), Qt.MouseButton.LeftButton)
    assert _focused(window) == "three"
    _button(home._parts()[0], "Delete").setFocus()
    home.refresh()  # as when a run begins: nothing has gone
    assert _focused(window) == "Delete one with its runs"
    for name, after in (("three", "one"), ("one", "New project")):
        _delete(window, name, qtbot)
        qtbot.waitUntil(lambda after=after: _focused(window) == after)  # type: ignore[misc]
    assert len(window.toasts.shown) == 4  # whose button would get it otherwise


def test_where_a_card_goes_the_focus_goes_to_what_comes_after_it(
    shell: Shell, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("two", "one"):
        shell.settings.remember_project(tmp_path / name)
    monkeypatch.setattr(module, "look_at", lambda path: RecentProject(
        path, path.name, RunState.FAILED, None, None, 0.0, RunFolder(path / "runs" / "r")))
    page = _page(shell, qtbot)
    for after in ("two", "one"):
        card = page._parts()[0]
        assert isinstance(card, InterruptedCard)
        qtbot.mouseClick(_button(card, "Do not say"), Qt.MouseButton.LeftButton)
        first = page._parts()[0]
        assert first.project.name == after
        assert page.window().focusWidget() is (first if isinstance(first, ProjectRow) else first.focusProxy())


@pytest.mark.parametrize("opened", [False, True])
def test_ctrl_z_on_home_puts_a_deleted_project_back(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, opened: bool
) -> None:
    Project.create(tmp_path / "one", RunConfig(name="one"))
    window.shell.settings.remember_project(tmp_path / "one")
    if opened:
        assert window.shell.new_project(tmp_path / "two")
        assert window.shell.project is not None
        window.shell.project.change({"classifier.lr": 0.5})
    _delete(window, "one", qtbot)
    assert not (tmp_path / "one").exists()
    window.toasts.clear()
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (tmp_path / "one" / FILE).is_file()
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    if window.shell.project is not None:
        assert window.shell.project.config.classifier.lr == 0.5  # what is not in view is not undone behind it
    redo = window.toasts.shown[-1].notice
    assert (redo.text, redo.button) == ("Undone: Delete one", "Redo")
    assert redo.action is not None
    redo.action()
    assert not (tmp_path / "one").exists()


def test_each_deleted_project_is_put_back_by_its_name(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    for name in ("one", "two"):
        assert window.shell.new_project(tmp_path / name)
    window.go("home")
    _delete(window, "one", qtbot)
    _delete(window, "two", qtbot)  # which is open
    toasts = [toast.notice.text for toast in window.toasts.shown]
    assert len(toasts) == 2

    def offered() -> dict[str, Entry]:
        return {entry.title: entry for entry in window.palette_entries() if entry.title.startswith("Put back")}

    assert list(offered()) == ["Put back the project two", "Put back the project one"]
    offered()["Put back the project one"].run()
    assert (tmp_path / "one" / FILE).is_file()
    assert list(offered()) == ["Put back the project two"]
    assert [toast.notice.text for toast in window.toasts.shown] == toasts[1:]  # the other's button is of no use
    assert window.shell.new_project(tmp_path / "two")  # at the place of the one that waits
    window.go("home")
    window.undo_group.undo()
    assert not offered()
    assert (tmp_path / "two-2" / FILE).is_file()
    assert not window.undo_group.canUndo()


def test_putting_a_project_back_leaves_the_steps_of_others(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    assert window.shell.new_project(tmp_path / "one")
    window.go("home")
    other = QUndoCommand("another step")
    window.shell.undo.push(other)
    _delete(window, "one", qtbot)
    window.shell.undo.push(QUndoCommand("a later step"))
    next(entry for entry in window.palette_entries() if entry.title == "Put back the project one").run()
    assert (tmp_path / "one" / FILE).is_file()
    assert window.shell.undo.undoText() == "a later step"
    window.shell.undo.undo()
    assert window.shell.undo.undoText() == "another step"  # what is back already takes no Ctrl+Z


def test_a_project_that_cannot_be_set_aside_stands_where_it_stood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Project.create(tmp_path / "one", RunConfig(name="one")).folder
    (folder / "runs").mkdir(exist_ok=True)

    def full(source: Path, target: Path) -> None:
        if source.name == "runs" and ".deleted" in target.parent.name:
            raise OSError("no room")
        source.rename(target)

    monkeypatch.setattr("studio.pages.home.deleting.move", full)
    with pytest.raises(OSError, match="no room"):
        set_aside(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
    assert (folder / FILE).is_file()


def test_what_was_deleted_goes_at_the_next_start_and_only_that(tmp_path: Path) -> None:
    folder = Project.create(tmp_path / "one", RunConfig(name="one")).folder
    for name in PARTS[1:]:
        (folder / name).mkdir()
    aside = set_aside(folder)
    assert not folder.exists()
    assert (aside / FILE).is_file()
    (tmp_path / "precious").mkdir()
    list(purge([str(aside), str(tmp_path / "precious")]))
    assert not aside.exists()
    assert (tmp_path / "precious").is_dir()


def test_a_project_that_cannot_be_moved_stays_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Project.create(tmp_path / "one", RunConfig(name="one")).folder
    (folder / "runs").mkdir()
    whole = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if self == folder / "runs":
            raise OSError("in use")
        return whole(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OSError, match="in use"):
        set_aside(folder)
    assert sorted(path.name for path in folder.iterdir()) == [FILE, "runs"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one"]


def test_a_project_is_told_by_the_accuracy_of_its_model_as_saved(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "one", RunConfig(name="one"))
    for name, blend in (("a", math.nan), ("b", .85)):
        run = RunFolder.create(project.runs / name, project.config)
        with run.open_log() as log:
            log.append(Evaluated("test", 50, .8, (.7, .9), {}, .75, (.6, .8), blend_accuracy=blend))
            log.append(Finished(.8, .75, str(run.model_path), 12.0))
        stands = look_at(project.folder)
        assert stands is not None
        assert (stands.accuracy, stands.baseline) == (blend if math.isfinite(blend) else .8, .75)


@pytest.mark.parametrize("earlier", [False, True])
def test_labels_that_a_person_has_corrected_are_told_beside_the_result(
    shell: Shell, tmp_path: Path, qtbot: QtBot, earlier: bool
) -> None:
    project = Project.create(tmp_path / "one", RunConfig(name="one"))
    run = RunFolder.create(project.runs / "a", project.config)
    with run.open_log() as log:
        log.append(Evaluated("test", 50, .8, (.7, .9), {}, .75, (.6, .8), relabelled=0 if earlier else 1))
        log.append(Finished(.8, .75, "m", 12.0))
    if earlier:  # the log of an earlier version does not say
        write_record(run.path / "evaluation.json", {"relabelled": {"test": 1}})
    stands = look_at(project.folder)
    assert stands is not None
    row = ProjectRow(stands, shell)
    qtbot.addWidget(row)
    assert row._result() == "80.0% (baseline 75.0%), 1 test label corrected"
    for width, told in ((944, row._result()), (730, "80.0%, 1 test label corrected")):
        row.resize(width, row.height())
        row.show()
        qtbot.wait(10)
        [result] = [label for label in row.findChildren(FittingLabel) if label.isVisible() and "%" in label.text()]
        assert result.shown() == told


def _run(folder: Path, corpus: str, accuracy: float | None, at: str) -> RunFolder:
    """A run in the folder that is finished with that accuracy, or was stopped."""
    run = RunFolder.create(folder / at, RunConfig(corpus=CorpusConfig(path=corpus)))
    with run.open_log() as log:
        if accuracy is None:
            log.append(Stopped(3))
        else:
            log.append(Evaluated("test", 50, accuracy, (.4, .9), {}, .5, (.4, .6)))
            log.append(Finished(accuracy, .5, str(run.model_path), 12.0))
    return run


def test_a_project_is_told_by_its_own_runs_on_its_own_corpus(shell: Shell, tmp_path: Path) -> None:
    project = Project.create(tmp_path / "one", RunConfig(name="one", corpus=CorpusConfig(path="/now/desk.csv")))
    elsewhere = _run(tmp_path / "elsewhere", "/other/trec.csv", .5, "trec")

    def stands() -> tuple[RunState | None, float | None]:
        found = look_at(project.folder)
        assert found is not None
        return found.state, found.accuracy

    import_run(elsewhere.path, project.runs)
    assert stands() == (None, None)
    assert state_line(look_at(project.folder)) == "Imported runs"  # type: ignore[arg-type]
    _run(project.runs, "/before/other.csv", .9, "a")
    assert stands() == (RunState.FINISHED, None)  # on a corpus that is the project's no more
    _run(project.runs, "/before/desk.csv", .8, "b")  # which lay elsewhere then
    assert stands() == (RunState.FINISHED, .8)
    stopped = _run(project.runs, "/now/desk.csv", None, "c")
    assert stands() == (RunState.STOPPED, .8)
    again = import_run(_run(tmp_path / "elsewhere", "/other/trec.csv", .4, "late").path, project.runs)
    assert project.run_folders()[-1] == again
    assert stands() == (RunState.STOPPED, .8)
    assert shell.open_project(project.folder)
    assert shell.shown.folder == stopped


def test_no_whole_description_of_a_run_is_read_for_a_projects_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = '[corpus] "ä".csv'
    project = Project.create(tmp_path / "one", RunConfig(name="one", corpus=CorpusConfig(path=f"/now/{name}")))
    _run(project.runs, f"/before/{name}", .8, "a")
    for number in range(3):
        _run(project.runs, "/now/other.csv", .9, f"b{number}")
    damaged = _run(project.runs, f"/now/{name}", .7, "c")
    damaged.config_path.write_text("[corpus]\npath = what?\n", encoding="utf-8")
    read: list[Path] = []
    monkeypatch.setattr(RunFolder, "config", lambda run: read.append(run.path))
    found = look_at(project.folder)
    assert found is not None
    assert (found.accuracy, read) == (.8, [])


def test_the_project_used_last_stands_first_and_in_little_room_its_name_is_whole(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    for name, minutes in (("older", 25), ("a project with a long name", 7), ("oldest", 40)):
        folder = Project.create(tmp_path / name, RunConfig(name=name)).folder
        used = time.time() - 60 * minutes
        os.utime(folder / FILE, (used, used))
    for name in ("oldest", "a project with a long name", "older"):  # opened last, and nothing done there
        window.shell.settings.remember_project(tmp_path / name)
    home = window.pages.page("home")
    assert isinstance(home, HomePage)
    window.setMinimumSize(100, 100)
    for width, beside in ((1_280, True), (640, False)):  # 1280 px at 100 and at 200 %
        window.resize(width, 400)
        window.go("home")
        qtbot.waitUntil(lambda: home.findChild(QScrollArea).widget().width() > 100)
        qtbot.wait(50)
        rows = [row for row in home.findChildren(ProjectRow) if row.isVisible()]
        assert [row.project.name for row in rows] == ["a project with a long name", "older", "oldest"]
        names = [next(label for label in row.findChildren(ElidedLabel) if label.text() == row.project.name)
                 for row in rows]
        assert all(label._shown() == label.text() for label in names)
        assert {row._folder.isVisible() for row in rows} == {beside}
        assert {row._below.isVisible() for row in rows} == {not beside}
        assert rows[0]._below.text() == "No run yet  ·  7 minutes ago"
        area = home.findChild(QScrollArea)
        assert area is not None
        assert area.horizontalScrollBar().maximum() == 0


def test_a_file_is_chosen_from_all_that_are_read(shell: Shell, tmp_path: Path, qtbot: QtBot) -> None:
    ask = ScriptedAsk(None)
    shell.ask = ask
    page = _page(shell, qtbot)
    page.findChild(DropArea).clicked.emit()
    (filters,) = ask.filters
    assert {"*.csv", "*.parquet", "*.arrow", "*.eml", "*.tar"} <= set(filters.partition(")")[0].split("(")[1].split())


def test_a_project_taken_off_the_list_can_be_put_back_and_the_open_one_stays(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    shell = window.shell
    for name in ("one", "two"):
        assert shell.new_project(tmp_path / name)
    window.go("home")
    said: list[Notice] = []
    shell.noticed.connect(said.append)

    def listed() -> dict[str, ProjectRow]:
        home = window.pages.page("home")
        assert isinstance(home, HomePage)
        return {part.project.name: part for part in home._parts() if isinstance(part, ProjectRow)}

    qtbot.mouseClick(_button(listed()["two"], "off this list"), Qt.MouseButton.LeftButton)
    assert set(listed()) == {"one", "two"}
    assert "two is open" in said[-1].text
    qtbot.mouseClick(_button(listed()["one"], "off this list"), Qt.MouseButton.LeftButton)
    assert set(listed()) == {"two"}
    assert (tmp_path / "one" / FILE).is_file()
    assert said[-1].button == "Undo"
    assert said[-1].action is not None
    said[-1].action()
    assert set(listed()) == {"one", "two"}


@pytest.mark.parametrize("content", ["", " \n\n", "version = what?\n"])
def test_a_project_whose_file_is_damaged_is_listed_and_says_so(
    shell: Shell, tmp_path: Path, qtbot: QtBot, content: str
) -> None:
    project = Project.create(tmp_path / "reviews", RunConfig(name="My reviews"))
    RunFolder.create(project.runs / "one", project.config)
    project.close()
    (project.folder / FILE).write_text(content, encoding="utf-8")
    found = look_at(project.folder)
    assert found is not None
    assert found.name == "reviews"
    said: list[Notice] = []
    shell.noticed.connect(said.append)
    assert not shell.open_project(project.folder)
    assert "project file cannot be used" in said[-1].text
    assert str(project.runs) in said[-1].text
    assert (project.folder / FILE).read_text(encoding="utf-8") == content  # nothing was written over it


@pytest.mark.parametrize("path", ["[1]", "3", "[" * 100_000, '"a\\ud800"', "'/x/messages.csv'"])
def test_a_run_with_any_path_in_its_description_has_a_corpus_or_none(tmp_path: Path, path: str) -> None:
    (tmp_path / "config.toml").write_text(f"[corpus]\npath = {path}\n")
    assert _corpus_of(RunFolder(tmp_path)) == ("messages.csv" if "csv" in path else None)
