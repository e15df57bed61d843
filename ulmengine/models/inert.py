"""Reading a pickled object graph without running anything of it: whatever is of a class becomes a stand-in.

A file of ``torch.save`` is a zip with a pickle in it and one piece of raw memory a tensor. A pickle names classes and
functions and says what to call with what. Here no name is ever looked up: each gives a stand-in that notes what it was
called with and what it was filled with, and does nothing. Tensors alone are made, of the raw memory, after their sizes
were compared with it.
"""

from __future__ import annotations

import io
import math
import pickle
import sys
import zipfile
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ulmengine.disk import refuse_endless, refuse_gaps
from ulmengine.nets.kernels.native import as_plain_tensors

from .archive import ModelError

_LARGEST_PICKLE = 512 << 20
_LARGEST = 16 << 30
_STORAGES = {
    "FloatStorage": torch.float32, "DoubleStorage": torch.float64, "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16, "LongStorage": torch.int64, "IntStorage": torch.int32,
    "ShortStorage": torch.int16, "CharStorage": torch.int8, "ByteStorage": torch.uint8, "BoolStorage": torch.bool,
    "UntypedStorage": torch.uint8,
}
# What a trained model is made of, of the modules that Python brings. All others (os, subprocess, socket, ctypes ...)
# are refused: it is not that their stand-ins could do anything, but a file that asks for them is no model.
_HARMLESS = frozenset({
    "__main__", "_codecs", "_collections", "_operator", "abc", "builtins", "collections", "copyreg", "dataclasses",
    "datetime", "decimal", "enum", "fractions", "functools", "inspect", "itertools", "math", "numbers", "operator",
    "pathlib", "random", "re", "string", "time", "types", "typing", "uuid", "weakref",
})
_RUNNERS = frozenset({"eval", "exec", "execfile", "compile", "open", "__import__", "input", "breakpoint"})


class Inert:
    """Stands for an object of a class of ``kind`` (its full name). ``given``: what it was made with; ``state``: its
    attributes; ``items``: what was put into it."""

    kind = ""
    given: tuple[Any, ...]
    state: dict[Any, Any]
    items: list[Any]

    def __new__(cls, *given: Any, **named: Any) -> Inert:
        made = super().__new__(cls)
        made.given = given
        made.state = dict(named)
        made.items = []
        return made

    def __setstate__(self, state: Any) -> None:
        for part in state if isinstance(state, tuple) else (state,):
            if isinstance(part, dict):
                self.state.update(part)
            elif part is not None:
                self.items.append(part)

    def __call__(self, *given: Any, **named: Any) -> Inert:
        return Inert(self, *given, **named)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.state[key if isinstance(key, (str, int)) else repr(type(key))] = value

    def append(self, value: Any) -> None:
        """Of a list's stand-in."""
        self.items.append(value)

    def extend(self, values: Any) -> None:
        """Of a list's stand-in."""
        self.items.extend(values)

    add = append

    @property
    def name(self) -> str:
        """The class' name without its module."""
        return self.kind.rpartition(".")[2]

    def inside(self) -> Iterator[Any]:
        """Everything that it holds."""
        yield from self.given
        yield from self.state.values()
        yield from self.items


class _Held(Tensor):
    """A tensor while its file is read. The file can say what is to be done with it; a plain one would do that: its
    ``__setstate__`` gives it memory of any size, in which lies what this process had there before."""

    __torch_function__ = as_plain_tensors

    def __setstate__(self, state: Any) -> None:
        raise pickle.UnpicklingError("it would change a tensor")

    def __setitem__(self, key: Any, value: Any) -> None:
        raise pickle.UnpicklingError("it would change a tensor")

    def add(self, *_: Any) -> Any:  # type: ignore[override]
        """What a pickle does to a set."""
        raise pickle.UnpicklingError("it would reckon with a tensor")


def plain(tensor: Tensor) -> Tensor:
    """A tensor out of :func:`read_objects` as any other."""
    return tensor.as_subclass(Tensor)


def items_of(values: Any) -> Any:
    """The list that a collection of fastai holds in ``items``, which may be a collection again; all else as it is."""
    for _ in range(4):
        if isinstance(values, Inert):
            values = values.state.get("items", values.items or None)
    return values


def read_objects(path: Path) -> Any:
    """What ``torch.save`` has written to ``path``: tensors (see :func:`plain`), plain values and :class:`Inert`
    stand-ins.

    :raises ModelError: cannot be read, damaged, or it asks for what no model has a use for.
    """
    try:
        refuse_endless(path)
        with zipfile.ZipFile(path) as archive:
            refuse_gaps(archive)
            return _InertUnpickler(archive, path).load()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror or error})") from error
    except ModelError:
        raise
    # A damaged file fails in any of these ways.
    except (zipfile.BadZipFile, pickle.UnpicklingError, RuntimeError, EOFError, ValueError, IndexError, KeyError,
            TypeError, AttributeError, OverflowError, MemoryError, RecursionError, NotImplementedError) as error:
        raise ModelError(f"{path}: is no file that torch.save has written, or it is damaged ({error}); save it "
                         "again, or copy it again") from error


