"""What the command line writes: progress for people on stderr, results on stdout."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Generator
from typing import Any, TextIO, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ulmengine import events as ev
from ulmengine.record import in_words
from ulmengine.smoothing import ExponentialMean

T = TypeVar("T")
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}
_IN_A_LINE = _CONTROLS | {ord("\t"): "\\t", ord("\n"): "\\n"}
_IN_JSON = {code: f"\\u{code:04x}" for code in range(127, 160)}  # those below are written so by itself
SMOOTHING = 0.95  # of the loss that is shown


def printable(text: str) -> str:
    """``text`` of one or several lines with its control characters written out: they would steer the terminal."""
    return text.translate(_CONTROLS)


def on_one_line(text: str) -> str:
    """``text`` as :func:`printable`, and no lines or columns made of it: a file's name may hold both."""
    return text.translate(_IN_A_LINE)


def say(*cells: str) -> None:
    """A line of result on stdout, of one or several ``cells``."""
    _write(sys.stdout, "\t".join(map(on_one_line, cells)))


def say_text(text: str) -> None:
    """A result on stdout that may have several lines."""
    _write(sys.stdout, printable(text))


def say_json(values: dict[str, Any]) -> None:
    """One JSON object on a line of stdout; a figure that is not defined is null, for JSON knows no NaN."""
    _write(sys.stdout, json.dumps(ev.defined(values), ensure_ascii=False, allow_nan=False).translate(_IN_JSON))


def complain(*lines: str) -> None:
    """A plain sentence on stderr, or some ``lines`` of them."""
    _write(sys.stderr, "\n".join(map(on_one_line, lines)).rstrip())


def _write(stream: TextIO, text: str) -> None:
    stream.write(text + "\n")
    stream.flush()


def with_progress(work: Generator[ev.Event, None, T]) -> T:
    """Run ``work`` to its end, showing its progress, and give what it returns."""
    with ProgressView() as view:
        return ev.outcome(work, view.show)


class ProgressView:
    """Shows a run's events on stderr: one bar for what is going on, one line for what is over.

    With ``as_json`` every event is also written to stdout as one JSON object a line.
    """

    def __init__(self, *, as_json: bool = False, quiet: bool = False) -> None:
        self._json = as_json
        self._console = Console(stderr=True, quiet=quiet, highlight=False)
        self._bars = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(bar_width=28),
            TextColumn("{task.fields[figures]}"), TimeElapsedColumn(), TimeRemainingColumn(), console=self._console,
            transient=True,
        )
        self._bar: TaskID | None = None
        self._name = ""
        self._stages: dict[int, ev.StageStarted] = {}
        self._loss = ExponentialMean(SMOOTHING)
        self._tokens = 0
        self._since = time.monotonic()

    def __enter__(self) -> ProgressView:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, event: ev.Event) -> None:
        """Take the next event."""
        if self._json and not isinstance(event, ev.Finished):
            say_json(ev.to_json(event))
        match event:
            case ev.Progress():
                self._update(event.task, event.done, event.total, f"{event.done:,.0f} {event.unit}")
            case ev.RangePoint():
                self._update("range test", event.step, event.steps, f"rate {event.lr:.2e}  loss {event.smoothed:.3f}")
            case ev.StageStarted():
                self._stages[event.index] = event
                self._loss, self._tokens, self._since = ExponentialMean(SMOOTHING), 0, time.monotonic()
            case ev.Step():
                self._step(event)
            case _:
                line = in_words(event)
                if line:
                    # Texts and names may hold brackets, which are no markup.
                    self._bars.console.print(printable(line), markup=False)

    def _step(self, event: ev.Step) -> None:
        loss = self._loss.add(event.loss)
        self._tokens += event.tokens
        stage = self._stages.get(event.stage)
        rate = self._tokens / max(1e-9, time.monotonic() - self._since)
        name, steps = (f"stage {event.stage + 1}", 0) if stage is None else (stage.name, stage.steps)
        self._update(name, event.step, steps, f"loss {loss:.3f}  {rate:,.0f} tokens/s")

    def _update(self, name: str, done: float, total: float, figures: str) -> None:
        if self._bar is None or name != self._name:
            if self._bar is not None:
                self._bars.remove_task(self._bar)
            self._bar = self._bars.add_task(name, total=total or None, figures="")
            self._name = name
        self._bars.update(self._bar, completed=done, total=total or None, figures=figures)
