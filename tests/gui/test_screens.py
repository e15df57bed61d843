"""The pictures of the pages: what happens where they cannot be taken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

STUCK = """
import sys, time
import studio.engine.job as job
from tests.gui import scenes, screens

def never(scene, key, state):
    job.run_job(scene.window, lambda: (time.sleep(60) for _ in range(1)))
    raise TimeoutError("the page did not come to rest")

scenes.Scene.show = never
shutdown = job.shutdown_jobs
job.shutdown_jobs = lambda seconds: shutdown(.1)
sys.exit(screens.main([sys.argv[1], "--scale", "1", "--page", "home"]))
"""


def test_a_page_that_does_not_come_to_rest_is_told_and_is_no_crash(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", STUCK, str(tmp_path)], capture_output=True, text=True, check=False)
    assert "the page did not come to rest" in done.stderr
    assert done.returncode == 1  # Qt aborts a program that ends while a thread of it runs
