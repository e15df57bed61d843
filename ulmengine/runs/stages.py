"""The stages of a run one after another, and the networks that come out of them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping

import torch
from torch import Tensor, nn

from ulmengine.config import RunConfig
from ulmengine.events import Event
from ulmengine.inference.writing import write_on
from ulmengine.nets import LanguageModel, TextClassifier, set_precision
from ulmengine.plan import StagePlan
from ulmengine.record.folder import RunFolderError
from ulmengine.training import Checkpoints, Snapshot, StageResult, TrainContext, train_classifier, train_language_model

from .batches import ALL_LABELLED, document_batches, has_learnt, streams
from .early import EarlyEnd
from .head_start import begin_head
from .interpolation import interpolate
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
    :ivar skipped: the last stage ended before its last step.
    :ivar left_out: the stages that were not begun, because the run was to finish early.
    """

    def __init__(
        self, config: RunConfig, prepared: Prepared, plans: tuple[StagePlan, ...], ctx: TrainContext,
        checkpoints: Checkpoints, early: EarlyEnd | None = None,
    ) -> None:
        self.config, self.prepared, self.plans, self.ctx = config, prepared, plans, ctx
        self.checkpoints, self._early = checkpoints, early
        self._skip, ctx.skip = ctx.skip, self._ends_here
        self.left_out: tuple[StagePlan, ...] = ()
        self.language_models: dict[str, LanguageModel] = {}
        self.classifiers: dict[str, TextClassifier] = {}
        self.before_refit: dict[str, dict[str, Tensor]] = {}
        self.perplexities: dict[str, float] = {}
        self.skipped = False

    def events(self, start: Snapshot | None) -> Generator[Event, None, None]:
        """Train every stage of the plan, from ``start`` on if given."""
        first = 0 if start is None else start.stage
        self._bring_back(first)
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
            self.skipped = result.skipped
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
        if plan.task == "language_model":
            model = new_language_model(self.config, self.prepared, plan.direction).to(self.ctx.device)
            self.language_models[plan.direction] = model
            if self.config.saving.samples:
                self.ctx.write = writer(self.config, self.prepared, plan.direction)
            train, valid = streams(self.config, self.prepared, plan.direction)
            return (yield from train_language_model(model, train, valid, plan, self.ctx, start))
        if plan.direction not in self.classifiers:
            classifier = self._classifier(plan.direction)
            if classifier.head.is_linear and start is None and has_learnt(self.config, self.prepared):
                set_precision(classifier, self.ctx.precision)
                if self.config.language_model.interpolate and self.config.language_model.epochs:
                    yield from self._interpolated(classifier, plan.direction)
                yield from begin_head(classifier, self.config, self.prepared, plan.direction)
            self.classifiers[plan.direction] = classifier
        batches = document_batches(self.config, self.prepared, plan.direction, ALL_LABELLED if plan.refit else "train")
        if batches is None:
            raise RunFolderError("the corpus has no training documents left; make the held-back shares smaller")
        held = None if plan.refit else document_batches(self.config, self.prepared, plan.direction, "validation")
        if plan.refit and start is None:
            weights = self.classifiers[plan.direction].state_dict()
            self.before_refit[plan.direction] = {name: value.clone() for name, value in weights.items()}
        loss = training_loss(self.config, self.prepared)
        result = yield from train_classifier(
            self.classifiers[plan.direction], batches, held, plan, loss, self.ctx, start
        )
        if plan.refit:
            self._end_refit(plan.direction, result.skipped)
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
        model.load_state_dict({
            name: before[name].to(value.device).lerp(value, 0.5) if value.is_floating_point() else value
            for name, value in model.state_dict().items()
        })

    def _interpolated(self, classifier: TextClassifier, direction: str) -> Generator[Event, None, None]:
        weights = pretrained_weights(self.prepared, direction)
        if weights is not None:
            before = {name: weights[f"encoder.{name}"] for name in classifier.encoder.state_dict()}
            yield from interpolate(classifier, before, self.config, self.prepared, direction)

    def _classifier(self, direction: str) -> TextClassifier:
        """The language model's encoder under a new head; its own training ends here."""
        model = self.language_models.pop(direction, None)
        if model is None:
            model = new_language_model(self.config, self.prepared, direction)
        self.ctx.optimizer = None
        return new_classifier(self.config, self.prepared, model.encoder).to(self.ctx.device)

    def _bring_back(self, first: int) -> None:
        """Networks that were finished before stage ``first``, from the checkpoints at the ends of their stages."""
        ends = {info.stage: info for info in self.checkpoints.all() if info.finished and info.stage < first}
        for plan in self.plans[:first]:
            later = self.plans[plan.index + 1]
            if later.direction == plan.direction and not later.refit:
                continue  # a later stage goes on with this network, and its checkpoint brings the weights
            if plan.index not in ends:
                raise RunFolderError(f"the checkpoint at the end of {plan.name!r} is missing; start the run anew")
            end = self.checkpoints.load(ends[plan.index].name)
            weights = end.weights()
            if later.refit and later.direction == plan.direction:
                self.before_refit[plan.direction] = weights
                continue
            self._note_perplexity(plan, ends[plan.index].metrics)
            if plan.task == "classifier":
                self.classifiers[plan.direction] = self._classifier(plan.direction)
                self.classifiers[plan.direction].load_state_dict(weights)
                if plan.refit:
                    self._end_refit(plan.direction, bool(end.values["standing"]["skipped"]))
            else:
                model = new_language_model(self.config, self.prepared, plan.direction).to(self.ctx.device)
                model.load_state_dict(weights)
                self.language_models[plan.direction] = model


def writer(config: RunConfig, prepared: Prepared, direction: str) -> Callable[[nn.Module], tuple[str, str]]:
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
        source = torch.Generator().manual_seed(config.seed)
        written = decode(write_on(model, given, SAMPLE_LENGTH, backward=backward, generator=source))
        if not backward:
            return decode(given), written
        return "", f"{written} … {decode(given)}" if given else written

    return write
