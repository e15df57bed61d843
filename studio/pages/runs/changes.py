"""What is done to runs, each as a step that can be undone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QUndoCommand

from ulmengine.record import RunFolder, RunFolderError, RunMarks, delete_run, restore_run, write_about

Tell = Callable[[str], None]


class _Step(QUndoCommand):
    """A step that tells when it fails, and is forgotten then."""

    def __init__(self, text: str, done: Callable[[], None], failed: Tell) -> None:
        super().__init__(text)
        self._done, self._failed = done, failed

    def redo(self) -> None:
        self._carry_out(self.there)

    def undo(self) -> None:
        self._carry_out(self.back)

    def there(self) -> None:
        """Do it."""
        raise NotImplementedError

    def back(self) -> None:
        """Take it back."""
        raise NotImplementedError

    def _carry_out(self, step: Callable[[], None]) -> None:
        try:
            step()
        except (RunFolderError, OSError) as error:
            self.setObsolete(True)
            self._failed(str(error))
        self._done()


class DeleteRun(_Step):
    """A run is put aside."""

    def __init__(self, folder: Path, text: str, done: Callable[[], None], failed: Tell) -> None:
        super().__init__(text, done, failed)
        self.folder = folder
        self._waiting: Path | None = None

    def there(self) -> None:
        self._waiting = delete_run(self.folder)

    def back(self) -> None:
        if self._waiting is not None:
            self.folder = restore_run(self._waiting)


class Say(_Step):
    """Another title, other tags, archived or not."""

    def __init__(
        self, folder: Path, old: RunMarks, new: RunMarks, text: str, done: Callable[[], None], failed: Tell
    ) -> None:
        super().__init__(text, done, failed)
        self._run, self._old, self._new = RunFolder(folder), old, new

    def there(self) -> None:
        write_about(self._run, self._new)

    def back(self) -> None:
        write_about(self._run, self._old)
