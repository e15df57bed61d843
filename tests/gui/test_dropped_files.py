"""Files dropped on the window: Home makes a project of them, Corpus asks where runs have read another file; no field
makes text of them, and models are taken in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit, QWidget
from pytestqt.qtbot import QtBot

from studio.engine.job import shutdown_jobs
from studio.pages.corpus.page import CorpusPage
from studio.project import Project
from studio.widgets import DropArea
from studio.window import MainWindow
from ulmengine.config import save
from ulmengine.plan.control import Move

from .fakes import FakeRun, ScriptedAsk
from .pages_help import FRUIT, write_csv
from .scenes import until


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


@pytest.mark.parametrize("dropped", [False, True])
def test_another_corpus_says_what_was_made_for_the_one_before(
    window: MainWindow, ask: ScriptedAsk, tmp_path: Path, dropped: bool
) -> None:
    first, second = (write_csv(tmp_path / f"{name}.csv", FRUIT) for name in ("first", "second"))
    project = _open(window, tmp_path, first)
    made = {"corpus.relabelled": ("main:01=sweet", "main:02=sour"), "corpus.drop_rows": (3,),
            "corpus.text_columns": ("text",)}
    project.change(made)
    _add_run(project)
    window.go("corpus")
    page = window.pages.page("corpus")
    assert isinstance(page, CorpusPage)
    lost = "2 corrected labels, 1 document left out by a repair, how it is read"
    if dropped:
        ask.answers = ["replace"]
        window.take_files([second])
        assert f"What was made for first.csv would go with it: {lost}." in ask.texts[-1]
    else:
        ask.answers = [second]
        page.files.choose_file()
    assert project.config.corpus.relabelled == ()
    notice = window.toasts.shown[-1].notice
    assert notice.text == ("second.csv is the corpus now, in the place of first.csv. What was made for first.csv went "
                           f"with it: {lost}.")
    assert notice.level == "warning"
    assert notice.action is not None
    notice.action()
    assert project.config.corpus.relabelled == made["corpus.relabelled"]
    page.files.forget()
    assert window.toasts.shown[-1].notice.text == (
        f"first.csv is not the corpus any more. What was made for first.csv went with it: {lost}.")


@pytest.mark.parametrize(("made", "lost"), [
    ({"corpus.min_per_class": 3}, "which classes are left out"),
    ({"corpus.split.unmeasured": True}, "that it may train without measuring"),
    ({"corpus.header": "no", "corpus.min_per_class": 3}, "how it is read, which classes are left out"),
])
def test_another_corpus_says_what_was_set_for_the_one_before(
    window: MainWindow, tmp_path: Path, made: dict[str, object], lost: str
) -> None:
    project = _open(window, tmp_path, write_csv(tmp_path / "first.csv", FRUIT))
    project.change(made)
    window.go("corpus")
    window.take_files([write_csv(tmp_path / "second.csv", FRUIT)])
    notice = window.toasts.shown[-1].notice
    assert notice.text.endswith(f"What was made for first.csv went with it: {lost}.")
    assert notice.level == "info"


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


def _drop(on: QWidget, data: QMimeData, *, leave: bool = False) -> None:
    """Hold ``data`` above the middle of ``on`` as the desktop does, and let go of it there."""
    window, copy, none = on.window(), Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    place, left = on.mapTo(window, on.rect().center()), Qt.MouseButton.LeftButton
    QApplication.sendEvent(window.windowHandle(), QDragEnterEvent(place, copy, data, left, none))
    ending: QEvent = QDragLeaveEvent() if leave else QDropEvent(QPointF(place), copy, data, left, none)
    QApplication.sendEvent(window.windowHandle(), ending)


def _files(*paths: Path) -> QMimeData:
    """As file managers give them: as text too."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    data.setText("\n".join(url.toString() for url in data.urls()))
    return data


