"""The fields of a run's description by their dotted names: what forms, tooltips and the palette are made of."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from ulmengine.config import RunConfig, Section, bounds, declared

Kind = Literal["integer", "number", "choice", "switch", "text", "texts", "integers"]


@dataclass(frozen=True)
class Field:
    """One setting: ``name`` is dotted ("classifier.schedule.cut_frac"), ``sections`` are the labels above it.

    ``zero``: what 0 means where it is no amount.
    """

    name: str
    kind: Kind
    label: str
    unit: str
    zero: str
    help: str
    low: float | None
    low_open: bool
    high: float | None
    choices: tuple[str, ...]
    advanced: bool
    log: bool
    default: Any
    sections: tuple[str, ...]

    def counted(self, value: Any) -> str:
        """What stands beside the number ``value``: what it counts, unless the label says that, or what 0 means."""
        if self.kind not in ("integer", "number"):
            return ""
        if self.zero and value == 0:
            return self.zero
        return "" if set(self.unit.lower().split()) <= set(self.label.lower().split()) else self.unit

    @property
    def path(self) -> str:
        """Where the setting stands, for a search result: "Classifier / Schedule"."""
        return " / ".join(self.sections)


@lru_cache(maxsize=1)
def all_fields() -> dict[str, Field]:
    """Every setting of a run: dotted name -> field, in the order of the description."""
    return {field.name: field for field in _walk(RunConfig, "", ())}


def field(name: str) -> Field:
    """The setting called ``name``.

    :raises KeyError: there is none.
    """
    try:
        return all_fields()[name]
    except KeyError:
        raise KeyError(f"there is no setting called {name!r}") from None


def _walk(section: type[Section], prefix: str, above: tuple[str, ...]) -> Iterator[Field]:
    for name, info in section.model_fields.items():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            yield from _walk(inner, f"{prefix}{name}.", (*above, str(info.title)))
        else:
            yield _describe(prefix + name, info, above)


def _describe(name: str, info: FieldInfo, above: tuple[str, ...]) -> Field:
    kind, choices = _kind(info.annotation)
    low, high = bounds(info)
    low_open = any(getattr(rule, "gt", None) is not None for rule in info.metadata)
    told = declared(info)
    return Field(
        name=name, kind=kind, label=str(info.title), unit=told["unit"], zero=told["zero"],
        help=str(info.description or ""), low=low, low_open=low_open, high=high, choices=choices,
        advanced=told["advanced"], log=told["log"], default=info.get_default(call_default_factory=True), sections=above,
    )


def _kind(annotation: Any) -> tuple[Kind, tuple[str, ...]]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return "choice", tuple(str(value) for value in arguments)
    if origin is tuple:
        return ("integers" if arguments[0] is int else "texts"), ()
    if origin in (Union, types.UnionType):
        return _kind(next(value for value in arguments if value is not type(None)))
    plain: dict[Any, Kind] = {bool: "switch", int: "integer", float: "number"}
    return plain.get(annotation, "text"), ()