class _InertUnpickler(pickle.Unpickler):
    """Never looks a name up."""

    def __init__(self, archive: zipfile.ZipFile, path: Path) -> None:
        self._archive, self._path = archive, path
        names = archive.namelist()
        found = [name for name in names if name.rpartition("/")[2] == "data.pkl"]
        if len(found) != 1 or sum(entry.file_size for entry in archive.infolist()) > _LARGEST \
                or any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
            raise ModelError(f"{path}: is no file that torch.save has written; choose the export.pkl of fastai's "
                             "learn.export()")
        if archive.getinfo(found[0]).file_size > _LARGEST_PICKLE:
            raise ModelError(f"{path}: its description is too large; export the model without its documents")
        self._folder = found[0].removesuffix("data.pkl")
        order = f"{self._folder}byteorder"
        self._swapped = order in names and archive.read(order).decode("ascii", "replace") != sys.byteorder
        self._classes: dict[str, type] = {}
        self._memory: dict[tuple[str, torch.dtype], Tensor] = {}
        super().__init__(io.BytesIO(archive.read(found[0])))

    def find_class(self, module: str, name: str) -> Any:
        # What Python 2 called otherwise (``commands`` for ``subprocess``), as a pickle of protocol 2 has it.
        module, name = NAME_MAPPING.get((module, name), (IMPORT_MAPPING.get(module, module), name))
        full = f"{module}.{name}"
        top = module.partition(".")[0]
        foreign = (top in sys.stdlib_module_names or top in ("nt", "posix")) and top not in _HARMLESS
        if foreign or (top == "builtins" and name in _RUNNERS):
            raise ModelError(f"{self._path}: asks for {full}, for which a model has no use: it may want to run a "
                             "program. Nothing of it was run. Take the file from a source that you trust, as weights "
                             "alone: learn.save('name', with_opt=False)")
        if full == "collections.OrderedDict":
            return OrderedDict
        if top == "torch" and name in _STORAGES:
            return _STORAGES[name]
        if full in _BUILDERS:
            return _BUILDERS[full]
        if full not in self._classes:
            self._classes[full] = type("Inert", (Inert,), {"kind": full})
        return self._classes[full]

    def persistent_load(self, pid: Any) -> Tensor:
        """The memory of a tensor, as one row of numbers."""
        kind, dtype, key, _, count = pid
        if kind != "storage" or not isinstance(dtype, torch.dtype):
            raise pickle.UnpicklingError("it holds memory of an unknown kind")
        if (key, dtype) not in self._memory:
            raw = self._archive.read(f"{self._folder}data/{key}")
            if len(raw) != count * dtype.itemsize and not (dtype == torch.uint8 and len(raw) == count):
                raise pickle.UnpicklingError(f"a tensor of {count} numbers has {len(raw)} bytes")
            made = torch.frombuffer(bytearray(raw), dtype=dtype) if raw else torch.empty(0, dtype=dtype)
            if self._swapped and raw:
                made = torch.from_numpy(made.numpy().byteswap())
            self._memory[key, dtype] = made.as_subclass(_Held)
        return self._memory[key, dtype]


class _Maker:
    """A function that a file may call: one of these few. Unlike a plain function nothing can be hung on it."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make

    def __call__(self, *given: Any) -> Any:
        return self._make(*given)

    def __setstate__(self, state: Any) -> None:
        raise pickle.UnpicklingError("it would change a function")


def _tensor(memory: Any, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> Tensor:
    """A tensor over ``memory``, no larger than that."""
    if not isinstance(memory, Tensor):
        raise pickle.UnpicklingError("a tensor without memory")
    numbers = [offset, *size, *stride]
    if any(type(number) is not int or number < 0 for number in numbers) or len(size) != len(stride):
        raise pickle.UnpicklingError("a tensor of no shape")
    last = offset + sum((length - 1) * step for length, step in zip(size, stride, strict=True))
    count: int = math.prod(size)
    if count > memory.numel() or (count and last >= memory.numel()):
        raise pickle.UnpicklingError("a tensor that is larger than its memory")
    return memory.as_strided(size, stride, offset).as_subclass(_Held)


def _of_a_kind(make: Any, kind: Any, given: Any, *_: Any) -> Any:
    """A tensor of a class of its own, as fastai's are: the plain one."""
    return make(*given) if isinstance(make, _Maker) and isinstance(given, tuple) else Inert(kind, given)


_TENSOR, _PARAMETER, _OF_A_KIND = _Maker(_tensor), _Maker(lambda tensor, *_: tensor), _Maker(_of_a_kind)
_BUILDERS: dict[str, _Maker] = {
    "torch._utils._rebuild_tensor_v2": _TENSOR, "torch._utils._rebuild_tensor": _TENSOR,
    "torch._utils._rebuild_parameter": _PARAMETER, "torch._utils._rebuild_parameter_with_state": _PARAMETER,
    "torch._tensor._rebuild_from_type": _OF_A_KIND, "torch._tensor._rebuild_from_type_v2": _OF_A_KIND,
    "fastai.torch_core._rebuild_from_type": _OF_A_KIND,
}
