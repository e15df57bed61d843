"""The log, and what a crash leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from studio.hooks import CRASH, REPORTS_KEPT, keep_crash_report, start_log

ROOT = Path(__file__).parents[2]


def test_an_orderly_end_leaves_no_report(tmp_path: Path) -> None:
    start_log(tmp_path)()
    assert not (tmp_path / CRASH).exists()
    assert keep_crash_report(tmp_path) is None


def test_a_crash_is_told_at_the_next_start_and_outlives_it(tmp_path: Path) -> None:
    code = ("import pathlib, sys, ctypes; from studio.hooks import start_log; "
            "start_log(pathlib.Path(sys.argv[1])); ctypes.string_at(0)")
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=False, timeout=120)
    assert ended.returncode != 0
    kept = keep_crash_report(tmp_path)
    assert kept is not None
    start_log(tmp_path)()
    assert "string_at" in kept.read_text(encoding="utf-8")
    assert keep_crash_report(tmp_path) is None


def test_only_the_last_reports_are_kept(tmp_path: Path) -> None:
    for day in range(1, 10):
        (tmp_path / CRASH).write_text(f"crash {day}", encoding="utf-8")
        os.utime(tmp_path / CRASH, (day * 86_400.0, day * 86_400.0))
        keep_crash_report(tmp_path)
    found = sorted(tmp_path.glob("crash-*.txt"))
    assert [path.read_text(encoding="utf-8") for path in found] == [
        f"crash {day}" for day in range(10 - REPORTS_KEPT, 10)]


def test_a_folder_that_cannot_be_written_is_no_reason_not_to_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert keep_crash_report(tmp_path / "file") is None
    start_log(tmp_path / "file")()
