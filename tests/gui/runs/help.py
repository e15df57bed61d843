"""Which runs the page lists, and how some of them are chosen."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel

from studio.pages.runs.page import RunsPage


def names(page: RunsPage) -> list[str]:
    return [page.shown.line(row).folder.name for row in range(page.shown.rowCount())]


def choose(page: RunsPage, *folders: str) -> None:
    page.table.clearSelection()
    for name in folders:
        row = names(page).index(name)
        page.table.selectionModel().select(
            page.shown.index(row, 0), QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows)
