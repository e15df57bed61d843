"""The plan of a run: which stages follow one another, what learns in each, for how long and how fast. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from ulmengine.config import ClassifierConfig, LanguageModelConfig, RunConfig, StageSettings

from .schedules import Schedule, build_schedule

TaskKind = Literal["language_model", "classifier"]


@dataclass(frozen=True)
class StagePlan:
    """One stage of a run.

    :ivar index: position in the plan, from 0.
    :ivar name: what lists call it, "classifier: head + layer 2" for example.
    :ivar direction: "forward" or "backward", the way the text is read.
    :ivar groups: all layer groups of the network, the last one last.
    :ivar unfrozen: how many of them learn, counted from the last.
    :ivar peak: largest rate of the last group in this stage.
    :ivar pretrained: the run's language model starts from trained weights.
    :ivar refit: it learns from the validation documents too, and nothing is left to validate on.
    """

    index: int
    name: str
    task: TaskKind
    direction: str
    groups: tuple[str, ...]
    unfrozen: int
    epochs: int
    peak: float
    settings: StageSettings
    pretrained: bool = False
    refit: bool = False

    def schedule(self, steps: int) -> Schedule:
        """The rates over the stage's ``steps`` optimizer steps."""
        return build_schedule(self.settings, steps=steps, groups=len(self.groups), peak=self.peak)

    def steps(self, batches: int) -> int:
        """Optimizer steps of the stage, an epoch having that many ``batches``: a short last accumulation counts."""
        return self.epochs * -(-batches // self.settings.optimizer.accumulation)

    def describe(self) -> dict[str, Any]:
        """The stage in plain values, for the record of a run."""
        return {
            "index": self.index, "name": self.name, "task": self.task, "direction": self.direction,
            "groups": list(self.groups), "unfrozen": self.unfrozen, "epochs": self.epochs, "peak": self.peak,
            "factor": self.settings.factor, "pretrained": self.pretrained, "refit": self.refit,
        }


def group_names(layers: int, task: TaskKind) -> tuple[str, ...]:
    """Names of the layer groups of a network with that many LSTM ``layers``, from the first layer to the last.

    A language model's embedding is its decoder's matrix and belongs to the last group.
    """
    body = tuple(f"layer {n + 1}" for n in range(layers))
    return ("embedding", *body, "head") if task == "classifier" else (*body, "decoder")


def plan_stages(
    config: RunConfig, *, layers: int | None = None, pretrained: bool, classifier: bool = True, held: bool = True
) -> tuple[StagePlan, ...]:
    """The stages of a run, in order. Used by the run itself and by its preview.

    :param layers: LSTM layers of the network if a pretrained model brings its own; None: as configured.
    :param pretrained: whether the language model starts from trained weights. One that starts from nothing has no
        lower layers worth sparing: all its groups learn at the same rate.
    :param classifier: False for a corpus without labels. :param held: there are validation documents, from which a
        trained classifier can learn in the end.

    For both directions all forward stages come first. A stage of 0 epochs is left out.
    """
    depth = config.model.sizes().layers if layers is None else layers
    chosen = config.model.direction
    directions = ("forward", "backward") if chosen == "both" else (chosen,)
    plans: list[StagePlan] = []
    for direction in directions:
        ending = " (backward)" if direction == "backward" else ""
        stages = list(_language_model(config.language_model, pretrained))
        if classifier:
            stages += _classifier(config.classifier, group_names(depth, "classifier"), held)
        for name, task, unfrozen, epochs, peak, settings, refit in stages:
            groups = group_names(depth, task)
            plans.append(StagePlan(
                len(plans), name + ending, task, direction, groups, unfrozen or len(groups), epochs, peak, settings,
                pretrained, refit,
            ))
    return tuple(plans)


_Stage = tuple[str, TaskKind, int, int, float, StageSettings, bool]


def _language_model(config: LanguageModelConfig, pretrained: bool) -> Iterator[_Stage]:
    if config.epochs:
        settings = config if pretrained else config.model_copy(update={"factor": 1.0})
        yield "language model", "language_model", 0, config.epochs, config.lr, settings, False


def _classifier(config: ClassifierConfig, groups: tuple[str, ...], held: bool) -> Iterator[_Stage]:
    last, learnt = len(config.epochs) - 1, None
    for number, epochs in enumerate(config.epochs):
        unfrozen = len(groups) if number == last else min(number + 1, len(groups))
        peak = config.lr * config.stage_decay**number
        if epochs:
            learnt = unfrozen, peak
            name = "all layers" if unfrozen == len(groups) else " + ".join(reversed(groups[-unfrozen:]))
            yield f"classifier: {name}", "classifier", unfrozen, epochs, peak, config, False
    if learnt and held and config.refit:  # as the last stage of them
        unfrozen, peak = learnt
        yield "classifier: all labels", "classifier", unfrozen, config.refit, peak, config, True
