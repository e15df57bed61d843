"""A run that another process writes: ``python -m tests.studio.elsewhere FOLDER``. It never ends by itself."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.studio.replay import script, small_config
from ulmengine import events as ev
from ulmengine.record import RunFolder


def main(path: Path) -> None:
    """Write a made-up run to ``path``, a step every 20 ms, and stay at its 30th."""
    config = small_config("elsewhere")
    folder = RunFolder.create(path, config)
    with folder.lock(), folder.open_log() as log:
        for event in script(config, 10):
            if isinstance(event, ev.Progress):
                continue
            log.append(event)
            if isinstance(event, ev.Step):
                time.sleep(0.02)
                if event.total == 30:
                    break
        time.sleep(600)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
