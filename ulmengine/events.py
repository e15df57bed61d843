"""What a run says while it goes: small frozen records that pickle and turn into JSON.

Every record belongs to one run; numbers are plain Python numbers, so that a record crosses threads, processes and
files unchanged. ``to_json`` and ``from_json`` are each other's inverse, but for infinity, which comes back as NaN.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import re
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar, get_type_hints

E = TypeVar("E")
F = TypeVar("F")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Event:
    """Anything a run says. ``kind``: what logs call it, "run_started" for :class:`RunStarted`."""

    kind: ClassVar[str] = "event"

    def __init_subclass__(cls) -> None:
        cls.kind = re.sub(r"(?<=.)(?=[A-Z])", "_", cls.__name__).lower()


@dataclass(frozen=True, slots=True)
class RunStarted(Event):
    """The run begins, or goes on from a checkpoint (``resumed``).

    ``stages``: the whole plan in order, each as :meth:`ulmengine.plan.StagePlan.describe` gives it, and its optimizer
    ``steps`` (which logs from before do not tell).
    """

    name: str
    device: str
    precision: str
    parameters: int
    stages: tuple[dict[str, Any], ...]
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Progress(Event):
    """Work before or between stages: ``done`` of ``total`` (0: unknown) ``unit`` of ``task``."""

    task: str
    done: float
    total: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Note(Event):
    """A sentence for the person. ``level``: "info" or "warning". ``settings``: the names of those that it speaks of: a
    warning is of the past once a later note speaks of one of them."""

    text: str
    level: str = "info"
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StageStarted(Event):
    """A stage of the plan begins.

    ``groups`` names all layer groups from the embedding to the head, ``unfrozen`` how many of them, counted from the
    head, learn. ``steps`` is the number of optimizer steps of the whole stage. ``task``: "language_model" or
    "classifier"; ``direction``: "forward" or "backward". ``refit``: it learns from the validation documents too.
    """

    index: int
    name: str
    groups: tuple[str, ...]
    unfrozen: int
    epochs: int
    steps: int
    task: str = ""
    direction: str = "forward"
    refit: bool = False


@dataclass(frozen=True, slots=True)
class Finishing(Event):
    """A person's wish that the run ends with the stage in hand was heard (``wanted``), or is given up again."""

    wanted: bool


@dataclass(frozen=True, slots=True)
class Step(Event):
    """One optimizer step. ``step`` counts within the stage from 1, ``total`` over the whole run.

    ``lrs``: rate of every unfrozen group, embedding first. ``tokens``: real tokens in the step (no padding).
    ``loss``: cross entropy in nats without regularisation. ``grad_norm``: before clipping.
    """

    stage: int
    epoch: int
    step: int
    total: int
    loss: float
    lrs: tuple[float, ...]
    grad_norm: float
    tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class EpochEnded(Event):
    """An epoch of a stage is over; ``metrics`` hold at least ``valid_loss`` and ``accuracy`` or ``perplexity``.

    ``drift``: per layer group the distance moved from where the stage's network started, relative to its length.
    """

    stage: int
    epoch: int
    total: int
    train_loss: float
    metrics: dict[str, float]
    best: bool
    seconds: float
    drift: dict[str, float] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TextWritten(Event):
    """What the language model writes after ``prompt`` at this point of its training."""

    stage: int
    epoch: int
    prompt: str
    text: str


@dataclass(frozen=True, slots=True)
class StageEnded(Event):
    """A stage is over: its losses, metrics and wall-clock seconds.

    ``why``: its "epochs" are over, a person "asked" for it, or early stopping lost its "patience".
    """

    index: int
    name: str
    unfrozen: int
    epochs: int
    train_loss: float
    valid_loss: float
    metrics: dict[str, float]
    seconds: float
    why: str = "epochs"

    @property
    def skipped(self) -> bool:
        """Whether it ended before its last step."""
        return self.why != "epochs"


