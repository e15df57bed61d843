"""The doctor: every check stands alone, says what to do, and needs no Qt."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest
import torch

from ulmengine import doctor
from ulmengine.doctor import LIBRARIES, Check, checks, report

# Loaded before a test pretends to be on another system.
assert torch.__version__


def test_every_check_says_what_it_found():
    results = checks()
    names = [check.name for check in results]
    assert len(names) == len(set(names))
    assert {"Python", "torch", "Device", "Memory", "Disk", "Cache folder", "Qt platform plugin"} <= set(names)
    assert all(check.found for check in results)
    assert all(check.advice for check in results if not check.ok)


def test_qt_is_not_imported():
    code = ("import sys; sys.modules['PySide6'] = None; sys.modules.pop('PySide6');"
            "from ulmengine.doctor import checks; checks();"
            "raise SystemExit(any(name.startswith('PySide6') for name in sys.modules))")
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_linux_checks_are_not_listed_elsewhere(monkeypatch, system):
    monkeypatch.setattr(sys, "platform", system)
    names = {check.name for check in checks()}
    assert "Display" not in names
    assert not names & {library.name for library in LIBRARIES}


def test_a_missing_library_names_its_packages(monkeypatch):
    def refuse(name):
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", refuse)
    results = checks()
    cursor = next(check for check in results if check.name == "libxcb-cursor.so.0")
    assert not cursor.ok
    for word in ("sudo apt install libxcb-cursor0", "sudo dnf install xcb-util-cursor",
                 "sudo pacman -S xcb-util-cursor"):
        assert word in cursor.advice
    together = next(line for line in report(results).splitlines() if line.startswith("  Fedora: "))
    assert together.split().count("libxcb") == 1


@pytest.mark.parametrize(("setting", "value", "ok"), [
    ("DISPLAY", ":0", True), ("WAYLAND_DISPLAY", "wayland-0", True), ("QT_QPA_PLATFORM", "offscreen", True),
    ("OTHER", "", False),
])
def test_display(monkeypatch, setting, value, ok):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(setting, value)
    assert doctor._display().ok is ok


def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    assert doctor._writable("Data folder", tmp_path / "not" / "yet").ok
    assert not (tmp_path / "not").exists()
    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)
    check = doctor._writable("Data folder", tmp_path)
    assert not check.ok
    assert "Permission denied" in check.found
    assert str(tmp_path) in check.advice


def test_report_is_one_line_a_check():
    text = report((Check("One", True, "fine"), Check("Three", False, "gone", "bring it back")))
    assert text.splitlines() == [
        "ok       One    fine", "MISSING  Three  gone", "         -> bring it back", "",
        "1 of 2 checks need attention.",
    ]
    assert report((Check("One", True, "fine"),)).endswith("Everything is in place.")
