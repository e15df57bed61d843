"""Foreign files that become a model: which of them is what, and what has to be asked."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ulmengine.events import Event, Progress
from ulmengine.models import SUFFIX, add_model, classes_of, free_path, import_reference, is_export, labels_of

KINDS = (SUFFIX, ".pth", ".pkl")


@dataclass(frozen=True)
class ForeignFiles:
    """The files that were given. ``models``: ready ones; ``classes``: labels that the weights tell apart.

    ``forward`` and ``backward``: weights, or a whole Learner that fastai has exported, which brings its own vocabulary.
    """

    models: tuple[Path, ...] = ()
    forward: Path | None = None
    backward: Path | None = None
    vocabulary: Path | None = None
    classes: int = 0
    labels: tuple[str, ...] = ()

    @property
    def asks_for_vocabulary(self) -> bool:
        """Whether there are weights and no words to them."""
        weights = self.forward or self.backward
        return weights is not None and self.vocabulary is None and not is_export(weights)

    @property
    def asks_for_labels(self) -> bool:
        """Whether the weights tell labels apart whose names nobody has given."""
        return self.classes > 0 and len(self.labels) != self.classes


def sorted_out(paths: Sequence[Path]) -> ForeignFiles:
    """What each of ``paths`` is, going by its name; of several weights the one called so reads backwards."""
    weights = [path for path in paths if path.suffix.lower() == ".pth" or is_export(path)]
    backward = [path for path in weights if "bwd" in path.stem.lower() or "backward" in path.stem.lower()]
    forward = [path for path in weights if path not in backward]
    if not backward and len(forward) > 1:
        forward, backward = forward[:1], forward[1:2]
    vocabulary = next((path for path in paths if path.suffix.lower() == ".pkl" and path not in weights), None)
    return ForeignFiles(tuple(path for path in paths if path.suffix.lower() == SUFFIX), next(iter(forward), None),
                 next(iter(backward), None), vocabulary)


def look_at(found: ForeignFiles) -> Generator[Event, None, ForeignFiles]:
    """``found`` with the number of labels that its weights tell apart and their names, if they are there."""
    weights = found.forward or found.backward
    if weights is None or found.asks_for_vocabulary:
        return found
    yield Progress(f"Looking at {weights.name}", 0, 0)
    return replace(found, classes=classes_of(weights), labels=labels_of(weights, found.vocabulary))


def take_in(found: ForeignFiles, folder: Path) -> Generator[Event, None, list[Path]]:
    """Make models of what was ``found``, in ``folder``; returns where they stand."""
    made = []
    for path in found.models:
        yield Progress(f"Copying {path.name}", 0, 0)
        made.append(add_model(path, folder))
    weights = found.forward or found.backward
    if weights is not None and not found.asks_for_vocabulary:
        yield Progress(f"Reading {weights.name}", 0, 0)
        target = free_path(folder, weights.stem)
        folder.mkdir(parents=True, exist_ok=True)
        direction: Literal["forward", "backward"] = "forward" if found.forward is not None else "backward"
        import_reference(weights, found.vocabulary, target, direction=direction, labels=found.labels,
                         backward=found.backward if found.forward is not None else None, title=weights.stem)
        made.append(target)
    return made
