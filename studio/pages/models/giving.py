"""Models given to others: as they are, with weights in eight bits, as ONNX."""

from __future__ import annotations

from collections.abc import Callable, Generator
from itertools import islice
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, Slot

from studio.ask import Choice
from studio.pages.parts.jobbar import Errand
from studio.shell import Shell
from ulmengine.corpus import CorpusError, open_corpus
from ulmengine.disk import file_stem
from ulmengine.events import Event, Progress
from ulmengine.inference import CHECKED_TEXTS, OnnxCheck, OnnxMissingError, export_onnx, need_onnx
from ulmengine.models import SUFFIX, Bundle, ModelFile, copy_model, load_bundle, save_again
from ulmengine.plan import sample_texts
from ulmengine.record import RunFolder, RunFolderError
from ulmengine.record.failures import describe
from ulmengine.runs.smaller import Cost, measured_on_its_run


class GivingAway(QObject):
    """Asks where the ``chosen`` model goes and writes it there; ``name_of``: what a model is called. The ``errand`` is
    the page's, which does one thing at a time and hands back what comes of it, see :meth:`tell`."""

    def __init__(
        self, shell: Shell, errand: Errand, chosen: Callable[[], ModelFile | None],
        name_of: Callable[[ModelFile], str]
    ) -> None:
        super().__init__(errand)
        self.shell, self.errand = shell, errand
        self._chosen, self._name_of = chosen, name_of
        self._measured: ModelFile | None = None
        """Of which it is measured what eight bits a weight cost."""

    @Slot()
    def export(self) -> None:
        """Ask where a copy of the model goes."""
        entry = self._chosen()
        if entry is None:
            return
        target = self._where(entry, SUFFIX, self.tr("Models"))
        if target is not None:
            self.errand.begin(self.tr("Exporting…"), lambda: copying(entry.path, target))

    @Slot()
    def export_onnx(self) -> None:
        """Ask where the ONNX file goes; it is written once it answers real texts as the model does."""
        entry = self._chosen()
        if entry is None:
            return
        self.errand.failure.clear()
        try:
            need_onnx()
        except OnnxMissingError as error:
            self.errand.failure.show_failure(describe(error))
            return
        target = self._where(entry, ".onnx", "ONNX")
        if target is not None:
            self.errand.begin(self.tr("Exporting…"), lambda: writing_onnx(entry.path, target))

    @Slot()
    def export_int8(self) -> None:
        """Measure what eight bits a weight cost; the person sees it before a file is written."""
        entry = self._chosen()
        if entry is None:
            return
        self._measured = entry
        self.errand.begin(self.tr("Measuring…"), lambda: measuring_int8(entry.path))

    def tell(self, result: object) -> None:
        """Tell what came of the work that was begun here."""
        if isinstance(result, Path):
            self.shell.toast(self.tr("The model was exported to {path}.").format(path=result), "ok")
        elif isinstance(result, tuple) and isinstance(result[1], Cost) and self._measured is not None:
            self._offer_int8(self._measured, *result)
        elif isinstance(result, tuple) and isinstance(result[1], OnnxCheck):
            path, check = result
            told = self.tr("{path} answers {n} texts as the model in full precision does (probabilities within {far}).")
            self.shell.toast(told.format(path=path, n=check.texts, far=f"{check.difference:.0e}"), "ok")

    def _offer_int8(self, entry: ModelFile, bundle: Bundle, cost: Cost) -> None:
        """Show what it costs; where the person still wants it, ask where the file goes and write it."""
        small, large = (f"{size / 1e6:,.1f} MB" for size in reversed(cost.sizes))
        told = self.tr("About {small} instead of {large}.").format(small=small, large=large)
        answer = self.shell.ask.choose(
            self.tr("Weights in eight bits"), f"{cost_words(cost)} {told}",
            [Choice("keep", self.tr("Export…"), "default"), Choice("cancel", self.tr("Cancel"), "cancel")],
            self.tr("Each weight becomes a whole number from -127 to 127 times a scale of its row. The model in use "
                    "stays as it is."))
        target = self._where(entry, SUFFIX, self.tr("Models"), "-int8") if answer == "keep" else None
        if target is not None:
            self.errand.begin(self.tr("Exporting…"), lambda: writing_int8(bundle, target))

    def _where(self, entry: ModelFile, suffix: str, kind: str, mark: str = "") -> Path | None:
        """Ask for a place; ``mark``: what tells the file proposed apart from another kind of the same suffix."""
        name = file_stem(entry.name, "model")
        title = self.tr("Export {name}").format(name=self._name_of(entry))
        return self.shell.ask.save_file(title, Path.home() / f"{name}{mark}{suffix}", f"{kind} (*{suffix})")


def copying(source: Path, target: Path) -> Generator[Event, None, Path]:
    yield Progress(f"Exporting {target.name}", 0, 0)
    copy_model(source, target)
    return target


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
    if cost.alone:
        told += " " + _tr("That is the network alone: the word counts that answer with it, which stay as they are, "
                          "have learnt from these documents.")
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


def _tr(text: str) -> str:
    return QCoreApplication.translate("Models", text)
