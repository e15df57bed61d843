"""Home: go on where you were, or begin."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from studio import theme
from studio.pages.base import Page
from studio.pages.corpus.files import corpus_filters
from studio.shell import Shell
from studio.theme import Type
from studio.widgets import (
    Button,
    Card,
    Cells,
    DropArea,
    ElidedLabel,
    FittingLabel,
    IconButton,
    Lines,
    Paragraph,
    SectionTitle,
    StatusDot,
)
from studio.widgets.layouts import discard, in_column, in_row
from studio.words import state_dot
from ulmengine.plan.control import RunState
from ulmengine.record import run_name

from .deleting import DeletedProject, Deletions
from .recent import RecentProject, age_words, look_at, state_line

NARROWEST = 300
"""Px of a card with two buttons beside one another."""
SHOWN = 6
"""Recent projects on the page; the palette finds the others."""


class HomePage(Page):
    """Recent projects with their last result; New, Open, the sample; an interrupted run offers Resume."""

    def __init__(self, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(shell, parent)
        self.deletions = Deletions(shell, self)
        body = self.scrolling()
        body.setSpacing(theme.XL)
        body.addWidget(SectionTitle(
            self.tr("Train a text classifier you understand"),
            self.tr("Bring texts with labels. See every step. Classify new ones."), page=True,
            shorter=self.tr("Train a text classifier"),
        ))
        self._interrupted, self._rows = in_column(gap=theme.M), in_column(gap=0)
        body.addLayout(self._interrupted)
        body.addLayout(self._beginnings())
        self.recent = Card(self.tr("Recent projects"))
        self.recent.body.addLayout(self._rows)
        body.addWidget(self.recent)
        body.addStretch(1)
        shell.projectChanged.connect(self._refresh_soon)
        shell.shown.stateChanged.connect(self._refresh_soon)
        self.deletions.changed.connect(self._refresh_soon)
        self.refresh()

    def activated(self) -> None:
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Look at the recent projects' folders and show how they stand."""
        found = [project for path in self.shell.settings.values.recent if (project := look_at(Path(path))) is not None]
        found = sorted(found, key=lambda project: project.used, reverse=True)[:SHOWN]
        before = self._parts()
        focus = self.window().focusWidget()
        place = next((place for place, part in enumerate(before) if focus is not None
                      and (part is focus or part.isAncestorOf(focus))), None)
        for layout in (self._rows, self._interrupted):
            discard(layout, [part for part in before if layout.indexOf(part) >= 0])
        for project in found:
            self._add(project)
        self.recent.setVisible(bool(found))
        if place is not None and focus is not None:
            self._give_focus(place, before[place], focus)
        primary = "sample" if not found else "new"
        for name, button in self._buttons.items():
            button.set_role("primary" if name == primary else "plain")

    def _parts(self) -> list[ProjectRow | InterruptedCard]:
        """The cards of runs that can be gone on with and the rows of projects, from the top."""
        items = [layout.itemAt(n) for layout in (self._interrupted, self._rows) for n in range(layout.count())]
        parts = [item.widget() for item in items if item is not None]
        return [part for part in parts if isinstance(part, (ProjectRow, InterruptedCard))]

    def _give_focus(self, place: int, before: ProjectRow | InterruptedCard, focus: QWidget) -> None:
        """Give the focus back, which was on ``focus``, a part of ``before`` at that ``place``: where the same project
        is told of still, to the same part of it, else to what has come in its place, else to what is left to do."""
        parts = self._parts()
        same = next((part for part in parts if type(part) is type(before)
                     and part.project.folder == before.project.folder), None)
        heir = same or (parts[min(place, len(parts) - 1)] if parts else self._buttons["new"])
        heir.show()  # the layout does so only later, and what is hidden keeps no focus
        own = [one for one in heir.findChildren(QAbstractButton) if one.accessibleName() == focus.accessibleName()]
        (own[0] if same is not None and own else heir).setFocus(Qt.FocusReason.OtherFocusReason)

    def _beginnings(self) -> QVBoxLayout:
        cards = Cells(NARROWEST)
        self._buttons: dict[str, Button] = {}
        lines = (
            ("sample", self.tr("See it work"), self.tr("A real run on a small help desk, in minutes."),
             self.tr("Open the sample"), self._open_sample),
            ("new", self.tr("Start your own"), self.tr("A project for texts of your own."),
             self.tr("New project"), self.shell.ask_for_new_project),
            ("folder", self.tr("Go on"), self.tr("A project, or a run made elsewhere."),
             self.tr("Open a project"), self.shell.ask_for_project),
        )
        for icon, title, text, button_text, slot in lines:
            card = Card(title)
            card.body.addWidget(Paragraph(text, theme.Type.SMALL))
            button = Button(button_text, "plus" if icon == "new" else icon)
            button.clicked.connect(slot)
            self._buttons[icon] = button
            row = Lines()
            row.add(button)
            if icon == "sample":
                self.tour = Button(self.tr("Take the tour"), "flag")
                self.tour.setToolTip(self.tr("Opens the sample, trains on it and shows every page on the way"))
                self.tour.clicked.connect(self.shell.tourWanted)
                row.add(self.tour)
            if icon == "folder":
                self.open_run = Button(self.tr("Open a run…"), "runs")
                self.open_run.clicked.connect(self._open_run)
                row.add(self.open_run)
            card.body.addSpacing(theme.XS)
            card.body.addWidget(row)
            cards.add(card)
        drop = DropArea(self.tr("Drop a file or folder to start a project with it"),
                        self.tr("CSV, JSON Lines, Parquet, Excel, text, folders of texts, also in .gz and .zip"))
        drop.dropped.connect(self.shell.take_files)
        drop.clicked.connect(self._choose_file)
        return in_column(cards, drop, gap=theme.L)

    def _add(self, project: RecentProject) -> None:
        row = ProjectRow(project, self.shell)
        row.deleteWanted.connect(self._delete)
        row.forgotten.connect(self.refresh)
        self._rows.addWidget(row)
        if self._is_news(project) and not self.shell.busy:
            card = InterruptedCard(project, self.shell)
            card.dismissed.connect(self.refresh)
            self._interrupted.addWidget(card)

    def _is_news(self, project: RecentProject) -> bool:
        """Whether to say that the newest run did not come to its end: not of one that the person stopped."""
        run = project.resumable
        return run is not None and project.state is not RunState.STOPPED and \
            str(run.path) not in self.shell.settings.values.dismissed

    @Slot(object)
    def _delete(self, project: RecentProject) -> None:
        """Delete a project; it is there again when the person thinks better of it."""
        gone = self.deletions.delete(project.folder, project.name)
        if gone is not None:
            self.shell.toast(
                self.tr("{name} is deleted. Until the next start of the program it can be put back.").format(
                    name=project.name),
                "info", self.tr("Undo"), partial(self.deletions.put_back, gone), holds=lambda: gone.waits)

    def actions(self) -> list[QAction]:
        """What the palette offers of this page: whatever was deleted comes back by its name."""
        for action in super().actions():
            self.removeAction(action)
            action.deleteLater()
        for gone in self.deletions.waiting:
            text = self.tr("Put back the project {name}").format(name=gone.name)
            self.offer(text, partial(self._put_back, gone), "undo")
        return super().actions()

    def _put_back(self, gone: DeletedProject, checked: bool = False) -> None:
        del checked
        self.deletions.put_back(gone)
        self.shell.go("home")

    @Slot()
    def _refresh_soon(self) -> None:
        if self.isVisible():
            QTimer.singleShot(0, self, self.refresh)

    @Slot()
    def _open_sample(self) -> None:
        if self.shell.open_sample():
            self.shell.go("train")

    @Slot()
    def _open_run(self) -> None:
        if self.shell.project is None and not self.shell.may_change_project():  # it would be shown in a project
            return
        folder = self.shell.ask.folder(self.tr("Open a run folder"), Path.home())
        if folder is not None:
            self.shell.open_run(folder)

    @Slot()
    def _choose_file(self) -> None:
        if not self.shell.may_change_project():
            return
        paths = self.shell.ask.open_files(self.tr("Choose a corpus"), Path.home(), corpus_filters())
        if paths:
            self.shell.take_files(paths)


