"""What an ``export.pkl`` of fastai (a pickled Learner) holds: weights, vocabulary, labels. Nothing of it is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from torch import Tensor

from .archive import ModelError
from .inert import Inert, items_of, plain, read_objects

_LABELS = {"Categorize": False, "MultiCategorize": True, "EncodedMultiCategorize": True}
"""fastai's transforms that know the labels; whether a document may have several."""
_DEEPEST, _MOST = 40, 100_000
"""Modules within each other, and of all: those of a file that names two of its parts alike, and so on, never end."""


@dataclass(frozen=True)
class Learner:
    """``state``: weights under fastai's names; ``labels``: in the order of the scores, empty for a language model.

    ``bptt`` and ``max_tokens``: so many tokens a chunk and a document, where the network says so, else 0.
    """

    state: Mapping[str, Tensor]
    words: list[str]
    labels: list[str]
    multi_label: bool
    bptt: int
    max_tokens: int


def is_export(path: Path) -> bool:
    """Whether the file at ``path`` is a zip, as what ``learn.export()`` writes is, and no vocabulary."""
    try:
        with path.open("rb") as file:
            return path.suffix.lower() == ".pkl" and file.read(2) == b"PK"
    except OSError:
        return False


def read_learner(path: Path) -> Learner:
    """The model in the ``export.pkl`` at ``path``.

    :raises ModelError: as :func:`~.inert.read_objects`, or it holds no text model of fastai.
    """
    root = read_objects(path)
    model = root.state.get("model") if isinstance(root, Inert) else None
    if not isinstance(model, Inert) or "_modules" not in model.state:
        raise ModelError(f"{path}: holds no fastai Learner; export it in fastai with learn.export()")
    state = dict(_weights(model, "", 0, count(), path))
    words: list[str] = []
    labels: list[str] = []
    multi_label, chunk, most = False, 0, 0
    for one in _all(root):
        if one.name == "Numericalize" and not words:
            words = _texts(one.state.get("vocab"))
        elif one.name in _LABELS and not labels:
            labels, multi_label = _texts(one.state.get("vocab")), _LABELS[one.name]
        elif one.name == "SentenceEncoder":
            chunk, most = (_whole(one.state.get(key)) for key in ("bptt", "max_len"))
    if not state:
        raise ModelError(f"{path}: the Learner in it has no weights; export it in fastai with learn.export()")
    if not words:
        raise ModelError(f"{path}: the Learner in it has no vocabulary of words; export that of a text model, with its "
                         "dls as fastai made them")
    return Learner(state, words, labels, multi_label, chunk, most)


def _weights(
    module: Inert, prefix: str, depth: int, passed: Iterator[int], path: Path
) -> Iterator[tuple[str, Tensor]]:
    """Names and values of the module's state, as ``state_dict`` would name them. ``passed``: counts the modules."""
    if next(passed) > _MOST:
        raise ModelError(f"{path}: the Learner in it has too many parts; export it in fastai with learn.export()")
    if depth > _DEEPEST:
        return
    for kind in ("_parameters", "_buffers"):
        for name, value in _pairs(module.state.get(kind)):
            if isinstance(value, Tensor):
                yield prefix + name, plain(value)
    for name, part in _pairs(module.state.get("_modules")):
        if isinstance(part, Inert):
            yield from _weights(part, f"{prefix}{name}.", depth + 1, passed, path)


def _pairs(values: Any) -> list[tuple[str, Any]]:
    found = values.state if isinstance(values, Inert) else values
    return [(str(name), value) for name, value in found.items()] if isinstance(found, dict) else []


def _all(root: Any) -> Iterator[Inert]:
    """Every stand-in that ``root`` holds, each once."""
    waiting, seen = [root], set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen or not isinstance(one, (Inert, dict, list, tuple)):
            continue
        seen.add(id(one))
        if isinstance(one, Inert):
            yield one
            waiting.extend(one.inside())
        else:
            waiting.extend([*one.keys(), *one.values()] if isinstance(one, dict) else one)


def _texts(values: Any) -> list[str]:
    """A list of words out of a list, or out of the collections of fastai that hold one in ``items``."""
    values = items_of(values)
    if not isinstance(values, (list, tuple)) or not all(isinstance(one, (str, int, float, bool)) for one in values):
        return []
    return [str(one) for one in values]


def _whole(value: Any) -> int:
    return value if type(value) is int and 0 < value < 1 << 20 else 0
