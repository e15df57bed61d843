"""A recent project as a line, and a run that can be gone on with as a card."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.shell import Shell
from studio.theme import Type
from studio.widgets import Button, Card, ElidedLabel, FittingLabel, IconButton, StatusDot
from studio.widgets.layouts import in_column, in_row
from studio.words import state_dot
from ulmengine.record import run_name

from .recent import RecentProject, age_words, state_line

_NARROW = 720
"""Px of width below which state, result and time stand below the name, in the place of the folder."""


class ProjectRow(QWidget):
    """Name and folder, the newest run's state, the last result, when; a click or Return opens it."""

    deleteWanted = Signal(object)
    """Delete this :class:`RecentProject`."""
    forgotten = Signal()
    """It is on the list no more."""

    def __init__(self, project: RecentProject, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self.shell = shell
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)  # painted anew when the mouse comes and goes
        self.setFixedHeight(52)
        self.setAccessibleName(f"{project.name}, {state_line(project)}")
        self._folder = ElidedLabel(str(project.folder), Type.SMALL, muted=True, mode=Qt.TextElideMode.ElideMiddle)
        told = state_line(project), self._result(), age_words(project.used)
        self._below = FittingLabel(Type.SMALL, muted=True, numbers=True)
        self._below.set_wordings("  ·  ".join(filter(None, told)), "  ·  ".join(filter(None, told[:2])), told[0])
        words = in_column(ElidedLabel(project.name, Type.STRONG), self._folder, self._below, gap=0)
        words.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self._columns = [ElidedLabel(text, Type.SMALL, muted=True, numbers=True) for text in told]
        for label, width in zip(self._columns, (84, 190, 104), strict=True):
            label.setFixedWidth(width)
        delete = IconButton("trash", self.tr("Delete {name} with its runs").format(name=project.name))
        delete.clicked.connect(self._delete)
        forget = IconButton("close", self.tr("Take {name} off this list").format(name=project.name))
        forget.clicked.connect(self._forget)
        in_row((words, 1), StatusDot(state_dot(project.state) if project.state else ""), *self._columns, delete, forget,
               inside=self, gap=theme.M, margins=(theme.S, 0, 0, 0))
        self._show_columns(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_columns(event.size().width() >= _NARROW)

    def _show_columns(self, beside: bool) -> None:
        self._folder.setVisible(beside)
        self._below.setVisible(not beside)
        for label in self._columns:
            label.setVisible(beside)
        self.setToolTip("" if beside else str(self.project.folder))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self._open()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._open()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(colors.color("accent") if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(colors.color("hover") if self.underMouse() else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), theme.CONTROL_RADIUS, theme.CONTROL_RADIUS)
        painter.end()

    def _result(self) -> str:
        if self.project.accuracy is None:
            return ""
        told = self.tr("{share} accuracy") if self.project.baseline is None else self.tr("{share} (baseline {other})")
        told = told.format(share=f"{self.project.accuracy:.1%}", other=f"{self.project.baseline or 0:.1%}")
        return f"{told}, {self.project.corrected}" if self.project.corrected else told

    def _open(self) -> None:
        current = self.shell.project
        if (current is not None and current.folder == self.project.folder) or \
                self.shell.open_project(self.project.folder):
            self.shell.go("train" if self.project.state or self.project.copied else "corpus")

    @Slot()
    def _delete(self) -> None:
        self.deleteWanted.emit(self.project)

    @Slot()
    def _forget(self) -> None:
        self.shell.settings.forget_project(self.project.folder)
        self.forgotten.emit()


class InterruptedCard(Card):
    """A run that ended before its end, with Resume."""

    dismissed = Signal()
    """It is not to be said again."""

    def __init__(self, project: RecentProject, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.project = project
        self.shell = shell
        self.set_colors("warn_soft", "warn")
        title = self.tr("The last run of {name} did not come to its end").format(name=project.name)
        run = project.resumable
        detail = self.tr("{state}: {run}. It can go on from its last checkpoint.").format(
            state=state_line(project), run=run_name(run) if run is not None else "")
        resume = Button(self.tr("Resume"), "play")
        resume.clicked.connect(self._resume)
        self.setFocusProxy(resume)
        dismiss = IconButton("close", self.tr("Do not say this again"))
        dismiss.clicked.connect(self._dismiss)
        words = in_column(ElidedLabel(title, Type.STRONG), ElidedLabel(detail, Type.SMALL), gap=2)
        self.body.addLayout(in_row((words, 1), resume, dismiss, gap=theme.M))
        self.setAccessibleName(title)

    @Slot()
    def _dismiss(self) -> None:
        if self.project.resumable is not None:
            self.shell.settings.dismiss_run(self.project.resumable.path)
        self.dismissed.emit()

    @Slot()
    def _resume(self) -> None:
        run, current = self.project.resumable, self.shell.project
        if run is None:
            return
        is_open = current is not None and current.folder == self.project.folder
        if (is_open or self.shell.open_project(self.project.folder)) and self.shell.resume_run(run.path):
            self.shell.go("train")
