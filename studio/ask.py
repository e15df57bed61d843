"""Questions to the person, behind one door, so that a test can answer them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QInputDialog, QMessageBox, QWidget

Role = Literal["default", "plain", "danger", "cancel"]


@dataclass(frozen=True)
class Choice:
    """A button of a question. Escape and the window's cross answer with the one whose role is "cancel"."""

    key: str
    text: str
    role: Role = "plain"


class Ask(Protocol):
    """Whoever answers questions: the person, or a test."""

    def choose(self, title: str, text: str, choices: Sequence[Choice], detail: str = "") -> str:
        """The key of the choice taken."""

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

    def choose(self, title: str, text: str, choices: Sequence[Choice], detail: str = "") -> str:
        """See :class:`Ask`."""
        box = QMessageBox(self.parent)
        box.setWindowTitle(title)
        box.setText(text)
        box.setInformativeText(detail)
        # One role for all keeps the buttons in the order given, on every desktop.
        buttons = {box.addButton(choice.text, QMessageBox.ButtonRole.ActionRole): choice for choice in choices}
        for button, choice in buttons.items():
            if choice.role == "default":
                button.setProperty("role", "primary")
                box.setDefaultButton(button)
            elif choice.role == "danger":
                button.setProperty("role", "danger")
            elif choice.role == "cancel":
                box.setEscapeButton(button)
        for button in buttons:
            button.style().unpolish(button)
            button.style().polish(button)
        for inner in box.findChildren(QDialogButtonBox):
            inner.setCenterButtons(False)
        box.exec()
        clicked = box.clickedButton()
        answer = next((choice.key for button, choice in buttons.items() if button is clicked), choices[-1].key)
        box.deleteLater()
        return answer

    def folder(self, title: str, start: Path) -> Path | None:
        """See :class:`Ask`."""
        found = QFileDialog.getExistingDirectory(self.parent, title, str(start))
        return Path(found) if found else None

    def new_folder(self, title: str, start: Path) -> Path | None:
        """See :class:`Ask`."""
        return self._save(title, start, "", QFileDialog.Option.DontConfirmOverwrite)

    def open_files(self, title: str, start: Path, filters: str, several: bool = False) -> list[Path]:
        """See :class:`Ask`."""
        if several:
            found, _ = QFileDialog.getOpenFileNames(self.parent, title, str(start), filters)
            return [Path(name) for name in found]
        one, _ = QFileDialog.getOpenFileName(self.parent, title, str(start), filters)
        return [Path(one)] if one else []

    def save_file(self, title: str, start: Path, filters: str) -> Path | None:
        """See :class:`Ask`."""
        return self._save(title, start, filters, QFileDialog.Option(0))

    def text(self, title: str, label: str, initial: str = "") -> str | None:
        """See :class:`Ask`."""
        text, taken = QInputDialog.getText(self.parent, title, label, text=initial)
        return text if taken else None

    def _save(self, title: str, start: Path, filters: str, options: QFileDialog.Option) -> Path | None:
        found, _ = QFileDialog.getSaveFileName(self.parent, title, str(start), filters, options=options)
        return Path(found) if found else None
