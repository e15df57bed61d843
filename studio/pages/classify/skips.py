"""What could not be read, in a line."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from studio import theme
from studio.models.rows import plain_tip
from studio.widgets import Paragraph

from .texts import Skipped

_NAMED, _TOLD = 3, 30


class SkippedLine(QWidget):
    """Hidden while everything could be read. The tool tip tells why, file by file."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = QLabel()
        self.text = Paragraph("", theme.Type.SMALL, muted=False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.S)
        row.addWidget(self._icon)
        row.addWidget(self.text, 1, Qt.AlignmentFlag.AlignVCenter)
        self._skipped: list[Skipped] = []
        theme.current().changed.connect(self._paint)
        self._paint()
        self.hide()

    def forget(self) -> None:
        """Other files are read."""
        self._skipped = []
        self.hide()

    def add(self, skipped: Sequence[Skipped]) -> None:
        """Tell of some more."""
        if not skipped:
            return
        self._skipped += skipped
        number = len(self._skipped)
        names = ", ".join(one.name for one in self._skipped[:_NAMED])
        if number > _NAMED:
            names += self.tr(" and {n} more").format(n=f"{number - _NAMED:,}")
        words = self.tr("1 file could not be read: {names}") if number == 1 else \
            self.tr("{n} files could not be read: {names}")
        self.text.setText(words.format(n=f"{number:,}", names=names))
        told = [f"{one.name}: {one.why}" for one in self._skipped[:_TOLD]]
        self.setToolTip(plain_tip("\n".join(told)))
        self.show()

    @Slot()
    def _paint(self) -> None:
        self._icon.setPixmap(theme.current().pixmap("warning", 16, "warn"))
