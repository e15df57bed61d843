"""What the run has to tell besides its figures: what it starts from, what it warns of, why it ended early."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from studio import theme
from studio.theme import Type
from studio.widgets import ElidedLabel
from ulmengine.events import Note


class NotesLine(QWidget):
    """One line with the weightiest note, the latest warning if there is one; all of them in its tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notes: tuple[Note, ...] = ()
        self._icon = QLabel()
        self.line = ElidedLabel("", Type.SMALL, muted=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.XS, 0, theme.XS, 0)
        row.setSpacing(theme.S)
        row.addWidget(self._icon)
        row.addWidget(self.line, 1)
        theme.current().changed.connect(self._draw)
        self.hide()

    def show_notes(self, notes: Sequence[Note]) -> None:
        """Show ``notes``, each once; nothing without any."""
        told = tuple(dict.fromkeys(notes))
        if told == self._notes:
            return
        self._notes = told
        self.setVisible(bool(told))
        if not told:
            return
        first = max(told, key=lambda note: (note.level == "warning", told.index(note)))
        more = self.tr("  (and {n} more)").format(n=len(told) - 1) if len(told) > 1 else ""
        self.line.setText(first.text + more)
        self.setToolTip("\n".join(note.text for note in told))
        self.setAccessibleName(self.tr("Notes of the run"))
        self.setAccessibleDescription(self.toolTip())
        self._draw()

    @Slot()
    def _draw(self) -> None:
        warns = any(note.level == "warning" for note in self._notes)
        name, color = ("warning", "warn") if warns else ("info", "muted")
        self._icon.setPixmap(theme.current().pixmap(name, 16, color))
