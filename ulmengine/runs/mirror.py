"""A run's figures for TensorBoard too, for those who follow their runs there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ulmengine.events import EpochEnded, Event, Step


class MirrorError(RuntimeError):
    """Nothing can be mirrored; the message says why."""


class TensorBoardMirror:
    """Writes losses, rates, gradient norm and validation figures below ``folder`` as they come.

    :param after: the run goes on after this step; what an earlier process has written of later ones is given up.
    :raises MirrorError: TensorBoard, an optional package, is not installed, or ``folder`` cannot be written.
    """

    def __init__(self, folder: Path, after: int) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise MirrorError(
                "The figures are not mirrored: the optional package tensorboard is not installed "
                "(pip install tensorboard)."
            ) from error
        try:
            # Without purging, what the run repeats would stand there twice.
            self._writer: Any = SummaryWriter(log_dir=str(folder), purge_step=after + 1)
        except OSError as error:
            raise MirrorError(
                f"The figures are not mirrored: {folder} cannot be written ({error.strerror or error})."
            ) from error

    def show(self, event: Event) -> None:
        """Take the next event of the run."""
        if isinstance(event, Step):
            self._add("train/loss", event.loss, event.total)
            self._add("train/grad_norm", event.grad_norm, event.total)
            self._add("rate/last group", event.lrs[-1], event.total)
        elif isinstance(event, EpochEnded):
            for name, value in event.metrics.items():
                self._add(f"validation/{name}", value, event.total)

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()

    def _add(self, name: str, value: float, step: int) -> None:
        self._writer.add_scalar(name, value, step)
