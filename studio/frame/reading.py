"""The strip above the pages that says why the project is only read."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.project import Project
from studio.shell import Shell
from studio.widgets import Button, Card, Paragraph
from studio.widgets.layouts import in_column, in_row


class ReadOnlyStrip(QWidget):
    """Seen as long as this window only reads the open project."""

    def __init__(self, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shell = shell
        card = Card(margin=theme.S)
        card.set_colors("warn_soft", "warn")
        self.told = Paragraph(muted=False)
        self.write = Button(self.tr("Write here too"), "edit", "quiet")
        self.write.clicked.connect(shell.write_here_too)
        card.body.addLayout(in_row((self.told, 1), self.write, gap=theme.M, margins=(theme.S, 0, 0, 0)))
        in_column(card, inside=self, margins=(theme.XL, theme.M, theme.XL, 0))
        shell.projectChanged.connect(self._follow)
        self._follow(shell.project)

    @Slot(object)
    def _follow(self, project: Project | None) -> None:
        if project is not None:
            project.readOnlyChanged.connect(self._show)
        self._show(project is not None and project.read_only)

    @Slot(bool)
    def _show(self, read_only: bool) -> None:
        project = self.shell.project
        folder = project is not None and project.folder_read_only
        self.told.setText(
            self.tr("This folder is read-only: what is here can be looked at, but nothing can be changed or trained. "
                    "Copy the project to a place where files can be written, and open it there.") if folder else
            self.tr("Open in another window, which has the say; this one only reads. What is changed there appears "
                    "here."))
        self.write.setVisible(not folder)
        self.setVisible(read_only)
        if read_only:
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, self.told.text()))
