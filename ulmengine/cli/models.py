"""Commands around trained models: models, import-model, and what ``export`` makes of a model."""

from __future__ import annotations

import argparse
import tempfile
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from ulmengine.models import SUFFIX, add_model, describe_bundle, free_path, own_models, shipped_models, snippet
from ulmengine.plan import sample_texts
from ulmengine.record import RunFolder, RunFolderError

from .files import read_texts
from .output import complain, finish, say, say_json

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ulmengine.models import Bundle

APP = "ulmfit-studio"
MOST_TEXTS = 200
"""So many texts an ONNX file is checked on; more say nothing new."""


def add_commands(commands: Any) -> None:
    """Add this group's commands to the parser's ``commands``."""
    models = commands.add_parser("models", help="list the models shipped with the program and your own")
    models.add_argument("folder", type=Path, nargs="?", metavar="DIR",
                        help="where your own are (default: those of the Studio)")
    models.add_argument("--json", action="store_true")
    models.set_defaults(command=run_models)

    taken = commands.add_parser(
        "import-model", help="take up a model of this program, or weights of fastai; nothing in them is run",
        description="FILE.ulmfit, weights of fastai (.pth) with their vocabulary (.pkl), or a Learner that fastai "
                    "exported (export.pkl), which brings its own.",
    )
    taken.add_argument("weights", type=Path, metavar="FILE", help="a .ulmfit model, the .pth of a language model, an "
                       "encoder or a text classifier, or the .pkl of learn.export()")
    taken.add_argument("vocabulary", type=Path, nargs="?", metavar="VOCABULARY.pkl")
    taken.add_argument("--backward", type=Path, metavar="WEIGHTS.pth", help="a backward network to go with it")
    taken.add_argument("--direction", choices=("forward", "backward"), default="forward",
                       help="which way the network reads (default: forward)")
    taken.add_argument("--label", action="append", default=[], metavar="NAME",
                       help="a label of a classifier, in the order of dls.vocab[1] (repeatable)")
    taken.add_argument("--title", default="", help="what it is called in lists (default: its file's name)")
    taken.add_argument("--out", type=Path, metavar="FILE.ulmfit", help="default: among the models of the Studio")
    taken.set_defaults(command=run_import_model)


def run_models(options: argparse.Namespace) -> int:
    """``models``: every model with what it is, how large, and how good."""
    if options.folder is not None and not options.folder.is_dir():
        raise ValueError(f"{options.folder} is no folder")
    for entry in (*shipped_models(), *own_models(options.folder or models_folder())):
        about = entry.description
        if options.json:
            values = {} if about is None else about.model_dump(mode="json", exclude={"format"})
            say_json({"name": entry.name, "path": str(entry.path), "bytes": entry.bytes, "shipped": entry.shipped,
                      "problem": entry.problem, **values})
        elif about is None:
            complain(f"{entry.name}: {entry.problem}")
        else:
            kind = f"{len(about.labels)} labels" if about.labels else "language model"
            say(f"{entry.name:40} {kind:16} {'+'.join(about.directions):16} {entry.bytes / 1e6:8,.1f} MB  {entry.path}")
    return 0


def run_import_model(options: argparse.Namespace) -> int:
    """``import-model``: where the model stands now."""
    from ulmengine.models import import_reference, is_export

    if options.weights.suffix == SUFFIX:
        say(str(add_model(options.weights, models_folder() if options.out is None else options.out.parent)))
        return 0
    if options.vocabulary is None and not is_export(options.weights):
        raise ValueError(f"{options.weights}: give the vocabulary (.pkl) that came with the weights as well")
    if options.out is not None and options.out.exists():
        raise ValueError(f"{options.out} is there already; choose another name")
    title = options.title or options.weights.stem
    target = options.out or free_path(models_folder(), title)
    import_reference(options.weights, options.vocabulary, target, direction=options.direction,
                     backward=options.backward, labels=options.label, title=title)
    say(str(target))
    return 0


def export_to_onnx(model: Path, target: Path, texts: Path | None) -> int:
    """Write the ONNX file ``target`` of the model, or of the run in that folder, checked on texts."""
    from ulmengine.models import export_onnx, load_bundle

    chosen = list(islice(read_texts(texts), MOST_TEXTS)) if texts is not None else _sample()
    check = export_onnx(load_bundle(model_of(model)), target, chosen)
    complain(f"answers {check.texts} texts as the original does (probabilities within {check.difference:.1e})")
    if check.network_alone:
        complain("this is the network alone: the model itself answers together with word counts, which are not in the "
                 "file; its probabilities, and now and then its label, are others")
    say(str(target))
    return 0


def export_to_int8(model: Path, target: Path, texts: Path | None) -> int:
    """Write the classifier with int8 weights to ``target``, once it was said what that costs."""
    from ulmengine.models import load_bundle, save_again
    from ulmengine.runs.smaller import measured, measured_on_its_run

    if target.exists():
        raise ValueError(f"{target} is there already; choose another name")
    bundle = load_bundle(model_of(model))
    if texts is None:
        cost = finish(measured_on_its_run(bundle))
    else:
        asked, targets = _labelled(bundle, texts)
        cost = finish(measured(bundle, asked, targets))
    if cost.before is not None and cost.after is not None:
        complain(f"right in {cost.after:.2%} instead of {cost.before:.2%} of {cost.documents:,} "
                 f"{cost.part or 'given'} documents ({100 * (cost.after - cost.before):+.2f} points)")
    else:
        complain("no labelled documents are known to measure it on: give some with --texts")
    complain(f"{cost.changed:,} of {cost.documents:,} texts are answered otherwise; probabilities within "
             f"{cost.furthest:.1e}")
    save_again(bundle, target, "int8")
    complain(f"{target.stat().st_size / 1e6:,.1f} MB instead of {cost.sizes[0] / 1e6:,.1f} MB")
    say(str(target))
    return 0


def _labelled(bundle: Bundle, path: Path) -> tuple[list[str], NDArray[Any]]:
    """Texts of the file at ``path`` and what they bear in the words of the model."""
    from ulmengine.inference.sources import labelled, open_table

    with tempfile.TemporaryDirectory() as cache:
        documents = finish(open_table(path, Path(cache), bundle.columns))
        found = labelled(documents, bundle.labels, bundle.multi_label)
        texts = list(documents.texts("train"))
    return [texts[row] for row in found.rows.tolist()], found.targets


def export_snippet(model: Path) -> int:
    """Print the lines of Python that load the model and use it."""
    path = model_of(model).resolve()
    say(snippet(path, describe_bundle(path)).rstrip())
    return 0


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


def models_folder() -> Path:
    """Where the Studio keeps a person's own models."""
    return platformdirs.user_data_path(APP) / "models"


def _sample() -> list[str]:
    return sample_texts(MOST_TEXTS)
