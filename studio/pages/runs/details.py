"""One run: what a person says of it, its result, what sets it apart from the usual settings."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from studio import theme
from studio.models.runs import result_words, saved_state_words, time_spent
from studio.theme import Type
from studio.widgets import Beside, Button, ElidedLabel, Paragraph
from ulmengine.record import RunFolder, RunLine, RunMarks

SAVE_MS = 700
"""After so long a pause in writing the notes are kept."""


class Details(QWidget):
    """Title, tags and notes, each changed in its place; what can be done with the run stands below."""

    said = Signal(object, str)
    """Other :class:`RunMarks`, and what the undo menu calls the change."""
    notesFailed = Signal(str)
    wanted = Signal(str)
    """"open", "clone", "export", "archive" or "delete": a button was pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line: RunLine | None = None
        self._title, self._tags = QLineEdit(), QLineEdit()
        self._notes = QPlainTextEdit()
        self._notes.setTabChangesFocus(True)
        self._notes.setMinimumHeight(64)
        self._result = Paragraph(muted=False)
        self._problem = Paragraph(muted=False)
        self._path = ElidedLabel("", Type.SMALL, muted=True, mode=Qt.TextElideMode.ElideMiddle)
        self._buttons: dict[str, Button] = {}
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(SAVE_MS)
        self._pause.timeout.connect(self.keep_notes)
        self._arrange()
        self._title.editingFinished.connect(self._titled)
        self._tags.editingFinished.connect(self._tagged)
        self._notes.textChanged.connect(self._noting)

    def show_run(self, line: RunLine | None) -> None:
        """Show the run ``line``; what was being written of another one is kept."""
        same = line is not None and self._line is not None and line.folder == self._line.folder
        if not same:
            self.keep_notes()
        self._line = line
        if line is None:
            return
        if not self._title.hasFocus():
            self._title.setText(line.name)
        if not self._tags.hasFocus():
            self._tags.setText(", ".join(line.about.tags))
        if not (same and self._notes.hasFocus()):
            self._notes.blockSignals(True)
            self._notes.setPlainText(line.notes)
            self._notes.blockSignals(False)
        self._result.setText(self._told(line))
        self._problem.setText(line.problem)
        self._problem.setVisible(bool(line.problem))
        self._path.setText(str(line.folder))
        for part in (self._title, self._tags, self._notes):
            part.setEnabled(not line.problem)
        for name in ("open", "clone", "export", "archive"):
            self._buttons[name].setEnabled(not line.problem)
        self._buttons["delete"].setEnabled(line.state != "running")
        self._buttons["archive"].setText(self.tr("Bring back") if line.about.archived else self.tr("Archive"))

    @Slot()
    def keep_notes(self) -> None:
        """Write down what was noted, if that has changed."""
        self._pause.stop()
        line, text = self._line, self._notes.toPlainText()
        if line is None or line.problem or not self._notes.document().isModified():
            return
        self._notes.document().setModified(False)
        try:
            RunFolder(Path(line.folder)).write_notes(text)
        except OSError as error:
            self.notesFailed.emit(self.tr("The notes could not be written: {why}").format(why=error.strerror or error))

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.S, 0, 0)
        column.setSpacing(theme.S)
        column.addWidget(self._problem)
        column.addWidget(self._result)
        form = QFormLayout()
        form.setSpacing(theme.S)
        for text, name, widget in (
            (self.tr("Name"), self.tr("Name of the run"), self._title),
            (self.tr("Tags"), self.tr("Tags of the run, with commas between them"), self._tags),
            (self.tr("Notes"), self.tr("Notes about the run"), self._notes),
        ):
            widget.setAccessibleName(name)
            label = QLabel(text)
            label.setBuddy(widget)
            form.addRow(label, widget)
        self._tags.setPlaceholderText(self.tr("baseline, long texts"))
        column.addLayout(form)
        column.addWidget(self._path)
        parts = QWidget(), QWidget()
        rows = [QHBoxLayout(part) for part in parts]
        for row in rows:
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(theme.S)
        for name, text, icon, role in (
            ("open", self.tr("Show"), "train", "plain"), ("clone", self.tr("Use its settings"), "copy", "plain"),
            ("export", self.tr("Export…"), "export", "plain"), ("archive", self.tr("Archive"), "folder", "quiet"),
            ("delete", self.tr("Delete"), "trash", "quiet"),
        ):
            button = Button(text, icon, role)
            button.setProperty("does", name)
            button.clicked.connect(self._pressed)
            self._buttons[name] = button
            rows[role == "quiet"].addWidget(button)
        rows[1].addStretch(1)
        column.addWidget(Beside(*parts))
        column.addStretch(1)

    def _told(self, line: RunLine) -> str:
        parts = [saved_state_words(line.state)]
        result = result_words(line)
        if line.accuracy is not None and line.interval is not None:
            result = self.tr("right in {share} of the {part} documents ({low} to {high})").format(
                share=result, low=f"{line.interval[0]:.1%}", high=f"{line.interval[1]:.1%}",
                part=self.tr("test") if line.part == "test" else self.tr("validation"))
        if result:
            parts.append(result)
        if line.network is not None:
            parts.append(self.tr("network alone {share}").format(share=f"{line.network:.1%}"))
        if line.baseline is not None:
            parts.append(self.tr("word-count baseline {share}").format(share=f"{line.baseline:.1%}"))
        if line.seconds:
            parts.append(time_spent(line.seconds))
        if line.corpus:
            parts.append(line.corpus)
        return "  ·  ".join(parts)

    @Slot()
    def _titled(self) -> None:
        line, text = self._line, self._title.text().strip()
        if line is not None and text and text != line.name:
            about = line.about
            self.said.emit(RunMarks(text, about.tags, about.archived), self.tr("Rename the run"))

    @Slot()
    def _tagged(self) -> None:
        line = self._line
        tags = tuple(dict.fromkeys(tag for part in self._tags.text().split(",") if (tag := part.strip())))
        if line is not None and tags != line.about.tags:
            self.said.emit(RunMarks(line.about.title, tags, line.about.archived), self.tr("Change the run's tags"))

    @Slot()
    def _noting(self) -> None:
        self._pause.start()

    @Slot()
    def _pressed(self) -> None:
        button = self.sender()
        if isinstance(button, Button):
            self.wanted.emit(str(button.property("does")))
