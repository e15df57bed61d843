"""Which models there are: those shipped with the program and a person's own."""

from __future__ import annotations

import importlib.resources
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import platformdirs

from ulmengine import APP
from ulmengine.config import NONE, RunConfig, Sizes, located
from ulmengine.disk import file_stem, move, unused_path, whole
from ulmengine.plan.usual import LEAST_KNOWN

from .archive import SUFFIX, ModelError
from .description import Description, describe_bundle

CLEARLY = 0.1
"""So much more of the words a person's own model has to know to be taken in place of the shipped one, which a teacher
has told what passages mean, and which learns the words that it does not know."""
TRASH = ".deleted"
"""The folder beside a model that a deleted one waits in."""


@dataclass(frozen=True)
class ModelFile:
    """A model that can be chosen. ``problem`` says why its file cannot be used; ``description`` is None then."""

    path: Path
    bytes: int
    shipped: bool
    description: Description | None
    problem: str = ""

    @property
    def name(self) -> str:
        """The model's title, or its file's name where it has none."""
        return (self.description.title if self.description else "") or self.path.stem


def models_folder() -> Path:
    """Where a person's own models are kept."""
    return platformdirs.user_data_path(APP) / "models"


def shipped_models() -> tuple[ModelFile, ...]:
    """The models in ``resources/models``; none where there are no resources."""
    try:
        folder = importlib.resources.files("resources").joinpath("models")
        paths = [place for place in folder.iterdir() if isinstance(place, Path)]
    except (ModuleNotFoundError, FileNotFoundError, NotADirectoryError):
        return ()
    return _entries(paths, shipped=True)


def pretrained_path(config: RunConfig, base: Path | None = None) -> Path | None:
    """The language model that a run of ``config`` starts from; None where it starts from scratch.

    Chosen by itself it is the shipped one of the size and kind of tokens that ``config`` asks for: for a classifier
    rather one whose encoder was taught, for a language model alone one that was not, which predicts better.

    :param base: the folder that the description lies in, in which a relative path begins; None: this process' own.
    """
    chosen = config.model.pretrained
    if chosen != "auto":
        return None if chosen in ("none", "") else located(chosen, base or Path())
    direction = "backward" if config.model.direction == "backward" else "forward"
    fitting = [(entry.path, about) for entry, about in _fitting(shipped_models(), config, {direction})
               if Sizes(*about.sizes) == config.model.sizes()]
    alone = config.corpus.label_columns == (NONE,)
    return min(fitting, key=lambda one: ("taught" in one[1].card) is alone)[0] if fitting else None


def _fitting(
    entries: Iterable[ModelFile], config: RunConfig, directions: set[str]
) -> Iterator[tuple[ModelFile, Description]]:
    """Those language models that read in all ``directions`` and have the kind of tokens that ``config`` asks for."""
    for entry in entries:
        about = entry.description
        if about is not None and about.kind == "language_model" and directions <= set(about.directions) and (
                config.tokens.tokenizer in ("auto", about.tokenizer)):
            yield entry, about


def own_candidates(config: RunConfig, folder: Path) -> tuple[ModelFile, ...]:
    """The person's own language models in ``folder`` that a run of ``config`` may start from by itself.

    Only a run that trains a classifier looks among them: one that makes a language model begins from a shipped one.
    """
    if config.model.pretrained != "auto" or not any(config.classifier.epochs):
        return ()
    chosen = config.model.direction
    wanted: set[str] = {"forward", "backward"} if chosen == "both" else {chosen}
    return tuple(entry for entry, _ in _fitting(own_models(folder), config, wanted))


