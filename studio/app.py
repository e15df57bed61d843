"""The application: its command line, and what it is put together from."""

from __future__ import annotations

import argparse
import ctypes
import multiprocessing
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

# Before Qt: on Windows torch's libraries are not found afterwards, and Qt's import hook slows torch's import down.
import torch  # noqa: F401
from PySide6.QtCore import QObject, Qt, QTimer, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QSessionManager
from PySide6.QtWidgets import QApplication

from ulmengine import APP, __version__
from ulmengine.doctor import LIBRARIES, SCREENLESS, Check, checks, report, uses_x11

from . import theme
from .ask import Ask, QtAsk
from .engine.job import leave, run_job, shutdown_jobs
from .engine.memory import Collector
from .engine.process_host import ProcessHost
from .engine.run_service import RunService
from .engine.warming import warm
from .frame.language import install_language
from .hooks import Interrupts, Uncaught, keep_crash_report, start_log
from .pages import available
from .pages.home.deleting import purge
from .project import FILE
from .settings import Settings, log_folder
from .shell import Shell
from .window import MainWindow
from .words import English

SESSION_END_S = 10.0
"""How long the end of the desktop session is held up for the run to save."""
JOBS_END_S = 10.0
"""How long leaving waits for what the background is busy with."""


@dataclass(frozen=True)
class Options:
    """What the command line asks for."""

    sample: bool = False
    start: bool = True
    project: Path | None = None
    theme: theme.Mode | None = None
    page: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the Studio; the exit code: 0 done, 1 it cannot run here, 2 wrong usage."""
    multiprocessing.freeze_support()
    parser = _parser()
    values = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    if values.doctor:
        return _doctor()
    problems = window_problems()
    if problems:
        sys.stderr.write(explain_problems(problems) + "\n")
        return 1
    if values.sample and values.project is not None:
        parser.error("give either --sample or --project")
    options = Options(values.sample, not values.no_start, values.project, values.theme, values.page)
    return run(options)


def window_problems() -> list[Check]:
    """What keeps a window from opening on this machine, found out before Qt does, which then ends the program."""
    if os.environ.get("QT_QPA_PLATFORM", "").split(":")[0] in SCREENLESS:
        return []
    wanted = {"Display", "Qt platform plugin"} | ({library.name for library in LIBRARIES} if uses_x11() else set())
    return [check for check in checks() if check.name in wanted and not check.ok]


def explain_problems(problems: list[Check]) -> str:
    """``problems`` for a person at a console."""
    lines = ["ULMFiT Studio cannot open a window here:"]
    for check in problems:
        lines += [f"  {check.name}: {check.found}", f"    -> {check.advice}"]
    lines += ["", "python main.py --doctor checks everything the program needs.",
              "Without a window: python -m ulmengine --help"]
    return "\n".join(lines)


def run(options: Options) -> int:
    """Open the window and stay until it is closed."""
    report = keep_crash_report(log_folder())
    stop_log = start_log(log_folder())
    app = make_application()
    uncaught = Uncaught(app)
    uncaught.install()
    settings = Settings()
    theme.apply_theme(app, options.theme or settings.values.theme)
    ask = QtAsk()
    window = make_window(settings, ask)
    ask.parent = window
    session = AppSession(window, options, report)
    uncaught.happened.connect(session.tell)
    interrupts = Interrupts(app)
    interrupts.asked.connect(session.interrupt, Qt.ConnectionType.QueuedConnection)
    interrupts.install()
    window.left.connect(app.quit)
    app.setQuitOnLastWindowClosed(False)
    app.commitDataRequest.connect(session.save)
    window.show()
    collector = Collector(app)
    collector.start()
    QTimer.singleShot(0, session, session.begin)
    run_job(session, warm).ended.connect(window.pages.import_ahead)
    if settings.values.deleted:
        run_job(session, partial(purge, settings.values.deleted))
        settings.change(deleted=())
    code = app.exec()
    shutdown_jobs(JOBS_END_S)
    collector.stop()
    interrupts.uninstall()
    uncaught.uninstall()
    stop_log()
    return leave(code)


def make_application() -> QApplication:
    """The application object, named so that the desktop knows it."""
    QApplication.setApplicationName(APP)
    QApplication.setApplicationDisplayName("ULMFiT Studio")
    QApplication.setApplicationVersion(__version__)
    QApplication.setDesktopFileName(APP)
    if sys.platform == "win32":
        ctypes.windll.shell32.SetCurrentProcessExplicitAppUserModelID(APP)
    app = QApplication([APP])
    app.installTranslator(English(app))
    install_language(app)
    return app


def make_window(settings: Settings, ask: Ask, run_service: RunService | None = None) -> MainWindow:
    """The window with all it needs; ``run_service``: another one for a test."""
    service = run_service or RunService()
    if run_service is None and settings.values.own_process:
        service.make_host = ProcessHost
    shell = Shell(service, settings, ask)
    window = MainWindow(shell)
    for part in (service, settings, shell):
        part.setParent(window)
    return window


class AppSession(QObject):
    """One time of the program being open: what it begins with, errors nobody caught, the end of the desktop.

    ``report``: what a crash the last time left.
    """

    def __init__(self, window: MainWindow, options: Options, report: Path | None = None) -> None:
        super().__init__(window)
        self._window, self._options, self._shell = window, options, window.shell
        self._report = report
        self._ending = False

    @Slot()
    def begin(self) -> None:
        """Open what the command line asked for; start the sample's run."""
        window, options, shell = self._window, self._options, self._shell
        if options.sample and shell.open_sample():
            window.go("train")
            if options.start:
                shell.starter.start()
        elif options.project is not None:
            folder = options.project.resolve()
            opened = shell.open_project(folder) if (folder / FILE).is_file() else shell.new_project(folder)
            if opened:
                window.go("corpus")
        if options.page:
            window.go(options.page)
        if self._report is not None:
            shell.toast(self.tr("The program ended unexpectedly the last time."), "warning",
                        self.tr("Show the report"), self._show_report)

    def _show_report(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._report)))

    @Slot()
    def interrupt(self) -> None:
        """Ctrl+C in the terminal: stop the run, save and leave without a question; the second time at once."""
        if self._ending:
            self._window.leaving.quit_now()
            return
        self._ending = True
        if not self._shell.busy:
            self._window.close()
            return
        sys.stderr.write("\nStopping and saving; Ctrl+C again quits at once.\n")
        self._shell.run.stateChanged.connect(self._leave_if_over)
        self._shell.run.stop()

    @Slot()
    def _leave_if_over(self) -> None:
        if not self._shell.busy:
            QTimer.singleShot(0, self._window, self._window.close)

    @Slot(str)
    def tell(self, text: str) -> None:
        """Tell the person of an error in the program, and where the details are."""
        self._shell.toast_error(self.tr("An error in the program: {text}. The log has the details.").format(text=text))

    @Slot(QSessionManager)
    def save(self, manager: QSessionManager) -> None:
        """The desktop session ends: stop the run as quickly as it can save, and write the project."""
        del manager
        if self._shell.busy:
            self._shell.run.shutdown(SESSION_END_S)
        if self._shell.project is not None:
            self._shell.project.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="main.py", description="ULMFiT Studio: train a text classifier by eye.")
    parser.add_argument("--sample", action="store_true", help="open the built-in sample and train on it")
    parser.add_argument("--no-start", action="store_true", help="with --sample: only open it")
    parser.add_argument("--project", type=Path, metavar="DIR", help="open the project in DIR, or make one there")
    parser.add_argument("--theme", choices=("system", "light", "dark"), help="appearance, for this time")
    parser.add_argument("--page", choices=[entry.key for entry in available()], default="",
                        help="the page to begin with")
    parser.add_argument("--doctor", action="store_true", help="check what the program needs on this machine")
    parser.add_argument("--version", action="version", version=f"ULMFiT Studio {__version__}")
    return parser


def _doctor() -> int:
    found = checks()
    sys.stdout.write(report(found) + "\n")
    return 0 if all(check.ok for check in found) else 1
