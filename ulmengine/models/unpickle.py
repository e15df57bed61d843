"""Reading fastai's files without running what stands in them: weights (``.pth``), vocabularies (``.pkl``), and whole
Learners (``export.pkl``) with both and the labels."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ulmengine.disk import refuse_endless

from .archive import ModelError
from .inert import Inert, items_of, plain, read_objects

_LARGEST_VOCABULARY = 64 << 20
# What torch writes begins as a zip, or in its older form as a pickle of protocol 2.
_BEGINNINGS = (b"PK", b"\x80\x02")
_LABELS = {"Categorize": False, "MultiCategorize": True, "EncodedMultiCategorize": True}
"""fastai's transforms that know the labels; whether a document may have several."""
_DEEPEST, _MOST = 40, 100_000
"""Modules within each other, and of all: those of a file that names two of its parts alike, and so on, never end."""


class _PlainUnpickler(pickle.Unpickler):
    """Builds str, int, list and dict, which need no import, and stand-ins for the two collections that ``dls.vocab``
    is made of; whatever asks for another class is refused."""

    def find_class(self, module: str, name: str) -> type:
        if (module, name) in (("fastcore.foundation", "L"), ("fastai.data.transforms", "CategoryMap")):
            return Inert
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")


def read_vocabulary(path: Path) -> tuple[list[str], list[str]]:
    """The words of a pickled fastai vocabulary: a list of words, or that in a mapping (``itos``, ``vocab``).

    With them the labels, where the file holds both one after the other, as ``dls.vocab`` of a classifier does.

    :raises ModelError: it cannot be read or holds anything but text, numbers, lists and mappings.
    """
    try:
        refuse_endless(path)
        size = path.stat().st_size
        content = path.read_bytes() if size <= _LARGEST_VOCABULARY else b""
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror or error})") from error
    if size > _LARGEST_VOCABULARY:
        raise ModelError(f"{path}: too large for a vocabulary; choose the .pkl file that came with the weights")
    try:
        values = _PlainUnpickler(io.BytesIO(content)).load()
    # A damaged stream makes the unpickler fail in any of these ways.
    except (pickle.UnpicklingError, EOFError, ValueError, IndexError, KeyError, TypeError, AttributeError,
            OverflowError, MemoryError, RecursionError) as error:
        raise ModelError(f"{path}: this is no plain vocabulary ({error}); a vocabulary may hold words and lists "
                         "and nothing else. Export it in fastai with: json.dump(list(vocab), file)") from error
    values = _listed(values)
    words, labels = _words(values) if _is_plain(values) else ([], [])
    if not words or not all(type(word) is str for word in [*words, *labels]):
        raise ModelError(f"{path}: holds no list of words; choose the .pkl file that came with the weights")
    return words, labels


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a ``.pth`` file by name; of a fastai ``learn.save`` those under ``model``.

    :raises ModelError: it cannot be read, holds no tensors, or asks for what no model has a use for; nothing of it is
        run.
    """
    try:
        refuse_endless(path)
        with path.open("rb") as file:
            begin = file.read(4)
        if not begin.startswith(_BEGINNINGS):
            raise ModelError(f"{path}: is no file of weights; choose the .pth file of a fastai language model")
        values = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror or error})") from error
    except ModelError:
        raise
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, TypeError, AttributeError,
            IndexError, OverflowError) as error:
        if not begin.startswith(b"PK"):
            raise ModelError(f"{path}: holds more than weights, or is damaged. In fastai save the weights alone: "
                             "learn.save('name', with_opt=False)") from error
        # learn.save() writes the optimizer's state as well unless told not to, with classes of fastai in it.
        values = read_objects(path)
    if isinstance(values, Mapping) and isinstance(values.get("model"), Mapping):
        values = values["model"]
    if not isinstance(values, Mapping) or not any(isinstance(value, Tensor) for value in values.values()):
        raise ModelError(f"{path}: holds no weights; choose the .pth file of a fastai language model")
    return {str(name): plain(value) for name, value in values.items() if isinstance(value, Tensor)}


def _listed(values: Any) -> Any:
    """``values`` with the lists of fastai's collections in their place, at the two depths of ``dls.vocab``."""
    values = items_of(values)
    if isinstance(values, list):
        return [items_of(one) for one in values[:2]] + values[2:]
    return values


def _words(values: Any) -> tuple[list[str], list[str]]:
    if isinstance(values, dict):
        values = values.get("itos", values.get("vocab", []))
    if not isinstance(values, list):
        return [], []
    if len(values) == 2 and all(isinstance(part, list) for part in values):
        return values[0], values[1]
    return values, []


def _is_plain(values: Any) -> bool:
    """Whether ``values`` are made of str, int, list and dict only, however deep and even if they hold themselves."""
    waiting, seen = [values], set()
    while waiting:
        value = waiting.pop()
        if type(value) not in (str, int, list, dict):
            return False
        if isinstance(value, (list, dict)) and id(value) not in seen:
            seen.add(id(value))
            waiting += value if isinstance(value, list) else [*value.keys(), *value.values()]
    return True


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
        refuse_endless(path)
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


def _weights(module: Inert, prefix: str, depth: int, passed: Iterator[int], path: Path) -> Iterator[tuple[str, Tensor]]:
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
