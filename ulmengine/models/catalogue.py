"""Which models there are: those shipped with the program and a person's own."""

from __future__ import annotations

import importlib.resources
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from ulmengine import APP
from ulmengine.config import NONE, RunConfig, Sizes, located
from ulmengine.disk import file_stem, move, unused_path, whole
from ulmengine.plan.usual import LEAST_KNOWN

from .archive import SUFFIX, ModelError
from .description import Description, describe_bundle

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

    Chosen by itself it is the shipped one of the size and kind of tokens that ``config`` asks for, if there is one: for
    a classifier rather one whose encoder was taught, for a language model alone one that was not, which predicts the
    better.

    :param base: the folder that the description lies in, in which a relative path begins; None: this process' own.
    """
    chosen = config.model.pretrained
    if chosen != "auto":
        return None if chosen in ("none", "") else located(chosen, base or Path())
    direction = "backward" if config.model.direction == "backward" else "forward"
    alone = config.corpus.label_columns == (NONE,)

    def is_second_choice(entry: ModelFile) -> bool:
        return (entry.description is not None and "taught" in entry.description.card) is alone

    for entry in sorted(shipped_models(), key=is_second_choice):
        about = entry.description
        if (about is not None and about.kind == "language_model" and direction in about.directions
                and Sizes(*about.sizes) == config.model.sizes()
                and config.tokens.tokenizer in ("auto", about.tokenizer)):
            return entry.path
    return None


def starting_model(config: RunConfig, base: Path | None = None, known: float = 1.0) -> Path | None:
    """The same, as far as the corpus decides it: one that would be chosen by itself has to know enough of its words.

    :param known: the share of the corpus' words that the model knows which would be chosen by itself, 0 to 1.
    """
    refused = config.model.pretrained == "auto" and not knows_enough(known)
    return None if refused else pretrained_path(config, base)


def knows_enough(share: float) -> bool:
    """Whether a pretrained model is of use for texts of whose words it knows this ``share``."""
    return share >= LEAST_KNOWN


def own_models(folder: Path) -> tuple[ModelFile, ...]:
    """The models in ``folder``, by file name; unreadable ones are listed with what is wrong with them."""
    return _entries(folder.iterdir(), shipped=False) if folder.is_dir() else ()


def add_model(source: Path, folder: Path) -> Path:
    """Copy the model ``source`` into ``folder`` under a free name; returns where it stands now.

    :raises ModelError: it cannot be read, is no model, or the folder cannot be written.
    """
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
    size = path.stat().st_size
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
