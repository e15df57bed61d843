"""The pages on top of one another; each is made when it is first wanted."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module

from PySide6.QtCore import QSize, QTimer, Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from studio import theme
from studio.pages import PageEntry, available
from studio.pages.base import Page
from studio.shell import Shell
from studio.widgets import Button, EmptyState, PrimaryButton
from studio.widgets.layouts import in_column

AHEAD_MS = 50
"""Between two modules imported ahead: room for whatever the person does."""


class PageStack(QStackedWidget):
    """Shows one page at a time; pages of a project go with it."""

    statusChanged = Signal(str, str)
    """The page with this key has this dot now."""

    def __init__(self, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shell = shell
        self.entries: tuple[PageEntry, ...] = available()
        self.key = ""
        self._pages: dict[str, Page] = {}
        self._no_project: NoProject | None = None
        # Python's side of the pages goes with Qt's: what they hold (plots, menus) is not to wait for the last reference
        # to this object.
        self.destroyed.connect(_forget(self._pages))

    def minimumSizeHint(self) -> QSize:
        """What the page in view needs, not what any of them does."""
        page = self.currentWidget()
        return page.minimumSizeHint() if page is not None else QSize()

    def entry(self, key: str) -> PageEntry | None:
        """The table's line for ``key``, None if there is no such page."""
        return next((entry for entry in self.entries if entry.key == key), None)

    def show_page(self, key: str) -> bool:
        """Show the page called ``key``; False if there is none."""
        entry = self.entry(key)
        if entry is None:
            return False
        self.key = key
        if entry.of_project and self.shell.project is None:
            self.setCurrentWidget(self._placeholder())
            return True
        page = self.page(key)
        if page is None:
            return False
        theme.current().dress(page)
        self.setCurrentWidget(page)
        page.activated()
        return True

    def page(self, key: str) -> Page | None:
        """The page called ``key``, made now if it was not; None where it needs a project and none is open."""
        entry = self.entry(key)
        if entry is None or (entry.of_project and self.shell.project is None):
            return None
        if key not in self._pages:
            page = entry.make(self.shell, self.shell.project, self)  # of the stack from the first: dressed once
            self._pages[key] = page
            self.addWidget(page)
            page.status.connect(self._status_changed)
        return self._pages[key]

    @Slot()
    def import_ahead(self) -> None:
        """Import the pages' modules, one a turn of the loop, so that the first visit of a page does not wait for it."""
        left = [entry.module for entry in self.entries if entry.module not in sys.modules]
        if left:
            import_module(left[0])
            QTimer.singleShot(AHEAD_MS, self, self.import_ahead)

    def made(self) -> list[Page]:
        """The pages made so far, in order."""
        return [self._pages[entry.key] for entry in self.entries if entry.key in self._pages]

    def is_made(self, key: str) -> bool:
        return key in self._pages

    def drop_project_pages(self) -> None:
        """Throw the pages of the project away: another one is open, or none."""
        for entry in self.entries:
            if entry.of_project:
                self._drop(entry.key)

    def _drop(self, key: str) -> None:
        page = self._pages.pop(key, None)
        if page is not None:
            page.status.disconnect(self._status_changed)
            self.removeWidget(page)
            page.setParent(None)
            page.deleteLater()
            self.statusChanged.emit(key, "")

    def _placeholder(self) -> NoProject:
        if self._no_project is None:
            self._no_project = NoProject(self.shell)
            self.addWidget(self._no_project)
        return self._no_project

    @Slot(str)
    def _status_changed(self, kind: str) -> None:
        page = self.sender()
        key = next((key for key, one in self._pages.items() if one is page), "")
        if key:
            self.statusChanged.emit(key, kind)


def _forget(pages: dict[str, Page]) -> Callable[[], None]:
    """What empties ``pages`` and knows nothing of the stack, which is half gone by then."""
    def forget() -> None:
        pages.clear()

    return forget


class NoProject(QWidget):
    """What a step of the method shows while no project is open."""

    def __init__(self, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        empty = EmptyState(
            "folder", self.tr("No project is open"),
            self.tr("A project keeps a corpus, its settings and its runs together. "
                    "Open the sample to see the whole way in five minutes, or start with your own texts."),
        )
        sample = PrimaryButton(self.tr("Open the sample"), "sample")
        sample.clicked.connect(shell.open_sample)
        home = Button(self.tr("New or recent project"), "home")
        home.clicked.connect(lambda: shell.go("home"))
        empty.add_button(sample)
        empty.add_button(home)
        in_column(empty, inside=self, margins=None)
