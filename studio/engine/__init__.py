"""The only code of the studio that touches threads and processes.

Its parts are imported when they are first asked for: the training process needs the hosts and must not load Qt, which
costs memory and, on Windows, has to come after torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .host import EngineHost, Maker, RunRequest
    from .job import Job, run_job, shutdown_jobs
    from .mailbox import Mailbox
    from .memory import Collector
    from .process_host import ProcessHost
    from .quiet import Quiet
    from .run_service import RunService
    from .thread_host import ThreadHost

__all__ = [
    "Collector", "EngineHost", "Job", "Mailbox", "Maker", "ProcessHost", "Quiet", "RunRequest",
    "RunService", "ThreadHost", "run_job", "shutdown_jobs",
]

_HOMES = {
    "Collector": "memory", "EngineHost": "host", "Job": "job", "Mailbox": "mailbox",
    "Maker": "host", "ProcessHost": "process_host", "Quiet": "quiet", "RunRequest": "host", "RunService": "run_service",
    "ThreadHost": "thread_host", "run_job": "job", "shutdown_jobs": "job",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
