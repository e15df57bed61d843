"""Stand-ins for the person and for the run, so that most tests need neither."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.ask import Choice, Detail
from studio.engine.thread_host import ThreadHost
from ulmengine.config import RunConfig
from ulmengine.events import Event
from ulmengine.plan.control import TRANSITIONS, Move, RunState


class ScriptedAsk:
    """Answers questions from a list, in order, and remembers what was asked."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self.texts: list[str] = []
        self.details: list[Detail] = []
        self.filters: list[str] = []

    def choose(self, title: str, text: str, choices: Sequence[Choice], detail: Detail = "") -> str:
        self.asked.append((title, tuple(choice.key for choice in choices)))
        self.texts.append(text)
        self.details.append(detail)
        return str(self.answers.pop(0))

    def folder(self, title: str, start: Path) -> Path | None:
        return self._path(title)

    def new_folder(self, title: str, start: Path) -> Path | None:
        return self._path(title)

    def open_files(self, title: str, start: Path, filters: str, several: bool = False) -> list[Path]:
        self.filters.append(filters)
        found = self._path(title)
        return [] if found is None else [found]

    def save_file(self, title: str, start: Path, filters: str) -> Path | None:
        return self._path(title)

    def text(self, title: str, label: str, initial: str = "") -> str | None:
        self.asked.append((title, ()))
        answer = self.answers.pop(0)
        return None if answer is None else str(answer)

    def _path(self, title: str) -> Path | None:
        self.asked.append((title, ()))
        answer = self.answers.pop(0)
        return answer if isinstance(answer, Path) else None


class FakeRun(QObject):
    """A run service whose run is played by the test: it moves as the engine's table says and trains nothing."""

    stateChanged = Signal(object)  # noqa: N815
    events = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.state = RunState.IDLE
        self.folder: Path | None = None
        self.config: RunConfig | None = None
        self.failure = None
        self.make_host = ThreadHost
        self.pause_between_stages = False
        self.calls: list[str] = []

    @property
    def active(self) -> bool:
        return Move.START not in TRANSITIONS[self.state]

    def start(
        self, config: RunConfig, folder: Path, resume: bool = False, checkpoint: str | None = None,
        finish: bool = False, paused: bool = False,
    ) -> None:
        self.calls.append(("finish_run" if finish else "resume_run") if resume else "start")
        self.config, self.folder = config, folder
        self.move(Move.START)

    def pause(self) -> None:
        self.calls.append("pause")
        self.move(Move.PAUSE)

    def resume(self) -> None:
        self.calls.append("resume")
        self.move(Move.RESUME)

    def stop(self) -> None:
        self.calls.append("stop")
        self.move(Move.STOP)

    def step(self, size: str = "batch") -> None:
        self.calls.append(f"step {size}")
        self.move(Move.STEP)

    def skip_stage(self) -> None:
        self.calls.append("skip_stage")

    def finish(self) -> None:
        self.calls.append("finish")

    def kill(self) -> bool:
        self.calls.append("kill")
        self.enter(RunState.INTERRUPTED)
        return True

    def shutdown(self, timeout_s: float) -> bool:
        self.calls.append("shutdown")
        self.enter(RunState.STOPPED)
        return True

    def move(self, move: Move) -> None:
        """Move as the table says; what it does not know is passed over."""
        after = TRANSITIONS[self.state].get(move)
        if after is not None:
            self.enter(after)

    def enter(self, state: RunState) -> None:
        """Be in ``state``, and say so."""
        self.state = state
        self.stateChanged.emit(state)

    def say(self, *events: Event) -> None:
        """Say ``events`` as the run would."""
        self.events.emit(list(events))
