"""Lists to choose from: a value for one setting (found, picked or typed), and columns with boxes to tick."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QMenu, QSizePolicy, QWidget

from studio.widgets import CalmCombo
from ulmengine.config import NONE

LONGEST = 200
"""Px that a list asks for at most so that what is chosen in it can be read."""


class _FoundBox(CalmCombo):
    """As wide as the others beside it, or as what is chosen in it needs."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        """No narrower than what is chosen, within reason."""
        text = self.fontMetrics().horizontalAdvance(self.currentText()) + 1  # advances are rounded
        return QSize(min(text + self.width() - self.room(), LONGEST), super().minimumSizeHint().height())


class ChoiceBox(_FoundBox):
    """First "Auto" with what was found, then the usual values; with ``typed`` any other can be written in.

    A value is told once, whether it was picked, confirmed with Enter or left by going elsewhere.
    """

    chosen = Signal(str)
    """The person's choice; an empty text to have it found."""

    def __init__(self, setting: str, *, typed: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(setting)
        self._wanted = ""
        self.activated.connect(self._picked)
        if typed:
            self.setEditable(True)
            self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
            line = _Line(self)
            self.setLineEdit(line)
            self.setCompleter(None)  # type: ignore[arg-type]  # otherwise "big5hkscs" could not be typed past "big5"
            line.editingFinished.connect(self._typed)

    def fill(self, choices: Sequence[str], wanted: str, in_force: str, words: Callable[[str], str] = str) -> None:
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
        self.updateGeometry()
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


class ColumnsBox(_FoundBox):
    """Looks like the other lists and shows the chosen columns; what opens has a box a column and "Guess" at the top."""

    chosen = Signal(object)
    """The person's choice: a tuple of names, empty to have it guessed."""

    def __init__(self, name: str, none: str = "", parent: QWidget | None = None) -> None:
        """``none``: what choosing no column at all is called; empty where there has to be one. Where there may be none,
        a column that is ticked takes the place of the guessed ones, which nobody has chosen."""
        super().__init__(parent)
        self._none = none
        self.setAccessibleName(name)
        self.choices = _StayingMenu(self)
        self.choices.aboutToHide.connect(self._closed)
        self._columns: tuple[str, ...] = ()
        self._in_force: tuple[str, ...] = ()
        self._by_hand = False

    def show_columns(self, columns: Sequence[str], in_force: Sequence[str], *, by_hand: bool) -> None:
        """Offer ``columns``; ``in_force`` are ticked. ``by_hand``: they are not guessed."""
        self._columns, self._in_force, self._by_hand = tuple(columns), tuple(in_force), by_hand
        self.setEnabled(bool(columns))
        self.clear()
        self.addItem(self._caption())
        self.updateGeometry()
        self._fill()

    @property
    def in_force(self) -> tuple[str, ...]:
        """The columns in use."""
        return self._in_force

    def ticked(self) -> tuple[str, ...]:
        """What is ticked now: earlier choices first, in their order."""
        now = [str(action.data()) for action in self._boxes() if action.isChecked()]
        kept = [name for name in self._in_force if name in now]
        return (*kept, *(name for name in now if name not in kept))

    def showPopup(self) -> None:
        """Open the boxes in place of a plain list."""
        self.choices.setMinimumWidth(self.width())
        self.choices.popup(self.mapToGlobal(QPoint(0, self.height())))

    def _caption(self) -> str:
        shown = ", ".join(name or self.tr("(no name)") for name in self._in_force) or self.tr("none")
        return shown if self._by_hand else self.tr("Auto: {columns}").format(columns=shown)

    def _fill(self) -> None:
        self.choices.clear()
        guess = self.choices.addAction(self.tr("Guess"))
        guess.setCheckable(True)
        guess.setChecked(not self._by_hand)
        guess.triggered.connect(self._guess)
        if self._none:
            none = self.choices.addAction(self._none)
            none.setCheckable(True)
            none.setChecked(self._by_hand and not self._in_force)
            none.triggered.connect(self._choose_none)
        self.choices.addSeparator()
        for name in self._columns:
            action = self.choices.addAction((name or self.tr("(no name)")).replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(name in self._in_force)
            action.setData(name)
            action.triggered.connect(self._ticked)

    def _boxes(self) -> list[QAction]:
        return [action for action in self.choices.actions() if action.data() is not None]

    @Slot()
    def _guess(self) -> None:
        if self._by_hand:
            self._by_hand = False
            self._in_force = self.ticked()
            self.chosen.emit(())

    @Slot(bool)
    def _ticked(self, checked: bool) -> None:
        guess, ticked = self.choices.actions()[0], self.sender()
        if checked and guess.isChecked() and self._none:
            for action in self._boxes():
                action.setChecked(action is ticked)
        guess.setChecked(False)

    @Slot()
    def _choose_none(self) -> None:
        if self._in_force or not self._by_hand:
            self._by_hand = True
            self._in_force = self.ticked()
            self.chosen.emit((NONE,))

    @Slot()
    def _closed(self) -> None:
        wanted = self.ticked()
        if set(wanted) != set(self._in_force):
            self.chosen.emit(wanted or ((NONE,) if self._none else ()))
        else:
            self.choices.actions()[0].setChecked(not self._by_hand)


class _StayingMenu(QMenu):
    """A menu that stays open while boxes are ticked, so that several can be."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        action = self.activeAction()
        if action is not None and action.data() is not None:
            action.trigger()
        else:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = self.activeAction()
        if event.key() == Qt.Key.Key_Space and action is not None and action.data() is not None:
            action.trigger()
        else:
            super().keyPressEvent(event)
