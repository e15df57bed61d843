"""What a run on the command line does when it is told to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.help import start, wait_for_steps
from tests.runs.made import tiny_config, write_corpus
from ulmengine.config import save
from ulmengine.record import RunFolder

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals for another process")

@pytest.fixture
def heard() -> Iterator[None]:
    """What is started hears a hang-up, even where these tests do not: nohup has them and their children ignore it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


# The second one comes while the run is stopping, however quickly it would have stopped.
TOLD = """
import os, signal, sys
from ulmengine.cli.train import _stopping
from ulmengine.plan import RunControl
from ulmengine.plan.control import Move
control = RunControl()
control.move(Move.START)
control.move(Move.BEGUN)
with _stopping(control):
    for name in sys.argv[1:]:
        os.kill(os.getpid(), getattr(signal, name))
        control.hear()
        print(control.state.value, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("signals", "code", "states"), [
    (["SIGINT"], 0, ["stopping"]),
    (["SIGINT", "SIGINT"], 1, ["stopping"]),
    (["SIGTERM", "SIGINT"], 1, ["stopping"]),
    (["SIGTERM", "SIGTERM", "SIGHUP"], 0, ["stopping"] * 3),
])
def test_only_a_second_ctrl_c_quits_at_once(signals: list[str], code: int, states: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", TOLD, *signals], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()) == (code, states), done.stderr
    assert done.stderr.count("stopping after this step") == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
@pytest.mark.usefixtures("heard")
def test_who_is_told_to_end_saves_first(name: str, tmp_path: Path) -> None:
    save(tiny_config(write_corpus(tmp_path / "c.csv"), "language_model.epochs=200"), tmp_path / "c.toml")
    folder = RunFolder(tmp_path / "run")
    with start("train", str(tmp_path / "c.toml"), "--out", str(folder.path)) as process:
        wait_for_steps(folder, 3)
        process.send_signal(getattr(signal, name))
        _, error = process.communicate(timeout=100)
    assert process.returncode == 1
    assert b"go on with --resume" in error
    assert folder.state() == "stopped"


def test_ctrl_c_while_the_program_is_being_opened_is_no_traceback() -> None:
    code = textwrap.dedent("""
        import runpy, sys
        class Interrupted:
            def find_spec(self, name, *_):
                if name == "ulmengine.cli":
                    raise KeyboardInterrupt
        sys.meta_path.insert(0, Interrupted())
        runpy.run_module("ulmengine", run_name="__main__")
    """)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "interrupted\n")
