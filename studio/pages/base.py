"""What every page is."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio import theme
from studio.project import Project
from studio.shell import Shell
from studio.widgets import ConfigField, ConfigForm
from studio.widgets.layouts import STRETCH, as_widget, in_column, in_row, scrolling


class Page(QWidget):
    """One screen. It takes what it needs in its constructor and never reaches for the window.

    A subclass puts its content into ``body`` (a column with the page's margins) or calls :meth:`scrolling` first.
    """

    status = Signal(str)
    """The dot on the rail: "" (nothing yet), "ready", "busy", "done" or "problem"."""

    def __init__(self, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shell = shell
        self._outer = in_column(inside=self, gap=0)
        self._body: QVBoxLayout | None = None

    @property
    def body(self) -> QVBoxLayout:
        """The column that holds the page's content."""
        if self._body is None:
            self._body = in_column(gap=theme.L, margins=(theme.XL, theme.XL, theme.XL, theme.L))
            self._outer.addLayout(self._body)
        return self._body

    def scrolling(self, width: int = theme.CONTENT_WIDTH) -> QVBoxLayout:
        """Make the page scroll, its column at most ``width`` px wide and centred; gives the column."""
        column = QWidget(maximumWidth=width)
        self._body = in_column(inside=column, gap=theme.L)
        row = in_row(STRETCH, (column, 1000), STRETCH, margins=(theme.XL, theme.XL, theme.XL, theme.XL))
        self._outer.addWidget(scrolling(as_widget(row), sideways=True))
        return self._body

    def activated(self) -> None:
        """The page has come into view."""

    def offer(self, text: str, slot: Callable[[], object], icon: str = "") -> None:
        """Offer ``text`` in the palette, with this ``icon`` in the place of the usual one; see ``actions``."""
        action = QAction(text, self)
        action.setProperty("icon_name", icon)
        action.triggered.connect(slot)
        self.addAction(action)

    def show_setting(self, name: str) -> bool:
        """Bring the setting with the dotted ``name`` into view with the focus; False if the page does not show it."""
        for form in self.findChildren(ConfigForm):
            if form.show_field(name):
                return True
        for one in self.findChildren(ConfigField):
            if one.name == name:
                one.flash()
                return True
        return False

    def dropped(self, paths: list[str]) -> bool:
        """Files were dropped on the window while this page was in view; True if the page takes them."""
        del paths
        return False


class ProjectPage(Page):
    """A page about one project; it is made anew when another project is opened."""

    def __init__(self, project: Project, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(shell, parent)
        self.project = project
