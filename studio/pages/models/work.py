"""What the Models page does in the background and takes back again, and what stands in its list."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from itertools import islice
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QUndoCommand

from studio.pages.parts.model_names import found_models
from studio.pages.parts.quantities import size_words
from ulmengine.corpus import CorpusError, open_corpus
from ulmengine.events import Event, Progress
from ulmengine.inference import CHECKED_TEXTS, OnnxCheck, export_onnx
from ulmengine.models import (
    Bundle,
    ModelError,
    ModelFile,
    add_model,
    copy_model,
    delete_model,
    load_bundle,
    restore_model,
    save_again,
)
from ulmengine.models.card import accuracy_of
from ulmengine.plan import sample_texts
from ulmengine.record import RunFolder, RunFolderError
from ulmengine.runs.smaller import Cost, measured_on_its_run


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


def copying(source: Path, target: Path) -> Generator[Event, None, Path]:
    yield Progress(f"Exporting {target.name}", 0, 0)
    copy_model(source, target)
    return target


def keeping(source: Path, folder: Path, name: str) -> Generator[Event, None, list[Path]]:
    yield Progress(f"Copying {name}", 0, 0)
    return [add_model(source, folder)]


def writing_onnx(source: Path, target: Path) -> Generator[Event, None, tuple[Path, OnnxCheck]]:
    """Export and check on texts of the run that made the model, else on those of the sample."""
    yield Progress("Opening the model", 0, 0)
    bundle = load_bundle(source)
    texts = yield from _texts_for(source)
    yield Progress("Checking the ONNX file against the model", 0, 0)
    return target, export_onnx(bundle, target, texts, overwrite=True)


def measuring_int8(source: Path) -> Generator[Event, None, tuple[Bundle, Cost]]:
    """What it would cost to keep the model in eight bits."""
    yield Progress("Opening the model", 0, 0)
    bundle = load_bundle(source)
    return bundle, (yield from measured_on_its_run(bundle))


def writing_int8(bundle: Bundle, target: Path) -> Generator[Event, None, Path]:
    yield Progress(f"Exporting {target.name}", 0, 0)
    save_again(bundle, target, "int8")
    return target


def cost_words(cost: Cost) -> str:
    """What eight bits a weight cost, in words."""
    parts = {"validation": _tr("validation documents"), "test": _tr("test documents")}
    if cost.before is None or cost.after is None:
        told = _tr("No documents with known labels are at hand, so the accuracy cannot be compared. Of {n} texts "
                   "{changed} are answered otherwise.")
    elif cost.before == cost.after:
        told = _tr("Right as often as before, in {after} of the {n} {documents}; answered otherwise: {changed}.")
    else:
        told = _tr("Right in {after} instead of {before} of the {n} {documents}; answered otherwise: {changed}.")
    return told.format(n=f"{cost.documents:,}", changed=f"{cost.changed:,}", documents=parts.get(cost.part, ""),
                       before=f"{cost.before or 0:.2%}", after=f"{cost.after or 0:.2%}")


def _texts_for(source: Path) -> Generator[Event, None, list[str]]:
    try:
        run = RunFolder.open(source.parent)
        config = run.config()
        documents = yield from open_corpus(config.corpus, run.cache, seed=config.seed)
    except (RunFolderError, CorpusError, ValueError, OSError):
        return sample_texts(CHECKED_TEXTS)
    part = next((name for name in ("validation", "test", "train") if documents.count(name)), "train")
    return list(islice(documents.texts(part), CHECKED_TEXTS)) or sample_texts(CHECKED_TEXTS)


def headings() -> tuple[str, ...]:
    """What stands above the columns of the list."""
    return _tr("Name"), _tr("Kind"), _tr("Reads"), _tr("Accuracy"), _tr("Size"), _tr("From")


def cells(entry: ModelFile, name: str, runs: Path | None, default: str) -> tuple[str, ...]:
    """A model's line in the list, in which it is called ``name``. ``runs``: where the open project's are; ``default``:
    the model of new projects."""
    about = entry.description
    directions = {"forward": _tr("forward"), "backward": _tr("backward")}
    kind, reads, result = _tr("Cannot be read"), "", ""
    if about is not None:
        kind = _tr("Language model") if about.kind == "language_model" \
            else _tr("Classifier, {n} labels").format(n=len(about.labels))
        reads = " + ".join(directions[one] for one in about.directions)
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
