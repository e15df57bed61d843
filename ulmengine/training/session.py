"""A stage of training as a machine that goes on by one optimizer step at a time and can be put down at any moment.

Everything a step or the end of an epoch has to say goes into an outbox first and is said from there, one event after
another. Whenever the consumer closes the generator, what was not yet said is part of the snapshot, and so a stage
taken up again says exactly what it would have said.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Generator, Iterator
from itertools import islice
from typing import Any
from uuid import uuid4

from torch import Tensor

from ulmengine.events import EpochEnded, Event, Note, SaveFailed, StageEnded, StageStarted, Step, TextWritten
from ulmengine.nets import freeze_to, layer_groups, set_precision
from ulmengine.plan.errors import NanLoss, TrainingError, is_disk_full
from ulmengine.plan.stages import StagePlan

from .context import Snapshot, StageResult, TrainContext
from .groups import copy_of, drift, learning, named_groups
from .optimizers import LayerOptimizer
from .progress import Best, Standing, Unread
from .random_state import RandomState
from .snapshots import carried, put_back, take
from .stepper import Stepper
from .tasks import Task

GPU_READ_EVERY = 16
RETRY_S = 1.0
"""Seconds before a full disk is tried again, for a consumer that does not wait by itself."""


class Session:
    """One stage in training.

    :raises TrainingError: the plan does not fit the network, or there is nothing to train on.
    """

    def __init__(self, task: Task, plan: StagePlan, ctx: TrainContext, start: Snapshot | None) -> None:
        self.task, self.plan, self.ctx, self.model = task, plan, ctx, task.model
        self.accumulation = plan.settings.optimizer.accumulation
        self.groups = named_groups(self.model, layer_groups(self.model))
        self._check()
        freeze_to(self.model, plan.unfrozen)
        set_precision(self.model, ctx.precision)
        self.optimizer = self._take_optimizer()
        self.stepper = Stepper(task, plan, self.optimizer, ctx)
        self.outbox: deque[Event] = deque()
        self.unread = Unread(ctx.clock)
        self.batches: Iterator[Any] | None = None
        self._last_save = ctx.clock()
        self._unsaved = False
        self.standing, self.best = Standing(), Best()
        self.start_key = ""
        self.start: dict[str, Tensor] = {}
        if start is None:
            self._begin()
        else:
            put_back(self, start)
            if ctx.end_at_once and not self.standing.finished:
                self._end_here()
        if ctx.world is not None:
            ctx.world.part_random_numbers()
        self._started = ctx.clock() - self.standing.seconds

    def events(self) -> Generator[Event, None, StageResult]:
        """Train to the end of the stage. Closing it takes a last snapshot first."""
        try:
            yield from self._say()
            while not self.standing.finished:
                yield from self._go_on()
            return self.result()
        except GeneratorExit:
            if self._unsaved:
                together = self.ctx.world is not None and self.ctx.world.stopping
                self._checkpoint("stop", carried(self, together=together))
            raise
        finally:
            self.optimizer.zero_grad()
            self.model.eval()

    def result(self) -> StageResult:
        """How the stage has ended."""
        best, standing = self.best, self.standing
        return StageResult(
            best.train_loss if best.epoch else standing.train_loss, best.metrics.get("valid_loss", math.nan),
            dict(best.metrics), best.epoch, self.ctx.total, standing.seconds, standing.skipped,
        )

    # --- going on

    def _go_on(self) -> Generator[Event, None, None]:
        reason = ""
        self.model.train()
        if self._is_through():
            self._end_stage()
            reason = "stage"
        elif not self.standing.epoch_over and not self._step():
            self._read()
            self.standing.epoch_over = True
        if self.standing.epoch_over:
            reason = yield from self._end_epoch()
        elif len(self.unread) >= self._read_every():
            self._read()
            yield from self._say()
            if self._asked_to_skip():
                # Saved first: a run that is killed while it validates has what it was to end with.
                yield from self._save("time")
                self._end_here()
        if not reason and self._is_time():
            reason = "time"
        if reason:
            self._read()
            # Saved before it is said: who pauses at the end of a stage and never comes back has it on disk.
            yield from self._save(reason)
        yield from self._say()

    def _is_through(self) -> bool:
        """Whether as many epochs are over as are wanted now: taken up again, fewer may be wanted than before."""
        standing = self.standing
        enough = standing.epoch >= self.plan.epochs or standing.skipped
        return enough and not standing.batch and not standing.epoch_over

    def _end_here(self) -> None:
        """Let the stage end without another step; an epoch that has begun is validated first, it may be the best."""
        standing = self.standing
        standing.skipped = True
        standing.epoch_over = standing.epoch_over or standing.batch > 0 or not standing.epoch

    def _asked_to_skip(self) -> bool:
        asked = self.ctx.skip is not None and self.ctx.skip()
        return asked if self.ctx.world is None else self.ctx.world.any(asked)

    def _say(self) -> Generator[Event, None, None]:
        while self.outbox:
            self._unsaved = True
            yield self.outbox.popleft()

    def _step(self) -> bool:
        """One optimizer step; False if the epoch has no batch left."""
        standing = self.standing
        if self.batches is None:
            self.batches = self.task.epoch(standing.epoch, standing.batch)
        began = self.ctx.clock()
        batches = list(islice(self.batches, self.accumulation))
        if not batches:
            return False
        taken = self.stepper.take(batches, standing.step)
        standing.batch += len(batches)
        standing.step += 1
        self.ctx.total += 1
        self.unread.add(taken.loss, taken.norm, taken.weight, Step(
            self.plan.index, standing.epoch + 1, standing.step, self.ctx.total, 0.0,
            taken.rates[-self.plan.unfrozen:], 0.0, taken.tokens, 0.0,
        ), began)
        return True

    def _read(self) -> None:
        """Fetch what the last steps gave from the device, all in one go, and put it into the outbox."""
        for event, weight in self.unread.read():
            if not math.isfinite(event.loss) or (self.stepper.scaler is None and not math.isfinite(event.grad_norm)):
                raise NanLoss(event.step, event.lrs[-1], "gradient" if math.isfinite(event.loss) else "loss")
            self.standing.loss_sum += event.loss * weight
            self.standing.weight_sum += weight
            self.outbox.append(event)

    def _read_every(self) -> int:
        return self.ctx.read_every or (1 if self.ctx.device.type == "cpu" else GPU_READ_EVERY)

    # --- the end of an epoch

    def _end_epoch(self) -> Generator[Event, None, str]:
        """Validate, keep the best, decide whether the stage goes on. Returns the reason to save."""
        standing = self.standing
        yield from self._say()
        self.model.eval()
        if self.ctx.world is not None:
            self.ctx.world.share_buffers(self.model)
        with self.optimizer.averaged():
            metrics = yield from self._validate()
            better = self._keep_if_better(metrics)
        if metrics and not math.isfinite(metrics["valid_loss"]):
            self.outbox.append(Note(
                f"The validation loss of epoch {standing.epoch + 1} is not a number, so any other epoch is kept before "
                "this one. If it comes again, try a lower learning rate.", "warning",
            ))
        if self.optimizer.averages is not None and metrics and self.optimizer.averages.check(metrics["valid_loss"]):
            self.outbox.append(Note("Averaging of the weights has begun (NT-ASGD)."))
        now = self.ctx.clock()
        standing.seconds = now - self._started
        self.outbox.append(EpochEnded(
            self.plan.index, standing.epoch + 1, self.ctx.total, standing.train_loss, metrics, better,
            standing.seconds - standing.epoch_began, self._drift(),
        ))
        self._write_text()
        # Asked here too: while it validated, or of so short an epoch that the losses were not looked at within it.
        if not standing.skipped and self._asked_to_skip():
            standing.skipped = standing.epoch + 1 < self.plan.epochs
        standing.next_epoch()
        self.batches = None
        self.task.set_state(None)
        if standing.epoch >= self.plan.epochs or standing.skipped or self._stops_early(metrics):
            self._end_stage()
            return "stage"
        return "epoch"

    def _validate(self) -> Generator[Event, None, dict[str, float]]:
        """The validation figures. Words of progress are counted, so that none is said twice after a resumption."""
        work = self.task.validate(self.standing.said)
        try:
            while True:
                event = next(work)
                self.standing.said += 1
                self._unsaved = True
                yield event
        except StopIteration as end:
            metrics: dict[str, float] = end.value
            return metrics
        finally:
            work.close()

    def _keep_if_better(self, metrics: dict[str, float]) -> bool:
        """Keep the weights if this is the best epoch so far; without validation the latest is the best."""
        better = not metrics or self.best.is_beaten_by(self.task.standing(metrics))
        if better:
            self.best = Best(
                self.standing.epoch + 1, self.task.standing(metrics) if metrics else (), metrics,
                self.standing.train_loss, f"best-{self.plan.index}-{uuid4().hex[:12]}", self._kept_tensors(),
            )
        return better

    def _kept_tensors(self) -> dict[str, Tensor]:
        """Copies of what this stage changes: the learning weights and the buffers."""
        return copy_of([*learning(self.groups), *self.model.named_buffers()])

    def _drift(self) -> dict[str, float]:
        return drift(self.groups, self.start) if self.ctx.track_drift else {}

    def _write_text(self) -> None:
        if self.ctx.write is None or self.plan.task != "language_model":
            return
        before = RandomState.capture()
        prompt, text = self.ctx.write(self.model)
        before.restore()
        self.outbox.append(TextWritten(self.plan.index, self.standing.epoch + 1, prompt, text))

    def _stops_early(self, metrics: dict[str, float]) -> bool:
        """Count the epochs without a better validation loss."""
        patience = self.plan.settings.early_stopping
        if not patience or not metrics or not self.standing.waited_too_long(metrics["valid_loss"], patience):
            return False
        self.standing.skipped = True
        self.outbox.append(Note(
            f"Stopped early: no better validation loss for {patience} epoch{'s' if patience > 1 else ''}. "
            f"The weights of epoch {self.best.epoch} are kept."
        ))
        return True

    def _end_stage(self) -> None:
        self.best.put_into(self.model)
        self.standing.finished = True
        result = self.result()
        self.outbox.append(StageEnded(
            self.plan.index, self.plan.name, self.plan.unfrozen, self.standing.epoch, result.train_loss,
            result.valid_loss, result.metrics, result.seconds, result.skipped,
        ))

    def _begin(self) -> None:
        self.optimizer.begin_stage()
        self.start_key = f"start-{self.plan.index}-{uuid4().hex[:12]}"
        self.start = copy_of(learning(self.groups)) if self.ctx.track_drift else {}
        self.outbox.append(StageStarted(
            self.plan.index, self.plan.name, self.plan.groups, self.plan.unfrozen, self.plan.epochs,
            self.plan.steps(len(self.task)), self.plan.task, self.plan.direction,
        ))

    def _save(self, reason: str) -> Generator[Event, None, None]:
        """Save, and say so; a full disk is told, and tried again when the consumer asks for more."""
        carry = carried(self, together=True)
        while True:
            try:
                event = self._checkpoint(reason, carry)
            except OSError as error:
                if not is_disk_full(error):
                    raise
                self._unsaved = True
                yield SaveFailed("The disk is full, so the run could not be saved. What was learnt is in memory, and "
                                 "the checkpoint before is whole.", "Free some space, then go on.")
                time.sleep(RETRY_S)
                continue
            if event is not None:
                yield event
            return

    def _checkpoint(self, reason: str, carry: Any) -> Event | None:
        self._last_save = self.ctx.clock()
        self.standing.seconds = self._last_save - self._started
        event = None if self.ctx.checkpoint is None else self.ctx.checkpoint(take(self, reason, carry))
        self._unsaved = False
        return event

    def _is_time(self) -> bool:
        if self.ctx.minutes <= 0:
            return False
        due = self.ctx.clock() - self._last_save >= self.ctx.minutes * 60
        if self.ctx.world is None:
            return due
        # All save at the same step; asked only where the losses have just been read, for it waits for the device too.
        return not len(self.unread) and self.ctx.world.any(due)

    def _take_optimizer(self) -> LayerOptimizer:
        """The run's optimizer if it moves these weights already, so that unfreezing resets nothing; else a new one."""
        config, before = self.plan.settings.optimizer, self.ctx.optimizer
        if before is None or before.config != config or not before.belongs_to(self.groups):
            self.ctx.optimizer = LayerOptimizer(self.groups, config)
        optimizer = self.ctx.optimizer
        assert optimizer is not None
        optimizer.zero_grad()
        return optimizer

    def _check(self) -> None:
        names = tuple(group.name for group in self.groups)
        if names != self.plan.groups:
            raise TrainingError(f"the plan is for the layer groups {', '.join(self.plan.groups)}, "
                                f"the network has {', '.join(names)}")
        if not len(self.task):
            raise TrainingError("there is nothing to train on: the training part holds less than one batch; "
                                "use more text or a smaller batch size")
