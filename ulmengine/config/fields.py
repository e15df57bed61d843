"""How a field of a run's description is declared: with a label, a unit, a range and a help text."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

_NOTHING = {"unit": "", "zero": "", "advanced": False, "log": False, "before": None}


class Section(BaseModel):
    """A part of a run's description. Immutable; an unknown key is an error, not a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)


def knob(
    default: Any,
    *,
    label: str,
    help: str,  # noqa: A002 - the field's own word in every form and tooltip
    unit: str = "",
    zero: str = "",
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    advanced: bool = False,
    log: bool = False,
    before: Any = None,
) -> Any:
    """Declare one field.

    :param label: what a form writes beside it, in sentence case.
    :param help: one or two sentences for the tooltip and for the comment in the TOML file.
    :param unit: what the number counts ("tokens", "epochs", ...), empty for a plain ratio, choice or text.
    :param zero: what 0 means, in a word or two, where it is no amount ("never").
    :param ge, gt, le: the permitted range, inclusive, exclusive, inclusive; every number has both ends.
    :param advanced: shown only when a form is unfolded.
    :param log: a form moves it on a logarithmic scale.
    :param before: what a run did that was begun before there was this setting, if it was not what the default does.
    """
    extra: dict[str, Any] = {"unit": unit, "zero": zero, "advanced": advanced, "log": log, "before": before}
    return Field(default, title=label, description=help, json_schema_extra=extra, ge=ge, gt=gt, le=le)


def section(factory: type[Section], *, label: str, help: str) -> Any:  # noqa: A002
    """Declare a nested section with its heading and its one-line explanation."""
    return Field(default_factory=factory, title=label, description=help)


def declared(info: FieldInfo) -> dict[str, Any]:
    """What :func:`knob` was told of a field: ``unit``, ``zero``, ``advanced``, ``log``, ``before``; of a section that
    there is no such thing."""
    return info.json_schema_extra if isinstance(info.json_schema_extra, dict) else dict(_NOTHING)


def bounds(info: FieldInfo) -> tuple[float | None, float | None]:
    """The smallest and largest permitted value of a numeric field (an exclusive bound is returned as it stands)."""
    low: float | None = None
    high: float | None = None
    for rule in info.metadata:
        low = getattr(rule, "ge", getattr(rule, "gt", low))
        high = getattr(rule, "le", high)
    return low, high


def value_of(config: Section, name: str) -> Any:
    """The value that ``config`` has for the setting with the dotted ``name``."""
    value: Any = config
    for part in name.split("."):
        value = getattr(value, part)
    return value