@dataclass(frozen=True, slots=True)
class Checkpointed(Event):
    """A checkpoint is safely on disk. ``reason``: "epoch", "stage", "time", "stop" or "best"."""

    name: str
    reason: str
    total: int
    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class LogLost(Event):
    """The run's log lacks what was said between its optimizer steps ``after`` and ``total``: it was cut, or removed."""

    after: int
    total: int


@dataclass(frozen=True, slots=True)
class SaveFailed(Event):
    """Nothing was lost, but nothing can be saved for now. Asking for the next event tries again. ``text``: what
    happened and what is kept; ``advice``: what to do; ``cause``: "disk_full" or "folder_gone"; ``stopping``: the run
    was to be stopped, and is held instead: to stop it once more tries again."""

    text: str
    advice: str
    cause: str = "disk_full"
    stopping: bool = False


@dataclass(frozen=True, slots=True)
class Diverging(Event):
    """The loss of a stage has grown far above what its task began with, and stays there.

    ``loss``: now, smoothed unless all of the last ones are far above; ``began``: what the task began with; ``since``:
    the last step of the run (``total``) before which it had not begun to grow.
    """

    stage: int
    total: int
    loss: float
    began: float
    since: int


@dataclass(frozen=True, slots=True)
class RangePoint(Event):
    """One step of a learning-rate range test."""

    step: int
    steps: int
    lr: float
    loss: float
    smoothed: float


@dataclass(frozen=True, slots=True)
class RangeEnded(Event):
    """The range test is over and everything is as it was before. ``suggestions``: rule -> rate (only those found)."""

    suggestions: dict[str, float]
    diverged: bool


FEWEST_COMPARED = 6
"""On fewer documents two classifiers are not compared: that all of them go one way, a fair coin does with 5 of
them once in 16."""


@dataclass(frozen=True, slots=True)
class Evaluated(Event):
    """The classifier measured on ``part`` ("test" or "validation") beside the TF-IDF + logistic-regression baseline.

    ``interval``: 95 % bootstrap interval of the accuracy. ``difference``: by how much the network is right more often
    than the baseline on the same documents, with the paired bootstrap's interval; not-a-number in logs from before.
    ``majority``: the commonest label in training, "" where it is not defined; ``majority_accuracy``: what always
    answering it comes to. ``blend_accuracy``: of network and word counts together, which is how the saved model
    answers; not-a-number where it is the network alone. ``refit``: the network has learnt from the validation documents
    since: figures of that part are of the network before. ``relabelled``: so many labels of these documents a person
    has corrected. ``saved_difference_interval``: of the difference between both together and the baseline;
    not-a-number where it is the network alone, and in logs from before.
    """

    part: str
    documents: int
    accuracy: float
    interval: tuple[float, float]
    metrics: dict[str, float]
    baseline_accuracy: float
    baseline_interval: tuple[float, float]
    difference: float = math.nan
    difference_interval: tuple[float, float] = (math.nan, math.nan)
    majority: str = ""
    majority_accuracy: float = math.nan
    blend_accuracy: float = math.nan
    blend_interval: tuple[float, float] = (math.nan, math.nan)
    refit: bool = False
    relabelled: int = 0
    saved_difference_interval: tuple[float, float] = (math.nan, math.nan)

    @property
    def before_refit(self) -> bool:
        """Whether the figures are those of the network before it learnt from these very documents."""
        return self.refit and self.part == "validation"

    @property
    def too_few(self) -> bool:
        """Whether the documents are too few to say who is better."""
        return self.documents < FEWEST_COMPARED

    @property
    def has_blend(self) -> bool:
        """Whether the saved model answers with network and word counts together."""
        return math.isfinite(self.blend_accuracy)

    @property
    def saved(self) -> tuple[float, tuple[float, float]]:
        """Accuracy and interval of the model as it is saved: the headline wherever one figure stands for the run."""
        return (self.blend_accuracy, self.blend_interval) if self.has_blend else (self.accuracy, self.interval)


@dataclass(frozen=True, slots=True)
class ModelSaved(Event):
    """The finished model stands at ``path``."""

    path: str


