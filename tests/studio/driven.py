"""A whole Studio that is driven by a script: ``python -m tests.studio.driven PROJECT HOST``.

Opens the project in the real window, starts its run or goes on with the one that stands there, and leaves when it is
finished. Exit codes: 0 finished, 3 another process is still working on the run, 1 anything else.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QObject, Slot

from studio import theme
from studio.app import make_application, make_window
from studio.engine.process_host import ProcessHost
from studio.engine.thread_host import ThreadHost
from studio.pages.train.page import TrainPage
from studio.settings import Settings
from tests.gui.fakes import ScriptedAsk
from ulmengine.plan.control import RunState


class Driver(QObject):
    """Leaves the program with the run's end."""

    def __init__(self, page: TrainPage) -> None:
        super().__init__(page)
        self.page = page
        page.shell.run.stateChanged.connect(self.entered)

    @Slot(object)
    def entered(self, state: RunState) -> None:
        if self.page.shell.run.active or state is RunState.IDLE:
            return
        failure = self.page.shell.run.failure
        busy = failure is not None and "being worked on" in failure.title
        if failure is not None and not busy:
            sys.stderr.write(failure.title + failure.details)
        os._exit(0 if state is RunState.FINISHED else 3 if busy else 1)


def main(folder: Path, host: str) -> int:
    app = make_application()
    theme.apply_theme(app, "light")
    window = make_window(Settings(folder.parent / "settings.json"), ScriptedAsk())
    shell = window.shell
    shell.run.make_host = {"thread": ThreadHost, "process": ProcessHost}[host]
    if not shell.open_project(folder) or shell.project is None:
        return 1
    window.show()
    window.go("train")
    page = window.pages.page("train")
    assert isinstance(page, TrainPage)
    driver = Driver(page)
    runs = shell.project.run_folders()
    if not runs:
        page.view.big_start.click()
    elif page.shown.elsewhere:
        return 3
    elif page.view.buttons.resume.isVisible():
        page.view.buttons.resume.click()
    else:  # it was killed before its first checkpoint
        shell.starter.resume(runs[-1].path)
    code = app.exec()
    del driver
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
