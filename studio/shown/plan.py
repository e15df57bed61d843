"""Which stages a run is going to have: the engine's own plan, for a description or for a run that has begun."""

from __future__ import annotations

from pathlib import Path

from studio.facts import CorpusFacts, start_of
from ulmengine.config import RunConfig
from ulmengine.events import RunStarted
from ulmengine.models import ModelError, describe_bundle
from ulmengine.plan.stages import StagePlan, plan_stages


def planned(config: RunConfig, base: Path, facts: CorpusFacts | None = None) -> tuple[StagePlan, ...]:
    """The stages of a run of ``config``, which lies in the folder ``base``, by what is known of its corpus: without
    ``facts`` it is taken to have labels, and words that the pretrained model knows."""
    layers, pretrained = _start(config, base, facts)
    return plan_stages(config, layers=layers, pretrained=pretrained, classifier=facts is None or facts.classes > 0,
                       held=_holds_back(config) if facts is None else facts.held > 0)


def _holds_back(config: RunConfig) -> bool:
    """Whether there will be validation documents; a corpus that is divided already says so only as it is read."""
    return config.corpus.split.validation > 0 or config.corpus.split.method == "given"


def plan_of_run(config: RunConfig, started: RunStarted) -> tuple[StagePlan, ...]:
    """The stages of a run that has said ``started``, with the rates that ``config`` gives them."""
    groups = [tuple(stage.get("groups", ())) for stage in started.stages]
    layers = max((sum(name.startswith("layer ") for name in names) for names in groups), default=0)

    def some(key: str, value: object) -> bool:
        return any(stage.get(key) == value for stage in started.stages)

    plans = plan_stages(config, layers=max(1, layers), pretrained=some("pretrained", True),
                        classifier=some("task", "classifier"), held=some("refit", True))
    return plans if [plan.groups for plan in plans] == groups else ()


def _start(config: RunConfig, base: Path, facts: CorpusFacts | None) -> tuple[int | None, bool]:
    """Layers (None: as configured) of the language model that the run starts from, and whether there is one."""
    path = start_of(config, facts, base)
    if path is None:
        return None, False
    try:
        return int(describe_bundle(path).sizes[2]), True
    except (ModelError, OSError):  # the run itself will say so
        return None, False
