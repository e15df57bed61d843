"""The chosen run: what a person says of it, its result, what sets it apart from the usual settings; or several."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QFormLayout, QLabel, QLineEdit, QPlainTextEdit, QWidget

from studio import theme
from studio.models.run_table import result_words, standing, time_spent
from studio.project import Project
from studio.theme import Type
from studio.widgets import Beside, Button, ElidedLabel, Paragraph
from studio.widgets.layouts import STRETCH, as_widget, in_column, in_row
from studio.words import corrected_words, words
from ulmengine.plan.control import RunState
from ulmengine.record import RunFolder, RunLine

from .listing import names_words

SAVE_MS = 700
"""After so long a pause in writing the notes are kept."""


class Details(QWidget):
    """Title, tags and notes, each changed in its place; what can be done with the run stands below. Of several runs
    there are the tags that all of them have, and what can be done with all of them."""

    titled = Signal(object, str)
    """The run of a :class:`RunLine` is to be called so."""
    tagged = Signal(object)
    """Runs are to have other tags: a list of pairs (:class:`RunLine`, tags)."""
    notesFailed = Signal(str)

    def __init__(self, project: Project, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._lines: tuple[RunLine, ...] = ()
        self._title, self._tags = QLineEdit(), QLineEdit()
        self._notes = QPlainTextEdit(tabChangesFocus=True)
        self._notes.setMinimumHeight(64)
        self._result = Paragraph(muted=False)
        self._problem = Paragraph(muted=False)
        self._path = ElidedLabel("", Type.SMALL, muted=True, mode=Qt.TextElideMode.ElideMiddle)
        self.buttons: dict[str, Button] = {}
        """"open", "clone", "export", "archive" and "delete"."""
        self._pause = QTimer(self, singleShot=True, interval=SAVE_MS)
        self._pause.timeout.connect(self.keep_notes)
        self._arrange()
        self._title.editingFinished.connect(self._titled)
        self._tags.editingFinished.connect(self._tagged)
        self._notes.textChanged.connect(self._noting)

    @property
    def _line(self) -> RunLine | None:
        return self._lines[0] if len(self._lines) == 1 else None

    def show_runs(self, lines: Sequence[RunLine]) -> None:
        """Show the runs ``lines``; what was being written is kept first."""
        same = [line.folder for line in lines] == [line.folder for line in self._lines]
        self.keep_notes()
        self._lines = tuple(lines)
        line = self._line
        if not (same and self._title.hasFocus()):
            self._title.setText(line.name if line is not None else "")
        if not (same and self._tags.hasFocus()):
            self._tags.setText(", ".join(self._common_tags()))
        if not (same and (self._notes.hasFocus() or self._notes.document().isModified())):
            self._fill_notes()
        self._result.setText(self._told(line) if line is not None else self._told_of_all() if lines else
                             self.tr("Choose a run in the list."))
        self._problem.setText(words(line.problem or line.failed) if line is not None else "")
        self._problem.setVisible(bool(self._problem.text()))
        self._path.setText(str(line.folder) if line is not None else "")
        sound = [one for one in lines if not one.problem]
        alone = self.tr("Choose one run alone for this.") if len(lines) > 1 else ""
        for part, enabled in ((self._title, line in sound), (self._tags, len(sound) == len(lines)),
                              (self._notes, line in sound)):
            part.setEnabled(enabled)
        self._title.setPlaceholderText(alone)
        self._notes.setPlaceholderText(alone)
        self._tags.setPlaceholderText(self.tr("Tags that all of them have") if alone else
                                      self.tr("baseline, long texts"))
        for name in ("open", "clone", "export", "archive"):
            self.buttons[name].setEnabled(bool(sound) and (not alone or name in ("export", "archive")))
        for name in ("open", "clone"):
            self.buttons[name].setToolTip(alone)
        self.buttons["delete"].setEnabled(any(one.state not in (RunState.RUNNING, RunState.PAUSED) for one in lines))
        archived = bool(sound) and all(one.about.archived for one in sound)
        self.buttons["archive"].setText(self.tr("Bring back") if archived else self.tr("Archive"))

    @Slot()
    def keep_notes(self) -> None:
        """Write down what was noted, if that has changed."""
        self._pause.stop()
        line, text = self._line, self._notes.toPlainText()
        if line is None or line.problem or not self._notes.document().isModified():
            return
        try:
            RunFolder(line.folder).write_notes(text)
            self._notes.document().setModified(False)
        except OSError as error:
            self.notesFailed.emit(self.tr("The notes could not be written: {why}").format(why=error.strerror or error))

    def take_back(self) -> None:
        """Show the runs as they are, whatever was typed for their name and tags: it was not taken."""
        self.keep_notes()
        lines, self._lines = self._lines, ()
        self.show_runs(lines)

    def _fill_notes(self) -> None:
        """Show what the run's file holds: the list was read before what has been written since."""
        line = self._line
        text = line.notes if line is not None else ""
        if line is not None and not line.problem:
            with suppress(OSError):
                text = RunFolder(line.folder).notes()
        if text != self._notes.toPlainText():  # else the way back through what was typed is left alone
            with QSignalBlocker(self._notes):
                self._notes.setPlainText(text)
        self._notes.document().setModified(False)

    def _arrange(self) -> None:
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
        rows = in_row(), in_row()
        for name, text, icon, role in (
            ("open", self.tr("Show"), "train", "plain"), ("clone", self.tr("Use its settings"), "copy", "plain"),
            ("export", self.tr("Export…"), "export", "plain"), ("archive", self.tr("Archive"), "folder", "quiet"),
            ("delete", self.tr("Delete"), "trash", "quiet"),
        ):
            self.buttons[name] = Button(text, icon, role)
            rows[role == "quiet"].addWidget(self.buttons[name])
        rows[1].addStretch(1)
        buttons = Beside(as_widget(rows[0]), as_widget(rows[1]))
        in_column(self._problem, self._result, form, self._path, buttons, STRETCH, inside=self,
                  margins=(0, theme.S, 0, 0))

    def _told(self, line: RunLine) -> str:
        parts = [standing(line)]
        result = result_words(line)
        if line.accuracy is not None and line.interval is not None:
            result = self.tr("right in {share} of the {part} documents ({low} to {high})").format(
                share=f"{line.accuracy:.1%}", low=f"{line.interval[0]:.1%}", high=f"{line.interval[1]:.1%}",
                part=self.tr("test") if line.part == "test" else self.tr("validation"))
        if result:
            parts.append(result)
        if line.relabelled and line.interval is not None:
            parts.append(corrected_words(line.relabelled, line.part))
        if line.network is not None:
            parts.append(self.tr("network alone {share}").format(share=f"{line.network:.1%}"))
        if line.baseline is not None:
            parts.append(self.tr("word-count baseline {share}").format(share=f"{line.baseline:.1%}"))
        if line.seconds:
            parts.append(time_spent(line.seconds))
        if line.corpus:
            parts.append(line.corpus)
        return "  ·  ".join(parts)

    def _told_of_all(self) -> str:
        return self.tr("%n runs are chosen: {names}. Their tags are changed together; what the buttons do is done to "
                       "all of them.", "", len(self._lines)).format(names=names_words(self._lines))

    def _common_tags(self) -> tuple[str, ...]:
        given = [line.about.tags for line in self._lines]
        return tuple(tag for tag in given[0] if all(tag in tags for tags in given)) if given else ()

    @Slot()
    def _titled(self) -> None:
        line, text = self._line, self._title.text().strip()
        if line is not None and text and text != line.name:
            self.titled.emit(line, text)

    @Slot()
    def _tagged(self) -> None:
        """What was added is added to all of the runs, what was taken out is taken out of all."""
        if not self._lines:
            return
        before = self._common_tags()
        now = tuple(dict.fromkeys(tag for part in self._tags.text().split(",") if (tag := part.strip())))
        if now == before:
            return
        told = []
        for line in self._lines:
            own = [tag for tag in line.about.tags if tag not in before]
            told.append((line, tuple(dict.fromkeys((*own, *now)))))
        self.tagged.emit(told)

    @Slot()
    def _noting(self) -> None:
        if self._project.may_change():
            self._pause.start()
        else:
            self._fill_notes()  # at the first letter, not when all is written
