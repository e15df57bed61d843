"""Questions as Qt asks them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from studio.ask import SaveDialog

TABLES = "CSV (*.csv);;Parquet (*.parquet)"


def dialog(qtbot: QtBot, start: Path, filters: str = TABLES) -> SaveDialog:
    made = SaveDialog("Save", start, filters)
    made.setOption(QFileDialog.Option.DontUseNativeDialog)
    qtbot.addWidget(made)
    return made


def chosen(asked: SaveDialog) -> Path:
    return Path(asked.selectedFiles()[0])


def test_the_file_is_named_as_the_kind_that_was_chosen(qtbot: QtBot, tmp_path: Path) -> None:
    asked = dialog(qtbot, tmp_path / "answers.csv")
    assert chosen(asked) == tmp_path / "answers.csv"
    asked.selectNameFilter("Parquet (*.parquet)")
    asked.filterSelected.emit("Parquet (*.parquet)")
    assert chosen(asked) == tmp_path / "answers.parquet"


@pytest.mark.parametrize(("name", "kind", "expected"), [
    ("answers", "CSV (*.csv)", "answers.csv"), ("answers", "Parquet (*.parquet)", "answers.parquet"),
])
def test_a_name_without_a_suffix_gets_that_of_the_kind(
    qtbot: QtBot, tmp_path: Path, name: str, kind: str, expected: str
) -> None:
    asked = dialog(qtbot, tmp_path / "begun.csv")
    asked.filterSelected.emit(kind)
    asked.selectFile(name)
    assert chosen(asked).name == expected


def test_a_picture_is_offered_first_where_the_name_says_so(qtbot: QtBot, tmp_path: Path) -> None:
    asked = dialog(qtbot, tmp_path / "run.png", "Table of every step (*.csv);;Picture (*.png)")
    assert asked.selectedNameFilter() == "Picture (*.png)"
    assert chosen(asked) == tmp_path / "run.png"
