"""The settings of the chosen runs side by side, those that differ or all."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QHeaderView, QWidget

from studio import theme
from studio.fields import all_fields
from studio.models.rows import ListRows
from studio.pages.parts.rows_table import RowsTable
from studio.widgets import Label
from studio.widgets.layouts import in_column, in_row
from studio.words import setting_words
from ulmengine.config import ConfigError, RunConfig, value_of
from ulmengine.record import RunFolder, RunLine, value_words

from .listing import shown_words

MOST = 8
"""So many runs are compared: each is read in the window's thread."""


class Differences(QWidget):
    """A setting a line; beside a run that stands alone are the usual settings."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._configs: list[tuple[str, RunConfig]] = []
        self.only = QCheckBox(self.tr("Only differences"))
        self.only.setChecked(True)
        self.only.toggled.connect(self._fill)
        self.table = RowsTable(self.tr("Settings of the chosen runs"))
        self.table.verticalHeader().hide()
        self.lacking = Label("", theme.Type.SMALL, muted=True)
        self.same = Label(self.tr("Nothing differs."), muted=True)
        in_column(in_row(self.only, (self.lacking, 1), gap=theme.M), self.same, (self.table, 1), inside=self,
                  margins=(0, theme.S, 0, 0))

    def show_runs(self, runs: Sequence[RunLine]) -> None:
        """Show the settings of these runs."""
        self._configs = []
        for run in runs[:MOST]:
            try:
                self._configs.append((run.name, RunFolder(run.folder).config()))
            except ConfigError:
                continue
        self.lacking.setText(shown_words(len(self._configs), len(runs)))
        if len(self._configs) == 1:
            self._configs.insert(0, (self.tr("Usual"), RunConfig()))
        self._fill()

    @Slot()
    def _fill(self) -> None:
        rows = []
        for name in all_fields():
            values = [_words(value_of(config, name)) for _, config in self._configs]
            if name not in ("version", "name") and (len(set(values)) > 1 or (values and not self.only.isChecked())):
                rows.append((setting_words(name), *values))
        self.table.set_source(ListRows((self.tr("Setting"), *(name for name, _ in self._configs)), rows), {})
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.table.setVisible(bool(rows))
        self.same.setVisible(not rows and bool(self._configs))


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "✓" if value else "–"
    return value_words(value)
