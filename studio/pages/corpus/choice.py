"""A list of values for one setting: found by itself, picked, or typed where any value will do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QMouseEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QSizePolicy, QWidget

from studio.widgets import CalmCombo


class ChoiceBox(CalmCombo):
    """First "Auto" with what was found, then the usual values; with ``typed`` any other can be written in.

    A value is told once, whether it was picked, confirmed with Enter or left by going elsewhere.
    """

    chosen = Signal(str)
    """The person's choice; an empty text to have it found."""

    def __init__(self, setting: str, *, typed: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(setting)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._wanted = ""
        self.activated.connect(self._picked)
        if typed:
            self.setEditable(True)
            self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
            line = _Line(self)
            self.setLineEdit(line)
            self.setCompleter(None)  # type: ignore[arg-type]  # otherwise "big5hkscs" could not be typed past "big5"
            line.editingFinished.connect(self._typed)

    def fill(
        self, choices: Sequence[str], wanted: str, in_force: str, words: Callable[[str], str] = str
    ) -> None:
        """Offer ``choices``; ``wanted`` was set by hand, ``in_force`` was found. ``words``: how a value is written."""
        self.blockSignals(True)
        self.clear()
        self._wanted = wanted
        found = words(in_force) if in_force and not wanted else ""
        self.addItem(self.tr("Auto: {found}").format(found=found) if found else self.tr("Auto"), "")
        for value in (*choices, *(value for value in (wanted,) if value and value not in choices)):
            self.addItem(words(value), value)
        self.setCurrentIndex(max(0, self.findData(wanted)) if wanted else 0)
        self.blockSignals(False)
        self._show_beginning()

    def _show_beginning(self) -> None:
        line = self.lineEdit()
        if line is not None and not line.hasFocus():
            line.setCursorPosition(0)

    @Slot(int)
    def _picked(self, index: int) -> None:
        self._tell(str(self.itemData(index) or ""))

    @Slot()
    def _typed(self) -> None:
        text = self.currentText()
        known = self.findText(text, Qt.MatchFlag.MatchExactly)
        if known >= 0:
            self._tell(str(self.itemData(known) or ""))
        else:
            self._tell(text if len(text) == 1 else text.strip())  # a single space is a delimiter

    def _tell(self, value: str) -> None:
        if value != self._wanted:
            self._wanted = value
            self.chosen.emit(value)
        elif self.isEditable():
            self.setEditText(self.itemText(self.currentIndex()))
            self._show_beginning()


class _Line(QLineEdit):
    """All of it is selected when it is entered: what is typed takes the place of what stood there."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._entered = False

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._entered = True
        self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.setCursorPosition(0)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if self._entered and not self.hasSelectedText():
            self.selectAll()
        self._entered = False
