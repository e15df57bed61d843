"""Several models on the Classify page, asked about the same texts: where they differ and how often each is right."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.models.predictions import DIFFERS, OTHERS, TEXT
from studio.pages.classify.page import ClassifyPage
from studio.project import Project
from tests.gui import looking
from tests.gui.classify.help import TEXTS, expected, finished_run, hold, make_bundle, settle
from tests.gui.fakes import ScriptedAsk
from tests.gui.pages_help import write_csv
from ulmengine.record import RunFolder, RunMarks, write_about


def two_models(tmp_path: Path, project: Project) -> tuple[Path, Path]:
    """Runs of the project with models that differ in their weights."""
    made = [finished_run(project, name, make_bundle(tmp_path / f"{name}.ulmfit", seed=seed))
            for name, seed in (("one", 0), ("two", 199))]
    return made[0], made[1]


def test_models_side_by_side_are_marked_and_filtered_where_they_differ(
    page: ClassifyPage, project: Project, tmp_path: Path, ask: ScriptedAsk, qtbot: QtBot
) -> None:
    first, second = two_models(tmp_path, project)
    hold(page, first, qtbot)
    page.beside.use((second,))
    settle(qtbot, page)
    assert [one.path for one in page.others] == [second]
    texts = [f"{TEXTS[n % 4]} {'bad ' * (n % 7)}{'film ' * n}" for n in range(40)]
    page.dropped([str(write_csv(tmp_path / "table.csv", [("x", text) for text in texts]))])
    settle(qtbot, page)
    said = [[max(one, key=one.__getitem__) for one in expected(path, texts)] for path in (first, second)]
    differ = [n for n, (one, other) in enumerate(zip(*said, strict=True)) if one != other]
    assert 0 < len(differ) < len(texts)  # or nothing would be shown by this test
    model = page.many.model
    assert [row.others[0][0] for row in model.rows] == said[1]
    assert model.columnCount() == OTHERS + 1
    assert "Run two" in str(model.headerData(OTHERS, Qt.Orientation.Horizontal))
    assert str(model.index(differ[0], OTHERS).data()).startswith(DIFFERS + said[1][differ[0]])
    assert page.many.differing.isVisibleTo(page.many)
    page.many.differing.click()
    assert model.shown.tolist() == differ
    assert f"the models differ on {len(differ)}" in page.many.summary.text()
    ask.answers.append(tmp_path / "out.csv")
    page.many.save.click()
    settle(qtbot, page)
    written = pl.read_csv(tmp_path / "out.csv")
    assert written["label_Run two"].to_list() == [said[1][n] for n in differ]
    page.beside.use(())
    settle(qtbot, page)
    assert model.columnCount() == OTHERS
    assert len(model.shown) == len(texts)  # what the models differ in is not asked any more


def test_how_often_each_model_is_right_is_told(
    page: ClassifyPage, project: Project, tmp_path: Path, qtbot: QtBot
) -> None:
    first, second = two_models(tmp_path, project)
    hold(page, first, qtbot)
    page.beside.use((second,))
    settle(qtbot, page)
    rows = [(("neg", "pos")[n % 3 > 0], f"{TEXTS[n % 4]} {'bad ' * (n % 7)}{'film ' * n}") for n in range(40)]
    page.dropped([str(write_csv(tmp_path / "table.csv", rows))])
    settle(qtbot, page)
    shares = []
    for path in (first, second):
        said = [max(one, key=one.__getitem__) for one in expected(path, [text for _, text in rows])]
        shares.append(sum(one == given for one, (given, _) in zip(said, rows, strict=True)) / 40)
    assert shares[0] != shares[1]
    summary = page.many.summary.text()
    assert f"{shares[0]:.1%} of the 40 given labels predicted, {shares[1]:.1%} by Run two" in summary
    page.show()
    room = page.many.width() - page.many.progress.minimumWidth()
    assert page.many.summary.width() >= room - 40  # all but what is kept for the progress
    assert page.many.progress.text.text() == "Double-click a text to see which words count"


def test_a_model_of_other_labels_is_said_to_have_these_and_not_to_differ(
    page: ClassifyPage, tmp_path: Path, qtbot: QtBot
) -> None:
    other = make_bundle(tmp_path / "apart.ulmfit", 3, ("HUM", "LOC", "NUM"))
    hold(page, other, qtbot)
    hold(page, make_bundle(tmp_path / "made.ulmfit"), qtbot)
    page.beside.use((other,))
    page.one.show_text(TEXTS[0])
    settle(qtbot, page)
    [card] = page.one.beside.cards
    assert card.label.text().endswith(" (other labels)")
    assert card.label.text().split()[0] in ("HUM", "LOC", "NUM")
    page.dropped([str(write_csv(tmp_path / "table.csv", [("x", text) for text in TEXTS]))])
    settle(qtbot, page)
    model = page.many.model
    assert not any(str(model.index(row, OTHERS).data()).startswith(DIFFERS) for row in range(4))
    assert model.differing() == 0
    assert not page.many.differing.isVisibleTo(page.many)
    assert "differ" not in page.many.summary.text()


def test_the_text_keeps_its_room_beside_two_other_models(
    page: ClassifyPage, project: Project, tmp_path: Path, qtbot: QtBot
) -> None:
    first, second = two_models(tmp_path, project)
    third = make_bundle(tmp_path / "third.ulmfit", 5)
    page.show()
    hold(page, third, qtbot)
    hold(page, first, qtbot)
    page.beside.use((second, third))
    settle(qtbot, page)
    page.dropped([str(write_csv(tmp_path / "table.csv", [("pos", f"{TEXTS[n % 4]} {n}") for n in range(40)]))])
    settle(qtbot, page)
    assert page.many.table.columnWidth(TEXT) >= 260
    page.beside.use(())
    settle(qtbot, page)
    assert page.many.table.columnWidth(0) == 190  # alone it has the widths of before


@pytest.mark.parametrize("width", [780, 1096])
def test_a_table_with_labels_read_by_two_models_leaves_room_for_every_control(
    page: ClassifyPage, project: Project, tmp_path: Path, width: int, qtbot: QtBot
) -> None:
    first, second = two_models(tmp_path, project)
    page.resize(width, 700)
    page.show()
    hold(page, first, qtbot)
    page.beside.use((second,))
    settle(qtbot, page)
    page.dropped([str(write_csv(tmp_path / "table.csv", [("pos" if n % 3 else "neg", f"{TEXTS[n % 4]} {n}")
                                                         for n in range(40)]))])
    settle(qtbot, page)
    many = page.many
    for part in (many.wrong, many.differing, many.columns, many.evaluate, many.again, many.copy, many.save):
        assert part.isVisible()
    qtbot.waitUntil(lambda: looking.clipped(many) == [], timeout=5_000)
    assert looking.squeezed(many) == []


def test_one_text_is_answered_by_all_models(
    page: ClassifyPage, project: Project, tmp_path: Path, qtbot: QtBot
) -> None:
    first, second = two_models(tmp_path, project)
    hold(page, first, qtbot)
    page.beside.use((second,))
    settle(qtbot, page)
    for text in TEXTS:
        page.one.show_text(text)
        settle(qtbot, page)
        [mine], [its] = expected(first, [text]), expected(second, [text])
        [card] = page.one.beside.cards
        assert dict(card.bars.values) == pytest.approx(its)
        assert ("(differs)" in card.label.text()) is (max(mine, key=mine.__getitem__) != max(its, key=its.__getitem__))


def test_a_run_that_was_renamed_has_its_new_name_beside_its_answers(
    page: ClassifyPage, project: Project, tmp_path: Path, qtbot: QtBot
) -> None:
    first, second = two_models(tmp_path, project)
    hold(page, first, qtbot)
    page.beside.use((second,))
    page.one.show_text(TEXTS[0])
    settle(qtbot, page)
    write_about(RunFolder(second.parent), RunMarks("Longer texts"))
    page.activated()
    settle(qtbot, page)
    [card] = page.one.beside.cards
    assert card.name == "Run Longer texts"
    assert card.bars.values
    assert page.picker.itemText(page.picker.findData(str(second))) == "Run Longer texts"


def test_a_model_that_cannot_stand_beside_leaves_those_that_do(
    page: ClassifyPage, project: Project, tmp_path: Path, qtbot: QtBot
) -> None:
    first, second = two_models(tmp_path, project)
    hold(page, first, qtbot)
    second.write_bytes(b"cut off")
    page.beside.use((second,))
    settle(qtbot, page)
    assert page.failure.failure is not None
    assert page.others == []
    assert page.beside.paths == ()
