"""The published values of some settings: one click away, and what differs from them marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from studio.project import Project
from studio.widgets import Button, ConfigField
from ulmengine.config import ConfigError


class PublishedButton(Button):
    """Gives the settings on the screen their published ``values``; not to be pressed where they have them."""

    def __init__(self, project: Project, values: Mapping[str, float | bool], parent: QWidget | None = None) -> None:
        super().__init__("", "reset", "quiet", parent)
        self.setText(self.tr("Use the published values"))
        self.setAccessibleName(self.text())
        self.setToolTip(self.tr("As in the paper (1801.06146, 4.1). One step, which can be undone."))
        self._project, self._values = project, values
        self._shown: dict[str, float | bool] = {}
        self.clicked.connect(self._use)
        project.changed.connect(self._follow)

    def mark(self, rows: Iterable[ConfigField]) -> None:
        """Stand for those of ``rows`` that have a published value, and let each say where it differs."""
        self._shown = {row.name: self._values[row.name] for row in rows if row.name in self._values}
        for row in rows:
            if row.name in self._values:
                row.set_published(self._values[row.name])
        self._follow()

    @Slot()
    def _follow(self) -> None:
        self.setEnabled(any(self._project.value(name) != value for name, value in self._shown.items()))

    @Slot()
    def _use(self) -> None:
        try:
            self._project.change(dict(self._shown), self.tr("Use the published values"))
        except ConfigError:  # another setting does not go with them; the rows say which of them differ
            self._follow()
