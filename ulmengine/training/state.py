"""The state of a stage in training: everything that decides what comes next, and how a snapshot holds it."""

from __future__ import annotations

from collections import deque
from typing import Any

import torch
from torch import Tensor

from ulmengine.events import Event, from_json, to_json
from ulmengine.nets import freeze_to, layer_groups, set_precision
from ulmengine.plan.errors import TrainingError
from ulmengine.plan.stages import StagePlan

from .context import Snapshot, TrainContext
from .optimizers import LayerOptimizer
from .progress import Best, Standing
from .random_state import RandomState
from .tasks import Task
from .tensors import below, put_together, take_apart


class StageState:
    """One stage's network, optimizer, counters, best epoch, and what it has to say but has not said yet.

    :ivar start: the learning weights and the buffers as the stage began; ``start_key``: their name among shared
        tensors.
    :ivar common: the random states that several processes have in common, and put back when the stage is over: the
        numbers of a step are each process' own; None: one process draws on and on.
    :raises TrainingError: the plan does not fit the network, or there is nothing to train on.
    """

    def __init__(self, task: Task, plan: StagePlan, ctx: TrainContext) -> None:
        self.task, self.plan, self.ctx, self.model = task, plan, ctx, task.model
        self.groups = layer_groups(self.model)
        self._check()
        freeze_to(self.model, plan.unfrozen)
        set_precision(self.model, ctx.precision)
        self.optimizer = self._take_optimizer()
        # Only float16 is so narrow that small gradients vanish without a scale.
        self.scaler = torch.amp.GradScaler("cuda") if ctx.precision is torch.float16 else None
        self.standing, self.best = Standing(), Best()
        self.start_key = ""
        self.start: dict[str, Tensor] = {}
        self.outbox: deque[Event] = deque()
        self.common: RandomState | None = None

    def carried(self, *, together: bool) -> Any:
        """What is carried from batch to batch, of all processes' rows. ``together``: all of them ask at this point.

        Where one process ends by itself the others' part is not known, and nothing is carried on.
        """
        world = self.ctx.world
        if world is None:
            return self.task.state()
        return world.whole_state(self.task.state()) if together else None

    def snapshot(self, reason: str, carry: Any) -> Snapshot:
        """Everything, as it is now, with what was :meth:`carried`. The tensors are the live ones."""
        optimizer, optimizer_values = self.optimizer.pack()
        randoms = self.common or RandomState.capture()
        state, form = take_apart(carry)
        parts: dict[str, dict[str, Tensor]] = {
            "model": self.model.state_dict(), "optimizer": optimizer, "random": randoms.tensors,
            "state": {str(number): tensor for number, tensor in enumerate(state)},
        }
        tensors = {f"{part}.{name}": tensor for part, own in parts.items() for name, tensor in own.items()}
        standing = self.standing
        # At the end of an epoch the network is the best one's if that epoch was it; at the end of a stage it always is.
        best = standing.finished or (self.best.epoch == standing.epoch > 0 and standing.batch == 0)
        shared = {self.start_key: self.start} if self.start else {}
        if self.best.tensors and not standing.finished:
            shared[self.best.key] = self.best.tensors
        return Snapshot(
            reason, self.plan.index, self.ctx.total, best, standing.finished, tensors, shared, {
                "batches": [*self._form(), len(self.task)], "epoch": standing.epoch,
                "metrics": self.best.metrics, "standing": standing.pack(),
                "best": self.best.pack(), "start": self.start_key, "optimizer": optimizer_values,
                "random": randoms.values, "state": form, "outbox": [to_json(event) for event in self.outbox],
                "scaler": None if self.scaler is None else self.scaler.state_dict(),
            },
        )

    def take_up(self, snapshot: Snapshot) -> None:
        """Become what ``snapshot`` holds, the random states last.

        With the batch size halved and the accumulation doubled it goes on at the same optimizer step.

        :raises TrainingError: the snapshot is of another stage.
        """
        if snapshot.stage != self.plan.index:
            raise TrainingError(f"the checkpoint is of stage {snapshot.stage + 1}, not of stage {self.plan.index + 1}")
        values, device = snapshot.values, self.ctx.device
        self.model.load_state_dict(snapshot.weights())
        self.optimizer.unpack(below("optimizer.", snapshot.tensors), values["optimizer"])
        if self.scaler is not None and values["scaler"] is not None:
            self.scaler.load_state_dict(values["scaler"])
        state = below("state.", snapshot.tensors)
        self.standing = Standing.unpack(values["standing"])
        if values["batches"][:-1] == self._form():
            carry = put_together([state[str(number)] for number in range(len(state))], values["state"])
            self.task.set_state(carry if self.ctx.world is None else self.ctx.world.own_state(carry))
        else:
            # Taken up with other batches (half as large, say, after memory ran out): the same share of the epoch is
            # done; what was carried from row to row has no place any more.
            self.standing.batch = round(self.standing.batch * len(self.task) / values["batches"][-1])
        self.best = Best.unpack(values["best"], snapshot.shared, device)
        self.start_key = values["start"]
        self.start = {name: t.to(device) for name, t in snapshot.shared.get(self.start_key, {}).items()}
        self.outbox.extend(from_json(event) for event in values["outbox"])
        self.ctx.total = snapshot.total
        RandomState(below("random.", snapshot.tensors), values["random"]).restore()

    def _form(self) -> list[int]:
        """What decides how the training part is cut into batches."""
        return [self.plan.settings.batch_size, self.plan.settings.bptt]

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
