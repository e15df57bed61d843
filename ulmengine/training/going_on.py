"""What the record of a checkpoint has to hold for training to go on from it, whoever has written it."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal, Self, get_type_hints

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)

from ulmengine.events import from_json
from ulmengine.record.checkpoints import MOST

from .progress import Standing

_Count = Annotated[int, Field(ge=0, lt=MOST)]
_Word = Annotated[int, Field(ge=0, lt=1 << 32)]


def leads_on(values: Any) -> bool:
    """Whether ``values`` are such as :meth:`ulmengine.training.state.StageState.snapshot` gives."""
    try:
        _GoingOn.model_validate(values)
    except ValidationError:
        return False
    return True


class _Values(BaseModel):
    """Plain values that training goes on with, as they are packed there; what a newer version adds is no harm."""

    model_config = ConfigDict(strict=True)


_COUNTERS: dict[str, Any] = {
    one.name: (_Count if one.type == "int" else get_type_hints(Standing)[one.name], one.default)
    for one in dataclasses.fields(Standing)}
_STANDING = create_model(  # "skipped": what earlier versions told in place of "why"
    "Standing", __base__=_Values, __cls_kwargs__={"extra": "forbid"}, skipped=(bool, False), **_COUNTERS)


class _Best(_Values):
    """Of :class:`ulmengine.training.progress.Best`."""

    epoch: _Count
    standing: list[float]
    metrics: dict[str, float]
    train_loss: float
    key: str
    highest: float | None = None


class _Averages(_Values):
    losses: list[float]
    count: _Count


class _Optimizer(_Values):
    kind: str
    averages: _Averages | None = None

    @model_validator(mode="after")
    def _averages_of_their_kind(self) -> Self:
        if self.kind == "nt_asgd" and self.averages is None:
            raise ValueError("its averages are missing")
        return self


class _Random(_Values):
    """Of :class:`ulmengine.training.random_state.RandomState`: lists there, for JSON knows no tuples."""

    python: Annotated[tuple[Literal[3], Annotated[list[_Word], Field(min_length=625, max_length=625)], float | None],
                      Strict(False)]
    numpy: Annotated[tuple[Literal["MT19937"], Annotated[int, Field(ge=0, le=624)], Literal[0, 1], float],
                     Strict(False)]

    @field_validator("python")
    @classmethod
    def _within(cls, state: tuple[int, list[int], float | None]) -> tuple[int, list[int], float | None]:
        if state[1][-1] > 624:
            raise ValueError("it stands behind its end")
        return state


class _GoingOn(_Values):
    batches: Annotated[list[_Count], Field(min_length=1)]
    standing: Any
    best: _Best
    start: str
    optimizer: _Optimizer
    random: _Random
    state: Any
    outbox: list[dict[str, Any]]
    metrics: dict[str, float]
    scaler: dict[str, float] | None = None

    @field_validator("batches")
    @classmethod
    def _some(cls, batches: list[int]) -> list[int]:
        if not batches[-1]:
            raise ValueError("an epoch has some")
        return batches

    @field_validator("standing")
    @classmethod
    def _is_standing(cls, standing: Any) -> Any:
        _STANDING.model_validate(standing)
        return standing

    @field_validator("state")
    @classmethod
    def _is_form(cls, state: Any) -> Any:
        """As :func:`ulmengine.training.tensors.take_apart` gives it."""
        if isinstance(state, list) and state[:1] in (["list"], ["tuple"]):
            return [cls._is_form(item) for item in state[1:]]
        if state is not None and not (type(state) is int and state >= 0):
            raise ValueError("it is not put together of tensors")
        return state

    @field_validator("outbox")
    @classmethod
    def _are_events(cls, outbox: list[dict[str, Any]]) -> list[dict[str, Any]]:
        try:
            for event in outbox:
                from_json(event)
        except (KeyError, TypeError, AttributeError, IndexError, OverflowError) as error:
            raise ValueError("it holds what is no event") from error
        return outbox
