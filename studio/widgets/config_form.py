"""Several settings below one another; the rarer ones behind a fold."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio import theme
from studio.fields import all_fields, field
from studio.project import Project

from .buttons import Button
from .config_field import ConfigField
from .layouts import in_column


class ConfigForm(QWidget):
    """The settings called ``names`` (dotted) of ``project``; advanced ones are unfolded by a button.

    ``names`` may also be given as one prefix ending in "." for all settings of a section (not of nested ones).
    """

    def __init__(
        self, project: Project, names: Iterable[str] | str, *, compact: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.fields: dict[str, ConfigField] = {}
        gap = theme.M if compact else theme.S
        self._rare = QWidget()
        self._column, rare = in_column(inside=self, gap=gap), in_column(inside=self._rare, gap=gap)
        wanted = list(names) if not isinstance(names, str) else section_names(names)
        for name in wanted:
            self._add(project, name, compact, rare if field(name).advanced else self._column)
        self.more = Button("", "chevron-right", "fold")
        self.more.setCheckable(False)
        self.more.clicked.connect(self._toggle)
        self._has_rare = rare.count() > 0
        if self._has_rare:
            self._column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
            self._column.addWidget(self._rare)
        else:
            self.more.setParent(self)
            self._rare.setParent(self)
            self.more.hide()
        self.unfold(False)

    def unfold(self, shown: bool) -> None:
        """Show the rarer settings, or not."""
        self._rare.setVisible(shown and self._has_rare)
        self.more.setText(self.tr("Fewer settings") if shown else self.tr("More settings"))
        self.more.setAccessibleName(self.more.text())
        self.more.set_icon("chevron-down" if shown else "chevron-right")

    def show_field(self, name: str) -> bool:
        """Bring the setting called ``name`` into view with the focus; False if it is not in this form."""
        found = self.fields.get(name)
        if found is None:
            return False
        if found.field.advanced:
            self.unfold(True)
        found.flash()
        return True

    @Slot()
    def _toggle(self) -> None:
        self.unfold(not self._rare.isVisibleTo(self))

    def _add(self, project: Project, name: str, compact: bool, column: QVBoxLayout) -> None:
        row = ConfigField(project, name, compact=compact)
        self.fields[name] = row
        column.addWidget(row)


def section_names(prefix: str) -> list[str]:
    """The settings right below ``prefix`` ("classifier."), without those of nested sections."""
    return [name for name in all_fields() if name.startswith(prefix) and "." not in name[len(prefix):]]
