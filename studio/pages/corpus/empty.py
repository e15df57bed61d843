"""What the Corpus page says before there is a corpus."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio import theme
from studio.widgets import Button, DropArea, Label, Paragraph, PrimaryButton


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
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.S)
        buttons.addStretch(1)
        for button in (self.choose, self.folder, self.sample):
            buttons.addWidget(button)
        buttons.addStretch(1)
        inside = QWidget()
        inside.setMaximumWidth(720)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.L)
        column.addStretch(1)
        column.addWidget(self.area)
        column.addLayout(buttons)
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
