"""The doctor: every check stands alone, says what to do, and needs no Qt."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from ulmengine import doctor
from ulmengine.doctor import LIBRARIES, Check, checks, report

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

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
    monkeypatch.setattr(doctor, "x_server_answers", lambda: True)
    assert doctor._display().ok is ok


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks an X server")
def test_a_display_that_does_not_answer_is_no_display(monkeypatch):
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    monkeypatch.setenv("DISPLAY", ":4711")
    check = doctor._display()
    assert not check.ok
    assert check.found == "DISPLAY=:4711, which does not answer"
    assert "xvfb-run" in check.advice


# What libQt6Core, libQt6Gui, libQt6Widgets, libQt6DBus and libqoffscreen are linked with (readelf -d), without the
# libraries that every system has.
WITHOUT_A_SCREEN = {"libglib2.0-0", "libegl1", "libgl1", "libxkbcommon0", "libdbus-1-3", "libfontconfig1"}
# Brought along by other packages of the line: what they are, by whom.
BROUGHT_ALONG = {
    "libxcb1": "libxcb-cursor0", "libxcb-randr0": "libgl1", "libxcb-render0": "libxcb-cursor0",
    "libxcb-shm0": "libxcb-image0", "libxcb-sync1": "libgl1", "libxcb-xfixes0": "libgl1",
    "libxcb-xkb1": "libxkbcommon-x11-0", "libxcb-util1": "libxcb-image0", "libx11-6": "libgl1", "libx11-xcb1": "libgl1",
    "libfreetype6": "libfontconfig1",
}


def test_the_readme_names_every_package_that_the_doctor_looks_for():
    line = next(line for line in README.splitlines() if "apt-get install" in line)
    named = line.split("install -y ")[1].split()
    assert named[0] == "python3-venv"
    assert set(named[1:7]) == WITHOUT_A_SCREEN  # README says of them that the tests need them
    wanted = {library.debian for library in LIBRARIES}
    assert wanted <= set(named) | BROUGHT_ALONG.keys()
    assert set(BROUGHT_ALONG.values()) <= set(named)


def test_continuous_integration_looks_for_each_library_by_itself():
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").partition("<<'LIBRARIES'\n")[2].splitlines()
    told = dict(line.split() for line in lines[:lines.index("LIBRARIES")])
    known = {library.name: library.debian for library in LIBRARIES}
    assert told == {name: known[name] for name in told}
    assert set(told.values()) == WITHOUT_A_SCREEN | {"libx11-6", "libfreetype6"}


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


class FakeXcb:
    """libxcb with a server that answers, or not."""

    def __init__(self, error):
        self.calls = []
        self.xcb_connect = self._function("connect", 4711)
        self.xcb_connection_has_error = self._function("has_error", error)
        self.xcb_disconnect = self._function("disconnect", None)

    def _function(self, name, answer):
        def call(*arguments):
            self.calls.append(name)
            return answer

        return call


@pytest.mark.parametrize(("error", "calls"), [
    (0, ["connect", "has_error"]),  # stays open, or a server without other clients would start anew
    (1, ["connect", "has_error", "disconnect"]),
])
def test_the_connection_to_the_display_is_kept(monkeypatch, error, calls):
    xcb = FakeXcb(error)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: xcb if name == "libxcb.so.1" else None)
    assert doctor.x_server_answers() is (error == 0)
    assert xcb.calls == calls
