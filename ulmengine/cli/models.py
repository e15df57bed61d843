"""Commands that make models of models: import-model, and what ``export`` makes of one."""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ulmengine import models
from ulmengine.disk import passing_folder
from ulmengine.inference import CHECKED_TEXTS, export_onnx
from ulmengine.inference.sources import open_table
from ulmengine.inference.truth import labelled
from ulmengine.plan import sample_texts
from ulmengine.record import RunFolder, RunFolderError
from ulmengine.runs.smaller import check_can_be_smaller, measured, measured_on_its_run

from .answers import read_texts
from .output import complain, say, say_text, with_progress


def run_import_model(options: argparse.Namespace) -> None:
    """``import-model``: where the model stands now."""
    if options.weights.suffix == models.SUFFIX:
        folder = models.models_folder() if options.out is None else options.out.parent
        say(str(models.add_model(options.weights, folder)))
        return
    if options.vocabulary is None and not models.is_export(options.weights):
        raise ValueError(f"{options.weights}: give the vocabulary (.pkl) that came with the weights as well")
    if options.out is not None and options.out.exists():
        raise ValueError(f"{options.out} is there already; choose another name")
    title = options.title or options.weights.stem
    target = options.out or models.free_path(models.models_folder(), title)
    models.import_reference(options.weights, options.vocabulary, target, direction=options.direction,
                            backward=options.backward, labels=options.label, title=title)
    say(str(target))


def export(options: argparse.Namespace) -> None:
    """``export`` to other programs, or with smaller weights."""
    if options.snippet:
        path = model_of(options.run).resolve()
        say_text(models.snippet(path, models.describe_bundle(path)).rstrip())
    elif options.onnx is not None:
        _export_to_onnx(options.run, options.onnx, options.texts)
    else:
        _export_to_int8(options.run, options.int8, options.texts)


def _export_to_onnx(model: Path, target: Path, texts: Path | None) -> None:
    """Write the ONNX file ``target`` of the model, or of the run in that folder, checked on texts."""
    chosen = list(islice(read_texts(texts), CHECKED_TEXTS)) if texts is not None else sample_texts(CHECKED_TEXTS)
    check = export_onnx(models.load_bundle(model_of(model)), target, chosen)
    complain(f"answers {check.texts} texts as the model in full precision does (probabilities within "
             f"{check.difference:.1e})")
    say(str(target))


def _export_to_int8(model: Path, target: Path, texts: Path | None) -> None:
    """Write the classifier with int8 weights to ``target``, once it was said what that costs."""
    if target.exists():
        raise ValueError(f"{target} is there already; choose another name")
    bundle = models.load_bundle(model_of(model))
    check_can_be_smaller(bundle)
    if texts is None:
        cost = with_progress(measured_on_its_run(bundle))
    else:
        asked, targets = _labelled(bundle, texts)
        cost = with_progress(measured(bundle, asked, targets))
    if cost.before is not None and cost.before == cost.after:
        complain(f"right as often as before, in {cost.after:.2%} of {cost.documents:,} {cost.part or 'given'} "
                 "documents")
    elif cost.before is not None and cost.after is not None:
        complain(f"right in {cost.after:.2%} instead of {cost.before:.2%} of {cost.documents:,} "
                 f"{cost.part or 'given'} documents ({100 * (cost.after - cost.before):+.2f} points)")
    else:
        complain("no labelled documents are known to measure it on: give some with --texts")
    if cost.alone:
        complain("that is the network alone: the word counts that answer with it, which stay as they are, have learnt "
                 "from these documents")
    complain(f"{cost.changed:,} of {cost.documents:,} texts are answered otherwise; probabilities within "
             f"{cost.furthest:.1e}")
    models.save_again(bundle, target, "int8")
    complain(f"{target.stat().st_size / 1e6:,.1f} MB instead of {cost.sizes[0] / 1e6:,.1f} MB")
    say(str(target))


def _labelled(bundle: models.Bundle, path: Path) -> tuple[list[str], NDArray[Any]]:
    """Texts of the file at ``path`` and what they bear in the words of the model."""
    with passing_folder("corpus") as cache:
        documents = with_progress(open_table(path, cache, bundle.columns))
        found = labelled(documents, bundle.labels, bundle.multi_label)
        texts = list(documents.texts("train"))
    return [texts[row] for row in found.rows.tolist()], found.targets


def model_of(path: Path) -> Path:
    """The model's file at ``path``, or that of the run in the folder ``path``.

    :raises RunFolderError: the folder is no run, or its run has no model yet.
    """
    if not path.is_dir():
        return path
    found = RunFolder.open(path).model_path
    if not found.is_file():
        raise RunFolderError(f"the run in {path} has no model yet, or it was deleted; let it finish first")
    return found
