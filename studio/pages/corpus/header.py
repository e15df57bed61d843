"""The top of the Corpus page: which files, and the one thing to do next."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from studio import theme
from studio.project import Project
from studio.widgets import Button, ElidedLabel, IconButton, Label, PrimaryButton
from ulmengine.config import CorpusConfig


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
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label(self.tr("Corpus"), theme.Type.TITLE))
        words.addWidget(self.place)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.S)
        row.addLayout(words, 1)
        for button in (self.choose, self.more, self.read, self.onward):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
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
