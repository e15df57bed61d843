"""What hangs on the training loop: counting, telling, saving, the end of an epoch, and being put down and taken up.

Everything a step or the end of an epoch has to say goes into an outbox first and is said from there, one event after
another. Whenever the consumer closes the generator, what was not yet said is part of the snapshot, and so a stage
taken up again says exactly what it would have said.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from itertools import islice
from typing import Any
from uuid import uuid4

import torch
from torch import Tensor

from ulmengine.events import EpochEnded, Event, Note, StageEnded, StageStarted, Step, TextWritten, retold
from ulmengine.plan.errors import NanLossError
from ulmengine.plan.stages import StagePlan
from ulmengine.record.failures import cannot_save

from .context import Snapshot, StageResult, Taken, TrainContext
from .progress import Best, Unread
from .random_state import RandomState
from .state import StageState
from .tasks import Task
from .tensors import copy_of, drift, learning

GPU_READ_EVERY = 16
RETRY_S = 1.0
"""Seconds before a full disk is tried again, for a consumer that does not wait by itself."""


class Session(StageState):
    """One stage as :func:`ulmengine.training.loop.train` drives it.

    :param start: a snapshot to go on from.
    :raises TrainingError: the plan does not fit the network, or there is nothing to train on.
    """

    def __init__(self, task: Task, plan: StagePlan, ctx: TrainContext, start: Snapshot | None) -> None:
        super().__init__(task, plan, ctx)
        self._unread = Unread(ctx.clock)
        self._read_every = ctx.read_every or (1 if ctx.device.type == "cpu" else GPU_READ_EVERY)
        self._last_save = self._began = ctx.clock()
        self._unsaved = False
        if start is None:
            self._begin_stage()
        else:
            self.take_up(start)
            if ctx.end_at_once and not self.standing.finished:
                self._end_here()
        if ctx.world is not None:
            self.common, self._seed = RandomState.capture(), torch.initial_seed()
        self._started = ctx.clock() - self.standing.seconds
        ctx.put_down = self.put_down

    # --- what the loop asks for

    def begin(self) -> Generator[Event, None, None]:
        """Say what a snapshot held unsaid, and end the stage if nothing is left of it."""
        yield from self._say()
        standing = self.standing
        # Taken up again, fewer epochs may be wanted than are over.
        enough = standing.epoch >= self.plan.epochs or standing.skipped
        if enough and not (standing.finished or standing.batch or standing.epoch_over):
            self._end_stage()
            yield from self._save("stage")
            yield from self._say()

    def batches(self) -> Iterator[list[Any]]:
        """The batches of the epoch from where it stands, as many together as one optimizer step takes."""
        standing, together = self.standing, self.plan.settings.optimizer.accumulation
        if standing.epoch_over:
            return
        self.model.train()
        epoch = self.task.epoch(standing.epoch, standing.batch)
        while not standing.epoch_over:
            self._began = self.ctx.clock()
            batches = list(islice(epoch, together))
            standing.epoch_over = not batches
            if batches:
                if self.ctx.world is not None:
                    self.ctx.world.part_random_numbers(self._seed, self.ctx.total)
                yield batches
        self._read()

    def after_step(self, taken: Taken) -> Generator[Event, None, None]:
        """Count the step and say it; save where it is time, and end the stage here where that was asked."""
        standing, plan = self.standing, self.plan
        standing.batch += taken.batches
        standing.step += 1
        self.ctx.total += 1
        self._unread.add(taken.loss, taken.norm, taken.weight, Step(
            plan.index, standing.epoch + 1, standing.step, self.ctx.total, 0.0, taken.rates[-plan.unfrozen:], 0.0,
            taken.tokens, 0.0,
        ), self._began)
        if len(self._unread) >= self._read_every:
            self._read()
            yield from self._say()
            if self._asked_to_skip():
                # Saved first: a run that is killed while it validates has what it was to end with.
                yield from self._save("time")
                self._end_here()
        if self._is_time():
            self._read()
            yield from self._save("time")
        yield from self._say()

    def end_epoch(self) -> Generator[Event, None, None]:
        """Validate, keep the best weights, decide whether the stage goes on; save, then say it.

        Who pauses at the end of a stage and never comes back has it on disk.
        """
        reason = yield from self._end_epoch()
        yield from self._save(reason)
        yield from self._say()

    def result(self) -> StageResult:
        """How the stage has ended."""
        best, standing = self.best, self.standing
        return StageResult(
            best.train_loss if best.epoch else standing.train_loss, best.metrics.get("valid_loss", math.nan),
            dict(best.metrics), self.ctx.total, standing.seconds, standing.why,
        )

    def put_down(self) -> None:
        """The consumer wants no more: save, if anything was said since the last time."""
        if self._unsaved:
            together = self.ctx.world is not None and self.ctx.world.stopping
            self._checkpoint("stop", self.carried(together=together))

    def leave(self) -> None:
        """Leave the network as evaluation wants it."""
        self.ctx.put_down, self.ctx.unsaid = None, tuple(self.outbox)
        self.optimizer.zero_grad()
        self.model.eval()
        if self.common is not None:
            self.common.restore()

    # --- going on

    def _end_here(self) -> None:
        """Let the stage end without another step; an epoch that has begun is validated first, it may be the best."""
        standing = self.standing
        standing.why = "asked"
        standing.epoch_over = standing.epoch_over or standing.batch > 0 or not standing.epoch

    def _asked_to_skip(self) -> bool:
        asked = self.ctx.skip is not None and self.ctx.skip()
        return asked if self.ctx.world is None else self.ctx.world.any(asked)

    def _say(self) -> Generator[Event, None, None]:
        while self.outbox:
            self._unsaved = True
            yield self.outbox.popleft()

    def _read(self) -> None:
        """Fetch what the last steps gave from the device, all in one go, and put it into the outbox."""
        for event, weight in self._unread.read():
            if not math.isfinite(event.loss) or (self.scaler is None and not math.isfinite(event.grad_norm)):
                raise NanLossError(event.step, event.lrs[-1], "gradient" if math.isfinite(event.loss) else "loss")
            self.standing.loss_sum += event.loss * weight
            self.standing.weight_sum += weight
            self.outbox.append(event)

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
            standing.seconds - standing.epoch_began, drift(self.groups, self.start),
        ))
        self._write_text()
        # Asked here too: while it validated, or of so short an epoch that the losses were not looked at within it.
        if not standing.skipped and self._asked_to_skip() and standing.epoch + 1 < self.plan.epochs:
            standing.why = "asked"
        standing.next_epoch()
        self.task.set_state(None)
        if standing.epoch >= self.plan.epochs or standing.skipped or self._stops_early(metrics):
            self._end_stage()
            return "stage"
        return "epoch"

    def _validate(self) -> Generator[Event, None, dict[str, float]]:
        """The validation figures. Words of progress are counted, so that none is said twice after a resumption."""
        def count(event: Event) -> tuple[Event]:
            self.standing.said += 1
            self._unsaved = True
            return (event,)

        return retold(self.task.validate(self.standing.said), count)

    def _keep_if_better(self, metrics: dict[str, float]) -> bool:
        """Keep the weights if this is the best epoch so far; without validation the latest is the best."""
        standing = self.task.standing(metrics) if metrics else ()
        better = not metrics or self.best.is_beaten_by(standing, self.task.chance(self.best.highest))
        if better:
            highest = max(self.best.highest, standing[0]) if standing and math.isfinite(standing[0]) else -math.inf
            self.best = Best(
                self.standing.epoch + 1, standing, metrics, self.standing.train_loss,
                f"best-{self.plan.index}-{uuid4().hex[:12]}", self._kept_tensors(), highest,
            )
        return better

    def _kept_tensors(self) -> dict[str, Tensor]:
        """Copies of what this stage changes: the learning weights and the buffers."""
        return copy_of([*learning(self.groups), *self.model.named_buffers()])

    def _write_text(self) -> None:
        if self.ctx.write is not None and self.plan.task == "language_model":
            before = RandomState.capture()
            prompt, text = self.ctx.write(self.model)
            before.restore()
            self.outbox.append(TextWritten(self.plan.index, self.standing.epoch + 1, prompt, text))

    def _stops_early(self, metrics: dict[str, float]) -> bool:
        """Count the epochs without a better validation loss."""
        patience = self.plan.settings.early_stopping
        if not patience or not metrics or not self.standing.waited_too_long(metrics["valid_loss"], patience):
            return False
        self.standing.why = "patience"
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
            result.valid_loss, result.metrics, result.seconds, result.why,
        ))

    def _begin_stage(self) -> None:
        self.optimizer.begin_stage()
        self.start_key = f"start-{self.plan.index}-{uuid4().hex[:12]}"
        self.start = self._kept_tensors()
        self.outbox.append(StageStarted(
            self.plan.index, self.plan.name, self.plan.groups, self.plan.unfrozen, self.plan.epochs,
            self.plan.steps(len(self.task)), self.plan.task, self.plan.direction, self.plan.refit,
        ))

    def _save(self, reason: str) -> Generator[Event, None, None]:
        """Save, and say so; a full disk, or a folder that is gone, is told, and tried again when the consumer asks for
        more."""
        carry = self.carried(together=True)
        while True:
            try:
                event = self._checkpoint(reason, carry)
            except OSError as error:
                told = cannot_save(error, self.ctx.folder)
                if told is None:
                    raise
                self._unsaved = True
                yield told
                time.sleep(RETRY_S)
                continue
            if event is not None:
                yield event
            return

    def _checkpoint(self, reason: str, carry: Any) -> Event | None:
        self._last_save = self.ctx.clock()
        self.standing.seconds = self._last_save - self._started
        event = None if self.ctx.checkpoint is None else self.ctx.checkpoint(self.snapshot(reason, carry))
        self._unsaved = False
        return event

    def _is_time(self) -> bool:
        if self.ctx.minutes <= 0:
            return False
        due = self.ctx.clock() - self._last_save >= self.ctx.minutes * 60
        if self.ctx.world is None:
            return due
        # All save at the same step; asked only where the losses have just been read, for it waits for the device too.
        return not len(self._unread) and self.ctx.world.any(due)
