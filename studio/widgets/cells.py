"""Parts side by side, in as many columns as there is room for."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from studio import theme


class Cells(QWidget):
    """Widgets in a grid whose columns are at least ``least`` px wide: what does not fit beside goes below."""

    def __init__(self, least: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._least = least
        self._parts: list[QWidget] = []
        self._shown: list[QWidget] = []
        self._wide = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.M)
        self._grid.setVerticalSpacing(theme.S)
        self._grid.setSizeConstraint(QGridLayout.SizeConstraint.SetNoConstraint)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def add(self, part: QWidget) -> None:
        """Add ``part`` at the end."""
        part.setParent(self)
        self._parts.append(part)
        self.arrange()

    def set_shown(self, part: QWidget, shown: bool) -> None:
        """Show ``part``, or leave its place to the next."""
        part.setVisible(shown)
        self.arrange()

    @property
    def columns(self) -> int:
        """How many stand side by side now."""
        return self._wide

    def minimumSizeHint(self) -> QSize:
        """As narrow as one column: what stands beside now can stand below."""
        return QSize(self._least, self._grid.minimumSize().height())

    def arrange(self) -> None:
        """Put every part that is to be seen at its place."""
        shown = [part for part in self._parts if not part.isHidden()]
        gap = self._grid.horizontalSpacing()
        columns = max(1, min(len(shown), (self.width() + gap) // (self._least + gap)))
        if columns == self._wide and shown == self._shown:
            return
        for part in self._shown:
            self._grid.removeWidget(part)
        for column in range(max(columns, self._wide)):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self._wide, self._shown = columns, shown
        for place, part in enumerate(shown):
            self._grid.addWidget(part, place // columns, place % columns)
        self.updateGeometry()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange()
