"""The two windows of the frame besides the main one: the keys, and one setting on its own."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QWidget

from studio import theme
from studio.project import Project
from studio.theme import Type
from studio.widgets import Button, Card, ConfigField, Label, Paragraph, SectionTitle
from studio.widgets.layouts import STRETCH, in_column, in_row, resize_within_screen, scrolling
from studio.words import help_of

MARGINS = (theme.XL, theme.XL, theme.XL, theme.L)


class ShortcutsDialog(QDialog):
    """Every key there is, from the actions themselves."""

    def __init__(self, actions: Iterable[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        title = SectionTitle(self.tr("Keyboard shortcuts"), self.tr("Ctrl+K finds everything else by its name."))
        card = Card()
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.XXL)
        grid.setVerticalSpacing(theme.S)
        shown = [action for action in actions if not action.shortcut().isEmpty()]
        half = (len(shown) + 1) // 2
        for number, action in enumerate(shown):
            row, side = number % half, 2 * (number // half)
            grid.addWidget(Label(action.text().replace("&", "")), row, side)
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            grid.addWidget(Label(keys, muted=True), row, side + 1, Qt.AlignmentFlag.AlignRight)
        card.body.addLayout(grid)
        area = scrolling(card, sideways=True)
        in_column(title, (area, 1), closing_row(self), inside=self, gap=theme.L, margins=MARGINS)
        whole = self.sizeHint() + card.sizeHint() - area.sizeHint()
        resize_within_screen(self, whole)
        if self.height() < whole.height():
            area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # scrolls by keys too
            resize_within_screen(self, whole + QSize(area.verticalScrollBar().sizeHint().width(), 0))


class SettingDialog(QDialog):
    """One setting with its whole help, wherever one is."""

    def __init__(self, project: Project, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = ConfigField(project, name)
        self.setWindowTitle(self.field.label.text())
        in_column(Label(self.field.field.path or self.tr("Run"), Type.SMALL, muted=True), self.field,
                  Paragraph(help_of(self.field.field)), STRETCH, closing_row(self), inside=self,
                  gap=theme.L, margins=MARGINS)
        resize_within_screen(self, self.sizeHint().expandedTo(QSize(620, 0)))
        self.field.flash()


def closing_row(dialog: QDialog) -> QHBoxLayout:
    """The last line of a window that only shows: its button to close it."""
    close = Button(QCoreApplication.translate("Dialogs", "Close"))
    close.clicked.connect(dialog.accept)
    return in_row(STRETCH, close, gap=-1)
