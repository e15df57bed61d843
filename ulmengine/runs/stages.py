"""The stages of a run one after another, and the networks that come out of them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from itertools import pairwise

import torch
from torch import Tensor, nn

from ulmengine.events import Event
from ulmengine.inference.writing import write_on
from ulmengine.nets import LanguageModel, TextClassifier, set_precision
from ulmengine.plan import StagePlan
from ulmengine.plan.errors import CannotBeginError
from ulmengine.record.checkpoints import CheckpointError
from ulmengine.record.folder import START, RunFolderError
from ulmengine.training import Checkpoints, Snapshot, StageResult, TrainContext, train_classifier, train_language_model
from ulmengine.training.progress import Standing
from ulmengine.training.tensors import copy_of

from .batches import ALL_LABELLED, document_batches, has_learnt, streams
from .early_finish import EarlyFinish
from .head_start import begin_head
from .interpolation import interpolate, move_between
from .networks import new_classifier, new_language_model, pretrained_weights, training_loss
from .prepare import Prepared

SAMPLE_LENGTH = 40
"""Tokens the language model writes after each epoch."""
OPENING = 3
"""Words of a held-back document that it is given."""


class Stages:
    """Goes through the plan.

    :ivar classifiers: the classifier of each direction, trained as far as the plan has come.
    :ivar language_models: the language model of each direction that no classifier has taken over.
    :ivar before_refit: the weights of each direction's classifier before it learnt from the validation documents;
        none where it has not.
    :ivar perplexities: of the language model of each direction, on the validation texts.
    :ivar asked: a person has ended the last stage before its last step.
    :ivar left_out: the stages that were not begun, because the run was to finish early.
    """

    def __init__(
        self, prepared: Prepared, plans: tuple[StagePlan, ...], ctx: TrainContext, checkpoints: Checkpoints,
        early: EarlyFinish | None = None,
    ) -> None:
        self.prepared, self.plans, self.ctx = prepared, plans, ctx
        self.checkpoints, self._early = checkpoints, early
        self._skip, ctx.skip = ctx.skip, self._ends_here
        self.left_out: tuple[StagePlan, ...] = ()
        self.language_models: dict[str, LanguageModel] = {}
        self.classifiers: dict[str, TextClassifier] = {}
        self.before_refit: dict[str, dict[str, Tensor]] = {}
        self.perplexities: dict[str, float] = {}
        self.asked = False

    def events(self, start: Snapshot | None) -> Generator[Event, None, None]:
        """Train every stage of the plan, from ``start`` on (after :meth:`bring_back`) if given."""
        first = 0 if start is None else start.stage
        for plan in self.plans[first:]:
            taken_up = start if plan.index == first else None
            if taken_up is None and self._is_to_finish():
                self.left_out = self.plans[plan.index:]
                return
            try:
                result = yield from self._train(plan, taken_up)
            except GeneratorExit:
                self._wanted()  # a wish that came just before the run was stopped is not lost
                raise
            self.asked = result.why == "asked"
            self._note_perplexity(plan, result.metrics)

    def _note_perplexity(self, plan: StagePlan, metrics: Mapping[str, float]) -> None:
        if "perplexity" in metrics:
            self.perplexities[plan.direction] = metrics["perplexity"]

    def _ends_here(self) -> bool:
        """Whether the stage in hand is to end after this step, because it is skipped or the last one."""
        skipped = self._skip is not None and self._skip()
        return self._wanted() or skipped

    def _is_to_finish(self) -> bool:
        """The same between two stages, where all processes have to agree."""
        wanted, world = self._wanted(), self.ctx.world
        return wanted if world is None else world.any(wanted)

    def _wanted(self) -> bool:
        return self._early is not None and self._early.hear(bool(self.classifiers))

    def _train(self, plan: StagePlan, start: Snapshot | None) -> Generator[Event, None, StageResult]:
        prepared, direction, config = self.prepared, plan.direction, self.prepared.config
        if plan.task == "language_model":
            network = self.language_models[direction] = self._language_model(direction)
            if config.saving.samples:
                self.ctx.write = writer(prepared, direction)
            train, valid = streams(prepared, direction)
            return (yield from train_language_model(network, train, valid, plan, self.ctx, start))
        if direction not in self.classifiers:
            classifier = self._classifier(direction)
            if classifier.head.is_linear and start is None and has_learnt(prepared):
                if config.language_model.interpolate and config.language_model.epochs:
                    yield from self._interpolated(classifier, direction)
                yield from begin_head(classifier, prepared, direction)
            self.classifiers[direction] = classifier
        model = self.classifiers[direction]
        batches = document_batches(prepared, direction, ALL_LABELLED if plan.refit else "train")
        if batches is None:
            raise CannotBeginError("The corpus has no training documents left.", "Make the held-back shares smaller.")
        held = None if plan.refit else document_batches(prepared, direction, "validation")
        if plan.refit and start is None:
            self.before_refit[direction] = copy_of(model.state_dict().items())
        result = yield from train_classifier(model, batches, held, plan, training_loss(prepared), self.ctx, start)
        if plan.refit:
            self._end_refit(direction, result.why != "epochs")
        return result

    def _end_refit(self, direction: str, skipped: bool) -> None:
        """Half-way between the weights before and after it learnt from the validation documents.

        What it has learnt anew is in one half, what each has picked up by chance is halved (1803.05407). Of a stage
        that was cut short nothing is kept: its rates had not come down, and nothing says how good it is.
        """
        model, before = self.classifiers[direction], self.before_refit[direction]
        if skipped:
            model.load_state_dict(self.before_refit.pop(direction))
            return
        move_between(model, before, model.state_dict(), 0.5)

    def _interpolated(self, classifier: TextClassifier, direction: str) -> Generator[Event, None, None]:
        weights = pretrained_weights(self.prepared, direction)
        if weights is not None:
            before = {name: weights[f"encoder.{name}"] for name in classifier.encoder.state_dict()}
            yield from interpolate(classifier, before, self.prepared, direction)

    def _language_model(self, direction: str) -> LanguageModel:
        network = new_language_model(self.prepared, direction).to(self.ctx.device)
        set_precision(network, self.ctx.precision)
        return network

    def _classifier(self, direction: str) -> TextClassifier:
        """The language model's encoder under a new head; its own training ends here."""
        model = self.language_models.pop(direction, None)
        if model is None:
            model = new_language_model(self.prepared, direction)
        self.ctx.optimizer = None
        classifier = new_classifier(self.prepared, model.encoder).to(self.ctx.device)
        # Here, and not as a stage begins: one that is taken over is measured in the same numbers.
        set_precision(classifier, self.ctx.precision)
        return classifier

    def bring_back(self, start: Snapshot) -> None:
        """Bring what the stages before that of ``start`` have left and its own network does not hold.

        :raises RunFolderError: it cannot be read any more.
        """
        for plan, later in pairwise(self.plans[: start.stage + 1]):
            if later.direction != plan.direction:  # otherwise a later stage went on with this network
                self._take_over(plan, self._end_of(plan))
        plan = self.plans[start.stage]
        if plan.refit:
            self.classifiers[plan.direction] = self._classifier(plan.direction)
            self.before_refit[plan.direction] = self._before(plan, start)

    def _take_over(self, plan: StagePlan, end: Snapshot) -> None:
        """The network that ``plan``, its last stage, has trained."""
        self._note_perplexity(plan, end.values["metrics"])
        model: nn.Module
        if plan.task == "classifier":
            model = self.classifiers[plan.direction] = self._classifier(plan.direction)
        else:
            model = self.language_models[plan.direction] = self._language_model(plan.direction)
        model.load_state_dict(end.weights())
        if plan.refit:
            self.before_refit[plan.direction] = self._before(plan, end)
            self._end_refit(plan.direction, Standing.unpack(end.values["standing"]).skipped)

    def _before(self, plan: StagePlan, snapshot: Snapshot) -> dict[str, Tensor]:
        """The weights with which a stage began that learns from the validation documents, of a ``snapshot`` of it."""
        start = snapshot.shared.get(snapshot.values["start"])
        buffers = dict(self.classifiers[plan.direction].named_buffers())
        if start is None or not start.keys() >= buffers.keys():  # an earlier version kept no buffers there
            return self._end_of(self.plans[plan.index - 1]).weights()
        return {name: start.get(name, value) for name, value in snapshot.weights().items()}

    def _end_of(self, plan: StagePlan) -> Snapshot:
        """The end of the stage ``plan``, without what is damaged of what it shares with other checkpoints."""
        every = self.checkpoints.all()[::-1]
        for info in every:
            if info.finished and info.stage == plan.index and self.checkpoints.leads_on(info.name, len(self.plans)):
                with suppress(CheckpointError):
                    return self.checkpoints.load(info.name, shared_too=False)
        back = next((info for info in every if info.stage <= plan.index and self.checkpoints.verify(info.name)), None)
        where = START if back is None else f"{back.name} (step {back.total:,})"
        raise RunFolderError(f"the checkpoint at the end of {plan.name!r} is missing or damaged, and the model is made "
                             f"of its weights too; go back to {where}, or copy this folder back from a backup")


def writer(prepared: Prepared, direction: str) -> Callable[[nn.Module], tuple[str, str]]:
    """Lets a network of ``direction`` write on from a held-back document: gives its opening, and what follows it.

    A backward network is given the document's end. What it writes stands before that, and so there is no opening but
    one text, in the order in which a person reads it.
    """
    store = prepared.stores.get("validation")
    document = [] if store is None or not len(store) else [int(token) for token in store[0][1:]]
    backward, decode = direction == "backward", prepared.tokenizer.decode
    given = document[-OPENING:] if backward else document[:OPENING]

    def write(model: nn.Module) -> tuple[str, str]:
        assert isinstance(model, LanguageModel)
        source = torch.Generator().manual_seed(prepared.config.seed)
        written = decode(write_on(model, given, SAMPLE_LENGTH, backward=backward, generator=source))
        if not backward:
            return decode(given), written
        return "", f"{written} … {decode(given)}" if given else written

    return write
