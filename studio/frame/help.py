"""Help: one text a page, written once, opened by F1 and found paragraph by paragraph by the palette."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import resources
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QSize, Qt, QUrl, Slot
from PySide6.QtGui import QImage, QResizeEvent, QTextDocument
from PySide6.QtWidgets import QDialog, QListWidget, QSplitter, QTextBrowser, QWidget

from studio import theme
from studio.pages import PageEntry
from studio.widgets.layouts import in_column, resize_within_screen

from .dialogs import closing_row
from .matching import Entry

SIZE = QSize(960, 680)
"""Of the window, where the screen has room for it."""
_IMAGE = QTextDocument.ResourceType.ImageResource.value
_PICTURE = re.compile(r"^!\[(.*)\]\((.*)\)$", re.MULTILINE)


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


@dataclass(frozen=True)
class Picture:
    """What a page looks like. ``name``: as the help's text has it; ``words``: the same for those who do not see it."""

    name: str
    path: Path
    words: str


def pictures(key: str) -> list[Picture]:
    """The pictures in the help of the page called ``key``."""
    folder = Path(str(resources.files("resources"))) / "help"
    return [Picture(path, folder / path, words) for words, path in _PICTURE.findall(help_text(key))]


def in_todays_colors(path: Path) -> Path:
    """The dark one of a pair of pictures ("name.png", "name-dark.png") where the theme is dark, and there are two."""
    dark = path.with_stem(f"{path.stem}-dark")
    return dark if theme.colors().dark and dark.is_file() else path


def help_entries(pages: tuple[PageEntry, ...], where: str, show: Callable[[str, str], None]) -> list[Entry]:
    """What the palette finds of the help; ``where`` is the word for help, ``show`` is called with page and heading."""
    return [
        Entry(QCoreApplication.translate("Help", topic.title), f"{where}: {page.words()}",
              partial(show, page.key, topic.title), "help", topic.text)
        for page in pages for number, topic in enumerate(topics(page.key)) if number
    ]


class HelpView(QTextBrowser):
    """The help of one page. Its pictures are no wider than the text, sharp on every screen, and in today's colours."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)
        self.setAccessibleName(self.tr("Help of the page"))
        self._pictures: list[Picture] = []
        theme.current().changed.connect(self._draw_pictures)

    def show_page(self, key: str) -> None:
        self._pictures = pictures(key)
        self.setAccessibleDescription(" ".join(picture.words for picture in self._pictures))
        self.setMarkdown(help_text(key))
        self._draw_pictures()

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        """A picture of the page in view; nothing else is read, wherever a text may point."""
        for picture in self._pictures:
            if kind == _IMAGE and QUrl(name).fileName() == picture.path.name:
                return self._fitted(picture)
        return None

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._draw_pictures()

    @Slot()
    def _draw_pictures(self) -> None:
        document = self.document()
        for picture in self._pictures:
            document.addResource(_IMAGE, QUrl(picture.name), self._fitted(picture))
        document.markContentsDirty(0, document.characterCount())

    def _fitted(self, picture: Picture) -> QImage:
        image = QImage(str(in_todays_colors(picture.path)))
        if image.isNull():
            return image
        # The scroll bar's room is left free also while there is none, or the one would call for the other in turn.
        around = 2 * round(self.document().documentMargin()) + self.verticalScrollBar().sizeHint().width()
        room = self.width() - 2 * self.frameWidth() - around
        ratio = self.devicePixelRatioF()
        width = min(max(room, 1) * ratio, image.width() * max(ratio, 1.0))
        fitted = image.convertToFormat(QImage.Format.Format_RGB32).scaledToWidth(
            max(round(width), 1), Qt.TransformationMode.SmoothTransformation)
        fitted.setDevicePixelRatio(ratio)
        return fitted


class HelpDialog(QDialog):
    """The pages in a list, the text beside it. It does not stand in the way of the window."""

    def __init__(self, pages: tuple[PageEntry, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Help"))
        resize_within_screen(self, SIZE)
        self._pages = tuple(page for page in pages if help_text(page.key))
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Pages"))
        self.list.setSpacing(2)
        self.list.addItems([page.words() for page in self._pages])
        self.view = HelpView()
        split = QSplitter(childrenCollapsible=False)
        split.addWidget(self.list)
        split.addWidget(self.view)
        split.setSizes([150, 770])
        split.setStretchFactor(1, 1)
        in_column((split, 1), closing_row(self), inside=self, gap=-1, margins=(theme.L, theme.L, theme.L, theme.L))
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
            self.view.show_page(self._pages[place].key)
