"""What the Models page does in the background and takes back again, and what stands in its list."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QUndoCommand

from studio.pages.parts.model_names import found_models
from studio.pages.parts.quantities import size_words
from ulmengine.events import Event, Progress
from ulmengine.models import ModelError, ModelFile, add_model, delete_model, restore_model
from ulmengine.models.card import accuracy_of


class ModelsAside(QUndoCommand):
    """Models are put aside; brought back they may have other names. ``taken_in``: the other way round, they have just
    been made, and are put aside when that is taken back. ``done`` is told which model to look at then, if any."""

    def __init__(
        self, paths: Sequence[Path], text: str, done: Callable[[Path | None], None], failed: Callable[[str], None], *,
        taken_in: bool = False,
    ) -> None:
        super().__init__(text)
        self._paths, self._taken_in = list(paths), taken_in
        self._waiting: list[Path] = []
        self._done, self._failed = done, failed

    @property
    def carried_out(self) -> bool:
        """Whether it could be; otherwise the stack of steps has thrown the step away."""
        return bool(self._waiting)

    def redo(self) -> None:
        if not self._taken_in:
            self._put_aside()
        elif self._waiting:  # the first time they stand there already
            self._bring_back()

    def undo(self) -> None:
        if self._taken_in:
            self._put_aside()
        else:
            self._bring_back()

    def _put_aside(self) -> None:
        self._paths, self._waiting = [], self._move(self._paths, delete_model)
        self._done(None)

    def _bring_back(self) -> None:
        self._waiting, self._paths = [], self._move(self._waiting, restore_model)
        self._done(self._paths[-1] if self._paths else None)

    def _move(self, paths: Sequence[Path], move: Callable[[Path], Path]) -> list[Path]:
        """What cannot be moved is told and left out of the step; a step of which nothing is left is forgotten."""
        moved = []
        for path in paths:
            try:
                moved.append(move(path))
            except ModelError as error:
                self._failed(str(error))
        self.setObsolete(not moved)
        return moved


def listing(folder: Path, runs: list[Path]) -> Generator[Event, None, tuple[ModelFile, ...]]:
    yield Progress("Looking for models", 0, 0)
    return found_models(runs, folder)


def keeping(source: Path, folder: Path, name: str) -> Generator[Event, None, list[Path]]:
    yield Progress(f"Copying {name}", 0, 0)
    return [add_model(source, folder)]


def headings() -> tuple[str, ...]:
    """What stands above the columns of the list."""
    return _tr("Name"), _tr("Kind"), _tr("Reads"), _tr("Accuracy"), _tr("Size"), _tr("From")


def cells(entry: ModelFile, name: str, runs: Path | None, default: str) -> tuple[str, ...]:
    """A model's line in the list, in which it is called ``name``. ``runs``: where the open project's are; ``default``:
    the model of new projects."""
    about = entry.description
    kind, reads, result = _tr("Cannot be read"), "", ""
    if about is not None:
        kind = _tr("Language model") if about.kind == "language_model" \
            else _tr("Classifier, {n} labels").format(n=len(about.labels))
        way, *more = about.directions
        reads = _tr("both ways") if more else _tr("forward") if way == "forward" else _tr("backward")
        result = accuracy_of(about.card)
    if entry.shipped:
        place = _tr("Shipped")
    elif runs is not None and entry.path.parent.parent == runs:
        place = _tr("This project")
    else:
        place = _tr("Your own")
    if str(entry.path) == default:
        place = _tr("{place}, for new projects").format(place=place)
    return name, kind, reads, result, size_words(entry.bytes), place


def _tr(text: str) -> str:
    return QCoreApplication.translate("Models", text)
