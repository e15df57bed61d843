"""The keys of undo and redo: while something is being typed they are the text's, at all other times the program's."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QPlainTextEdit, QTextEdit, QWidget


def undo_keys() -> list[QKeySequence]:
    """The keys that undo."""
    return QKeySequence.keyBindings(QKeySequence.StandardKey.Undo)


def redo_keys() -> list[QKeySequence]:
    """The keys that do again what was undone: those of the system, and both that people are used to."""
    keys = QKeySequence.keyBindings(QKeySequence.StandardKey.Redo)
    return keys + [key for key in map(QKeySequence, ("Ctrl+Shift+Z", "Ctrl+Y")) if key not in keys]


class UndoKeys(QObject):
    """Lets the program's undo and redo through wherever nothing is being typed.

    Qt's fields keep these keys for themselves whenever they have the focus, and do nothing where there is nothing to
    undo. Here a line has the one only while it holds what was typed and not yet taken (by Return, or as the focus left
    it), the other while that was undone; a text of several lines has both as long as it can use one of them.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._focus: QWidget | None = None
        self._taken = ""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._focus_moved)

    @Slot(QWidget, QWidget)
    def _focus_moved(self, before: QWidget | None, now: QWidget | None) -> None:
        """Only what has the focus is listened to: a filter on the whole program would cost something at every event."""
        if before is not None and shiboken6.isValid(before):
            before.removeEventFilter(self)
        line = _line_of(now)
        self._focus = now if line is not None or isinstance(now, (QPlainTextEdit, QTextEdit)) else None
        if line is not None:
            self._take(line)
        if self._focus is not None:
            self._focus.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self._focus or not isinstance(event, QKeyEvent) or \
                event.type() not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
            return False
        line = _line_of(self._focus)
        if line is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(line)
            return False
        keys = QKeySequence(event.keyCombination())
        redoes = keys in redo_keys()
        if not redoes and keys not in undo_keys():
            return False
        if not self._is_texts(redoes):
            event.ignore()
            return event.type() == QEvent.Type.ShortcutOverride
        event.accept()
        if event.type() == QEvent.Type.KeyPress:
            text = line or self._focus
            assert isinstance(text, (QLineEdit, QPlainTextEdit, QTextEdit))
            if redoes:
                text.redo()
            else:
                text.undo()
        return True

    def _take(self, line: QLineEdit) -> None:
        """What is in ``line`` now is no longer just being typed."""
        self._taken = line.text()
        if self._taken and not line.hasSelectedText():
            # A step of the line's undo ends where its cursor is moved: else it would go back past what was taken.
            place = line.cursorPosition()
            with QSignalBlocker(line):
                line.setCursorPosition(0 if place else len(self._taken))
                line.setCursorPosition(place)

    def _is_texts(self, redoes: bool) -> bool:
        """Whether redo or undo is the key of what has the focus."""
        line = _line_of(self._focus)
        if line is not None:
            return line.isRedoAvailable() if redoes else line.isUndoAvailable() and line.text() != self._taken
        text = self._focus
        return isinstance(text, (QPlainTextEdit, QTextEdit)) and \
            (text.document().isUndoAvailable() or text.document().isRedoAvailable())


def _line_of(widget: QWidget | None) -> QLineEdit | None:
    """The line in which is typed while ``widget`` has the focus."""
    if isinstance(widget, (QAbstractSpinBox, QComboBox)):
        return widget.lineEdit()
    return widget if isinstance(widget, QLineEdit) else None
