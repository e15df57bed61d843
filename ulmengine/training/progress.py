"""How far a stage has come: its counters, its best epoch, and the steps whose losses are still on the device."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from ulmengine.events import Step


@dataclass
class Standing:
    """Counters of a stage.

    :ivar epoch: epochs that are over. :ivar batch: batches of the present epoch that are done.
    :ivar step: optimizer steps of the stage that are done: what its schedule is asked with.
    :ivar epoch_over: all batches are done, validation is not. :ivar said: words of progress of the validation at hand.
    :ivar waited: epochs since the lowest validation loss. :ivar seconds: wall clock of the stage, pauses included.
    :ivar why: it ends: "epochs" as long as nothing cuts it short, "asked" or "patience".
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    weight_sum: float = 0.0
    epoch_over: bool = False
    said: int = 0
    waited: int = 0
    lowest: float | None = None
    seconds: float = 0.0
    epoch_began: float = 0.0
    why: str = "epochs"
    finished: bool = False

    @property
    def skipped(self) -> bool:
        """Whether it ends before its last step."""
        return self.why != "epochs"

    @property
    def train_loss(self) -> float:
        """Mean training loss of the epoch so far."""
        return self.loss_sum / self.weight_sum if self.weight_sum else 0.0

    def next_epoch(self) -> None:
        """Begin the next epoch."""
        self.epoch += 1
        self.batch = self.said = 0
        self.loss_sum = self.weight_sum = 0.0
        self.epoch_over = False
        self.epoch_began = self.seconds

    def waited_too_long(self, valid_loss: float, patience: int) -> bool:
        """Count an epoch with ``valid_loss``; True after ``patience`` epochs without a lower one.

        A loss that is no number is not lower than any.
        """
        if math.isfinite(valid_loss) and (self.lowest is None or valid_loss < self.lowest):
            self.lowest, self.waited = valid_loss, 0
        else:
            self.waited += 1
        return self.waited >= patience

    def pack(self) -> dict[str, Any]:
        """As plain values."""
        return dataclasses.asdict(self)

    @classmethod
    def unpack(cls, values: dict[str, Any]) -> Standing:
        """What :meth:`pack` gave; earlier versions did not tell who had cut a stage short."""
        known = dict(values)
        if known.pop("skipped", False):
            known["why"] = "asked"
        return cls(**known)


@dataclass
class Best:
    """The best epoch so far (counted from 1; 0: none yet) and its weights.

    :ivar standing: how good it was, see :meth:`ulmengine.training.tasks.Task.standing`.
    :ivar highest: the first figure of the best standing of all epochs so far.
    :ivar key: name of the weights among a snapshot's shared tensors.
    """

    epoch: int = 0
    standing: tuple[float, ...] = ()
    metrics: dict[str, float] = field(default_factory=dict)
    train_loss: float = 0.0
    key: str = ""
    tensors: dict[str, Tensor] = field(default_factory=dict)
    highest: float = -math.inf

    def is_beaten_by(self, standing: tuple[float, ...], chance: float = 0.0) -> bool:
        """Whether a later epoch with ``standing`` is to be kept; one whose loss is no number is no better than any.

        :param chance: by how much the first figure differs by chance alone. An epoch within that of the highest is
            kept before an earlier one: it has learnt at a lower rate, and who takes the highest of several figures
            that differ by chance takes the luckiest epoch, not the best.
        """
        if self.epoch == 0:
            return True
        sound, was_sound = (all(map(math.isfinite, figures)) for figures in (standing, self.standing))
        if not sound or not was_sound:
            return sound
        return standing[0] >= self.highest - chance if chance else standing > self.standing

    @torch.no_grad()
    def put_into(self, model: nn.Module) -> None:
        """Give ``model`` the kept weights."""
        places = dict(model.named_parameters()) | dict(model.named_buffers())
        for name, tensor in self.tensors.items():
            places[name].copy_(tensor)

    def pack(self) -> dict[str, Any]:
        """As plain values, without the weights."""
        highest = self.highest if math.isfinite(self.highest) else None
        return {"epoch": self.epoch, "standing": list(self.standing), "metrics": self.metrics,
                "train_loss": self.train_loss, "key": self.key, "highest": highest}

    @classmethod
    def unpack(cls, values: dict[str, Any], shared: dict[str, dict[str, Tensor]], device: torch.device) -> Best:
        """What :meth:`pack` gave, with the weights out of a snapshot's ``shared`` tensors."""
        tensors = {name: tensor.to(device) for name, tensor in shared.get(values["key"], {}).items()}
        standing = tuple(values["standing"])
        highest = values.get("highest", standing[0] if standing else None)  # not in the checkpoints of earlier versions
        return cls(values["epoch"], standing, dict(values["metrics"]), values["train_loss"], values["key"], tensors,
                   -math.inf if highest is None else highest)


class Unread:
    """Steps whose loss and gradient norm have not been fetched from the device yet.

    :param clock: seconds. A device works on while the program goes ahead, so the time of a single step is unknown:
        each waiting step is said to have taken an equal share of the time until all of them were done.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = 0.0
        self._waiting: list[tuple[Tensor, Tensor, float, Step]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, loss: Tensor, norm: Tensor, weight: float, event: Step, began: float) -> None:
        """Let ``event`` of a step that ``began`` then wait for its ``loss`` and ``norm``."""
        if not self._waiting:
            self._began = began
        self._waiting.append((loss, norm, weight, event))

    def read(self) -> Iterator[tuple[Step, float]]:
        """Each waiting step with its figures, and how much it counts in the mean."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        losses = torch.stack([loss for loss, _, _, _ in waiting]).tolist()
        norms = torch.stack([norm for _, norm, _, _ in waiting]).tolist()
        seconds = (self._clock() - self._began) / len(waiting)
        for loss, norm, (_, _, weight, event) in zip(losses, norms, waiting, strict=True):
            yield dataclasses.replace(event, loss=loss, grad_norm=norm, seconds=seconds), weight
