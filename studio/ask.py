"""Questions to the person, behind one door, so that a test can answer them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QInputDialog, QMessageBox, QWidget

from .theme import restyle

Role = Literal["default", "plain", "danger", "cancel"]
Detail = str | Callable[[], str]

EVERY_MS = 500
"""How often a detail that changes is told anew."""


@dataclass(frozen=True)
class Choice:
    """A button of a question. Escape and the window's cross answer with the one whose role is "cancel"."""

    key: str
    text: str
    role: Role = "plain"


class Ask(Protocol):
    """Whoever answers questions: the person, or a test."""

    def choose(self, title: str, text: str, choices: Sequence[Choice], detail: Detail = "") -> str:
        """The key of the choice taken. ``detail``: said besides; a function is asked anew as long as the question
        stands."""

    def folder(self, title: str, start: Path) -> Path | None:
        """An existing folder, None if the person thinks better of it."""

    def new_folder(self, title: str, start: Path) -> Path | None:
        """A folder that may not exist yet."""

    def open_files(self, title: str, start: Path, filters: str, several: bool = False) -> list[Path]:
        """Existing files; empty if the person thinks better of it. ``filters`` as ``"Tables (*.csv *.tsv)"``."""

    def save_file(self, title: str, start: Path, filters: str) -> Path | None:
        """Where to write a file."""

    def text(self, title: str, label: str, initial: str = "") -> str | None:
        """A line of text."""


class QtAsk:
    """Asks the person with Qt's dialogs, above ``parent``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.parent = parent

    def choose(self, title: str, text: str, choices: Sequence[Choice], detail: Detail = "") -> str:
        box = QMessageBox(self.parent)
        box.setWindowTitle(title)
        box.setText(text)
        box.setInformativeText(detail if isinstance(detail, str) else detail())
        if not isinstance(detail, str):
            clock = QTimer(box)
            clock.timeout.connect(lambda: box.setInformativeText(detail()))
            clock.start(EVERY_MS)
        # One role for all keeps the buttons in the order given, on every desktop.
        buttons = {box.addButton(choice.text, QMessageBox.ButtonRole.ActionRole): choice for choice in choices}
        for button, choice in buttons.items():
            if choice.role == "default":
                restyle(button, "role", "primary")
                box.setDefaultButton(button)
            elif choice.role == "danger":
                restyle(button, "role", "danger")
            elif choice.role == "cancel":
                box.setEscapeButton(button)
                if box.defaultButton() is None:  # else Return would do the first thing, a dangerous one perhaps
                    box.setDefaultButton(button)
        for inner in box.findChildren(QDialogButtonBox):
            inner.setCenterButtons(False)
        box.exec()
        clicked = box.clickedButton()
        answer = next((choice.key for button, choice in buttons.items() if button is clicked), choices[-1].key)
        box.deleteLater()
        return answer

    def folder(self, title: str, start: Path) -> Path | None:
        found = QFileDialog.getExistingDirectory(self.parent, title, str(start))
        return Path(found) if found else None

    def new_folder(self, title: str, start: Path) -> Path | None:
        with suppress(OSError):  # the dialog shows the program's own folder instead of one that is not there
            start.parent.mkdir(parents=True, exist_ok=True)
        found, _ = QFileDialog.getSaveFileName(
            self.parent, title, str(start), options=QFileDialog.Option.DontConfirmOverwrite)
        return Path(found) if found else None

    def open_files(self, title: str, start: Path, filters: str, several: bool = False) -> list[Path]:
        if several:
            found, _ = QFileDialog.getOpenFileNames(self.parent, title, str(start), filters)
            return [Path(name) for name in found]
        one, _ = QFileDialog.getOpenFileName(self.parent, title, str(start), filters)
        return [Path(one)] if one else []

    def save_file(self, title: str, start: Path, filters: str) -> Path | None:
        dialog = SaveDialog(title, start, filters, self.parent)
        taken = dialog.exec() == QFileDialog.DialogCode.Accepted
        found = dialog.selectedFiles()
        dialog.deleteLater()
        return Path(found[0]) if taken and found else None

    def text(self, title: str, label: str, initial: str = "") -> str | None:
        text, taken = QInputDialog.getText(self.parent, title, label, text=initial)
        return text if taken else None


class SaveDialog(QFileDialog):
    """Asks where to write a file. The kind of file chosen is the one it is named as, before it is asked about
    overwriting; a suffix that the person types stays as typed."""

    def __init__(self, title: str, start: Path, filters: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, title, str(start.parent), filters)
        self.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        self.setFileMode(QFileDialog.FileMode.AnyFile)
        self.selectFile(start.name)
        kinds = [kind for kind in self.nameFilters() if start.suffix and start.suffix in _suffixes(kind)]
        if kinds:
            self.selectNameFilter(kinds[0])
        self.setDefaultSuffix(next(iter(_suffixes(self.selectedNameFilter())), ""))
        self.filterSelected.connect(self._kind_chosen)

    @Slot(str)
    def _kind_chosen(self, kind: str) -> None:
        """Name the file as one of the ``kind`` just chosen."""
        suffixes = _suffixes(kind)
        if not suffixes:
            return
        self.setDefaultSuffix(suffixes[0])
        known = [suffix for other in self.nameFilters() for suffix in _suffixes(other)]
        for name in self.selectedFiles()[:1]:
            path = Path(name)
            if path.suffix in known and path.suffix not in suffixes:
                self.selectFile(path.with_suffix(suffixes[0]).name)


def _suffixes(kind: str) -> list[str]:
    """The suffixes of a kind of file, as ".csv" of ``"Table (*.csv)"``."""
    return list(re.findall(r"\*(\.\w+)", kind))
