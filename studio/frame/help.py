"""Help: one text a page, written once, opened by F1 and found paragraph by paragraph by the palette."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import resources

from PySide6.QtCore import QCoreApplication, Slot
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QListWidget, QSplitter, QTextBrowser, QVBoxLayout, QWidget

from studio import theme
from studio.pages import PageEntry

from .matching import Entry


@dataclass(frozen=True)
class Topic:
    """A paragraph of the help of the page ``key`` with its heading; the first one of a page has the page's title."""

    key: str
    title: str
    text: str


@lru_cache(maxsize=32)
def help_text(key: str) -> str:
    """The whole help of the page called ``key``, as Markdown; empty where there is none."""
    try:
        return resources.files("resources").joinpath("help").joinpath(f"{key}.md").read_text(encoding="utf-8")
    except (FileNotFoundError, ModuleNotFoundError, NotADirectoryError):
        return ""


def topics(key: str) -> list[Topic]:
    """The help of the page called ``key``, heading by heading."""
    found: list[Topic] = []
    for line in help_text(key).splitlines():
        if line.startswith("#"):
            found.append(Topic(key, line.lstrip("# "), ""))
        elif found and not line.startswith("!["):  # a picture is seen, not searched
            found[-1] = Topic(key, found[-1].title, f"{found[-1].text} {line}".strip())
    return found


def help_entries(pages: tuple[PageEntry, ...], where: str, show: Callable[[str, str], None]) -> list[Entry]:
    """What the palette finds of the help; ``where`` is the word for help, ``show`` is called with page and heading."""
    return [
        Entry(QCoreApplication.translate("Help", topic.title), f"{where}: {page.words()}",
              partial(show, page.key, topic.title), "help", topic.text)
        for page in pages for number, topic in enumerate(topics(page.key)) if number
    ]


class HelpDialog(QDialog):
    """The pages in a list, the text beside it. It does not stand in the way of the window."""

    def __init__(self, pages: tuple[PageEntry, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Help"))
        self.resize(820, 600)
        self._pages = tuple(page for page in pages if help_text(page.key))
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Pages"))
        self.list.setSpacing(2)
        self.list.addItems([page.words() for page in self._pages])
        self.view = QTextBrowser()
        self.view.setOpenLinks(False)
        self.view.setSearchPaths([str(resources.files("resources").joinpath("help"))])  # where the pictures lie
        self.view.setAccessibleName(self.tr("Help of the page"))
        split = QSplitter()
        split.setChildrenCollapsible(False)
        split.addWidget(self.list)
        split.addWidget(self.view)
        split.setSizes([180, 640])
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.L, theme.L, theme.L, theme.L)
        column.addWidget(split, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        self.list.currentRowChanged.connect(self._chosen)

    def show_topic(self, key: str, heading: str = "") -> None:
        """Show the help of the page called ``key``, from ``heading`` on."""
        place = next((number for number, page in enumerate(self._pages) if page.key == key), 0)
        self.list.setCurrentRow(place)
        self._chosen(place)
        if heading:
            self.view.moveCursor(self.view.textCursor().MoveOperation.End)
            # From the end upwards, so that the heading comes to stand at the top of the view.
            self.view.find(heading, QTextDocument.FindFlag.FindBackward)
            cursor = self.view.textCursor()
            bar = self.view.verticalScrollBar()
            bar.setValue(bar.value() + self.view.cursorRect(cursor).top() - theme.L)
        self.view.setFocus()

    @Slot(int)
    def _chosen(self, place: int) -> None:
        if 0 <= place < len(self._pages):
            self.view.setMarkdown(help_text(self._pages[place].key))
