"""Garbage is collected in the window's thread and nowhere else."""

from __future__ import annotations

import gc
import threading
import weakref

from pytestqt.qtbot import QtBot

from studio.engine.memory import Collector


class Cycle:
    def __init__(self, seen: list[str]) -> None:
        self.me = self
        weakref.finalize(self, lambda: seen.append(threading.current_thread().name))


def test_a_worker_never_collects(qtbot: QtBot) -> None:
    seen: list[str] = []
    collector = Collector()
    collector.start()
    try:
        def allocate() -> None:
            Cycle(seen)
            kept = [[] for _ in range(50_000)]
            kept.clear()

        worker = threading.Thread(target=allocate, name="worker")
        worker.start()
        worker.join()
        assert seen == []
        kept = [[] for _ in range(5_000)]
        collector.collect()
        qtbot.waitUntil(lambda: bool(seen) or (bool(gc.collect()) and bool(seen)), timeout=2_000)
        assert seen == ["MainThread"]
        assert kept
    finally:
        collector.stop()
        gc.disable()  # as the other tests of windows have it
