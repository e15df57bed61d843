"""What has happened: a run's folder, log, lock, checkpoints as they are told, result. Read without PyTorch."""

from .changes import change, check_change
from .checkpoints import CheckpointError, CheckpointFolder, CheckpointInfo, saved_event
from .copies import export_model, export_run, import_run
from .failures import cause_of, describe
from .folder import START, RunFolder, RunFolderError, find_runs, is_copy, last_event, load_description
from .listing import (
    RunLine,
    RunMarks,
    delete_run,
    list_runs,
    read_about,
    restore_run,
    run_line,
    run_name,
    summary,
    unusual,
    write_about,
)
from .lock import RunBusyError, RunLock, owner_of
from .log import EventLog, LogFollower
from .phrases import in_words, value_words

__all__ = [
    "START", "CheckpointError", "CheckpointFolder", "CheckpointInfo", "EventLog", "LogFollower", "RunBusyError",
    "RunFolder", "RunFolderError", "RunLine", "RunLock", "RunMarks", "cause_of", "change", "check_change",
    "delete_run", "describe", "export_model", "export_run", "find_runs", "import_run", "in_words", "is_copy",
    "last_event", "list_runs", "load_description", "owner_of", "read_about", "restore_run", "run_line", "run_name",
    "saved_event", "summary", "unusual", "value_words", "write_about",
]
