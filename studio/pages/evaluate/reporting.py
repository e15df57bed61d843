"""A report of what is looked at, as one HTML file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices

from studio.engine.jobslot import JobSlot
from studio.project import Project
from studio.shell import Shell
from ulmengine.disk import file_stem
from ulmengine.record import run_name

from .jobs import Subject, write_page


class Reporting(QObject):
    """Asks where to, writes, and offers to open it."""

    failed = Signal(object)

    def __init__(self, project: Project, shell: Shell, parent: QObject) -> None:
        super().__init__(parent)
        self.project, self.shell = project, shell
        self._slot = JobSlot(self, self._written, self.failed)

    @property
    def busy(self) -> bool:
        """Whether one is being written."""
        return self._slot.running

    def write(self, subject: Subject) -> None:
        """Write the report on ``subject`` where the person says."""
        name = run_name(subject.folder) if subject.wanted is None else subject.wanted.table.stem
        cache = self.project.cache
        proposed = self.project.folder / f"report-{file_stem(name)}.html"
        path = self.shell.ask.save_file(self.tr("Where to write the report"), proposed, self.tr("Web page (*.html)"))
        if path is not None:
            self._slot.start(lambda: write_page(subject, path, cache))

    @Slot(object)
    def _written(self, path: Path) -> None:
        self.shell.toast(self.tr("The report is written: {file}").format(file=path.name), "ok", self.tr("Open it"),
                         lambda: _open(path))


def _open(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
