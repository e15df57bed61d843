"""A whole run, from a corpus to an evaluated classifier, in a folder of its own.

The parts that need PyTorch are imported when first asked for, so that listing runs or reading a log starts at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .changes import change, check_branched, check_resumed
from .failures import cause_of, describe, release_memory
from .folder import START, RunFolder, RunFolderError, find_runs, last_event
from .lock import RunBusyError, RunLock, owner_of
from .log import EventLog, LogFollower, read_events
from .sample import SampleMissingError, sample_config, sample_folder
from .share import export_model, export_run, import_run
from .summary import summary
from .words import in_words

if TYPE_CHECKING:
    from .device import available_devices, choose_device
    from .range import find_learning_rate
    from .run import Run

_LAZY = {
    "Run": "run", "available_devices": "device", "choose_device": "device", "find_learning_rate": "range",
}

__all__ = [
    "START", "EventLog", "LogFollower", "Run", "RunBusyError", "RunFolder", "RunFolderError", "RunLock",
    "SampleMissingError", "available_devices", "cause_of", "change", "check_branched", "check_resumed",
    "choose_device", "describe", "export_model", "export_run", "find_learning_rate", "find_runs", "import_run",
    "in_words", "last_event", "owner_of", "read_events", "release_memory", "sample_config", "sample_folder", "summary",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_LAZY[name]}", __name__), name)
