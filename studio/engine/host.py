"""Where a run is carried out: the seam between the window's service and the engine."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from ulmengine.config import RunConfig
from ulmengine.events import Checkpointed, Diverging, Event, Failed, Finishing, RunStarted, StageEnded
from ulmengine.plan.control import ControlError, RunControl, RunState

Sink = Callable[[Event | RunState], None]
"""Takes what a run says and every state that it enters, in order, in the thread that carries the run out."""

Maker = Callable[["RunRequest", RunControl], Generator[Event, None, object]]
"""Makes the generator of a run; a function of a module, since it may have to cross to another process by name."""


@dataclass(frozen=True)
class RunRequest:
    """What is to be carried out; pickles.

    ``config``: with what; a run that goes on takes other settings than its own over once it can begin with them.
    ``resume``: go on from the last checkpoint. ``checkpoint``: go back to that one (or to
    :data:`ulmengine.record.START`) and on from there. ``finish``: end with what has been learnt up to there.
    ``paused``: hold as soon as the run stands there.
    ``models``: the folder of the person's own models, to choose a pretrained one from and to put a language model of
    their texts into.
    """

    config: RunConfig
    folder: Path
    make: Maker
    resume: bool = False
    checkpoint: str | None = None
    pause_between_stages: bool = False
    finish: bool = False
    models: Path | None = None
    paused: bool = False


Request = Literal["pause", "resume", "stop", "step", "skip_stage", "finish", "pause_between_stages"]
"""What can be asked of a run under way: a method of :class:`~ulmengine.plan.control.RunControl` by its name, or the
pause between two stages, which the host sees to."""


class EngineHost(Protocol):
    """Carries out one run; made anew for each."""

    def run(self, request: RunRequest, sink: Sink) -> None:
        """Carry ``request`` out to its end; blocks, called in the worker's thread, never raises.

        The last state given to ``sink`` is "stopped", "interrupted", "failed" or "finished"; an error arrives as a
        :class:`~ulmengine.events.Failed` record before it.
        """
        ...

    def ask(self, request: Request, *values: Any) -> None:
        """Ask something of the run; from any thread, returns at once. What comes too late is passed over.

        :param values: the arguments of the request, which pickle: the size of a step, say.
        """
        ...

    def kill(self) -> bool:
        """End the run at once if that is possible; False where only :meth:`command` can end it."""
        ...


def pass_on(control: RunControl, request: Request, *values: Any) -> None:
    """Ask ``request`` of ``control``; a run that has gone on in the meantime and cannot take it is left alone."""
    with suppress(ControlError):
        getattr(control, request)(*values)


@dataclass
class Watch:
    """What has to be remembered of a run's events while it goes, and the pause between two stages."""

    control: RunControl
    pause_between_stages: bool = False
    pause_when_begun: bool = False
    failed: bool = False
    checkpoint: str = ""
    _last_stage: int = field(default=-1, init=False)
    _finishing: bool = field(default=False, init=False)

    def saw(self, event: Event) -> None:
        """Note ``event``. A failure is the end of the run only if nothing comes after it.

        A run whose loss grows is held.
        """
        self.failed = isinstance(event, Failed)
        match event:
            case Diverging():
                pass_on(self.control, "pause")
            case RunStarted():
                self._last_stage = len(event.stages) - 1
                if self.pause_when_begun:
                    pass_on(self.control, "pause")
            case Checkpointed():
                self.checkpoint = event.name
            case Finishing():
                self._finishing = event.wanted
            case StageEnded() if self.pause_between_stages and not (
                self._finishing or event.index == self._last_stage
            ):
                pass_on(self.control, "pause")

    def safe_so_far(self) -> str:
        """What is safe on disk, in a sentence."""
        if not self.checkpoint:
            return "The settings and the log of the run are kept; there was no checkpoint yet."
        return f"The last checkpoint ({self.checkpoint}) and the log of the run are safe on disk."