_NARROW = 720
"""Px of width below which state, result and time stand below the name, in the place of the folder."""
_RESULT, _MORE = 210, 110
"""Px for the result, and those that a wide row gives it besides."""


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
        self._columns = [FittingLabel(Type.SMALL, muted=True, numbers=True) for _ in told]
        for label, text, width in zip(self._columns, told, (84, _RESULT, 104), strict=True):
            label.set_wordings(text)
            label.setFixedWidth(width)
        self._columns[1].set_wordings(told[1], self._result(short=True))
        delete = IconButton("trash", self.tr("Delete {name} with its runs").format(name=project.name))
        delete.clicked.connect(self._delete)
        forget = IconButton("close", self.tr("Take {name} off this list").format(name=project.name))
        forget.clicked.connect(self._forget)
        in_row((words, 1), StatusDot(state_dot(project.state) if project.state else ""), *self._columns, delete, forget,
               inside=self, gap=theme.M, margins=(theme.S, 0, 0, 0))
        self._show_columns(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = event.size().width()
        self._columns[1].setFixedWidth(_RESULT + min(max(width - _NARROW, 0) // 2, _MORE))
        self._show_columns(width >= _NARROW)

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

    def _result(self, *, short: bool = False) -> str:
        """``short``: of several things that are to be said, not what the baseline reached."""
        if self.project.accuracy is None:
            return ""
        corrected, told = self.project.corrected, f"{self.project.accuracy:.1%}"
        if not (short and corrected):
            form = self.tr("{share} accuracy") if self.project.baseline is None else \
                self.tr("{share} (baseline {other})")
            told = form.format(share=told, other=f"{self.project.baseline or 0:.1%}")
        if self.project.earlier:
            told = self.tr("before: {result}").format(result=told)
        return f"{told}, {corrected}" if corrected else told

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
        """Take it off the list, with a way back; the open one stays, for one comes back to it by the list."""
        shell, project = self.shell, self.project
        if shell.project is not None and shell.project.folder == project.folder:
            shell.toast(self.tr("{name} is open. Close it first, then take it off this list.").format(
                name=project.name), "warning",
                holds=lambda: shell.project is not None and shell.project.folder == project.folder)
            return
        shell.settings.forget_project(project.folder)
        shell.toast(self.tr("{name} is off the list. Its folder stays where it is.").format(name=project.name), "info",
                    self.tr("Undo"), partial(_put_on_list, shell, project.folder))
        self.forgotten.emit()


def _put_on_list(shell: Shell, folder: Path) -> None:
    """On the list again; Home shows it at once if it is in view."""
    shell.settings.remember_project(folder)
    shell.go("home")


class InterruptedCard(Card):
    """A run that ended before its end, with Resume; or with the way to what can be tried, where that is told of it."""

    dismissed = Signal()
    """It is not to be said again."""

    def __init__(self, project: RecentProject, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.project = project
        self.shell = shell
        self.set_colors("warn_soft", "warn")
        title = self.tr("The last run of {name} did not come to its end").format(name=project.name)
        run = project.resumable
        advised = shell.shown.advised if run == shell.shown.folder else project.state is RunState.FAILED
        detail = self.tr("{state}: {run}. The page Train says what can be tried.") if advised else \
            self.tr("{state}: {run}. It can go on from its last checkpoint.")
        detail = detail.format(state=state_line(project), run=run_name(run) if run is not None else "")
        resume = Button(self.tr("What to try"), "info") if advised else Button(self.tr("Resume"), "play")
        resume.clicked.connect(self._show if advised else self._resume)
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
    def _show(self) -> None:
        if self.project.resumable is not None and self._opened():
            self.shell.look_at(self.project.resumable.path)

    @Slot()
    def _resume(self) -> None:
        run = self.project.resumable
        if run is not None and self._opened() and self.shell.starter.resume(run.path):
            self.shell.go("train")

    def _opened(self) -> bool:
        current = self.shell.project
        return (current is not None and current.folder == self.project.folder) or \
            self.shell.open_project(self.project.folder)