@dataclass(frozen=True, slots=True)
class Failed(Event):
    """The run ended by an error, told in the person's words.

    ``cause``: "out_of_memory", "nan_loss", "disk_full", "folder_gone", "data", "settings", "files", "checkpoint",
    "device", "processes", "corpus_changed", "program_changed" or "bug". ``kept``: what is safe. ``advice``: what to
    try. ``details``: the technical report. ``remedy``: settings, by name, with which going on from the last checkpoint
    may work.
    """

    cause: str
    title: str
    kept: str
    advice: str
    details: str
    remedy: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stopped(Event):
    """The run was stopped by a person and can go on later."""

    total: int


@dataclass(frozen=True, slots=True)
class Finished(Event):
    """All stages are done. The accuracies are None where nothing could be measured (a language model alone)."""

    accuracy: float | None
    baseline_accuracy: float | None
    model: str
    seconds: float


def outcome(work: Generator[E, None, T], hear: Callable[[E], object] = lambda _: None) -> T:
    """What ``work`` returns at its end; ``hear`` is told whatever it says on the way."""
    while True:
        try:
            event = next(work)
        except StopIteration as end:
            result: T = end.value
            return result
        hear(event)


def retold(work: Generator[E, None, T], tell: Callable[[E], Iterable[F]]) -> Generator[F, None, T]:
    """``work``, which says in place of each event what ``tell`` makes of it; closing it closes that."""
    try:
        while True:
            try:
                event = next(work)
            except StopIteration as end:
                result: T = end.value
                return result
            yield from tell(event)
    finally:
        work.close()


EVENTS: dict[str, type[Event]] = {cls.kind: cls for cls in Event.__subclasses__()}


def to_json(event: Event) -> dict[str, Any]:
    """``event`` as a JSON object with its ``type`` first; a figure that is not defined is null there."""
    return {"type": event.kind, **defined(dataclasses.asdict(event))}


def defined(value: Any) -> Any:
    """``value`` for JSON, which knows neither NaN nor infinity: None in their place."""
    if isinstance(value, dict):
        return {key: defined(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [defined(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def from_json(values: dict[str, Any]) -> Event:
    """The event that :func:`to_json` made ``values`` of; unknown keys (a newer writer's) are passed over.

    :raises KeyError: an unknown type of event. :raises TypeError: something is missing, or not of its kind.
    """
    cls = EVENTS[values["type"]]
    known = _fields(cls.kind)
    return cls(**{name: known[name](value) for name, value in values.items() if name in known})


@functools.cache
def _fields(kind: str) -> dict[str, Callable[[Any], Any]]:
    """How each field of a kind of event is read back; worked out once, for long logs are read."""
    hints = get_type_hints(EVENTS[kind])
    return {field.name: _READERS[str(hints[field.name])] for field in dataclasses.fields(EVENTS[kind])}


def _of(value: Any, *kinds: type) -> Any:
    """``value``, which must be of one of ``kinds``: a log may come from anywhere."""
    if type(value) not in kinds:
        raise TypeError(f"{value!r:.50} is not of the kind {kinds[0].__name__}")
    return value


def _figure(value: Any) -> float:
    return math.nan if value is None else float(_of(value, float, int))


def _figures(values: Any) -> tuple[float, ...]:
    return tuple(map(_figure, _of(values, list, tuple)))


_READERS: dict[str, Callable[[Any], Any]] = {
    str(str): lambda value: _of(value, str),
    str(int): lambda value: _of(value, int),
    str(bool): lambda value: _of(value, bool),
    str(float): _figure,
    "float | None": lambda value: None if value is None else _figure(value),
    "tuple[float, ...]": _figures,
    "tuple[float, float]": lambda values: _figures(values if len(values) == 2 else None),
    "tuple[str, ...]": lambda values: tuple(_of(value, str) for value in _of(values, list, tuple)),
    "tuple[dict[str, typing.Any], ...]": lambda values: tuple(_of(value, dict) for value in _of(values, list, tuple)),
    "dict[str, float]": lambda values: {name: _figure(value) for name, value in _of(values, dict).items()},
    "dict[str, typing.Any]": lambda values: _of(values, dict),
}
