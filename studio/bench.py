"""How long the window keeps its own thread busy, in a window on the screen.

``python -m studio.bench scroll``: with a repaint of a table of a million rows. ``python -m studio.bench window
--project DIR``: with the first visit of each page, another theme, and a filter on the page Evaluate, on a project.
Without a screen: ``QT_QPA_PLATFORM=offscreen python -m studio.bench scroll``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch  # noqa: F401 - before Qt, as in the program
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio import theme
from studio.app import make_window
from studio.ask import QtAsk
from studio.engine.job import leave, run_job, shutdown_jobs
from studio.engine.warming import warm
from studio.models.rows import Role
from studio.pages.parts.rows_table import RowsTable
from studio.settings import Settings
from studio.window import MainWindow

_WARM_UP = 5


class Numbers:
    """Rows that exist nowhere, with a long text each."""

    columns = ("number", "square", "text")

    def __init__(self, rows: int) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return self._rows

    def cell(self, row: int, column: int) -> str:
        return (str(row), str(row * row), f"row {row} " + "word " * 40)[column]


def bench_scroll(rows: int = 1_000_000, repaints: int = 300) -> dict[str, float]:
    """Repaint a table of 1200 x 800 px at places spread over all of its rows.

    :returns: ``rows``, ``repaints``; ``open_s`` until the table is shown; ``median_ms``, ``p95_ms`` and ``max_ms`` of a
        repaint by the clock, and ``cpu_max_ms`` of processor time, which other work on the machine disturbs less.
    :raises RuntimeError: the window does not come up.
    """
    table = RowsTable("numbers")
    table.resize(1200, 800)
    began = time.perf_counter()
    table.set_source(Numbers(rows), {2: Role.TEXT})
    table.show()
    if not QTest.qWaitForWindowExposed(table):
        raise RuntimeError("the window did not come up; nothing would be painted")
    opened = time.perf_counter() - began
    bar = table.verticalScrollBar()
    clock, cpu = [], []
    for place in np.linspace(0, bar.maximum(), repaints + _WARM_UP).astype(int).tolist():
        bar.setValue(place)
        wall, own = time.perf_counter(), time.thread_time()
        table.viewport().repaint()
        clock.append(1000 * (time.perf_counter() - wall))
        cpu.append(1000 * (time.thread_time() - own))
    table.close()
    clock, cpu = clock[_WARM_UP:], cpu[_WARM_UP:]
    figures = {
        "open_s": opened, "median_ms": float(np.median(clock)), "p95_ms": float(np.quantile(clock, 0.95)),
        "max_ms": max(clock), "cpu_max_ms": max(cpu),
    }
    return {"rows": rows, "repaints": repaints, **{name: round(value, 2) for name, value in figures.items()}}


def bench_window(project: Path, settle_s: float = 1.0) -> dict[str, float]:
    """Processor time in ms that the window's thread takes, on the project in ``project``, for one thing after another.

    What is slow to import is there before, as it is some seconds after the program has begun.

    :returns: ``imports`` of the first module that is imported ahead; ``open``; ``first <page>`` of every page;
        ``after`` each of these what follows in later turns of the loop, painting among it, ``longest`` the longest of
        all these turns; ``theme``; ``again evaluate`` and ``filter``, where the project has a run that was measured.
    :raises RuntimeError: ``project`` cannot be opened.
    """
    found: dict[str, float] = {}

    def take(name: str, do: Callable[[], object]) -> None:
        began = time.thread_time()
        do()
        turns = [time.thread_time() - began]
        end = time.monotonic() + settle_s
        while time.monotonic() < end:
            turn = time.thread_time()
            QTest.qWait(0)  # one turn of the loop
            turns.append(time.thread_time() - turn)
            time.sleep(0.001)
        for key, span in ((name, turns[0]), (f"after {name}", sum(turns[1:])), (f"longest {name}", max(turns))):
            found[key] = round(1000 * span, 1)

    with tempfile.TemporaryDirectory() as folder:
        window = make_window(Settings(Path(folder) / "settings.json"), QtAsk())
        try:
            _measure_window(window, project, take)
        finally:
            window.close()
            window.shell.close_project()
            shutdown_jobs(10)
            window.deleteLater()
    return found


def _measure_window(window: MainWindow, project: Path, take: Callable[[str, Callable[[], object]], None]) -> None:
    window.show()
    job = run_job(window, warm)
    while job.running:
        QTest.qWait(20)
    take("imports", window.pages.import_ahead)
    take("open", partial(window.shell.open_project, project))
    if window.shell.project is None:
        raise RuntimeError(f"{project} cannot be opened as a project")
    for entry in window.pages.entries:
        take(f"first {entry.key}", partial(window.go, entry.key))
    take("theme", window.theme_dark)
    take("theme", window.theme_light)
    page: Any = window.pages.page("evaluate")
    if page is not None and page.answers is not None:
        take("again evaluate", partial(window.go, "evaluate"))
        take("filter", page.filter.toggle_wrong)


def main() -> int:
    """The command line; the last line is JSON."""
    parser = argparse.ArgumentParser(prog="python -m studio.bench", description="measure the Studio")
    parser.add_argument("work", choices=("scroll", "window"))
    parser.add_argument("--project", type=Path, metavar="DIR", help="with window: the project to show")
    parser.add_argument("--rows", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--repaints", type=int, default=300, metavar="N")
    options = parser.parse_args()
    if options.work == "window" and options.project is None:
        parser.error("window needs --project DIR")

    app = QApplication.instance() or QApplication([])
    if isinstance(app, QApplication):
        theme.apply_theme(app, "light")
    found = bench_window(options.project.resolve()) if options.work == "window" else \
        bench_scroll(options.rows, options.repaints)
    sys.stdout.write(json.dumps(found) + "\n")
    return leave(0)


if __name__ == "__main__":
    sys.exit(main())
