"""What has happened: a run's folder, log, lock, checkpoints as they are told, result. Read without PyTorch."""

from .changes import change, check_branched, check_resumed
from .checkpoints import CheckpointError, CheckpointFolder, CheckpointInfo, saved_event
from .failures import cause_of, describe, release_memory
from .folder import START, RunFolder, RunFolderError, find_runs, last_event
from .lock import RunBusyError, RunLock, owner_of
from .log import EventLog, LogFollower, read_events
from .share import export_model, export_run, import_run
from .summary import summary
from .words import in_words

__all__ = [
    "START", "CheckpointError", "CheckpointFolder", "CheckpointInfo", "EventLog", "LogFollower", "RunBusyError",
    "RunFolder", "RunFolderError", "RunLock", "cause_of", "change", "check_branched", "check_resumed", "describe",
    "export_model", "export_run", "find_runs", "import_run", "in_words", "last_event", "owner_of", "read_events",
    "release_memory", "saved_event", "summary",
]
