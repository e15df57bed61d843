"""An error as a card: what happened, what was kept, what to try, details to copy; and with which other settings a run
may go on after it."""

from __future__ import annotations

import gc
import math
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ulmengine.config import ConfigError, RunConfig
from ulmengine.disk import is_disk_full, is_out_of_memory
from ulmengine.events import Diverging, Failed, SaveFailed
from ulmengine.plan.errors import CannotBeginError, NanLossError
from ulmengine.plan.usual import usual_rate

from .checkpoints import CheckpointInfo

MOST_ACCUMULATION = 1_024

_PROCESSES = ("gloo/transport", "connection closed by peer", "connection reset by peer", "remote process exited")
_DEVICE = ("cuda error", "device-side assert", "cudnn error", "nccl error", "cublas")


def describe(error: BaseException, *, kept: str = "") -> Failed:
    """Tell ``error`` in a person's words. ``kept``: what is safe on disk.

    The record holds text only: an exception holds its frames, and the frames hold the tensors.
    """
    details = "".join(traceback.format_exception(error))
    cause = cause_of(error)
    title, advice = _words(cause, error)
    return Failed(cause, title, kept, advice, details)


def cannot_save(error: OSError, folder: Path, *, stopping: bool = False) -> SaveFailed | None:
    """What to say where ``error`` keeps the run in ``folder`` from being saved for now; None where waiting is no help.

    :param stopping: the run was to be stopped.
    """
    held = "It was not stopped: what" if stopping else "What"
    if not folder.is_dir():
        return SaveFailed(f"The run's folder is gone from {folder}, so the run could not be saved. {held} was learnt "
                          "is in memory.", "Put the folder back where it was, then try again.", "folder_gone", stopping)
    if is_disk_full(error):
        return SaveFailed(f"The disk is full, so the run could not be saved. {held} was learnt is in memory, and the "
                          "checkpoint before is whole.", "Free some space, then go on.", stopping=stopping)
    return None


def cause_of(error: BaseException) -> str:
    """Which kind of failure ``error`` is; the names are those of :class:`ulmengine.events.Failed`."""
    text = str(error).lower()
    if is_out_of_memory(error):
        return "out_of_memory"
    if is_disk_full(error):
        return "disk_full"
    own = getattr(error, "cause", None)
    if isinstance(own, str):
        return own
    if isinstance(error, OSError | ConfigError):
        return "files"
    # The engine's own errors are written for a person: whatever they are, they are no bug.
    if isinstance(error, ValueError) or type(error).__module__.startswith("ulmengine."):
        return "data"
    if any(words in text for words in _PROCESSES):
        return "processes"
    if any(words in text for words in _DEVICE):
        return "device"
    return "bug"


def release_memory() -> None:
    """Give back what a failed run held; call it when no reference to the error is left.

    The garbage collector runs in the caller's thread and may destroy whatever it finds: a program with a window calls
    this in the window's own thread, and a :class:`~ulmengine.runs.Run` leaves it to its consumer.
    """
    gc.collect()
    torch = sys.modules.get("torch")  # where it was never needed nothing is held
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def _words(cause: str, error: BaseException) -> tuple[str, str]:
    if cause == "out_of_memory":
        return ("There was not enough memory for this batch size",
                "Halve the batch size and double the accumulation: the result is the same, the memory is not.")
    if cause == "nan_loss":
        return (str(error), "Go back to the last checkpoint and use a lower learning rate.")
    if cause == "disk_full":
        return ("The disk is full", "Free some space, then go on from the last checkpoint.")
    if cause == "processes":
        return ("Another of the processes that train together has ended, or cannot be reached any more",
                "Look at what it said, then go on from the last checkpoint; torchrun --max-restarts does so by itself.")
    if cause == "device":
        return (f"The device failed: {_first_line(error)}",
                "Start the program anew, or train on the processor (device = \"cpu\").")
    if cause == "corpus_changed":
        return (str(error), "Bring the earlier files back, or start a new run with the changed ones.")
    if cause == "program_changed":
        return (str(error), "Begin a new run with the same settings. What this one has learnt so far stays in its "
                "folder; the earlier version of the program can still go on with it.")
    if isinstance(error, CannotBeginError):
        return error.text, error.advice
    if cause == "folder_gone":
        return str(error), "Put the folder back where it was, then go on from the last checkpoint."
    if cause in ("data", "files", "checkpoint"):
        # The engine's own errors say themselves what to try.
        own = type(error).__module__.startswith("ulmengine.") and str(error)
        text = f"{error.strerror}: {error.filename}" if isinstance(error, OSError) and error.filename else str(error)
        return (text or type(error).__name__, "" if own else "Look at the files and settings named here.")
    return (f"An error in the program: {type(error).__name__}: {_first_line(error)}",
            "Please report it together with the details.")


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "")


def remedy(error: BaseException, config: RunConfig, task: str | None, rows: int | None = None) -> dict[str, Any]:
    """Settings to change, by name, after ``error`` in a stage of ``task``; empty where none would help.

    :param task: None where no stage had begun.
    :param rows: of text that the language model really reads, where a small corpus gives it fewer than asked for.
    """
    if isinstance(error, CannotBeginError):
        return error.remedy
    cause = cause_of(error)
    if task is None:
        return {}
    if cause == "out_of_memory":
        return halved_batch(config, task, rows) or {}
    if cause == "nan_loss" and isinstance(error, NanLossError):
        return lower_rate(config, task, error.suggested)
    return {}


def halved_batch(config: RunConfig, task: str, rows: int | None = None) -> dict[str, Any] | None:
    """Half the batch and twice the accumulation for ``task``, so that the optimizer sees the same batch.

    None where the batch cannot become smaller. ``rows``: see :func:`remedy`.
    """
    section = getattr(config, task)
    size = section.batch_size
    if task == "language_model" and rows is not None:
        size = min(size, rows)
    if size < 2:
        return None
    return {f"{task}.batch_size": size // 2,
            f"{task}.optimizer.accumulation": min(MOST_ACCUMULATION, section.optimizer.accumulation * 2)}


def before_it_grew(infos: Iterable[CheckpointInfo], told: Diverging) -> CheckpointInfo | None:
    """The newest checkpoint of a run, oldest first in ``infos``, from before its loss began to grow."""
    good = [info for info in infos if info.total <= told.since]
    return good[-1] if good else None


def lower_rate(config: RunConfig, task: str, suggested: float = math.inf) -> dict[str, Any]:
    """The usual peak rate for ``task`` where its own is far above that, else a third of it; or what is ``suggested``
    where that is lower still."""
    part = getattr(config, task)
    return {f"{task}.lr": float(f"{min(suggested, usual_rate(part) or part.lr / 3):.2g}")}
