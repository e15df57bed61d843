"""The learning-rate range test of a run that has not begun, or of a stage whose predecessor has ended."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import torch

from ulmengine.config import RunConfig
from ulmengine.events import Event
from ulmengine.nets import choose_device, precision_for, set_precision
from ulmengine.plan import StagePlan
from ulmengine.record.folder import RunFolderError
from ulmengine.training import RangeResult, TrainContext, classifier_task, language_model_task, range_test
from ulmengine.training.distributed import use_threads
from ulmengine.training.tasks import Task

from .batches import document_batches, has_learnt, streams
from .head_start import begin_head
from .networks import new_classifier, new_language_model, training_loss
from .prepare import Prepared, prepare, with_best_pretrained


def find_learning_rate(
    config: RunConfig, task: str, cache: Path, *, steps: int = 100, own: Path | None = None
) -> Generator[Event, None, RangeResult]:
    """Sweep the rate of the first ``task`` ("language_model" or "classifier") stage of the plan.

    A network is made as the run would make it and given up afterwards. The classifier is tried with all its groups
    learning, on an encoder that is not yet tuned to the corpus.

    :param own: the folder of the person's own models, from which the run would choose too.
    :raises RunFolderError: the plan has no such stage. Yields what :func:`ulmengine.training.range_test` yields.
    """
    use_threads(config.compute)
    device = choose_device(config.compute.device)
    ctx = TrainContext(device=device, precision=precision_for(device, config.compute.precision))
    torch.manual_seed(config.seed)
    if own is not None:
        config = yield from with_best_pretrained(config, cache, own)
    prepared = yield from prepare(config, cache)
    plan = _first(prepared, task)
    work: Task
    if task == "language_model":
        model = new_language_model(prepared, plan.direction).to(device)
        train, _ = streams(prepared, plan.direction)
        work = language_model_task(model, train, None, plan, ctx)
    else:
        batches = document_batches(prepared, plan.direction, "train")
        if batches is None:
            raise RunFolderError("the corpus has no training documents with labels")
        encoder = new_language_model(prepared, plan.direction).encoder
        classifier = new_classifier(prepared, encoder).to(device)
        if classifier.head.is_linear and has_learnt(prepared):
            set_precision(classifier, ctx.precision)
            yield from begin_head(classifier, prepared, plan.direction)
        work = classifier_task(classifier, batches, None, plan, training_loss(prepared), ctx)
    return (yield from range_test(work, plan, ctx, low=1e-6, high=1.0, steps=steps))


def _first(prepared: Prepared, task: str) -> StagePlan:
    plans = [plan for plan in prepared.plans() if plan.task == task and not plan.refit]
    if not plans:
        kind = "language-model" if task == "language_model" else "classifier"
        raise RunFolderError(f"the plan has no {kind} stage to find a rate for; give it at least one epoch")
    return plans[0] if task == "language_model" else plans[-1]
