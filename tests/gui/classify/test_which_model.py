"""Which model the Classify page asks: the newest, the chosen, the one looked at; it changes with notice."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.pages.classify.page import ClassifyPage
from studio.pages.parts.model_names import found_models, names_apart
from studio.project import Project
from studio.shell import Shell
from tests.gui.classify.help import TEXTS, finished_run, hold, make_bundle, settle
from tests.gui.fakes import FakeRun
from ulmengine.inference import Predictor
from ulmengine.models import load_bundle, models_folder
from ulmengine.plan.control import RunState
from ulmengine.record.folder import IMPORTED


def test_the_twin_of_a_model_reads_the_same_weights_in_memory_of_its_own(bundle: Path) -> None:
    predictor = Predictor(load_bundle(bundle), "cpu", "float32")
    twin = predictor.twin()
    assert np.allclose(twin.probabilities(TEXTS), predictor.probabilities(TEXTS), atol=1e-6)
    mine, its = predictor.networks["forward"], twin.networks["forward"]
    assert all(one is other for one, other in zip(mine.parameters(), its.parameters(), strict=True))
    assert mine.encoder.layers[0].workspace is not its.encoder.layers[0].workspace
    assert its.encoder.layers[0].workspace is its.encoder.layers[1].workspace


def test_a_broken_model_is_a_card(page: ClassifyPage, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "broken.ulmfit").write_bytes(b"no model")
    page.dropped([str(tmp_path / "broken.ulmfit")])
    settle(qtbot, page)
    assert page.failure.failure is not None
    assert "broken.ulmfit" in page.failure.failure.title
    assert page.stack.currentWidget() is page.empty


def test_the_model_in_use_stays_when_another_cannot_be_opened(
    page: ClassifyPage, bundle: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    page.dropped([str(bundle)])
    settle(qtbot, page)
    (tmp_path / "broken.ulmfit").write_bytes(b"no model")
    page.dropped([str(tmp_path / "broken.ulmfit")])
    settle(qtbot, page)
    assert page.failure.failure is not None
    assert page.picker.current == bundle
    page.one.show_text("good")
    settle(qtbot, page)
    assert page.one.answer is not None


def test_a_run_that_finished_is_found(page: ClassifyPage, project: Project, bundle: Path, qtbot: QtBot) -> None:
    path = finished_run(project, "one", bundle)
    page.activated()
    settle(qtbot, page)
    assert page.picker.current == path
    assert page.answering is not None
    assert page.picker.currentText() == "Run one"
    assert str(page.picker.itemData(0, Qt.ItemDataRole.ToolTipRole)).startswith("neg, pos\n")


def test_the_newest_run_follows_the_one_before(
    page: ClassifyPage, project: Project, bundle: Path, run: FakeRun, qtbot: QtBot
) -> None:
    first = finished_run(project, "one", bundle)
    page.activated()
    settle(qtbot, page)
    assert page.picker.current == first
    second = finished_run(project, "two", bundle)
    run.enter(RunState.FINISHED)
    settle(qtbot, page)
    assert page.picker.current == second
    assert page.answering is not None
    assert page.answering.path == second
    assert not page.newer.isVisibleTo(page)


def test_a_run_that_was_taken_up_from_elsewhere_is_not_taken_for_the_projects_newest(
    page: ClassifyPage, project: Project, bundle: Path, run: FakeRun, qtbot: QtBot
) -> None:
    first, other = finished_run(project, "one", bundle), finished_run(project, "two", bundle)
    (other.parent / IMPORTED).write_text("{}")
    page.activated()
    settle(qtbot, page)
    assert [choice.path for choice in page.picker.choices][:2] == [other, first]
    assert page.picker.current == first
    third = finished_run(project, "three", bundle)
    (third.parent / IMPORTED).write_text("{}")
    run.enter(RunState.FINISHED)
    settle(qtbot, page)
    assert page.picker.current == first  # nor gone on to while it is in use
    assert not page.newer.isVisibleTo(page)


def test_a_model_chosen_by_hand_stays_and_the_newer_one_is_offered(
    page: ClassifyPage, project: Project, bundle: Path, run: FakeRun, qtbot: QtBot
) -> None:
    hold(page, bundle, qtbot)
    newer = finished_run(project, "two", bundle)
    run.enter(RunState.FINISHED)
    settle(qtbot, page)
    assert page.picker.current == bundle
    assert page.newer.isVisibleTo(page)
    assert "two" in page.newer.text.text()
    page.newer.use.click()
    settle(qtbot, page)
    assert page.picker.current == newer
    assert not page.newer.isVisibleTo(page)


def test_an_older_run_chosen_by_hand_is_not_argued_with(
    page: ClassifyPage, project: Project, bundle: Path, run: FakeRun, qtbot: QtBot
) -> None:
    first = finished_run(project, "one", bundle)
    finished_run(project, "two", bundle)
    page.activated()
    settle(qtbot, page)
    page.picker.activated.emit(page.picker.findData(str(first)))
    settle(qtbot, page)
    run.enter(RunState.STARTING)
    page.activated()
    settle(qtbot, page)
    assert page.picker.current == first
    assert not page.newer.isVisibleTo(page)


def test_weights_that_were_saved_anew_are_read_anew(
    page: ClassifyPage, project: Project, bundle: Path, run: FakeRun, qtbot: QtBot
) -> None:
    path = finished_run(project, "one", bundle)
    page.activated()
    settle(qtbot, page)
    before = page.answering
    page.activated()
    settle(qtbot, page)
    assert page.answering is before
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1_000_000_000))
    run.enter(RunState.FINISHED)
    settle(qtbot, page)
    assert page.answering is not before
    assert page.picker.current == path


def test_answers_are_not_thrown_away_for_a_newer_model(
    page: ClassifyPage, project: Project, bundle: Path, run: FakeRun, tmp_path: Path, qtbot: QtBot
) -> None:
    first = finished_run(project, "one", bundle)
    page.activated()
    settle(qtbot, page)
    (tmp_path / "a.txt").write_text("good", encoding="utf-8")
    page.dropped([str(tmp_path / "a.txt")])
    settle(qtbot, page)
    finished_run(project, "two", bundle)
    run.enter(RunState.FINISHED)
    settle(qtbot, page)
    assert page.picker.current == first
    assert page.newer.isVisibleTo(page)


@pytest.mark.parametrize("looking", ["text", "beside"])
def test_what_is_looked_at_does_not_change_its_model_by_itself(
    page: ClassifyPage, project: Project, bundle: Path, run: FakeRun, qtbot: QtBot, looking: str
) -> None:
    other = finished_run(project, "zero", bundle)
    first = finished_run(project, "one", bundle)
    page.activated()
    settle(qtbot, page)
    if looking == "text":
        page.one.show_text(TEXTS[0])
    else:
        page.beside.use((other,))
    settle(qtbot, page)
    newer = finished_run(project, "two", bundle)
    run.enter(RunState.FINISHED)
    settle(qtbot, page)
    assert page.picker.current == first
    assert page.newer.isVisibleTo(page)
    assert "two" in page.newer.text.text()
    page.newer.use.click()
    settle(qtbot, page)
    assert page.picker.current == newer


def test_models_of_one_title_are_told_apart_everywhere_alike(
    page: ClassifyPage, qtbot: QtBot
) -> None:
    folder = models_folder()
    folder.mkdir(parents=True)
    for number, name in enumerate(("z", "a"), 1):  # the later file has the earlier name
        make_bundle(folder / f"{name}.ulmfit", title="trec")
        os.utime(folder / f"{name}.ulmfit", (number, number))
    page.picker.use(folder / "a.ulmfit")
    page.beside.use((folder / "z.ulmfit",))
    settle(qtbot, page)
    assert page.picker.currentText() == "trec (2)"
    assert page.beside._menu.actions()[0].text() == "trec"
    assert (page.one.whose.text(), page.one.beside.cards[0].name) == ("trec (2)", "trec")
    assert [one.title for one in (page.answering, *page.others) if one is not None] == ["trec (2)", "trec"]
    assert names_apart(found_models([], folder))[folder / "a.ulmfit"] == "trec (2)"  # as on Models


def test_a_newer_model_that_cannot_be_opened_is_tried_once(
    page: ClassifyPage, project: Project, bundle: Path, run: FakeRun, qtbot: QtBot
) -> None:
    path = finished_run(project, "one", bundle)
    page.activated()
    settle(qtbot, page)
    path.write_bytes(b"cut off")
    run.enter(RunState.FINISHED)
    settle(qtbot, page)
    assert page.failure.failure is not None
    page.failure.clear()
    run.enter(RunState.STARTING)
    settle(qtbot, page)
    assert page.failure.failure is None
    page.one.show_text("good")
    settle(qtbot, page)
    assert page.one.answer is not None


def test_the_model_of_the_run_that_was_looked_at_is_used(
    page: ClassifyPage, project: Project, shell: Shell, bundle: Path, qtbot: QtBot
) -> None:
    hold(page, bundle, qtbot)
    first = finished_run(project, "one", bundle)
    finished_run(project, "two", bundle)
    wanted: list[str] = []
    shell.pageWanted.connect(wanted.append)
    shell.classify_with(first)
    assert wanted == ["classify"]
    page.activated()
    settle(qtbot, page)
    assert page.picker.current == first
    assert shell.wanted_model is None