def starting_model(
    config: RunConfig, known: Mapping[Path, float], own: Path | None = None, base: Path | None = None
) -> Path | None:
    """:func:`pretrained_path`, where the corpus decides with: one that is chosen by itself has to know enough of its
    words, and of a person's own models the one that knows most of them is taken where there is none that is shipped, or
    where it knows more of them by :data:`CLEARLY`.

    :param known: the share of the corpus' words that each model knows, 0 to 1, as far as that was looked at: otherwise
        the shipped one is taken to know enough of them, and one of the person's own none.
    :param own: the folder of the person's own models; None: they are not asked.
    """
    shipped = pretrained_path(config, base)
    if config.model.pretrained != "auto":
        return shipped
    best, least = None, 0.0
    if shipped is not None and knows_enough(share := known.get(shipped, 1.0)):
        best, least = shipped, share + CLEARLY
    for entry in () if own is None else own_candidates(config, own):
        share = known.get(entry.path, 0.0)
        if knows_enough(share) and share > least:
            best, least = entry.path, share
    return best


def knows_enough(share: float) -> bool:
    """Whether a pretrained model is of use for texts of whose words it knows this ``share``."""
    return share >= LEAST_KNOWN


def own_models(folder: Path) -> tuple[ModelFile, ...]:
    """The models in ``folder``, by file name; unreadable ones are listed with what is wrong with them."""
    return _entries(folder.iterdir(), shipped=False) if folder.is_dir() else ()


def language_models(folder: Path) -> list[ModelFile]:
    """The language models that can be started from: those shipped, and the person's own in ``folder``."""
    return [entry for entry in (*shipped_models(), *own_models(folder))
            if entry.description is not None and entry.description.kind == "language_model"]


def add_model(source: Path, folder: Path) -> Path:
    """Copy the model ``source`` into ``folder`` under a free name; returns where it stands now.

    :raises ModelError: it cannot be read, is no model that answers, or the folder cannot be written.
    """
    from .bundle import load_bundle  # needs PyTorch

    load_bundle(source)
    target = free_path(folder, source.stem)
    copy_model(source, target)
    return target


def copy_model(source: Path, target: Path) -> None:
    """Copy the model ``source`` to the file ``target``, in place of what stands there, once it is whole.

    :raises ModelError: it cannot be read, is no model, or the place cannot be written.
    """
    describe_bundle(source)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with whole(target) as beside:
            shutil.copyfile(source, beside)
    except OSError as error:
        raise ModelError(f"{target.parent}: the model cannot be copied there ({error.strerror or error})") from error


def delete_model(path: Path) -> Path:
    """Put the model aside, so that :func:`restore_model` can bring it back; returns where it waits.

    :raises ModelError: it cannot be moved.
    """
    return _move(path, free_path(path.parent / TRASH, path.stem))


def restore_model(deleted: Path) -> Path:
    """Bring a model back that :func:`delete_model` put aside; returns where it stands now.

    :raises ModelError: it cannot be moved.
    """
    return _move(deleted, free_path(deleted.parent.parent, deleted.stem))


def free_path(folder: Path, title: str) -> Path:
    """A path in ``folder`` that nothing stands at yet, named after ``title``."""
    return unused_path(folder, file_stem(title, "model"), SUFFIX, " ")


def run_models(folders: Iterable[Path]) -> tuple[ModelFile, ...]:
    """The models of the runs in ``folders``, in their order."""
    return tuple(_entry(path, False) for folder in folders if (path := folder / "model.ulmfit").is_file())


def _entries(paths: Iterable[Path], shipped: bool) -> tuple[ModelFile, ...]:
    found = sorted(path for path in paths if path.suffix == SUFFIX and path.is_file())
    return tuple(_entry(path, shipped) for path in found)


def _entry(path: Path, shipped: bool) -> ModelFile:
    now = path.stat()
    return _read(path, shipped, now.st_size, now.st_mtime_ns, now.st_ino)


@lru_cache(maxsize=256)
def _read(path: Path, shipped: bool, size: int, *_as_it_is_now: int) -> ModelFile:
    """The entry of a file, read again once it has changed: the window asks at every setting that is touched."""
    try:
        return ModelFile(path, size, shipped, describe_bundle(path))
    except ModelError as error:
        return ModelFile(path, size, shipped, None, str(error))


def _move(source: Path, target: Path) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        move(source, target)
    except OSError as error:
        raise ModelError(f"{source}: cannot be moved ({error.strerror or error})") from error
    return target
