"""``python -m studio.bench scroll``: how long a repaint of a table of a million rows takes, in a window on the screen.

Without a screen: ``QT_QPA_PLATFORM=offscreen python -m studio.bench scroll``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

import numpy as np
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio import theme
from studio.models.rows import Role
from studio.pages.parts.rows_table import RowsTable

_WARM_UP = 5


class Numbers:
    """Rows that exist nowhere, with a long text each."""

    columns = ("number", "square", "text")

    def __init__(self, rows: int) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return self._rows

    def cell(self, row: int, column: int) -> str:
        """One cell."""
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


def main() -> int:
    """The command line; the last line is JSON."""
    parser = argparse.ArgumentParser(prog="python -m studio.bench", description="measure the Studio")
    parser.add_argument("work", choices=("scroll",))
    parser.add_argument("--rows", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--repaints", type=int, default=300, metavar="N")
    options = parser.parse_args()

    app = QApplication.instance() or QApplication([])
    if isinstance(app, QApplication):
        theme.apply_theme(app, "light")
    sys.stdout.write(json.dumps(bench_scroll(options.rows, options.repaints)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
