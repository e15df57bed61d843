"""A run that was made before, read back from its event log."""

from __future__ import annotations

from collections.abc import Generator
from itertools import islice

from studio.plots.history import RunHistory
from ulmengine.events import Event, Progress
from ulmengine.runs import RunFolder

AT_ONCE_BYTES = 3_000_000
"""A log up to this size is read while the page opens; a larger one in the background."""

_PIECE = 20_000


def is_short(folder: RunFolder) -> bool:
    """Whether the log of ``folder`` is read in no time."""
    return not folder.log_path.exists() or folder.log_path.stat().st_size <= AT_ONCE_BYTES


def read_history(folder: RunFolder) -> RunHistory:
    """All that the run in ``folder`` has said so far."""
    work = reading(folder)
    try:
        while True:
            next(work)
    except StopIteration as end:
        history: RunHistory = end.value
        return history


def reading(folder: RunFolder) -> Generator[Event, None, RunHistory]:
    """:func:`read_history` piece by piece."""
    history = RunHistory()
    events = folder.events()
    done = 0
    while piece := list(islice(events, _PIECE)):
        history.extend(piece)
        done += len(piece)
        yield Progress("Reading the run", done, 0, "events")
    return history
