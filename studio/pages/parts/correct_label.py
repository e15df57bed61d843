"""Where a label that is seen wrong is put right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QMenu, QWidget

from studio import theme
from studio.widgets import Beside, Button, CalmCombo, Label
from studio.widgets.layouts import as_widget, in_column, in_row

WIDEST = 200
"""Px for the list of labels, at most."""


class CorrectLabel(QWidget):
    """The label that the document is to bear, and why. Several labels are ticked in a menu."""

    corrected = Signal(object, str)
    """The labels (a tuple) and the reason."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels: Sequence[str] = ()
        self._multi = False
        self._now: tuple[str, ...] = ()
        self.one = CalmCombo()
        self.one.setAccessibleName(self.tr("Right label"))
        self.one.fit_entries(WIDEST)
        self.several = Button(self.tr("Labels…"))
        self._menu = QMenu(self)
        self.several.setMenu(self._menu)
        self.why = QLineEdit(placeholderText=self.tr("Why (if you like)"))
        self.why.setAccessibleName(self.tr("Why the label is corrected"))
        self.take = Button(self.tr("Correct the label"), "edit")
        self.why.setMinimumWidth(128)  # what it says while it is empty is read
        which = in_row(Label(self.tr("Right label"), theme.Type.SMALL, muted=True), (self.one, 1), (self.several, 1))
        in_column(Beside(as_widget(which), as_widget(in_row(self.why, self.take))), inside=self)
        self.one.activated.connect(self._enable)
        self.take.clicked.connect(self._take)
        self.why.returnPressed.connect(self._take)

    def set_labels(self, labels: Sequence[str], multi_label: bool) -> None:
        """The labels that there are."""
        self._labels, self._multi = labels, multi_label
        self.one.setVisible(not multi_label)
        self.several.setVisible(multi_label)
        self.one.clear()
        self._menu.clear()
        for label in labels:
            self.one.addItem(label)
            action = QAction(label.replace("&", "&&"), self._menu)  # a single one would underline a letter
            action.setData(label)
            action.setCheckable(True)
            action.toggled.connect(self._enable)
            self._menu.addAction(action)

    def show_document(self, now: Sequence[str]) -> None:
        """The document bears the labels ``now``. Another one is never proposed: a click too many on what the network
        said would make a right label wrong, and the network look better than it is."""
        self._now = tuple(now)
        self.why.clear()
        self.one.setCurrentIndex(self._labels.index(now[0]) if now and now[0] in self._labels else -1)
        for action in self._menu.actions():
            action.setChecked(action.data() in now)
        self._enable()

    def chosen(self) -> tuple[str, ...]:
        """The labels that the document would get."""
        if self._multi:
            return tuple(str(action.data()) for action in self._menu.actions() if action.isChecked())
        return (self.one.currentText(),) if self.one.currentIndex() >= 0 else ()

    @Slot()
    def _enable(self) -> None:
        if self._multi:
            self.several.setText(", ".join(self.chosen()).replace("&", "&&") or self.tr("none"))
        self.take.setEnabled(set(self.chosen()) != set(self._now) and (self._multi or bool(self.chosen())))

    @Slot()
    def _take(self) -> None:
        if self.take.isEnabled():
            # The button goes out of use, and in the line for the reason Ctrl+Z would undo what was typed there.
            (self.several if self._multi else self.one).setFocus(Qt.FocusReason.OtherFocusReason)
            self.corrected.emit(self.chosen(), self.why.text().strip())
