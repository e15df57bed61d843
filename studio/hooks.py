"""What reaches the program from outside: errors that nobody caught, Ctrl+C in the terminal, a crash the last time."""

from __future__ import annotations

import faulthandler
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import FrameType, TracebackType

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

from ulmengine.disk import move

_log = logging.getLogger("studio")
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG, QtMsgType.QtInfoMsg: logging.INFO, QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR, QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class Uncaught(QObject):
    """Hears of every error that nobody caught, in whichever thread, and tells it in the window's thread."""

    happened = Signal(str)
    """The error in one line."""

    def install(self) -> None:
        """Take the place of Python's own hooks and of Qt's."""
        sys.excepthook = self._from_python
        threading.excepthook = self._from_thread
        qInstallMessageHandler(_from_qt)

    def uninstall(self) -> None:
        """Put the usual hooks back."""
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__
        qInstallMessageHandler(None)

    def _from_python(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        _log.error("not caught", exc_info=(kind, error, trace))
        self.happened.emit(f"{kind.__name__}: {error}")

    def _from_thread(self, info: threading.ExceptHookArgs) -> None:
        if info.exc_value is not None:
            self._from_python(info.exc_type, info.exc_value, info.exc_traceback)


class Interrupts(QObject):
    """Hears Ctrl+C in the terminal and the system's request to end.

    Python hears a signal only between two of its own instructions, which a window that nobody touches has none of: a
    timer that calls into Python (the :class:`studio.engine.memory.Collector`'s) bounds how long that takes.
    """

    asked = Signal()
    """To be connected queued: it may come in the middle of anything."""

    def install(self) -> None:
        """Take the place of Python's own handlers; in the main thread."""
        self._before = {number: signal.signal(number, self._heard) for number in (signal.SIGINT, signal.SIGTERM)}

    def uninstall(self) -> None:
        """Put them back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        self.asked.emit()


CRASH = "crash.txt"
REPORTS_KEPT = 5


def keep_crash_report(folder: Path) -> Path | None:
    """Put aside what the last crash left in ``folder`` before the next log begins; None if there was none."""
    fresh = folder / CRASH
    try:
        if not fresh.is_file() or not fresh.stat().st_size:
            return None
        kept = folder / time.strftime("crash-%Y%m%d-%H%M%S.txt", time.localtime(fresh.stat().st_mtime))
        move(fresh, kept)
        for old in sorted(folder.glob("crash-*.txt"))[:-REPORTS_KEPT]:
            old.unlink()
    except OSError:
        return None  # a report is no reason not to start
    return kept


def start_log(folder: Path) -> Callable[[], None]:
    """Log to ``folder``/studio.log and write a crash's stack to crash.txt there; gives what ends it again.

    A folder that cannot be written is no reason not to start: then the log goes to the console alone.
    """
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    handlers[0].setLevel(logging.WARNING)
    crash = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handlers.append(RotatingFileHandler(folder / "studio.log", maxBytes=1_000_000, backupCount=2, encoding="utf-8",
                                            errors="backslashreplace"))
        crash = (folder / CRASH).open("w", encoding="utf-8")
        faulthandler.enable(crash)
    except OSError as error:
        handlers[0].handle(logging.LogRecord("studio", logging.WARNING, "", 0, "no log file: %s", (error,), None))
    for handler in handlers:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        root.addHandler(handler)

    def stop() -> None:
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()
        if crash is not None:
            faulthandler.disable()
            crash.close()
            (folder / CRASH).unlink(missing_ok=True)  # what was survived is no crash

    return stop


def _from_qt(kind: QtMsgType, context: QMessageLogContext, message: str | None) -> None:
    del context
    logging.getLogger("qt").log(_LEVELS.get(kind, logging.WARNING), "%s", message)
