"""What a run has said, gathered for pictures: plain numbers, no Qt. The same whether it comes live or from a log.

It only grows: a run that goes back to a checkpoint cuts its log, which is then read into a new history. What is told
twice, in the log and by the run that goes on while its log is read, counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ulmengine import events as ev
from ulmengine.plan.stages import StagePlan
from ulmengine.record.phrases import in_words

from .series import SeriesBuffer


@dataclass
class StageRecord:
    """One stage. ``before``: optimizer steps of the run before it; a step's x is its ``total``."""

    index: int
    name: str
    groups: tuple[str, ...]
    unfrozen: int
    epochs: int
    steps: int
    before: int
    task: str = ""
    refit: bool = False
    loss: SeriesBuffer = field(default_factory=SeriesBuffer)
    grad_norm: SeriesBuffer = field(default_factory=SeriesBuffer)
    throughput: SeriesBuffer = field(default_factory=SeriesBuffer)
    seconds: SeriesBuffer = field(default_factory=SeriesBuffer)
    rates: list[SeriesBuffer] = field(default_factory=list)
    ends: list[ev.EpochEnded] = field(default_factory=list)
    ended: ev.StageEnded | None = None

    def __post_init__(self) -> None:
        self.rates = [SeriesBuffer() for _ in range(self.unfrozen)]

    @classmethod
    def of(cls, stage: StagePlan | ev.StageStarted, steps: int, before: int) -> StageRecord:
        """One that begins, or will, after ``before`` optimizer steps and takes so many ``steps`` itself."""
        return cls(stage.index, stage.name, stage.groups, stage.unfrozen, stage.epochs, steps, before, stage.task,
                   stage.refit)

    @property
    def learning(self) -> tuple[str, ...]:
        """Names of the groups that learn, the same order as :attr:`rates`."""
        return self.groups[len(self.groups) - self.unfrozen:]

    @property
    def best(self) -> ev.EpochEnded | None:
        """The epoch whose weights are kept so far."""
        return next((end for end in reversed(self.ends) if end.best), None)

    def add(self, steps: Sequence[ev.Step]) -> None:
        """Take in ``steps`` of this stage."""
        x = [float(step.total) for step in steps]
        self.loss.extend(x, [step.loss for step in steps])
        self.grad_norm.extend(x, [step.grad_norm for step in steps])
        self.seconds.extend(x, [step.seconds for step in steps])
        self.throughput.extend(x, [step.tokens / step.seconds if step.seconds > 0 else 0.0 for step in steps])
        for number, series in enumerate(self.rates):
            series.extend(x, [step.lrs[number] if number < len(step.lrs) else 0.0 for step in steps])


@dataclass
class RunHistory:
    """All of a run so far."""

    started: ev.RunStarted | None = None
    stages: list[StageRecord] = field(default_factory=list)
    texts: list[ev.TextWritten] = field(default_factory=list)
    progress: ev.Progress | None = None
    last: ev.Step | None = None
    evaluated: ev.Evaluated | None = None
    finished: ev.Finished | None = None
    failed: ev.Failed | None = None
    model: str = ""
    notes: list[ev.Note] = field(default_factory=list)
    finishing: bool = False
    lost: list[ev.LogLost] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Optimizer steps so far."""
        return self.last.total if self.last else 0

    @property
    def has_classifier(self) -> bool:
        """Whether the plan of the run ends with a classifier."""
        stages = self.started.stages if self.started is not None else ()
        return bool(stages) and stages[-1].get("task") == "classifier"

    @property
    def stage(self) -> StageRecord | None:
        """The stage in hand, or the last one."""
        return self.stages[-1] if self.stages else None

    def extend(self, events: Iterable[ev.Event]) -> None:
        """Take in ``events``; steps of one stage that follow one another go in at once."""
        waiting: list[ev.Step] = []
        for event in events:
            if isinstance(event, ev.Step):
                if waiting and waiting[-1].stage != event.stage:
                    self._steps(waiting)
                    waiting = []
                waiting.append(event)
                continue
            self._steps(waiting)
            waiting = []
            self._other(event)
        self._steps(waiting)

    def _steps(self, steps: list[ev.Step]) -> None:
        steps = [step for step in steps if step.total > self.total]
        if not steps:
            return
        stage = self._record_of(steps[0])
        stage.add(steps)
        self.last, self.progress = steps[-1], None

    def _record_of(self, step: ev.Step) -> StageRecord:
        for stage in reversed(self.stages):
            if stage.index == step.stage:
                return stage
        plan = self.started.stages[step.stage] if self.started and step.stage < len(self.started.stages) else {}
        groups = tuple(plan.get("groups", ())) or tuple(f"group {n + 1}" for n in range(len(step.lrs)))
        record = StageRecord(step.stage, str(plan.get("name", "")), groups, len(step.lrs), 0, 0, step.total - step.step,
                             str(plan.get("task", "")), bool(plan.get("refit")))
        self.stages.append(record)
        return record

    def _other(self, event: ev.Event) -> None:
        match event:
            case ev.RunStarted():
                self.started, self.failed, self.finished = event, None, None
            case ev.StageStarted():
                self._begin(event)
            case ev.EpochEnded():
                self._epoch(event)
            case ev.StageEnded():
                for stage in self.stages:
                    if stage.index == event.index:
                        stage.ended = event
                self.progress = None
            case ev.TextWritten():
                self.texts = [text for text in self.texts if (text.stage, text.epoch) != (event.stage, event.epoch)]
                self.texts.append(event)
            case ev.Progress():
                self.progress = event
            case ev.Note():
                self._note(event)
            case ev.Finishing():
                self.finishing = event.wanted
            case ev.LogLost():
                if event not in self.lost:
                    self.lost.append(event)
                self._note(ev.Note(in_words(event), "warning"))
            case _:
                self._ending(event)

    def _ending(self, event: ev.Event) -> None:
        match event:
            case ev.Evaluated():
                self.evaluated, self.progress = event, None
            case ev.ModelSaved():
                self.model = event.path
            case ev.Finished():
                self.finished, self.progress = event, None
            case ev.Failed():
                self.failed, self.progress = event, None

    def _note(self, note: ev.Note) -> None:
        if note not in self.notes:
            spoken = set(note.settings)
            self.notes = [one for one in self.notes if one.level != "warning" or spoken.isdisjoint(one.settings)]
            self.notes.append(note)

    def _begin(self, event: ev.StageStarted) -> None:
        self.progress = None
        for stage in self.stages:
            if stage.index == event.index:  # a run that goes on says the one in hand again; its length may be another
                stage.epochs, stage.steps = event.epochs, event.steps
                return
        self.stages.append(StageRecord.of(event, event.steps, self.total))

    def _epoch(self, event: ev.EpochEnded) -> None:
        for stage in self.stages:
            if stage.index == event.stage:
                stage.ends = [*(end for end in stage.ends if end.epoch < event.epoch), event]
        self.progress = None