def _text(text: str, address: str = "") -> QMimeData:
    data = QMimeData()
    data.setText(text)
    if address:
        data.setUrls([QUrl(address)])
    return data


def _fields(page: QWidget) -> list[QLineEdit | QPlainTextEdit | QTextEdit]:
    """Those in view that text can be dropped into."""
    found = [one for kind in (QLineEdit, QPlainTextEdit, QTextEdit) for one in page.findChildren(kind)]
    return [one for one in found if not one.visibleRegion().isEmpty() and one.acceptDrops() and not one.isReadOnly()]


@pytest.mark.parametrize("key", ["corpus", "runs", "settings"])
def test_no_field_makes_text_of_a_file_and_the_window_or_the_page_takes_it(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    _open(window, tmp_path, write_csv(tmp_path / "first.csv", FRUIT))
    window.go(key)
    page = window.pages.page(key)
    assert page is not None
    until(lambda: bool(_fields(page)))
    taken: list[list[str]] = []
    monkeypatch.setattr(page, "dropped", lambda paths: taken.append(paths) is None)
    for field in _fields(page):
        _drop(field, _files(tmp_path / "first.csv"))
        said = field.text() if isinstance(field, QLineEdit) else field.toPlainText()
        assert "first.csv" not in said, field
        assert taken.pop() == [str(tmp_path / "first.csv")]
        assert field.acceptDrops()


def test_texts_are_dropped_into_fields_as_ever(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    _open(window, tmp_path, write_csv(tmp_path / "first.csv", FRUIT))
    window.go("runs")
    page = window.pages.page("runs")
    assert page is not None
    until(lambda: bool(_fields(page)))
    field = _fields(page)[0]
    assert isinstance(field, QLineEdit)
    _drop(field, _files(tmp_path / "first.csv"), leave=True)
    for data, said in ((_text("a word"), "a word"), (_text("file:///no/file.csv"), "file:///no/file.csv"),
                       (_text("https://example.org/a.csv", "https://example.org/a.csv"), "https://example.org/a.csv")):
        field.clear()
        _drop(field, data)
        assert field.text() == said


def test_an_area_for_files_takes_them_itself(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    area = window.pages.page("home").findChild(DropArea)  # type: ignore[union-attr]
    assert area is not None
    taken: list[list[Path]] = []
    area.dropped.disconnect()
    area.dropped.connect(taken.append)
    window.resize(1_280, 900)
    until(lambda: area.visibleRegion().contains(QPoint(*area.rect().center().toTuple())))
    _drop(area, _files(tmp_path / "first.csv"))
    assert taken == [[tmp_path / "first.csv"]]


@pytest.mark.parametrize(("key", "names"), [
    ("home", ["a.ulmfit"]), ("corpus", ["a.ulmfit"]), ("settings", ["a.pth", "a.pkl"]), ("models", ["A.ULMFIT"])])
def test_models_are_taken_in_and_no_project_is_made_of_them(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, names: list[str]
) -> None:
    first = write_csv(tmp_path / "first.csv", FRUIT)
    project = _open(window, tmp_path, first)
    window.go(key)
    taken: list[list[Path]] = []
    monkeypatch.setattr("studio.pages.models.page.ModelsPage.take", lambda _, paths: taken.append(paths))
    window.take_files([tmp_path / name for name in names])
    assert window.pages.key == "models"
    assert taken == [[tmp_path / name for name in names]]
    assert window.shell.project is project
    assert project.config.corpus.path == str(first)


@pytest.mark.parametrize("name", ["a.csv", "model.zip", "ulmfit", "a.ulmfit.csv"])
def test_what_only_resembles_a_model_begins_a_project(window: MainWindow, tmp_path: Path, name: str) -> None:
    window.go("home")
    window.take_files([write_csv(tmp_path / name, FRUIT)])
    assert window.pages.key == "corpus"
    assert window.shell.project is not None
    assert window.shell.project.config.corpus.path == str(tmp_path / name)
