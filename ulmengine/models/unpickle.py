"""Reading foreign ``.pth`` and ``.pkl`` files without running what stands in them."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .archive import ModelError
from .inert import Inert, items_of, plain, read_objects

_LARGEST_VOCABULARY = 64 << 20
# What torch writes begins as a zip, or in its older form as a pickle of protocol 2.
_BEGINNINGS = (b"PK", b"\x80\x02")


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
