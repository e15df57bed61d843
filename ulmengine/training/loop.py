"""The two trainings, each a generator of events that returns how its stage ended.

Kept weights: those of the epoch with the lowest validation loss (language model) or with the highest accuracy and,
among equals, the lowest validation loss (classifier); without a validation part the last epoch's. The optimizer's
state stays that of the last step.
"""

from __future__ import annotations

from collections.abc import Generator

from ulmengine.config import ClassifierConfig, LanguageModelConfig
from ulmengine.events import Event
from ulmengine.nets import LanguageModel, Loss, TextClassifier
from ulmengine.plan.errors import TrainingError
from ulmengine.plan.stages import StagePlan
from ulmengine.tokens import DocumentBatches, LanguageModelStream

from .context import Snapshot, StageResult, TrainContext
from .session import Session
from .tasks import ClassifierTask, LanguageModelTask


def language_model_task(
    model: LanguageModel, train: LanguageModelStream, valid: LanguageModelStream | None, plan: StagePlan,
    ctx: TrainContext,
) -> LanguageModelTask:
    """What a stage that trains a language model works on.

    :raises TrainingError: ``plan`` is not for a language model.
    """
    if not isinstance(plan.settings, LanguageModelConfig):
        raise TrainingError(f"the stage {plan.name!r} does not train a language model")
    return LanguageModelTask(model, train, valid, plan.settings, ctx.device, ctx.world)


def classifier_task(
    model: TextClassifier, train: DocumentBatches, valid: DocumentBatches | None, plan: StagePlan, loss: Loss,
    ctx: TrainContext,
) -> ClassifierTask:
    """What a stage that trains a classifier works on.

    :raises TrainingError: ``plan`` is not for a classifier.
    """
    if not isinstance(plan.settings, ClassifierConfig):
        raise TrainingError(f"the stage {plan.name!r} does not train a classifier")
    return ClassifierTask(model, train, valid, loss, plan.settings, ctx.device, ctx.world)


def train_language_model(
    model: LanguageModel,
    train: LanguageModelStream,
    valid: LanguageModelStream | None,
    plan: StagePlan,
    ctx: TrainContext,
    start: Snapshot | None = None,
) -> Generator[Event, None, StageResult]:
    """Train ``model`` through one stage; afterwards it holds the weights of the best epoch.

    Yields ``StageStarted``, ``Step`` for every optimizer step, ``Progress`` while validating, ``EpochEnded``,
    ``TextWritten`` and ``Checkpointed`` where the context provides for them, ``Note``, and ``StageEnded`` last. Closing
    the generator takes a snapshot and ends.

    :param start: a snapshot of this stage to go on from; weights, optimizer and random states are taken from it.
    :raises NanLoss: loss or gradient are not finite.
    :raises TrainingError: the plan does not fit the network, or there is too little text for one batch.
    """
    task = language_model_task(model, train, valid, plan, ctx)
    return (yield from Session(task, plan, ctx, start).events())


def train_classifier(
    model: TextClassifier,
    train: DocumentBatches,
    valid: DocumentBatches | None,
    plan: StagePlan,
    loss: Loss,
    ctx: TrainContext,
    start: Snapshot | None = None,
) -> Generator[Event, None, StageResult]:
    """Train ``model`` through one stage of gradual unfreezing; as :func:`train_language_model`.

    With accumulation the gradient equals that of the large batch but for batch norm, which sees the small ones.
    """
    task = classifier_task(model, train, valid, plan, loss, ctx)
    return (yield from Session(task, plan, ctx, start).events())
