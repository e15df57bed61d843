"""What the Models page does in the background and takes back again, and what stands in its list."""

from __future__ import annotations

from collections.abc import Callable, Generator
from itertools import islice
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QUndoCommand

from studio.pages.parts.quantities import size_words
from ulmengine.corpus import CorpusError, open_corpus
from ulmengine.events import Event, Progress
from ulmengine.inference import OnnxCheck, export_onnx
from ulmengine.models import (
    Bundle,
    ModelError,
    ModelFile,
    add_model,
    copy_model,
    delete_model,
    load_bundle,
    own_models,
    restore_model,
    run_models,
    save_again,
    shipped_models,
)
from ulmengine.models.card import accuracy_of
from ulmengine.plan import sample_texts
from ulmengine.record import RunFolder, RunFolderError, run_name
from ulmengine.runs.smaller import Cost, measured_on_its_run

TEXTS = 200
"""So many texts an ONNX file has to answer as the model does."""


class DeleteModel(QUndoCommand):
    """A model is put aside; brought back it may have another name."""

    def __init__(self, path: Path, text: str, done: Callable[[], None], failed: Callable[[str], None]) -> None:
        super().__init__(text)
        self._path, self._done, self._failed = path, done, failed
        self._waiting: Path | None = None

    @property
    def carried_out(self) -> bool:
        """Whether it could be; otherwise the stack of steps has thrown the step away."""
        return self._waiting is not None

    def redo(self) -> None:
        try:
            self._waiting = delete_model(self._path)
        except ModelError as error:
            self.setObsolete(True)
            self._failed(str(error))
        self._done()

    def undo(self) -> None:
        try:
            if self._waiting is not None:
                self._path = restore_model(self._waiting)
        except ModelError as error:
            self.setObsolete(True)
            self._failed(str(error))
        self._done()


def listing(folder: Path, runs: list[Path]) -> Generator[Event, None, tuple[ModelFile, ...]]:
    yield Progress("Looking for models", 0, 0)
    return (*run_models(reversed(runs)), *own_models(folder), *sorted(shipped_models(), key=_is_second_choice))


def _is_second_choice(entry: ModelFile) -> bool:
    """Of the shipped ones a classifier starts rather from one whose encoder was taught: it stands first."""
    return entry.description is None or "taught" not in entry.description.card


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
        return sample_texts(TEXTS)
    part = next((name for name in ("validation", "test", "train") if documents.count(name)), "train")
    return list(islice(documents.texts(part), TEXTS)) or sample_texts(TEXTS)


def headings() -> tuple[str, ...]:
    """What stands above the columns of the list."""
    return _tr("Name"), _tr("Kind"), _tr("Reads"), _tr("Accuracy"), _tr("Size"), _tr("From")


def cells(entry: ModelFile, runs: Path | None, default: str) -> tuple[str, ...]:
    """A model's line in the list. ``runs``: where the open project's are; ``default``: that of new projects."""
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
        place = _tr("Run {name}").format(name=run_name(RunFolder(entry.path.parent)))
    else:
        place = _tr("Your own")
    if str(entry.path) == default:
        place = _tr("{place}, for new projects").format(place=place)
    return entry.name, kind, reads, result, size_words(entry.bytes), place


def _tr(text: str) -> str:
    return QCoreApplication.translate("Models", text)
