"""The only code of the studio that touches threads and processes."""

from .host import Command, EngineHost, Maker, RunRequest
from .job import Job, run_job, shutdown_jobs
from .mailbox import Mailbox
from .memory import Collector
from .process_host import ProcessHost
from .run_service import RunService
from .thread_host import ThreadHost
from .training_run import training_run

__all__ = [
    "Collector", "Command", "EngineHost", "Job", "Mailbox", "Maker", "ProcessHost", "RunRequest", "RunService",
    "ThreadHost", "run_job", "shutdown_jobs", "training_run",
]
