"""Home: go on where you were, or begin."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from studio import theme
from studio.pages.base import Page
from studio.pages.corpus.files import corpus_filters
from studio.shell import Shell
from studio.widgets import Button, Card, Cells, DropArea, Lines, Paragraph, SectionTitle
from studio.widgets.layouts import discard, in_column
from ulmengine.plan.control import RunState

from .deleting import DeletedProject, Deletions
from .project_rows import InterruptedCard, ProjectRow
from .recent import RecentProject, look_at

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
        shell.run.stateChanged.connect(self._refresh_soon)
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
