"""Starting a run where there is nothing to train on: told, wherever it is asked for, and no run is made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.engine.job import shutdown_jobs
from studio.facts import CorpusFacts, facts_key
from studio.pages.corpus.page import CorpusPage
from studio.pages.train.page import TrainPage
from studio.project import Project
from studio.shell import Notice
from studio.window import MainWindow
from ulmengine import events as ev
from ulmengine.models import shipped_models
from ulmengine.plan.control import Move, RunState
from ulmengine.record import RunFolder

from .fakes import FakeRun, ScriptedAsk

FIT = "text,label\n" + "".join(f"a good text {n},yes\na bad text {n},no\n" for n in range(20))
"""A corpus that a run can begin on."""


def reading(window: MainWindow, folder: Path, content: str) -> tuple[Project, CorpusPage]:
    """A new project whose corpus of this ``content`` is being read on the page that is in view."""
    assert window.shell.new_project(folder / "one")
    project, file = window.shell.project, folder / "corpus.csv"
    assert project is not None
    file.write_text(content, encoding="utf-8")
    window.go("corpus")
    page = window.pages.page("corpus")
    assert isinstance(page, CorpusPage)
    project.change({"corpus.path": str(file)})
    return project, page


@pytest.mark.parametrize("way", ["bar", "action", "page"])
def test_without_a_corpus_no_run_is_made(
    window: MainWindow, run: FakeRun, tmp_path: Path, qtbot: QtBot, way: str
) -> None:
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
    (tmp_path / "corpus.csv").write_text(FIT, encoding="utf-8")
    window.shell.project.change({"corpus.path": str(tmp_path / "corpus.csv")})
    qtbot.waitUntil(lambda: window.bar.stage.text() == "Ready to start", timeout=20_000)
    begin(window, way)
    assert run.calls == ["start"]


@pytest.mark.parametrize("way", ["bar", "action", "page"])
def test_a_corpus_that_cannot_be_read_begins_no_run_until_it_can(
    window: MainWindow, run: FakeRun, tmp_path: Path, qtbot: QtBot, way: str
) -> None:
    _, page = reading(window, tmp_path, "a,b\n")
    assert window.bar.stage.text() == "Reading the corpus…"
    qtbot.waitUntil(lambda: page.failure.failure is not None, timeout=20_000)
    assert (window.bar.stage.text(), window.bar.dot.kind) == ("The corpus cannot be read", "problem")
    begin(window, way)
    assert not run.calls
    [toast] = window.toasts.shown
    assert "cannot be read" in toast.notice.text
    train = window.pages.page("train")
    assert isinstance(train, TrainPage)
    assert train.view.big_start.isHidden()
    assert train.view.choose.text() == "Look at the corpus"
    (tmp_path / "corpus.csv").write_text(FIT, encoding="utf-8")
    window.go("home")
    assert toast.notice.action is not None
    toast.notice.action()  # and the page reads the file again
    assert window.pages.key == "corpus"
    qtbot.waitUntil(lambda: window.bar.stage.text() == "Ready to start", timeout=20_000)
    assert window.toasts.shown == []
    assert not train.view.big_start.isHidden()
    begin(window, way)
    assert run.calls == ["start"]
    assert shutdown_jobs(20)


@pytest.mark.parametrize("way", ["bar", "action", "page"])
def test_a_corpus_that_no_run_can_begin_on_makes_none_and_its_problem_is_shown(
    window: MainWindow, run: FakeRun, tmp_path: Path, qtbot: QtBot, way: str
) -> None:
    project, page = reading(window, tmp_path, f"{FIT}an odd text,maybe\n")
    qtbot.waitUntil(lambda: window.bar.dot.kind == "problem", timeout=20_000)
    assert window.bar.stage.text() == "Labels with too few documents"
    page.side.setCurrentIndex(0)
    begin(window, way)
    assert not run.calls
    assert not project.run_folders()
    assert window.pages.key == "corpus"
    assert page.side.currentWidget() is page.problems
    train = next((page for page in window.pages.made() if isinstance(page, TrainPage)), None)
    assert train is None or train.view.big_start.isHidden()
    if train is not None:
        page.side.setCurrentIndex(0)
        train.view.choose.click()
        assert page.side.currentWidget() is page.problems
    toast = window.toasts.shown[-1]
    assert toast.notice.text.startswith("Nothing was started. Fewer than 3 documents bear the label maybe (1)")
    assert toast.notice.button == "Leave these classes out"
    assert toast.notice.action is not None
    toast.notice.action()
    assert project.config.corpus.min_per_class == 3
    qtbot.waitUntil(lambda: window.bar.stage.text() == "Ready to start", timeout=20_000)
    qtbot.waitUntil(lambda: not page.analysis.busy, timeout=20_000)
    begin(window, way)
    assert run.calls == ["start"]
    assert shutdown_jobs(20)


def test_while_labels_are_corrected_no_run_is_started_that_cannot_begin(
    window: MainWindow, run: FakeRun, tmp_path: Path, qtbot: QtBot
) -> None:
    project, page = reading(window, tmp_path, f"{FIT}an odd text,maybe\n")
    qtbot.waitUntil(lambda: window.bar.stage.text() == "Labels with too few documents", timeout=20_000)
    qtbot.waitUntil(lambda: not page.analysis.busy, timeout=20_000)
    known: list[bool] = []
    page.analysis.opened.connect(lambda: known.append(bool(project.hindrance) and project.facts is None))
    page.tables.documents.pick(0)
    project.correct_label("main:00", ("yes",), ("no",), False)
    told = [window.bar.stage.text()]
    window.shell.shown.replaced.connect(lambda: told.append(window.bar.stage.text()))
    window.bar.start.click()
    assert not run.calls
    assert "is being read" in window.toasts.shown[-1].notice.text
    qtbot.waitUntil(lambda: bool(known), timeout=20_000)
    assert known == [True]  # before all is counted
    assert window.bar.stage.text() == "Labels with too few documents"
    assert not any("is being read" in toast.notice.text for toast in window.toasts.shown)
    window.bar.start.click()
    assert not run.calls
    qtbot.waitUntil(lambda: not page.analysis.busy, timeout=20_000)
    assert "Ready to start" not in told
    assert shutdown_jobs(20)


def test_what_keeps_a_classifier_from_beginning_is_nothing_to_a_language_model(
    window: MainWindow, run: FakeRun, tmp_path: Path
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    project = window.shell.project
    assert project is not None
    project.change({"corpus.path": str(tmp_path / "corpus.csv"), "classifier.epochs": [0]})
    _knows(project, 5_000, pretrained=True)
    assert project.facts is not None
    project.keep_facts(replace(project.facts, hindrance={"kind": "one_label", "text": "", "advice": "", "remedy": {}}))
    assert window.bar.stage.text() == "Ready to start"
    project.keep_hindrance({"kind": "one_label", "text": "", "advice": "", "remedy": {}})
    assert window.bar.stage.text() == "Ready to start"
    window.start_run()
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
        page.view.buttons.start.click()


def _knows(project: Project, tokens: float, *, pretrained: bool = False) -> None:
    """Corpus has read 100 documents of so many ``tokens`` each."""
    if not pretrained:
        project.change({"model.pretrained": "none", "model.preset": "small"})
    shares = {str(path.path): 1.0 for path in shipped_models()} if pretrained else {}
    project.cache.mkdir(exist_ok=True)
    project.keep_facts(CorpusFacts(facts_key(project.run_config()), 2, 900, 100, 0, tokens, tokens, 10, shares))


@pytest.mark.parametrize(("answer", "calls", "epochs"), [
    ("usual", ["start"], (12,)), ("as set", ["start"], None), ("cancel", [], None),
])
def test_settings_that_too_few_texts_cannot_learn_by_are_asked_about_once(
    window: MainWindow, run: FakeRun, ask: ScriptedAsk, tmp_path: Path, answer: str, calls: list[str],
    epochs: tuple[int, ...] | None,
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    project = window.shell.project
    assert project is not None
    project.change({"corpus.path": str(tmp_path / "corpus.csv")})
    _knows(project, 290.0)
    before = project.config.classifier.epochs
    ask.answers = [answer]
    window.start_run()
    assert [keys for _, keys in ask.asked] == [("usual", "as set", "cancel")]
    assert run.calls == calls
    assert project.config.classifier.epochs == (epochs or before)
    if answer == "cancel":
        return
    run.move(Move.BEGUN)
    run.move(Move.STOP)
    run.move(Move.CLOSED)
    window.start_run()
    assert run.calls == ["start", "start"]
    assert len(ask.asked) == 1


@pytest.mark.parametrize(("tokens", "pretrained"), [(2_000.0, False), (29.0, True), (900.0, True)])
def test_a_corpus_that_can_be_learnt_by_the_settings_starts_unasked(
    window: MainWindow, run: FakeRun, ask: ScriptedAsk, tmp_path: Path, tokens: float, pretrained: bool
) -> None:
    """Enough text from scratch; little and much of it for a model that knows the language."""
    assert window.shell.new_project(tmp_path / "one")
    project = window.shell.project
    assert project is not None
    project.change({"corpus.path": str(tmp_path / "corpus.csv")})
    _knows(project, tokens, pretrained=pretrained)
    window.start_run()
    assert run.calls == ["start"]
    assert ask.asked == []


def test_settings_of_the_persons_own_are_not_asked_about(
    window: MainWindow, run: FakeRun, ask: ScriptedAsk, tmp_path: Path
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    project = window.shell.project
    assert project is not None
    project.change({"corpus.path": str(tmp_path / "corpus.csv"), "language_model.batch_size": 4,
                    "language_model.lr": 0.01, "classifier.epochs": [3, 3]})
    _knows(project, 290.0)
    window.start_run()
    assert run.calls == ["start"]
    assert ask.asked == []
