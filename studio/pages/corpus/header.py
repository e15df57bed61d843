"""The top of the Corpus page: which files, and the one thing to do next; and the page before there is a corpus."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from studio import theme
from studio.project import Project
from studio.widgets import Beside, Button, DropArea, ElidedLabel, IconButton, Label, Lines, Paragraph, PrimaryButton
from ulmengine.config import CorpusConfig

_PLACE = 180
"""So much of where the corpus lies is to be read beside the buttons, in px."""


class CorpusHeader(QWidget):
    """Title, the corpus' place, and buttons. What the primary one does follows from how far the corpus is read."""

    fileWanted = Signal()
    folderWanted = Signal()
    testWanted = Signal()
    testFolderWanted = Signal()
    unlabelledWanted = Signal()
    unlabelledFolderWanted = Signal()
    forgetWanted = Signal()
    readWanted = Signal()
    onwardWanted = Signal()

    def __init__(self, project: Project, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self.place = ElidedLabel("", muted=True, mode=Qt.TextElideMode.ElideMiddle)
        self.choose = Button(self.tr("Choose a file…"), "file")
        self.more = IconButton("more", self.tr("More about the corpus"))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(self._menu())
        self.read = PrimaryButton(self.tr("Read all of it"), "import")
        self.onward = PrimaryButton(self.tr("Continue to the model"), "chevron-right")
        self.choose.clicked.connect(self.fileWanted)
        self.read.clicked.connect(self._read)
        self.onward.clicked.connect(self.onwardWanted)
        said, buttons = QWidget(), QWidget()
        words = QVBoxLayout(said)
        words.setContentsMargins(0, 0, 0, 0)
        words.setSpacing(2)
        words.addWidget(Label(self.tr("Corpus"), theme.Type.TITLE))
        words.addWidget(self.place)
        said.setMinimumWidth(_PLACE)
        said.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        line = QHBoxLayout(buttons)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.S)
        line.addStretch(1)
        for button in (self.choose, self.more, self.read, self.onward):
            line.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
        row = QVBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(Beside(said, buttons))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_state("empty")

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        for text, signal in (
            (self.tr("Choose a folder…"), self.folderWanted), (self.tr("Test file…"), self.testWanted),
            (self.tr("Test folder…"), self.testFolderWanted),
            (self.tr("File of unlabelled texts…"), self.unlabelledWanted),
            (self.tr("Folder of unlabelled texts…"), self.unlabelledFolderWanted),
            (self.tr("Take the corpus out of the project"), self.forgetWanted),
        ):
            menu.addAction(text).triggered.connect(signal)
        return menu

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

    @Slot()
    def _read(self) -> None:
        self.read.hide()
        self.readWanted.emit()


class EmptyCorpus(QWidget):
    """A place to drop files on, what may be dropped, and the sample for those who have nothing yet."""

    fileWanted = Signal()
    folderWanted = Signal()
    sampleWanted = Signal()
    dropped = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
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
        self.area.dropped.connect(self.dropped)
        self.area.clicked.connect(self.fileWanted)
        self.choose.clicked.connect(self.fileWanted)
        self.folder.clicked.connect(self.folderWanted)
        self.sample.clicked.connect(self.sampleWanted)

    def _arrange(self) -> None:
        buttons = Lines()
        for button in (self.choose, self.folder, self.sample):
            buttons.add(button)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(buttons)
        middle.addStretch(1)
        inside = QWidget()
        inside.setMaximumWidth(720)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.L)
        column.addStretch(1)
        column.addWidget(self.area)
        column.addLayout(middle)
        column.addSpacing(theme.S)
        for title, text in self._formats():
            line = QHBoxLayout()
            line.setSpacing(theme.M)
            name = Label(title, theme.Type.SMALL)
            name.setFixedWidth(110)
            line.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(Paragraph(text, theme.Type.SMALL), 1)
            column.addLayout(line)
        column.addStretch(2)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(inside, 1000)
        row.addStretch(1)

    def _formats(self) -> list[tuple[str, str]]:
        return [
            (self.tr("Tables"), self.tr("CSV, TSV, semicolon or bar; JSON, JSON Lines; Parquet; Excel and ODS")),
            (self.tr("Texts"), self.tr("A document a line, a paragraph or a file; LABEL:fine as in TREC; fastText")),
            (self.tr("Folders"), self.tr("train/pos, train/neg, test, unsup as in the film reviews of aclImdb")),
            (self.tr("Compressed"), self.tr("Any of them as .gz, .bz2, .xz or .zip")),
        ]
