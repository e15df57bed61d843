"""What the tests of the commands share: what was printed, and commands in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import pytest

from ulmengine.record import RunFolder


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def start(*arguments: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, "-m", "ulmengine", *arguments], env=environment,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_for_steps(folder: RunFolder, count: int) -> None:
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline:
        if folder.log_path.exists() and folder.log_path.read_text(encoding="utf-8").count('"step"') > count:
            return
        time.sleep(0.05)
    raise AssertionError("the run did not begin to train")
