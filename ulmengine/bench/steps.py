"""The run's own optimizer step, with a clock around the part in which the weights are moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from ulmengine.config import OptimizerConfig
from ulmengine.config.training import StageSettings
from ulmengine.nets import LayerGroup, layer_groups
from ulmengine.training.loop import Stepper
from ulmengine.training.optimizers import LayerOptimizer
from ulmengine.training.tasks import Task as Training

from .device import mark, median_ms

RATE = 1e-3


class TimedOptimizer(LayerOptimizer):
    """Notes how long every step takes in ``moving``."""

    def __init__(self, groups: Sequence[LayerGroup], config: OptimizerConfig, device: torch.device) -> None:
        super().__init__(groups, config)
        self.moving: list[tuple[Any, Any]] = []
        self._device = device

    def step(self, scaler: torch.amp.GradScaler | None = None) -> None:
        began = mark(self._device)
        super().step(scaler)
        self.moving.append((began, mark(self._device)))


class MeasuredSteps:
    """Optimizer steps on ``work``, those weights of its network moving that learn now; in float16 with a loss scale."""

    def __init__(self, work: Training, settings: StageSettings, precision: str) -> None:
        device = self._device = work.model.encoder.device
        groups = layer_groups(work.model)
        self._optimizer = TimedOptimizer(groups, settings.optimizer, device)
        scaler = torch.amp.GradScaler(device.type) if precision == "float16" else None
        self._stepper = Stepper(work, self._optimizer, settings.optimizer.clip, scaler=scaler)
        self._rates = [RATE] * len(groups)

    def take(self, batch: Any) -> int:
        """One step; the tokens that were read."""
        return self._stepper.take([batch], self._rates).tokens

    def figures(self) -> dict[str, float]:
        """``optimizer_ms``: of a step, the part in which the weights were moved."""
        return median_ms("optimizer", self._device, self._optimizer.moving)
