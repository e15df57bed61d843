"""Starting the program: what it says where it cannot run, and with which exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from studio import app
from ulmengine import __version__
from ulmengine.doctor import Check

ROOT = Path(__file__).parents[2]


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in os.environ.items()
                 if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    return subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *arguments], capture_output=True, text=True, cwd=ROOT, timeout=120,
        env=variables, check=False,
    )


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        app.main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"ULMFiT Studio {__version__}\n"


@pytest.mark.parametrize("arguments", [["--page", "nowhere"], ["--theme", "pink"], ["--unheard-of"]])
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        app.main(arguments)
    assert end.value.code == 2
    assert arguments[0] in capsys.readouterr().err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only X11 and Wayland can be absent")
def test_without_a_display_it_says_so_and_does_not_abort() -> None:
    answer = start()
    assert answer.returncode == 1
    assert "cannot open a window" in answer.stderr
    assert "Display" in answer.stderr
    assert "--doctor" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only X11 and Wayland can be absent")
def test_a_display_that_does_not_answer_is_told_before_qt_aborts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":6543")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    found = [check for check in app.window_problems() if check.name == "Display"]
    assert [check.found for check in found] == ["DISPLAY=:6543, which does not answer"]


def test_without_a_screen_on_purpose_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert app.window_problems() == []


def test_a_missing_library_is_explained_with_what_to_do() -> None:
    words = app.explain_problems([Check("libxcb-cursor.so.0", False, "not found", "sudo apt install libxcb-cursor0")])
    assert "libxcb-cursor.so.0: not found" in words
    assert "-> sudo apt install libxcb-cursor0" in words


def test_torch_is_imported_before_qt() -> None:
    code = ("import sys; import studio.app; names = list(sys.modules); "
            "sys.exit(0 if names.index('torch') < names.index('PySide6.QtGui') else 1)")
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=120, check=False)
    assert answer.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
def test_ctrl_c_in_the_terminal_ends_it_in_an_orderly_way(tmp_path: Path) -> None:
    names = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")
    variables = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path)}
    variables |= {name: str(tmp_path / name) for name in names}
    with subprocess.Popen([sys.executable, str(ROOT / "main.py"), "--sample", "--no-start"], cwd=ROOT,
                          env=variables, stderr=subprocess.PIPE, text=True) as studio:
        project = tmp_path / "XDG_DATA_HOME" / "ulmfit-studio" / "sample" / "project.toml"
        deadline = time.monotonic() + 60
        while not project.is_file() and time.monotonic() < deadline:
            assert studio.poll() is None
            time.sleep(0.2)
        assert project.is_file(), sorted(tmp_path.rglob("*.toml"))
        studio.send_signal(signal.SIGINT)
        _, told = studio.communicate(timeout=60)
    assert studio.returncode == 0, told
    assert "Traceback" not in told
