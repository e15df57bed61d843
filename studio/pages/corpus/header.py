"""The top of the Corpus page: which files, and the one thing to do next; and the page before there is a corpus."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton, QWidget

from studio import theme
from studio.widgets import Beside, Button, DropArea, ElidedLabel, IconButton, Label, Lines, Paragraph, PrimaryButton
from studio.widgets.layouts import STRETCH, as_widget, in_column, in_row
from ulmengine.config import CorpusConfig

from .files import CorpusFiles

_PLACE = 180
"""So much of where the corpus lies is to be read beside the buttons, in px."""


class CorpusHeader(QWidget):
    """Title, the corpus' place, and buttons. What the primary one does follows from how far the corpus is read."""

    def __init__(self, files: CorpusFiles, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.place = ElidedLabel("", muted=True, mode=Qt.TextElideMode.ElideMiddle)
        self.choose = Button(self.tr("Choose a file…"), "file")
        self.more = IconButton("more", self.tr("More about the corpus"))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        for text, slot in (
            (self.tr("Choose a folder…"), files.choose_folder), (self.tr("Test file…"), files.choose_test),
            (self.tr("Test folder…"), files.choose_test_folder),
            (self.tr("File of unlabelled texts…"), files.choose_unlabelled),
            (self.tr("Folder of unlabelled texts…"), files.choose_unlabelled_folder),
            (self.tr("Take the corpus out of the project"), files.forget),
        ):
            menu.addAction(text).triggered.connect(slot)
        self.more.setMenu(menu)
        self.read = PrimaryButton(self.tr("Read all of it"), "import")
        self.onward = PrimaryButton(self.tr("Continue to the model"), "chevron-right")
        self.choose.clicked.connect(files.choose_file)
        self.read.clicked.connect(self.read.hide)
        said = as_widget(in_column(Label(self.tr("Corpus"), theme.Type.TITLE), self.place, gap=2))
        said.setMinimumWidth(_PLACE)
        said.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        buttons = (self.choose, self.more, self.read, self.onward)
        line = in_row(STRETCH, *((button, 0, Qt.AlignmentFlag.AlignBottom) for button in buttons))
        in_column(Beside(said, as_widget(line)), inside=self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_state("empty")

    def follow(self, config: CorpusConfig) -> None:
        """Show the files that are chosen."""
        told = []
        if config.path:
            told.append(str(Path(config.path)))
        if config.test_path:
            told.append(self.tr("test: {file}").format(file=Path(config.test_path).name))
        if config.unlabelled_path:
            told.append(self.tr("unlabelled: {file}").format(file=Path(config.unlabelled_path).name))
        self.place.setText("   ·   ".join(told) or self.tr("The texts that the classifier learns from"))

    def show_state(self, state: str, size: int = 0) -> None:
        """``state``: "empty", "busy", "unread" (``size`` bytes, 0: not said), "failed" or "read"."""
        self.choose.setVisible(state != "empty")
        self.more.setVisible(state != "empty")
        self.read.setVisible(state == "unread")
        self.onward.setVisible(state == "read")
        if size:
            self.read.setText(self.tr("Read all of it ({size} MB)").format(size=f"{size / 1e6:,.0f}"))
        else:
            self.read.setText(self.tr("Read all of it"))
        self.read.setAccessibleName(self.read.text())


class EmptyCorpus(QWidget):
    """A place to drop files on, what may be dropped, and the sample for those who have nothing yet."""

    def __init__(self, files: CorpusFiles, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.area = DropArea(
            self.tr("Drop your texts here"),
            self.tr("A table, a text file, a folder, or any of them compressed"),
        )
        self.area.setMinimumHeight(200)
        self.choose = PrimaryButton(self.tr("Choose a file…"), "file")
        self.folder = Button(self.tr("Choose a folder…"), "folder")
        self.sample = Button(self.tr("Try the sample"), "sample", "quiet")
        self._arrange()
        self.area.dropped.connect(files.take)
        self.area.clicked.connect(files.choose_file)
        self.choose.clicked.connect(files.choose_file)
        self.folder.clicked.connect(files.choose_folder)

    def _arrange(self) -> None:
        buttons = Lines()
        for button in (self.choose, self.folder, self.sample):
            buttons.add(button)
        lines = []
        for title, text in self._formats():
            name = Label(title, theme.Type.SMALL)
            name.setFixedWidth(110)
            lines.append(in_row((name, 0, Qt.AlignmentFlag.AlignTop), (Paragraph(text, theme.Type.SMALL), 1),
                                gap=theme.M))
        middle = in_row(STRETCH, buttons, STRETCH)
        inside = as_widget(in_column(STRETCH, self.area, middle, theme.S, *lines, (STRETCH, 2), gap=theme.L))
        inside.setMaximumWidth(720)
        in_row(STRETCH, (inside, 1000), STRETCH, inside=self)

    def _formats(self) -> list[tuple[str, str]]:
        return [
            (self.tr("Tables"), self.tr("CSV, TSV, semicolon or bar; JSON, JSON Lines; Parquet; Excel and ODS")),
            (self.tr("Texts"), self.tr("A document a line, a paragraph or a file; LABEL:fine as in TREC; fastText")),
            (self.tr("Folders"), self.tr("train/pos, train/neg, test, unsup as in the film reviews of aclImdb")),
            (self.tr("Compressed"), self.tr("Any of them as .gz, .bz2, .xz or .zip")),
        ]
